"""From a JSON document and a mapping to what the engine indexes of it.

`columns` holds values for sorting, aggregating and number queries; `terms` the words that text queries
look for, each as an entry of the inverted index. A field without a column leaves an entry that says it is
present, so that `exists` finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from elastic.node import dynamic, words
from elastic.node.columns import MARK, PRESENT, encoded, entry
from elastic.node.errors import DocumentError, Json
from elastic.node.mapping import Field, Mapping
from elastic.node.values import PARSERS, BadValue, Value, date, shown

MAX_TERM_BYTES = 32_766  # the longest keyword, as in Elasticsearch
MAX_DEPTH = 20  # objects in objects
NO_LIMIT = 1 << 30  # the index checks the number of fields when it takes the new ones


Columns = dict[str, Value | list[Value]]  # by the encoded name of the path


@dataclass(slots=True)
class Indexed:
    """One document, typed. `found` are the fields that the mapping did not have yet."""

    columns: Columns = attribute(default_factory=dict)
    terms: list[str] = attribute(default_factory=list)
    found: Json = attribute(default_factory=dict)


def convert(source: Json, mapping: Mapping, doc_id: str) -> Indexed:
    """Types every value of `source`.

    Raises:
        DocumentError: a value does not fit its field.
        StrictMapping: a new field where none is allowed.
    """
    document = Indexed()
    _Converter(document, mapping, doc_id).object(source, "", 0)
    return document


class _Converter:
    """One walk through one document."""

    __slots__ = ("doc_id", "fields", "mapping", "objects", "out")

    def __init__(self, out: Indexed, mapping: Mapping, doc_id: str) -> None:
        self.out, self.mapping, self.doc_id = out, mapping, doc_id
        self.fields, self.objects = mapping.fields, mapping.objects

    def object(self, node: Json, prefix: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise DocumentError(f"The depth of the field has exceeded the allowed limit of [{MAX_DEPTH}]")
        for name, value in node.items():
            if value is None:
                continue
            path = prefix + name
            field = self.fields.get(path)
            if field is None:
                self.unmapped(path, value, depth)
            elif field.plain and type(value) is str:  # most fields of a log line: no need to look further
                self.text(field, field.key, field.head, value)
            else:
                self.known(field, value)

    def unmapped(self, path: str, value: Any, depth: int) -> None:
        if isinstance(value, dict):
            self.inner(path, value, depth)
        elif isinstance(value, list):
            for inner in value:
                if inner is not None:
                    self.value(path, inner, depth)
        else:
            self.new(path, value)

    def value(self, path: str, value: Any, depth: int) -> None:
        field = self.fields.get(path)
        if field is None:
            self.unmapped(path, value, depth)
        else:
            self.known(field, value)

    def inner(self, path: str, value: Json, depth: int) -> None:
        rule = self.objects.get(path)
        if rule is None and value and path not in self.out.found:
            if self.below_flattened(path, value):
                return
            params = self.entry(path, value)
            if params is None:
                return
            if params.get("type", "object") != "object":
                self.adopt(path, params, value)
                return
        if rule is None or rule.get("enabled", True) not in (False, "false"):
            self.object(value, f"{path}.", depth + 1)

    def new(self, path: str, value: Any) -> None:
        if path in self.objects or path in self.out.found:
            raise DocumentError(
                f"object mapping for [{path}] tried to parse field [{path.rpartition('.')[2]}] as object,"
                " but found a concrete value"
            )
        if self.disabled(path) or self.below_flattened(path, value):
            return
        params = self.entry(path, value)
        if params is not None:
            self.adopt(path, params, value)

    def disabled(self, path: str) -> bool:
        """Whether a dotted name leads into an object that is not indexed."""
        parents = _parents(path)
        return any(self.objects.get(p, {}).get("enabled", True) in (False, "false") for p in parents)

    def below_flattened(self, path: str, value: Any) -> bool:
        """Indexes what a dotted name puts into a flattened field."""
        for parent in _parents(path):
            field = self.fields.get(parent)
            if field is not None and field.type == "flattened":
                self.flattened(field, {path[len(parent) + 1 :]: value})
                return True
        return False

    def entry(self, path: str, value: Any) -> Json | None:
        if not path.strip() or any(not part.strip() for part in path.split(".")):
            raise DocumentError(f"field name cannot contain only whitespace or empty parts: [{path}]")
        for parent in _parents(path):
            if parent in self.fields:
                raise DocumentError(
                    f"Could not dynamically add mapping for field [{path}]. Existing mapping for [{parent}]"
                    f" must be of type object but found [{self.fields[parent].type}]."
                )
        return dynamic.entry(self.mapping, path, value)

    def adopt(self, path: str, params: Json, value: Any) -> None:
        """Takes a new field into the mapping of the rest of this document."""
        self.mapping = self.mapping.with_properties({path: params}, limit=NO_LIMIT)
        self.fields, self.objects = self.mapping.fields, self.mapping.objects
        self.out.found[path] = params
        self.value(path, value, 0)

    def known(self, field: Field, value: Any) -> None:
        if isinstance(value, list):
            for inner in value:
                if inner is not None:
                    self.known(field, inner)
        elif field.type == "flattened":
            if not isinstance(value, dict):
                raise self.refused(field, value, BadValue("Expected an object"))
            self.flattened(field, value)
        else:
            self.scalar(field, value)
            for sub in field.subfields:
                self.scalar(sub, value)

    def scalar(self, field: Field, value: Any) -> None:
        kind = field.type
        if kind == "keyword" and type(value) is str:
            self.text(field, field.key, field.head, value)
            return
        try:
            parsed = date(value, field.formats) if kind == "date" else PARSERS[kind](value)
        except BadValue as error:
            raise self.refused(field, value, error) from None
        if not isinstance(parsed, str):
            self.number(field, parsed)
        elif kind != "text":
            self.text(field, field.key, field.head, parsed)
        elif field.index:
            head = field.head
            self.out.terms += [head + word for word in words.split(parsed)]
            self.out.terms.append(PRESENT + field.path)

    def number(self, field: Field, value: int | float) -> None:
        if field.column:
            self.column(field.key, value)
        elif field.index:
            self.column(field.key, value)
            self.out.terms.append(PRESENT + field.path)

    def text(self, field: Field, key: str, head: str, value: str) -> None:
        """A keyword, an address, or a value inside a flattened field."""
        if field.ignore_above is not None and len(value) > field.ignore_above:
            return
        if field.index or field.column:
            if len(value) > MAX_TERM_BYTES // 4:
                self.check_length(field, value)
            self.out.terms.append(head + value)
        if field.column:
            self.column(key, MARK + value)
        elif field.index:
            self.out.terms.append(PRESENT + head[:-1])

    def column(self, key: str, value: Value) -> None:
        columns = self.out.columns
        present = columns.get(key)
        if present is None:
            columns[key] = value
        elif isinstance(present, list):
            present.append(value)
        else:
            columns[key] = [present, value]

    def check_length(self, field: Field, text: str) -> None:
        if len(text.encode("utf-8")) > MAX_TERM_BYTES:
            raise DocumentError(
                f'Document contains at least one immense term in field="{field.path}" (whose UTF8 encoding is'
                f" longer than the max length {MAX_TERM_BYTES}), all of which were skipped."
            )

    def flattened(self, field: Field, value: Json) -> None:
        stack: list[tuple[str, Any]] = [(field.path, value)]
        while stack:
            path, node = stack.pop()
            if isinstance(node, dict):
                stack += [(f"{path}.{name}", inner) for name, inner in node.items()]
            elif isinstance(node, list):
                stack += [(path, inner) for inner in node]
            elif node is not None:
                text = shown(node)
                self.text(field, field.key, field.head, text)
                if path != field.path:
                    self.text(field, encoded(path), entry(path, ""), text)

    def refused(self, field: Field, value: Any, error: BadValue) -> DocumentError:
        cause: Json = {"type": error.type, "reason": str(error)}
        if field.type == "date":
            inner = {
                "type": "date_time_parse_exception",
                "reason": "Failed to parse with all enclosed parsers",
            }
            cause["caused_by"] = inner
        return DocumentError(
            f"failed to parse field [{field.path}] of type [{field.type}] in document with id"
            f" '{self.doc_id}'. Preview of field's value: '{shown(value)[:100]}'",
            caused_by=cause,
        )


def _parents(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def timestamp(source: Json) -> bool:
    """Whether the document has the @timestamp that a data stream asks for."""
    return isinstance(source.get("@timestamp"), str | int | float)

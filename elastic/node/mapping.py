"""The mapping of an index: Elasticsearch's JSON, checked, and the typed fields that follow from it.

A mapping is never changed; `with_properties` returns a new one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, Literal

from elastic.node import dates
from elastic.node.columns import encoded, entry
from elastic.node.errors import IllegalArgument, Json, MappingError, Unsupported
from elastic.node.values import COLUMNS, Column

Dynamic = Literal["true", "false", "strict"]

TOTAL_FIELDS = 1000  # index.mapping.total_fields.limit, when the index sets none
DEPTH = 20  # objects in objects, as index.mapping.depth.limit
OBJECTS = ("object",)
COMMON = {"type", "index", "doc_values", "store", "fields", "meta", "time_series_dimension", "copy_to"}
NUMERIC = {"coerce", "ignore_malformed", "null_value", "time_series_metric", "script"}
PARAMETERS: Dict[str, set[str]] = {
    "keyword": {"ignore_above", "null_value", "norms", "eager_global_ordinals", "index_options", "script"}
    | {"split_queries_on_whitespace", "similarity", "normalizer"},
    "text": {
        "norms",
        "index_options",
        "analyzer",
        "search_analyzer",
        "fielddata",
        "similarity",
        "term_vector",
    }
    | {"index_phrases", "index_prefixes", "position_increment_gap", "search_quote_analyzer"},
    "date": {"format", "ignore_malformed", "null_value", "locale", "script"},
    "boolean": {"null_value", "ignore_malformed", "script"},
    "ip": {"null_value", "ignore_malformed", "script"},
    "flattened": {"ignore_above", "depth_limit", "eager_global_ordinals", "null_value", "index_options"}
    | {"split_queries_on_whitespace", "similarity", "time_series_dimensions"},
    **dict.fromkeys(("long", "integer", "short", "byte", "double", "float"), NUMERIC),
}
# Known to Elasticsearch, and it would change what a document means: refused unless left at its default.
MEANINGFUL = {
    "copy_to",
    "script",
    "null_value",
    "ignore_malformed",
    "normalizer",
    "fielddata",
    "analyzer",
} | {
    "search_analyzer",
    "locale",
}
ROOT = {"properties", "dynamic", "date_detection", "numeric_detection", "dynamic_templates", "_meta"} | {
    "_data_stream_timestamp",
    "dynamic_date_formats",
    "_source",
    "_routing",
    "runtime",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field that has values. `column` is None where it can be neither sorted nor aggregated.

    `key` is the column's name in the engine, `head` what its entries in the inverted index begin with;
    `plain`: a text for it is kept as it is.
    """

    path: str
    type: str
    index: bool = True
    column: Column | None = None
    ignore_above: int | None = None
    formats: str = dates.DEFAULT_FORMAT
    subfields: tuple[Field, ...] = ()
    plain: bool = attribute(init=False)
    key: str = attribute(init=False)
    head: str = attribute(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", self.type == "keyword" and not self.subfields)
        object.__setattr__(self, "key", encoded(self.path))
        object.__setattr__(self, "head", entry(self.path, ""))


@dataclass(frozen=True, slots=True)
class Mapping:
    """`source` is the JSON; `fields` has every field by its dotted path, multi-fields included."""

    source: Json
    fields: Dict[str, Field]
    objects: Dict[str, Json]

    def dynamic(self, path: str) -> Dynamic:
        """What happens to new fields directly below the object `path` ("" for the root)."""
        while path and "dynamic" not in self.objects.get(path, {}):
            path = path.rpartition(".")[0]
        found = self.objects.get(path, {}) if path else self.source
        return _dynamic(found.get("dynamic", "true"))

    def with_properties(self, properties: Json, limit: int = TOTAL_FIELDS) -> Mapping:
        """This mapping and more fields.

        Raises:
            IllegalArgument: a field would change its type, or there are more than `limit`.
        """
        merged = parse(merge(self.source, {"properties": properties}))
        for path, field in self.fields.items():
            _same_type(field, merged.fields.get(path))
        if len(merged.fields) + len(merged.objects) > limit:
            raise IllegalArgument(f"Limit of total fields [{limit}] has been exceeded")
        return merged


def _same_type(old: Field, new: Field | None) -> None:
    if new is None or new.type != old.type:
        to = new.type if new else "object"
        raise IllegalArgument(f"mapper [{old.path}] cannot be changed from type [{old.type}] to [{to}]")


def _dynamic(value: Any) -> Dynamic:
    text = str(value).lower()
    if text == "runtime":
        raise Unsupported("dynamic: runtime")
    if text not in ("true", "false", "strict"):
        raise MappingError(f"Failed to parse mapping: No enum constant for dynamic [{value}]")
    return text  # type: ignore[return-value]  # checked in the line above


def parse(source: Json) -> Mapping:
    """Checks a mapping and finds its fields.

    Raises:
        MappingError: an unknown type or parameter.
        Unsupported: something that would change what documents mean.
    """
    for key in source:
        if key not in ROOT:
            raise _failed(f"Root mapping definition has unsupported parameters:  [{key} : {source[key]}]")
    for key in ("runtime", "_routing", "numeric_detection", "dynamic_date_formats"):
        if source.get(key):
            raise Unsupported(f"mappings.{key}")
    if source.get("_source", {}) not in ({}, {"enabled": True}, {"mode": "stored"}):
        raise Unsupported("mappings._source")
    source = {**source, "properties": expanded(source.get("properties", {}))}
    _dynamic(source.get("dynamic", "true"))
    fields: dict[str, Field] = {}
    objects: dict[str, Json] = {}
    _walk(source["properties"], "", fields, objects)
    return Mapping(source, fields, objects)


def _failed(reason: str) -> MappingError:
    cause = {"type": MappingError.type, "reason": reason}
    return MappingError(f"Failed to parse mapping: {reason}", caused_by=cause)


def _walk(properties: Json, prefix: str, fields: dict[str, Field], objects: dict[str, Json]) -> None:
    if prefix.count(".") > DEPTH:
        raise IllegalArgument(f"Limit of mapping depth [{DEPTH}] has been exceeded")
    for name, params in properties.items():
        path = prefix + name
        if is_object(params):
            objects[path] = _checked_object(path, params)
            _walk(params.get("properties", {}), f"{path}.", fields, objects)
            continue
        field = _field(path, params)
        fields[path] = field
        fields.update({inner.path: inner for inner in field.subfields})


def is_object(params: Json) -> bool:
    """Whether the entry of a mapping is an object and not a field."""
    return params.get("type", "object") in OBJECTS


def _checked_object(path: str, params: Json) -> Json:
    for key in params.keys() - {"type", "properties", "dynamic", "enabled", "subobjects"}:
        raise _failed(f"unknown parameter [{key}] on mapper [{path}] of type [object]")
    if params.get("subobjects", True) not in (True, "true"):
        raise Unsupported("subobjects")
    _dynamic(params.get("dynamic", "true"))
    return params


def _field(path: str, params: Json) -> Field:
    kind = params["type"]
    if kind not in PARAMETERS:
        raise _failed(
            f"The mapper type [{kind}] declared on field [{path}] does not exist."
            " It might have been created within a future version or requires a plugin to be installed."
            " Check the documentation."
        )
    for key, value in params.items():
        if key not in COMMON | PARAMETERS[kind]:
            raise _failed(f"unknown parameter [{key}] on mapper [{path}] of type [{kind}]")
        if key in MEANINGFUL and value not in (None, False, [], "", "standard"):
            raise Unsupported(f"mapping parameter {key}")
    return Field(
        path=path,
        type=kind,
        index=_true(params.get("index", True)),
        column=COLUMNS[kind] if _true(params.get("doc_values", True)) else None,
        ignore_above=int(params["ignore_above"]) if "ignore_above" in params else None,
        formats=_formats(path, params),
        subfields=tuple(_field(f"{path}.{name}", inner) for name, inner in params.get("fields", {}).items()),
    )


def _true(value: Any) -> bool:
    return value in (True, "true")


def _formats(path: str, params: Json) -> str:
    formats = str(params.get("format", dates.DEFAULT_FORMAT))
    for name in formats.split("||") if params["type"] == "date" else ():
        if name not in dates.SUPPORTED:
            raise Unsupported(f"date format {name} of field {path}")
    return formats


def expanded(properties: Json) -> Json:
    """Properties whose dotted names have become objects in objects."""
    tree: Json = {}
    for name, params in properties.items():
        if not isinstance(params, dict):
            raise _failed(
                f"Expected map for property [fields] on field [{name}] but got a {type(params).__name__}"
            )
        entry = dict(params)
        if "properties" in entry:
            entry["properties"] = expanded(entry["properties"])
        for part in reversed(name.split(".")[1:]):
            entry = {"properties": {part: entry}}
        head = name.split(".")[0]
        tree[head] = merge(tree[head], entry) if head in tree else entry
    return tree


def merge(first: Json, second: Json) -> Json:
    """Two mappings in one; the second wins, except that objects and dynamic templates come together."""
    merged = {**first, **second}
    if "properties" in first and "properties" in second:
        ours, theirs = expanded(first["properties"]), expanded(second["properties"])
        merged["properties"] = {
            **ours,
            **{name: _merge_entry(ours.get(name), theirs[name]) for name in theirs},
        }
    if "dynamic_templates" in first and "dynamic_templates" in second:
        merged["dynamic_templates"] = _merge_named(first["dynamic_templates"], second["dynamic_templates"])
    return copy.deepcopy(merged)


def _merge_entry(first: Json | None, second: Json) -> Json:
    if first is None or is_object(first) != is_object(second):
        return second
    if is_object(first):
        return merge(first, second)
    fields = {**first.get("fields", {}), **second.get("fields", {})}
    return {**first, **second, **({"fields": fields} if fields else {})}


def _merge_named(first: list[Json], second: list[Json]) -> list[Json]:
    named = {name: rule for entry in (*first, *second) for name, rule in entry.items()}
    return [{name: rule} for name, rule in named.items()]


def leaves(mapping: Mapping, pattern_root: str) -> Iterator[Field]:
    """The fields below the object `pattern_root`."""
    return (field for path, field in mapping.fields.items() if path.startswith(f"{pattern_root}."))

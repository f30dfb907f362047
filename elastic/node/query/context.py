"""What a query translator may know: the fields of the index, the time, and how to refuse a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elastic.node import columns, dates
from elastic.node.columns import PRESENT
from elastic.node.errors import Json, ParsingError, SearchFailed
from elastic.node.mapping import Field, Mapping, leaves
from elastic.node.query.nodes import Node, Present, Terms, any_of
from elastic.node.values import PARSERS, BadValue, Value, double, keyword, number, single


@dataclass(frozen=True, slots=True)
class Context:
    """One index at one moment. `now_ms` is what date math calls now."""

    mapping: Mapping
    index: str
    now_ms: int
    max_terms: int

    def field(self, path: str) -> Field | None:
        """The field, or the keyed part of a flattened one, that can be searched; None: no such field."""
        field = self.mapping.fields.get(path)
        if field is None:
            return self._keyed(path)
        return field if field.index or field.column else None

    def _keyed(self, path: str) -> Field | None:
        parent = path
        while "." in parent:
            parent = parent.rpartition(".")[0]
            field = self.mapping.fields.get(parent)
            if field is not None:
                keyed = field.type == "flattened"
                return Field(path, "keyword", field.index, field.column) if keyed else None
        return None

    def value(self, field: Field, value: Any) -> Value:
        """A query's value in the field's type.

        Raises:
            SearchFailed: it does not fit.
        """
        try:
            if field.type in ("long", "integer", "short", "byte"):
                return number(value)
            if field.type in ("double", "float"):
                return double(value) if field.type == "double" else single(value)
            return PARSERS[field.type](value)
        except BadValue as error:
            raise self.misfit(error) from None

    def misfit(self, error: BadValue) -> SearchFailed:
        """The error for a value that does not fit its field."""
        cause = {"type": error.type, "reason": str(error)}
        return SearchFailed("query_shard_exception", f"failed to create query: {error}", self.index, cause)

    def date(self, text: str, field: Field, *, up: bool, formats: str | None, offset_ms: int) -> int:
        """A date or date math in milliseconds; `up`: to the end of what is left open.

        Raises:
            SearchFailed: it is none.
        """
        wanted = formats or field.formats
        try:
            return dates.resolve(text, self.now_ms, up=up, formats=wanted, offset_ms=offset_ms)
        except dates.BadDate as error:
            cause = {"type": "illegal_argument_exception", "reason": str(error)}
            raise SearchFailed("parse_exception", f"{error}: [{error}]", self.index, cause) from None

    def exists(self, path: str) -> Node:
        """Documents with a value in the field or anywhere below the object `path`."""
        field = self.field(path)
        below = leaves(self.mapping, path) if field is None else (field,)
        return any_of([_present(field) for field in below if field.index or field.column])


def _present(field: Field) -> Node:
    return Present(field.path) if field.column else Terms((PRESENT + field.path,), scored=False)


def entry(field: Field, text: str) -> str:
    """The entry of the inverted index for a value."""
    return columns.entry(field.path, text)


def one(kind: str, body: Any) -> tuple[str, Any]:
    """The field and its parameters of a query such as `{"term": {FIELD: ...}}`, without boost and _name.

    Raises:
        ParsingError: no field, or more than one.
    """
    body = options(kind, body)
    fields = {name: value for name, value in body.items() if name not in ("boost", "_name")}
    if not fields:
        raise ParsingError(f"[{kind}] query malformed, no field name")
    if len(fields) > 1:
        first, second = list(fields)[:2]
        raise ParsingError(f"[{kind}] query doesn't support multiple fields, found [{first}] and [{second}]")
    return next(iter(fields.items()))


def options(kind: str, body: Any) -> Json:
    """The body of a query as an object.

    Raises:
        ParsingError: it is none.
    """
    if not isinstance(body, dict):
        raise ParsingError(f"[{kind}] query malformed, no start_object after query name")
    return body


def allowed(kind: str, params: Json, names: set[str]) -> None:
    """Refuses parameters that the node does not know.

    Raises:
        ParsingError: there is one.
    """
    for name in params:
        if name not in names and name not in ("boost", "_name"):
            raise ParsingError(f"[{kind}] query does not support [{name}]")


def text_of(value: Any) -> str:
    """A query's scalar as text.

    Raises:
        ParsingError: it is a list, an object or null.
    """
    try:
        return keyword(value)
    except BadValue as error:
        raise ParsingError(str(error)) from None

"""The `sort` and `search_after` of a search: which columns, in which order, and what to show of them.

A document without a value sorts as if it had the largest or smallest value there is, and shows it, as in
Elasticsearch: the ends of the long for whole numbers and dates, Infinity for doubles, null for words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from elastic.node.engine import Order, SortKey
from elastic.node.errors import IllegalArgument, Json, ParsingError, SearchFailed, Unsupported
from elastic.node.mapping import Field
from elastic.node.query.context import Context, entry
from elastic.node.query.nodes import Between, Bool, Node, Nothing, Numbers, Present, Terms, Within, any_of
from elastic.node.query.ranges import LONG_MAX, LONG_MIN
from elastic.node.values import COLUMNS, PARSERS, shortest, shown_ip

DOC = ("_doc", "_shard_doc")
OPTIONS = {"order", "missing", "unmapped_type", "numeric_type", "mode", "format", "nested"}
Missing = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Sort:
    """One entry of `sort`, as asked for."""

    path: str
    order: Order
    missing: Missing
    unmapped_type: str | None

    @property
    def special(self) -> bool:
        """Whether it is no field: `_score` or `_doc`."""
        return self.path == "_score" or self.path in DOC


def parse(value: Any) -> tuple[Sort, ...]:
    """The `sort` of a body.

    Raises:
        ParsingError: malformed.
        Unsupported: an option that only a full Elasticsearch has.
    """
    entries = value if isinstance(value, list) else [] if value is None else [value]
    sorts = tuple(sort for one in entries for sort in _entries(one))
    if any(sort.path == "_score" for sort in sorts) and any(not sort.special for sort in sorts):
        raise Unsupported("sort by _score together with fields")
    return sorts


def _entries(value: Any) -> list[Sort]:
    if isinstance(value, str):
        path, _, order = value.partition(":")
        return [_sort(path, {"order": order} if order else {})]
    if not isinstance(value, dict):
        raise ParsingError(
            "malformed sort format, within the sort array, an object, or an actual string are allowed"
        )
    return [
        _sort(path, options if isinstance(options, dict) else {"order": options})
        for path, options in value.items()
    ]


def _sort(path: str, options: Json) -> Sort:
    for name in options.keys() - OPTIONS:
        raise ParsingError(f"[field_sort] unknown field [{name}]")
    order = str(options.get("order", "desc" if path == "_score" else "asc")).lower()
    if order not in ("asc", "desc"):
        raise IllegalArgument(f"Unknown SortOrder [{order}]")
    for name in ("numeric_type", "nested", "format"):
        if options.get(name) is not None:
            raise Unsupported(f"sort option {name}")
    if options.get("mode") not in (None, "min" if order == "asc" else "max"):
        raise Unsupported(f"sort mode {options['mode']}")
    missing = options.get("missing", "_last")
    if missing not in ("_first", "_last"):
        raise Unsupported("sort with a value for missing")
    if path == "_id":
        raise IllegalArgument(
            "Fielddata access on the _id field is disallowed; sort by a field of the document"
        )
    return Sort(path, "desc" if order == "desc" else "asc", missing[1:], options.get("unmapped_type"))


def field_of(sort: Sort, context: Context) -> Field:
    """The field that a sort means in an index; one without values when it is unmapped there.

    Raises:
        SearchFailed: there is no such field, or it cannot be sorted by.
    """
    field = context.field(sort.path)
    if field is None:
        if sort.unmapped_type is None:
            reason = f"No mapping found for [{sort.path}] in order to sort on"
            raise SearchFailed("query_shard_exception", reason, context.index)
        kind = sort.unmapped_type if sort.unmapped_type in COLUMNS else "keyword"
        return Field(sort.path, kind, column=COLUMNS[kind])
    if field.column is None:
        reason = (
            f"Fielddata is disabled on [{sort.path}] in [{context.index}]. Text fields are not optimised for"
            " operations that require per-document field data like aggregations and sorting, so these"
            " operations are disabled by default. Please use a keyword field instead."
        )
        raise SearchFailed("illegal_argument_exception", reason, context.index)
    return field


def key(sort: Sort) -> SortKey:
    """The engine's key."""
    return SortKey(sort.path, sort.order, sort.missing)


def shown(value: Any, field: Field, sort: Sort) -> Any:
    """A column's value as the answer's `sort` shows it."""
    if value is None:
        return stand_in(field, sort)
    if field.type == "ip":
        return shown_ip(value)
    if field.type == "float":
        return shortest(float(value))
    return float(value) if field.type == "double" else value


def stand_in(field: Field, sort: Sort) -> Any:
    """What a document without a value shows."""
    largest = (sort.missing == "last") == (sort.order == "asc")
    if field.column == "long":
        return LONG_MAX if largest else LONG_MIN
    if field.column == "double":
        return "Infinity" if largest else "-Infinity"
    return None


def after(sorts: Sequence[Sort], values: Any, context: Context) -> Node:
    """The documents that come after the one with these sort values.

    Raises:
        SearchFailed: the values do not fit the sort.
    """
    if not isinstance(values, list):
        raise ParsingError("[search_after] must be an array")
    if not sorts:
        raise SearchFailed(
            "illegal_argument_exception", "Sort must contain at least one field.", context.index
        )
    if len(values) != len(sorts):
        reason = f"search_after has {len(values)} value(s) but sort has {len(sorts)}."
        raise SearchFailed("illegal_argument_exception", reason, context.index)
    if any(sort.path == "_score" for sort in sorts):
        raise Unsupported("search_after with _score")
    choices: list[Node] = []
    equal: list[Node] = []
    for sort, value in zip(sorts, values, strict=True):
        beyond, same = _compared(sort, value, context)
        choices.append(Bool(filter=(*equal, beyond)))
        equal.append(same)
    return any_of(choices)


def _compared(sort: Sort, value: Any, context: Context) -> tuple[Node, Node]:
    """The documents that come after `value` in one column, and those that are at it."""
    if sort.path in DOC:
        return Between(DOC[0], int(value) + 1, LONG_MAX), Numbers(DOC[0], (int(value),))
    field = field_of(sort, context)
    present = Present(field.path)
    absent: Node = Bool(must_not=(present,))
    if value is None or value == stand_in(field, sort):
        return (Nothing() if sort.missing == "last" else present), absent
    typed = _typed(field, value, context)
    until, before = _reaching(field, typed, sort.order)
    beyond: Node = Bool(filter=(present,), must_not=(until,))
    if sort.missing == "last":
        beyond = any_of([beyond, absent])
    return beyond, Bool(filter=(_at(field, typed),), must_not=(before,))


def _typed(field: Field, value: Any, context: Context) -> Any:
    if field.type == "boolean" and value in (0, 1):
        return int(value)
    if field.column == "long":
        return int(context.value(field, value)) if field.type != "date" else int(PARSERS["date"](value))
    return context.value(field, value)


def _at(field: Field, value: Any) -> Node:
    return Terms((entry(field, value),)) if isinstance(value, str) else Numbers(field.path, (value,))


def _reaching(field: Field, value: Any, order: Order) -> tuple[Node, Node]:
    """Documents that have any value up to `value` in that order, and those that have one before it."""
    if isinstance(value, str):
        if order == "asc":
            return _words(field, "", f"{value}\0"), _words(field, "", value)
        return _words(field, value, None), _words(field, f"{value}\0", None)
    if order == "asc":
        return _numbers(field, None, value), _numbers(field, None, _next(value, -1))
    return _numbers(field, value, None), _numbers(field, _next(value, 1), None)


def _words(field: Field, low: str, high: str | None) -> Node:
    return Nothing() if high is not None and low >= high else Within(field.path, low, high)


def _numbers(field: Field, low: float | None, high: float | None) -> Node:
    if field.column == "double":
        return Between(field.path, low, high)
    low, high = LONG_MIN if low is None else low, LONG_MAX if high is None else high
    return Between(field.path, low, high) if low <= high else Nothing()


def _next(value: float, direction: int) -> float:
    return value + direction if isinstance(value, int) else math.nextafter(value, direction * math.inf)

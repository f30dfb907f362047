"""Queries for exact values: match_all, match_none, term, terms, ids, exists, prefix, wildcard, match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elastic.node import words
from elastic.node.errors import IllegalArgument, ParsingError, Unsupported
from elastic.node.mapping import Field
from elastic.node.query import strings
from elastic.node.query.context import Context, allowed, entry, one, options, text_of
from elastic.node.query.nodes import (
    All,
    Between,
    Bool,
    Ids,
    Node,
    Nothing,
    Numbers,
    Pattern,
    Terms,
    Within,
    any_of,
)
from elastic.node.values import BadValue, network

LIMIT = 1 << 63  # of a long


def match_all(body: Any, context: Context) -> Node:
    """`{"match_all": {}}`"""
    allowed("match_all", options("match_all", body), set())
    return All()


def match_none(body: Any, context: Context) -> Node:
    """`{"match_none": {}}`"""
    allowed("match_none", options("match_none", body), set())
    return Nothing()


def term(body: Any, context: Context) -> Node:
    """`{"term": {FIELD: VALUE}}` or `{"term": {FIELD: {"value": VALUE, "case_insensitive": false}}}`"""
    if body == {}:
        raise IllegalArgument("field name is null or empty")
    path, params = one("term", body)
    if isinstance(params, list):
        raise ParsingError("[term] query does not support array of values")
    if isinstance(params, dict):
        allowed("term", params, {"value", "case_insensitive"})
        if params.get("case_insensitive"):
            raise Unsupported("term: case_insensitive")
        if "value" not in params:
            raise IllegalArgument("value cannot be null")
        params = params["value"]
    if params is None:
        raise IllegalArgument("value cannot be null")
    return exact(path, [params], context, scored=True)


def terms(body: Any, context: Context) -> Node:
    """`{"terms": {FIELD: [VALUE, ...]}}`"""
    path, values = one("terms", body)
    if isinstance(values, dict):
        raise Unsupported("terms lookup")
    if not isinstance(values, list):
        raise ParsingError(f"[terms] query does not support [{path}]")
    if None in values:
        raise IllegalArgument("No value specified for terms query")
    if len(values) > context.max_terms:
        raise IllegalArgument(
            f"The number of terms [{len(values)}] used in the Terms Query request has exceeded the allowed"
            f" maximum of [{context.max_terms}]."
        )
    return exact(path, values, context, scored=False)


def exact(path: str, values: Sequence[Any], context: Context, *, scored: bool) -> Node:
    """Documents whose field has one of `values`."""
    if path == "_id":
        return Ids(tuple(map(text_of, values)))
    field = context.field(path)
    if field is None or not values:
        return Nothing()
    if field.type == "date":
        return any_of([_day(field, text_of(value), context) for value in values])
    if field.type == "ip":
        return any_of([_addresses(field, text_of(value), context) for value in values])
    if field.type in ("keyword", "text", "flattened"):
        return Terms(tuple(entry(field, text_of(value)) for value in values), scored)
    return _numbers(field, [context.value(field, value) for value in values])


def _numbers(field: Field, values: Sequence[Any]) -> Node:
    if field.column == "double" or field.type in ("double", "float"):
        return Numbers(field.path, tuple(map(float, values)))
    whole = tuple(int(value) for value in values if value == int(value) and -LIMIT <= value < LIMIT)
    return Numbers(field.path, whole) if whole else Nothing()


def _day(field: Field, text: str, context: Context) -> Node:
    low = context.date(text, field, up=False, formats=None, offset_ms=0)
    high = context.date(text, field, up=True, formats=None, offset_ms=0)
    return Between(field.path, low, high)


def _addresses(field: Field, text: str, context: Context) -> Node:
    if "/" not in text:
        return Terms((entry(field, str(context.value(field, text))),), scored=False)
    try:
        low, high = network(text)
    except BadValue as error:
        raise context.misfit(error) from None
    return Within(field.path, low, f"{high}\0")


def ids(body: Any, context: Context) -> Node:
    """`{"ids": {"values": [ID, ...]}}`"""
    params = options("ids", body)
    allowed("ids", params, {"values"})
    values = params.get("values", [])
    if not isinstance(values, list):
        values = [values]
    if len(values) > context.max_terms:
        raise IllegalArgument(f"[ids] takes at most [{context.max_terms}] values")
    return Ids(tuple(map(text_of, values))) if values else Nothing()


def exists(body: Any, context: Context) -> Node:
    """`{"exists": {"field": FIELD}}`"""
    params = options("exists", body)
    allowed("exists", params, {"field"})
    if not params.get("field"):
        raise ParsingError("[exists] must be provided with a [field]")
    return context.exists(str(params["field"]))


def prefix(body: Any, context: Context) -> Node:
    """`{"prefix": {FIELD: TEXT}}`"""
    return _pattern("prefix", body, context, strings.prefix)


def wildcard(body: Any, context: Context) -> Node:
    """`{"wildcard": {FIELD: PATTERN}}`"""
    return _pattern("wildcard", body, context, strings.wildcard)


def _pattern(kind: str, body: Any, context: Context, regex: Any) -> Node:
    path, params = one(kind, body)
    if isinstance(params, dict):
        allowed(kind, params, {"value", "wildcard", "rewrite", "case_insensitive"})
        if params.get("case_insensitive"):
            raise Unsupported(f"{kind}: case_insensitive")
        params = params.get("value", params.get("wildcard"))
    field = context.field(path)
    kind_of_field = "_id" if path == "_id" else field and field.type
    if kind_of_field not in (None, "keyword", "text", "flattened"):
        reason = f"Can only use {kind} queries on keyword, text and wildcard fields - not on [{path}]"
        raise IllegalArgument(f"{reason} which is of type [{kind_of_field}]")
    if field is None:
        return Nothing()
    return Pattern(strings.literal(entry(field, "")) + regex(text_of(params)))


def match(body: Any, context: Context) -> Node:
    """`{"match": {FIELD: TEXT}}` with `operator`; on a field that is no text it is `term`."""
    path, params = one("match", body)
    operator = "or"
    if isinstance(params, dict):
        allowed("match", params, {"query", "operator"})
        operator, params = str(params.get("operator", "or")).lower(), params.get("query")
    if operator not in ("and", "or"):
        raise IllegalArgument(f"operator needs to be either [and] or [or], but not [{operator}]")
    field = context.field(path)
    if field is None or field.type != "text":
        return exact(path, [params], context, scored=True)
    nodes = tuple(Terms((entry(field, word),)) for word in words.split(text_of(params)))
    if not nodes:
        return Nothing()
    return Bool(must=nodes) if operator == "and" else Bool(should=nodes, minimum=1)

"""Queries that combine queries: bool and constant_score."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from elastic.node.errors import IllegalArgument, MalformedJson
from elastic.node.query.context import Context, allowed, options
from elastic.node.query.nodes import All, Bool, Constant, Node, Nothing

Translate = Callable[[Any, Context], Node]
CLAUSES = ("must", "filter", "should", "must_not")


def bool_(body: Any, context: Context, translate: Translate) -> Node:
    """`{"bool": {"must": [...], "filter": [...], "should": [...], "must_not": [...]}}`"""
    params = options("bool", body)
    for name in params:
        if name not in (*CLAUSES, "minimum_should_match", "boost", "_name", "adjust_pure_negative"):
            raise MalformedJson(f"[bool] unknown field [{name}]")
    parts = {name: tuple(translate(one, context) for one in _listed(params.get(name))) for name in CLAUSES}
    required = bool(parts["must"] or parts["filter"])
    if not any(parts.values()):
        return All()
    minimum = _minimum(params.get("minimum_should_match"), len(parts["should"]), required)
    if minimum > len(parts["should"]):
        return Nothing()
    return Bool(**parts, minimum=minimum)


def _listed(clause: Any) -> list[Any]:
    if clause is None:
        return []
    return clause if isinstance(clause, list) else [clause]


def _minimum(wanted: Any, count: int, required: bool) -> int:
    """How many of `count` clauses must match: a number, a negative number (all but so many) or a percentage.

    Without any other clause that must match at least one has to, whatever is `wanted`.
    """
    least = 0 if required or not count else 1
    if wanted is None or not count:
        return least
    match = re.fullmatch(r"(-?\d+)(%?)", str(wanted).strip())
    if match is None:
        raise IllegalArgument(f"[minimum_should_match] does not understand [{wanted}]")
    number = int(match[1])
    if match[2]:
        part = count * abs(number) // 100
        number = part if number >= 0 else -part
    found = number if number >= 0 else count + number
    return max(found, least)


def constant_score(body: Any, context: Context, translate: Translate) -> Node:
    """`{"constant_score": {"filter": QUERY, "boost": 1.0}}`"""
    params = options("constant_score", body)
    allowed("constant_score", params, {"filter"})
    if "filter" not in params:
        raise IllegalArgument("[constant_score] requires a 'filter' element")
    return Constant(translate(params["filter"], context), float(params.get("boost", 1.0)))

"""The range query, for numbers, dates, booleans, keywords and IP addresses."""

from __future__ import annotations

import math
from typing import Any

from elastic.node import dates
from elastic.node.errors import IllegalArgument, Json
from elastic.node.mapping import Field
from elastic.node.query.context import Context, allowed, one, text_of
from elastic.node.query.nodes import Between, Node, Nothing, Within

LONG_MIN, LONG_MAX = -(1 << 63), (1 << 63) - 1
BOUNDS = {"gt", "gte", "lt", "lte"}
PARAMETERS = BOUNDS | {"format", "time_zone", "relation"}


def range_(body: Any, context: Context) -> Node:
    """`{"range": {FIELD: {"gte": ..., "lt": ..., "format": ..., "time_zone": ...}}}`"""
    path, params = one("range", body)
    if not isinstance(params, dict):
        raise IllegalArgument(f"[range] query malformed, no parameters for [{path}]")
    allowed("range", params, PARAMETERS)
    params = {name: value for name, value in params.items() if value is not None}
    if path == "_id":
        raise IllegalArgument("Field [_id] of type [_id] does not support range queries")
    field = context.field(path)
    if field is None:
        return Nothing()
    if not params.keys() & BOUNDS:
        return context.exists(path)
    if field.type == "date":
        return _dates(field, params, context)
    if field.type in ("keyword", "text", "ip", "flattened"):
        return _strings(field, params, context)
    if field.type in ("double", "float"):
        return _doubles(field, params, context)
    return _longs(field, params, context)


def _dates(field: Field, params: Json, context: Context) -> Node:
    formats = params.get("format")
    for name in str(formats or "").split("||"):
        if name and name not in dates.SUPPORTED:
            raise IllegalArgument(
                f"[range] date format [{name}] is not supported by the embedded Cardwatch node"
            )
    try:
        offset_ms = dates.offset_of(str(params.get("time_zone", "Z")))
    except dates.BadDate as error:
        raise IllegalArgument(str(error)) from None

    def at(name: str, up: bool) -> int:
        text = text_of(params[name])
        return context.date(text, field, up=up, formats=formats, offset_ms=offset_ms)

    low, high = LONG_MIN, LONG_MAX
    if "gte" in params:
        low = at("gte", False)
    if "gt" in params:
        low = at("gt", True) + 1
    if "lte" in params:
        high = at("lte", True)
    if "lt" in params:
        high = at("lt", False) - 1
    return Between(field.path, low, high) if low <= high else Nothing()


def _longs(field: Field, params: Json, context: Context) -> Node:
    low: float = LONG_MIN
    high: float = LONG_MAX
    values = {name: context.value(field, params[name]) for name in BOUNDS & {*params}}
    numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
    if "gte" in numbers:
        low = _ceil(numbers["gte"])
    if "gt" in numbers:
        low = _floor(numbers["gt"]) + 1
    if "lte" in numbers:
        high = _floor(numbers["lte"])
    if "lt" in numbers:
        high = _ceil(numbers["lt"]) - 1
    low, high = max(low, LONG_MIN), min(high, LONG_MAX)
    return Between(field.path, int(low), int(high)) if low <= high else Nothing()


def _ceil(value: float) -> int:
    return math.ceil(value) if math.isfinite(value) else (LONG_MAX + 1 if value > 0 else LONG_MIN)


def _floor(value: float) -> int:
    return math.floor(value) if math.isfinite(value) else (LONG_MAX if value > 0 else LONG_MIN - 1)


def _doubles(field: Field, params: Json, context: Context) -> Node:
    low: float | None = None
    high: float | None = None
    if "gte" in params:
        low = float(context.value(field, params["gte"]))
    if "gt" in params:
        low = math.nextafter(float(context.value(field, params["gt"])), math.inf)
    if "lte" in params:
        high = float(context.value(field, params["lte"]))
    if "lt" in params:
        high = math.nextafter(float(context.value(field, params["lt"])), -math.inf)
    if (low is not None and low == math.inf) or (high is not None and high == -math.inf):
        return Nothing()
    if low is not None and high is not None and low > high:
        return Nothing()
    return Between(field.path, low, high)


def _strings(field: Field, params: Json, context: Context) -> Node:
    def bound(name: str) -> str:
        return str(context.value(field, params[name]))

    low, high = "", None
    if "gte" in params:
        low = bound("gte")
    if "gt" in params:
        low = bound("gt") + "\0"
    if "lte" in params:
        high = bound("lte") + "\0"
    if "lt" in params:
        high = bound("lt")
    if high is not None and low >= high:
        return Nothing()
    return Within(field.path, low, high)

"""From one JSON value to what the engine keeps of it, for each field type.

A number field (long, double, date, boolean) becomes a number, the others a string. An IP address becomes
the full hexadecimal form of its IPv6 address, so that the order of the strings is the order of the addresses.
"""

from __future__ import annotations

import ipaddress
import math
import re
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

from elastic.node import dates

Column = Literal["long", "double", "string"]
Value = int | float | str

RANGES = {"long": 63, "integer": 31, "short": 15, "byte": 7}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class BadValue(ValueError):
    """A value that does not fit the field's type; `type` is Elasticsearch's name of the cause."""

    def __init__(self, reason: str, kind: str = "illegal_argument_exception") -> None:
        super().__init__(reason)
        self.type = kind


def keyword(value: Any) -> str:
    """Any scalar as text, booleans and numbers as JSON writes them."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    raise BadValue(f"Expected text but found {shape(value)}")


def number(value: Any) -> int | float:
    """A JSON number, or a text that is one.

    Raises:
        BadValue: neither, or not finite.
    """
    if isinstance(value, bool):
        raise BadValue(
            f"Current token (VALUE_{str(value).upper()}) not numeric, can not use numeric value accessors",
            "x_content_parse_exception",
        )
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"[+-]?\d+", text):
            return int(text)
        if _NUMBER.fullmatch(text):
            return float(text)
        if not text:
            raise BadValue("empty String", "number_format_exception")
        raise BadValue(f'For input string: "{value}"', "number_format_exception")
    raise BadValue("Cannot parse object as number")


def whole(bits: int, kind: str) -> Callable[[Any], int]:
    """A parser for an integer of that many bits; decimals are cut off, as `coerce` does."""
    low, high = -(1 << bits), (1 << bits) - 1

    def parse(value: Any) -> int:
        if type(value) is int and low <= value <= high:
            return value
        if isinstance(value, str) and kind == "long" and not _NUMBER.fullmatch(value.strip()):
            raise BadValue(f'For input string: "{value}"')
        parsed = _finite(number(value), value)
        if not low <= int(parsed) <= high:
            raise BadValue(f"Value [{value}] is out of range for {_article(kind)} {kind}")
        return int(parsed)

    return parse


def _article(kind: str) -> str:
    return "an" if kind == "integer" else "a"


def _finite(parsed: float, value: Any) -> int | float:
    if isinstance(parsed, float) and not math.isfinite(parsed):
        raise BadValue(f"[double] supports only finite values, but got [{value}]")
    return parsed


def double(value: Any) -> float:
    """A finite double."""
    if type(value) is int and abs(value) < 1 << 53:
        return float(value)
    try:
        return float(_finite(number(value), value)) + 0.0  # -0.0 and 0.0 are one value
    except OverflowError:
        raise BadValue("[double] supports only finite values, but got [Infinity]") from None


def single(value: Any) -> float:
    """A float of 32 bits, as a double."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", double(value)))[0])
    except OverflowError:
        raise BadValue(f"[float] supports only finite values, but got [{value}]") from None


def shortest(value: float) -> float:
    """The shortest decimal that is the same 32-bit float; what Elasticsearch writes for a `float`."""
    digits = next(text for text in (f"{value:.{n}g}" for n in range(6, 10)) if single(float(text)) == value)
    return float(digits)


def boolean(value: Any) -> int:
    """1 or 0; the texts true and false count, the empty text is false."""
    if value is True or value == "true":
        return 1
    if value is False or value in ("false", ""):
        return 0
    shown = value if isinstance(value, str) else keyword(value)
    raise BadValue(f"Failed to parse value [{shown}] as only [true] or [false] are allowed.")


def ip(value: Any) -> str:
    """Full hexadecimal IPv6 form; an IPv4 address is mapped into ::ffff:0:0/96."""
    try:
        return _exploded(str(value))
    except ValueError:
        raise BadValue(f"'{value}' is not an IP string literal.") from None


@lru_cache(maxsize=4096)
def _exploded(text: str) -> str:
    return address(text).exploded


def address(text: str) -> ipaddress.IPv6Address:
    """Raises ValueError when `text` is no IP address."""
    if "/" in text:
        raise ValueError(text)
    parsed = ipaddress.ip_address(text)
    return parsed if parsed.version == 6 else ipaddress.IPv6Address(f"::ffff:{parsed}")


def shown_ip(canonical: str) -> str:
    """The address as people write it."""
    parsed = ipaddress.IPv6Address(canonical)
    return str(parsed.ipv4_mapped or parsed)


def network(text: str) -> tuple[str, str]:
    """First and last address of a CIDR block.

    Raises:
        BadValue: it is none.
    """
    try:
        block = ipaddress.ip_network(text, strict=False)
        return ip(block.network_address), ip(block.broadcast_address)
    except ValueError:
        raise BadValue(f"'{text}' is not an IP string literal.") from None


def date(value: Any, formats: str = dates.DEFAULT_FORMAT) -> int:
    """Milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(f"failed to parse date field [{shown(value)}] with format [{formats}]")
    try:
        return dates.parse(value if isinstance(value, str) else repr(value), formats)
    except dates.BadDate as error:
        raise BadValue(str(error)) from None


def shape(value: Any) -> str:
    """What the value is in the words of a JSON parser."""
    return (
        "START_OBJECT"
        if isinstance(value, dict)
        else "START_ARRAY"
        if isinstance(value, list)
        else "VALUE_NULL"
    )


def shown(value: Any) -> str:
    """The value as Elasticsearch previews it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={shown(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return "null" if value is None else keyword(value)


PARSERS: Mapping[str, Callable[[Any], Value]] = {
    "keyword": keyword,
    "text": keyword,
    "flattened": keyword,
    "ip": ip,
    "boolean": boolean,
    "date": date,
    "double": double,
    "float": single,
    **{kind: whole(bits, kind) for kind, bits in RANGES.items()},
}
COLUMNS: Mapping[str, Column | None] = {
    "keyword": "string",
    "ip": "string",
    "flattened": "string",
    "text": None,
    "double": "double",
    "float": "double",
    **dict.fromkeys((*RANGES, "boolean", "date"), "long"),
}

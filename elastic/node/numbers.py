"""Ranges of doubles, cut into pieces that the engine can look up.

The engine reads a bound without decimals as an integer, and fails when the two bounds of one range are
not of the same kind. A range is therefore cut where the kind of its ends changes; the pieces together hold
exactly the same doubles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

EDGES = (-(2.0**63), 2.0**63, math.nextafter(2.0**64, math.inf))
"""Where the kind changes. The engine takes 2^64 for the largest unsigned integer, which it is as a double."""


def pieces(low: float, high: float) -> Iterator[tuple[float, float]]:
    """Ranges with both ends of one kind that hold the doubles of low..high, both ends included."""
    while low <= high:
        if _kind(low) == _kind(high):
            yield low, high
            return
        if not low.is_integer():
            middle = float(math.ceil(low)) + 0.0
            yield low, math.nextafter(middle, -math.inf)
            low = middle
        elif not high.is_integer():
            middle = float(math.floor(high)) + 0.0
            yield math.nextafter(middle, math.inf), high
            high = middle
        else:
            edge = next(edge for edge in EDGES if edge > low)
            yield low, math.nextafter(edge, -math.inf)
            low = edge


def _kind(value: float) -> int:
    """0: signed integer of 64 bits, 1: unsigned one, 2: decimal."""
    if not value.is_integer() or not EDGES[0] <= value < EDGES[2]:
        return 2
    return 0 if value < EDGES[1] else 1


def shown(value: float) -> str:
    """Decimal digits without an exponent, the same double when read again."""
    text = format(Decimal(repr(value)), "f")
    return text if "." in text or _kind(value) < 2 else f"{text}.0"

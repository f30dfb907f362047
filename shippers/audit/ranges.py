"""Lines that lie one behind the other -> one range of bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """`lines` lines from byte `start` to byte `end`, their line feeds included."""

    start: int
    end: int
    lines: int

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


@dataclass(slots=True)
class Ranges:
    """Collects lines in ascending order. At most `most` ranges are kept; the lines beyond are counted.

    Attributes:
        kept: the ranges, ascending, no two of which touch.
        lines: how many lines were added.
    """

    most: int
    kept: list[Range]
    lines: int
    _last_end: int

    def __init__(self, most: int) -> None:
        self.most, self.kept, self.lines, self._last_end = most, [], 0, -1

    def add(self, start: int, end: int) -> None:
        """The next line; it begins where the last one ended or later."""
        self.lines += 1
        touches, self._last_end = start == self._last_end, end
        if touches and self.kept and self.kept[-1].end == start:
            last = self.kept[-1]
            self.kept[-1] = Range(last.start, end, last.lines + 1)
        elif len(self.kept) < self.most:
            self.kept.append(Range(start, end, 1))


def ranges(lines: Iterable[tuple[int, int]], most: int) -> Ranges:
    """The lines (start, end), ascending, as ranges."""
    collected = Ranges(most)
    for start, end in lines:
        collected.add(start, end)
    return collected

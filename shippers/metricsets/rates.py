"""Growing counters -> what they grew by. A counter that is new, or that fell, gives nothing for that tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Rates:
    """Remembers the counters of the last tick.

    A counter that is missing in a tick is forgotten: a network interface that went and came back starts anew.
    """

    def __init__(self) -> None:
        self._last: Mapping[str, float] = {}
        self._at_s = 0.0

    def grown(self, counters: Mapping[str, float]) -> dict[str, float]:
        """What each counter grew by since the last call; those that are new or fell are left out."""
        last, self._last = self._last, dict(counters)
        return {
            name: value - last[name]
            for name, value in counters.items()
            if name in last and value >= last[name]
        }

    def per_second(self, counters: Mapping[str, float], at_s: float) -> dict[str, float]:
        """The same by the second; `at_s` is of a clock that only grows. Nothing when no time went by."""
        passed_s, self._at_s = at_s - self._at_s, at_s
        grown = self.grown(counters)
        return {name: value / passed_s for name, value in grown.items()} if passed_s > 0 else {}


def shares(before: Sequence[float], after: Sequence[float]) -> list[float] | None:
    """Which part of the time between two readings each counter took, 0 to 1; None when none of them grew.

    A counter that fell counts as 0: the kernel lets a processor's waiting time fall now and then.
    """
    grown = [max(0.0, new - old) for old, new in zip(before, after, strict=True)]
    total = sum(grown)
    return [round(part / total, 6) for part in grown] if total > 0 else None

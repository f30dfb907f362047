"""Which request meets which fault (pure but for its counters)."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence

from tests.torture.plan import Fault

ITEMS = frozenset({Fault.ITEM_409, Fault.ITEM_429, Fault.ITEM_503, Fault.ITEM_406})
UNKNOWN = frozenset({Fault.RESET_AFTER, Fault.SLOW, Fault.TRUNCATED, Fault.GARBAGE, Fault.KILL})
"""The lines are taken and the shipper does not learn of it: it must find out before it sends them again."""

NOT_WHEN_LOOKING = ITEMS | {Fault.REQUEST_413, Fault.ROLLOVER, Fault.KILL, Fault.RESET_AFTER}
DEAR = {Fault.SLOW: 1, Fault.REQUEST_429_AFTER: 1, Fault.KILL: 3}
"""Most of these in a run: they take a second each, or a start of the shipper."""

ROLLOVERS = 6
REPLAY_ROLLOVER_ODDS = 0.7
ITEM_ODDS = 0.4


class Dealer:
    """Deals faults until it is told to stop. Threads may share it."""

    def __init__(
        self, kinds: Sequence[Fault], odds: float, rollover_odds: float, draw: random.Random
    ) -> None:
        self.dealt: Counter[Fault] = Counter()
        self._odds, self._rollover_odds, self._draw = odds, rollover_odds, draw
        self._rollovers = Fault.ROLLOVER in kinds
        rest = [kind for kind in kinds if kind is not Fault.ROLLOVER]
        self._sending = [kind for kind in rest if kind is not Fault.PARTIAL]
        self._looking = [kind for kind in rest if kind not in NOT_WHEN_LOOKING]
        self._lock, self._on = threading.Lock(), True

    def stop(self) -> None:
        """No faults from now on."""
        with self._lock:
            self._on = False

    def sending(self) -> Fault | None:
        """What happens to a request that writes."""
        return self._dealt(self._sending)

    def looking(self) -> Fault | None:
        """What happens to a request that looks."""
        return self._dealt(self._looking)

    def rolls_over(self, fault: Fault | None) -> bool:
        """Whether the stream is rolled over now; often where `fault` lets the shipper send again."""
        with self._lock:
            odds = REPLAY_ROLLOVER_ODDS if fault in UNKNOWN else self._rollover_odds
            drawn = self._draw.random() < odds
            if not (self._on and self._rollovers and drawn and self.dealt[Fault.ROLLOVER] < ROLLOVERS):
                return False
            self.dealt[Fault.ROLLOVER] += 1
            return True

    def items(self, lines: int) -> list[bool]:
        """Which lines of a request an item fault meets; at least one."""
        with self._lock:
            met = [self._draw.random() < ITEM_ODDS for _ in range(lines)]
            if lines and not any(met):
                met[self._draw.randrange(lines)] = True
            return met

    def _dealt(self, kinds: Sequence[Fault]) -> Fault | None:
        with self._lock:
            drawn = self._draw.random() < self._odds
            fault = self._draw.choice(kinds) if kinds else None
            if not (self._on and drawn and fault) or self.dealt[fault] >= DEAR.get(fault, 1_000_000):
                return None
            self.dealt[fault] += 1
            return fault

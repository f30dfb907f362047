"""The shipper of a run: killed, told to stop, and started again."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from tests.torture.nest import Nest
from tests.torture.plan import Blow

PATIENCE_S = 15.0
"""How long a shipper may take to end after SIGTERM: more than its own deadline."""


class Shipper:
    """The process. Whoever stops it starts it again, under a lock.

    Attributes:
        ends: how often it was killed and told to stop.
        ended_s: when, in seconds since 1970.
        faults: exit codes that nobody asked for.
        between: called while it is down, after each stop.
    """

    def __init__(self, nest: Nest, home: Path, url: str, namespace: str, settings: dict[str, Any]) -> None:
        self.ends: Counter[signal.Signals] = Counter()
        self.ended_s: list[float] = []
        self.faults: list[str] = []
        self.between: Callable[[], None] = lambda: None
        self._nest, self._lock = nest, threading.Lock()
        self._start = partial(nest.start, home, url, namespace, settings)
        self._pid: int | None = None

    def start(self) -> None:
        """Starts it."""
        with self._lock:
            self._pid = self._start()

    def strike(self, number: signal.Signals, meanwhile: Callable[[], None], down_s: float = 0.0) -> None:
        """Stops it, calls `meanwhile`, and starts it again; nothing once it is stopped for good."""
        with self._lock:
            if self._pid is None:
                return
            self._end(number)
            meanwhile()
            self.between()
            time.sleep(down_s)
            self._pid = self._start()

    def stop(self) -> None:
        """Stops it for good, politely."""
        with self._lock:
            if self._pid is not None:
                self._end(signal.SIGTERM)
                self._pid = None

    def _end(self, number: signal.Signals) -> None:
        assert self._pid is not None
        self.ended_s.append(time.time())
        code = self._nest.end(self._pid, number, PATIENCE_S)
        self.ends[number] += 1
        if code != (-signal.SIGKILL if number is signal.SIGKILL else 0):
            self.faults.append(f"exit code {code} after {number.name}")


class Crash(threading.Thread):
    """Deals the blows of a plan to the shipper, one after the other."""

    def __init__(self, shipper: Shipper, blows: Iterable[Blow]) -> None:
        super().__init__(name="crash", daemon=True)
        self._shipper, self._blows = shipper, tuple(blows)

    def run(self) -> None:
        for blow in self._blows:
            time.sleep(blow.after_s)
            number = signal.SIGTERM if blow.polite else signal.SIGKILL
            self._shipper.strike(number, lambda: None, blow.down_s)

"""For how long the server wants no request from anybody."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Quiet:
    """What `Retry-After` asked for, shared by all threads. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until_s = float("-inf")
        self._lock = threading.Lock()

    def ask(self, seconds: float) -> None:
        """No request for so long from now on."""
        with self._lock:
            self._until_s = max(self._until_s, self._clock() + seconds)

    def left_s(self) -> float:
        """Seconds that are left of it; 0 when requests may be made."""
        return max(self._until_s - self._clock(), 0.0)

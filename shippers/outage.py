"""Says once that something does not work, and once that it works again.

What the shipper logs is shipped too: a line per retry would keep it busy with itself for as long as the
trouble lasts. So one outage is two lines, and a next one within `quiet_s` of its end is only counted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Outage:
    """The present outage of `what`, if there is one. `clock` gives seconds. Any thread may tell it."""

    what: str
    clock: Callable[[], float]
    quiet_s: float
    _since: float | None = None
    _told: bool = False
    _quiet_until: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def active(self) -> bool:
        """Whether the last try failed."""
        return self._since is not None

    def failed(self, kind: str, reason: str) -> None:
        """A try failed: `kind` is the class or the HTTP status of the failure."""
        with self._lock:
            if self._since is not None:
                return
            self._since = self.clock()
            self._told = told = self._since >= self._quiet_until
        if told:
            logger.warning(
                f"{self.what} does not take lines; they wait and are tried again.",
                extra={
                    "event.action": "outage_start",
                    "event.outcome": "failure",
                    "error.type": kind,
                    "error.message": reason,
                },
            )

    def over(self, lines: int, behind: Callable[[], int]) -> None:
        """A try went well. `lines` waited in the batch, and `behind` says how many bytes in the files."""
        with self._lock:
            if self._since is None:
                return
            now = self.clock()
            lasted, self._since = max(now - self._since, 0.0), None
            told = self._told
            if told:
                self._quiet_until = now + self.quiet_s
        if told:
            logger.info(
                f"{self.what} takes lines again after {lasted:.1f} s; "
                f"{lines} lines waited and {behind()} bytes behind them.",
                extra={
                    "event.action": "outage_end",
                    "event.outcome": "success",
                    "event.duration": int(lasted * 1e9),
                },
            )

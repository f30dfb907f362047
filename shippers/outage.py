"""Says once that something does not work, and once that it works again.

What the shipper logs is shipped too: a line per retry would keep it busy with itself for as long as the
trouble lasts. So one outage is two lines, and a next one within `quiet_s` of its end is only counted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

REASON_CHARACTERS = 200
"""Of a reason, what stands in the sentence; `error.message` has all of it."""

_LOGIN = "Give a key or a user and password that are valid."
_PRIVILEGE = "Give the key or the user the privileges that the shipper needs."
_RUNNING = "See whether it is running and reachable at its URL."
_ADVICE = {
    "HTTP 401": _LOGIN,
    "HTTP 403": _PRIVILEGE,
    "security_exception": f"{_LOGIN[:-1]}, with the privileges that the shipper needs.",
    "TlsError": "See whether the CA file signed its certificate, and whether the URL is https.",
    "ConnectionError": _RUNNING,
    "ConnectionTimeout": "See whether it is overloaded, or allow more time with CARDWATCH_SHIP_TIMEOUT_S.",
}


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
                sentence(self.what, kind, reason),
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


class Outages:
    """Of the server, and of each data stream that takes nothing while the server does.

    Args:
        clock: gives seconds.
        quiet_s: after the end of an outage, the next one of the same is not told for so long.
        behind: gives the bytes that wait in files.
    """

    def __init__(self, clock: Callable[[], float], quiet_s: float, behind: Callable[[], int]) -> None:
        self.server = Outage("Elasticsearch", clock, quiet_s)
        self._clock, self._quiet_s, self._behind = clock, quiet_s, behind
        self._streams: dict[str, Outage] = {}
        self._lock = threading.Lock()

    def of(self, stream: str) -> Outage:
        """That of a data stream."""
        with self._lock:
            what = f"The data stream {stream}"
            return self._streams.setdefault(stream, Outage(what, self._clock, self._quiet_s))

    def over(self, lines: int) -> None:
        """The server takes lines; `lines` waited in the batch."""
        self.server.over(lines, self._behind)

    def over_for(self, streams: Iterable[str], lines: int) -> None:
        """These data streams take lines."""
        for stream in streams:
            if outage := self._streams.get(stream):
                outage.over(lines, self._behind)


def sentence(what: str, kind: str, reason: str) -> str:
    """One line that says why `what` takes no lines and, where it is known, what people can do."""
    short = " ".join(reason.split())[:REASON_CHARACTERS]
    why = f"{kind}: {short}" if short else kind
    return f"{what} does not take lines ({why}); they wait and are tried again. {advice(kind)}".rstrip()


def advice(kind: str) -> str:
    """What people can do about a failure of this kind; empty where only waiting helps or nothing is known."""
    return _ADVICE.get(kind, "")

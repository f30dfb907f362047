"""One GET with a deadline for the whole of it: look-up, connection, TLS, every byte of the answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

_AGENT = {"User-Agent": "cardwatch-sample", "Accept": "application/json", "Connection": "close"}
_GRACE_S = 0.1
"""How long a probe that was cut off is waited for before the next one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said."""

    status: int
    body: bytes


class ProbeFailed(Exception):
    """There was no whole answer; `code` is stable."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Prober:
    """Asks one service, in a thread of its own that nobody waits for longer than the timeout.

    A name look-up cannot be cut off. While one of an earlier probe still hangs, no further thread is started
    and each probe fails at once: there is at most one such thread a service, and it ends with the process.

    Args:
        url: `http://host:port` or `https://...`, without a slash at the end.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._last: threading.Thread | None = None

    def get(self, path: str, timeout_s: float, most_bytes: int) -> Answer:
        """GET the service's url + `path`.

        Args:
            path: begins with a slash.
            timeout_s: for all of it; an answer that drips byte by byte is cut off too.
            most_bytes: a longer body is a failure.

        Raises:
            ProbeFailed: with code probe_refused, probe_timeout, probe_too_long or probe_failed.
        """
        if self._last is not None and self._hangs(self._last):
            raise ProbeFailed(
                "probe_timeout", "an earlier probe still hangs, most likely in its name look-up"
            )
        exchange = _Exchange(self._url, path, timeout_s, most_bytes)
        self._last = threading.Thread(target=exchange.run, name="probe", daemon=True)
        self._last.start()
        return exchange.answered()

    def _hangs(self, thread: threading.Thread) -> bool:
        thread.join(_GRACE_S)
        return thread.is_alive()


class _Exchange:
    """One request and its answer. A thread runs it; another waits for it and cuts it off."""

    def __init__(self, url: str, path: str, timeout_s: float, most_bytes: int) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
        self._target, self._timeout_s, self._most_bytes = parts.path + path, timeout_s, most_bytes
        self._outcome: SimpleQueue[Answer | Exception] = SimpleQueue()
        self._given_up = threading.Event()

    def run(self) -> None:
        """Asks and reads; ends soon after it was cut off, unless it looks up a name."""
        try:
            self._connection.connect()
            if self._given_up.is_set():
                return
            self._connection.request("GET", self._target, headers=_AGENT)
            answer = self._connection.getresponse()
            self._outcome.put(Answer(answer.status, answer.read(self._most_bytes + 1)))
        except Exception as error:  # noqa: BLE001 - told to the one who waits
            self._outcome.put(error)
        finally:
            self._connection.close()

    def answered(self) -> Answer:
        """What came of it, in time.

        Raises:
            ProbeFailed: as `Prober.get` says.
        """
        try:
            outcome = self._outcome.get(timeout=self._timeout_s)
        except Empty as error:
            self._cut()
            raise _late(self._timeout_s) from error
        if isinstance(outcome, Exception):
            raise _failure(outcome, self._timeout_s) from outcome
        if len(outcome.body) > self._most_bytes:
            raise ProbeFailed("probe_too_long", f"an answer of more than {self._most_bytes} bytes")
        return outcome

    def _cut(self) -> None:
        self._given_up.set()
        sock = self._connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _late(timeout_s: float) -> ProbeFailed:
    return ProbeFailed("probe_timeout", f"no whole answer within {timeout_s:g} s")


def _failure(error: Exception, timeout_s: float) -> ProbeFailed:
    if isinstance(error, TimeoutError):
        return _late(timeout_s)
    if isinstance(error, ConnectionRefusedError):
        return ProbeFailed("probe_refused", "the connection is refused")
    return ProbeFailed("probe_failed", f"{type(error).__name__}: {error}"[:200])

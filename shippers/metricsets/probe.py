"""One GET with a deadline for the whole of it: look-up, connection, TLS, every byte of the answer."""

from __future__ import annotations

import http.client
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

_AGENT = {"User-Agent": "cardwatch-sample", "Accept": "application/json", "Connection": "close"}


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


def get(url: str, path: str, timeout_s: float, most_bytes: int) -> Answer:
    """GET `url` + `path`.

    Args:
        url: `http://host:port` or `https://...`, without a slash at the end.
        path: begins with a slash.
        timeout_s: for all of it; an answer that drips byte by byte is cut off too.
        most_bytes: a longer body is a failure.

    Raises:
        ProbeFailed: with code probe_refused, probe_timeout, probe_too_long or probe_failed.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    late = threading.Event()
    timer = threading.Timer(timeout_s, _cut, (connection, late))
    timer.daemon = True
    timer.start()
    try:
        connection.request("GET", parts.path + path, headers=_AGENT)
        answer = connection.getresponse()
        body = answer.read(most_bytes + 1)
    except (OSError, http.client.HTTPException) as error:
        raise _failure(error, late.is_set(), timeout_s) from error
    finally:
        timer.cancel()
        connection.close()
    if late.is_set():
        raise ProbeFailed("probe_timeout", f"no whole answer within {timeout_s:g} s")
    if len(body) > most_bytes:
        raise ProbeFailed("probe_too_long", f"an answer of more than {most_bytes} bytes")
    return Answer(answer.status, body)


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _failure(error: Exception, late: bool, timeout_s: float) -> ProbeFailed:
    if late or isinstance(error, TimeoutError):
        return ProbeFailed("probe_timeout", f"no whole answer within {timeout_s:g} s")
    if isinstance(error, ConnectionRefusedError):
        return ProbeFailed("probe_refused", "the connection is refused")
    return ProbeFailed("probe_failed", f"{type(error).__name__}: {error}"[:200])

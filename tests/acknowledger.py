"""A sink that only acknowledges: speaks just enough of Elasticsearch's HTTP for `_bulk`, keeps nothing.

Run as a program it serves on a free port, prints that port, and ends when its standard input does.
`GET /_sink` tells how many lines it acknowledged and how long each took that says when it was written (see
WRITTEN).
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time

from tests.stand_in import Connection, StandIn

ITEM = b'{"create":{"status":201}}'
WRITTEN = re.compile(rb'"written_ns":(\d+)')
"""Nanoseconds since 1970 in a line; only lines of small requests are looked through."""

LOOKED_THROUGH_BYTES = 1024 * 1024


class Sink(StandIn):
    """The server and what it has counted."""

    def __init__(self) -> None:
        self.lines = 0
        self.ages_s: list[float] = []
        self._answers: dict[int, bytes] = {}
        self._lock = threading.Lock()
        super().__init__(Acknowledger)

    def taken(self, body: bytes) -> bytes:
        """Counts the lines and says 201 for each."""
        lines = body.count(b"\n") // 2
        if len(body) < LOOKED_THROUGH_BYTES and b'"written_ns":' in body:
            now_ns = time.time_ns()
            self.ages_s += [(now_ns - int(each)) / 1e9 for each in WRITTEN.findall(body)]
        if lines not in self._answers:
            self._answers[lines] = b'{"errors":false,"took":0,"items":[' + b",".join([ITEM] * lines) + b"]}"
        with self._lock:
            self.lines += lines
        return self._answers[lines]

    def told(self) -> bytes:
        """What it counted."""
        return json.dumps({"lines": self.lines, "ages_s": self.ages_s}).encode()


class Acknowledger(Connection):
    """Answers every request as a `_bulk` of which each line was created."""

    server: Sink

    def take(self) -> None:
        """Takes a request of `_bulk`, says that its streams are empty, or what was counted."""
        body = self.body()
        if self.path == "/_sink":
            self.answer(200, self.server.told())
        elif "/_count" in self.path or "/_refresh" in self.path:
            self.answer(200, b'{"count":0,"_shards":{"failed":0}}')
        elif self.command in ("PUT", "POST"):
            self.answer(200, self.server.taken(body))
        else:
            self.answer(200, b"{}")


def main() -> None:
    """Serves until standard input ends."""
    server = Sink()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()

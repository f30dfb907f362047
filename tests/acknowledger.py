"""A sink that only acknowledges: speaks just enough of Elasticsearch's HTTP for `_bulk`, keeps nothing.

Run as a program it serves on a free port, prints that port, and ends when its standard input does.
`GET /_sink` tells how many lines it acknowledged and how long each took that says when it was written (see
WRITTEN).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM = b'{"create":{"status":201}}'
WRITTEN = re.compile(rb'"written_ns":(\d+)')
"""Nanoseconds since 1970 in a line; only lines of small requests are looked through."""

LOOKED_THROUGH_BYTES = 1024 * 1024


class Sink(ThreadingHTTPServer):
    """The server and what it has counted."""

    daemon_threads = True

    def __init__(self) -> None:
        self.lines = 0
        self.ages_s: list[float] = []
        self._answers: dict[int, bytes] = {}
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Acknowledger)

    def take(self, body: bytes) -> bytes:
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


class Acknowledger(BaseHTTPRequestHandler):
    """Answers every request as a `_bulk` of which each line was created."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Sink

    def do_PUT(self) -> None:
        """Takes a request of `_bulk`."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self._send(self.server.take(body))

    def do_POST(self) -> None:
        """Says that its streams are empty, or takes a request of `_bulk`."""
        if "/_count" in self.path:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            return self._send(b'{"count":0,"_shards":{"failed":0}}')
        return self.do_PUT()

    def do_GET(self) -> None:
        """Tells what was counted, or that it is there."""
        self._send(self.server.told() if self.path == "/_sink" else b"{}")

    do_HEAD = do_GET  # noqa: N815

    def handle_expect_100(self) -> bool:
        """Lets the client go on at once; what is not flushed would hold it up for a second."""
        going = super().handle_expect_100()
        self.wfile.flush()
        return going

    def _send(self, answer: bytes) -> None:
        self.send_response(200)
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-type", "application/vnd.elasticsearch+json;compatible-with=9")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main() -> None:
    """Serves until standard input ends."""
    server = Sink()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()

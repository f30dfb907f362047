"""A sink that only acknowledges: speaks just enough of Elasticsearch's HTTP for `_bulk`, keeps nothing.

Run as a program it serves on a free port, prints that port, and ends when its standard input does.
"""

from __future__ import annotations

import gzip
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM = b'{"create":{"status":201}}'


class Acknowledger(BaseHTTPRequestHandler):
    """Answers every request as a `_bulk` of which each line was created."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_PUT(self) -> None:
        """Counts the lines and says 201 for each."""
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        lines = body.count(b"\n") // 2
        answer = b'{"errors":false,"took":0,"items":[' + b",".join([ITEM] * lines) + b"]}"
        self.send_response(200)
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-type", "application/vnd.elasticsearch+json;compatible-with=9")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main() -> None:
    """Serves until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Acknowledger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()

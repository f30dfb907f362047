"""A server on loopback that answers in Elasticsearch's name: what all stand-ins of the tests are built on."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import TypeVar

MEDIA_TYPE = "application/vnd.elasticsearch+json;compatible-with=9"
NONE: Mapping[str, str] = MappingProxyType({})


class StandIn(ThreadingHTTPServer):
    """The server, on a free port unless one is named; `connection` handles its requests."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, connection: type[Connection], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), connection)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error of the test."""


class Connection(BaseHTTPRequestHandler):
    """One connection. `take` handles a request; what it needs to read, to answer and to break off is here."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    @abstractmethod
    def take(self) -> None:
        """Handles a request of whatever method."""

    def do_GET(self) -> None:
        self.take()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 -- names that http.server looks for

    def body(self) -> bytes:
        """The body of the request, decompressed."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        return gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body

    def answer(
        self, status: int, body: bytes, media_type: str = MEDIA_TYPE, headers: Mapping[str, str] = NONE
    ) -> None:
        """Answers; `headers` go beside or instead of those that are always there."""
        self.send_response(status)
        common = {"x-elastic-product": "Elasticsearch", "content-type": media_type}
        for name, value in {**common, "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def tear(self, body: bytes) -> None:
        """Answers with half of the body, and closes the connection."""
        self.answer(200, body[: len(body) // 2], headers={"content-length": str(len(body))})
        self.close_connection = True

    def reset(self) -> None:
        """Resets the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Lets the client go on at once; what is not flushed would hold it up for a second."""
        going = super().handle_expect_100()
        self.wfile.flush()
        return going

    def log_message(self, *_: object) -> None:
        """Says nothing."""


Kind = TypeVar("Kind", bound=StandIn)


@contextlib.contextmanager
def serving(server: Kind) -> Iterator[Kind]:
    """The server lives as long as the block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A server of `_bulk` with faults on order: keeps the documents itself, or passes them on to a real server.

A test puts faults into `Proxy.faults`; each request takes the next one (None: no fault). With an empty queue
every request goes through.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, Protocol

Item = dict[str, Any]
NONE: Mapping[str, str] = MappingProxyType({})
MEDIA_TYPE = "application/vnd.elasticsearch+json;compatible-with=9"


@dataclass(frozen=True)
class Pair:
    """An action and its line. `id` is None where a time-series stream is to make one."""

    index: str
    id: str | None
    line: bytes

    @property
    def action(self) -> bytes:
        """The action as it was sent."""
        named = {"_id": self.id} if self.id is not None else {}
        return json.dumps({"create": {"_index": self.index, **named}}).encode()


class Store(Protocol):
    """Where documents go."""

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        """Creates them; one item each."""

    def find(self, index: str, ids: Sequence[str]) -> list[str]:
        """Those of the ids that it holds."""

    def count(self, index: str) -> int:
        """How many documents it holds."""


class Memory:
    """Keeps documents, refuses an id that it has, and a line that is no JSON object."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str | None], bytes] = {}

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        return [self._create(pair) for pair in pairs]

    def _create(self, pair: Pair) -> Item:
        try:
            json.loads(pair.line)
        except ValueError:
            return failed(400, "document_parsing_exception", "failed to parse")
        if (pair.index, pair.id) in self.documents:
            return failed(409, "version_conflict_engine_exception", "document already exists")
        self.documents[pair.index, pair.id] = pair.line
        return {"create": {"status": 201, "_id": pair.id}}

    def find(self, index: str, ids: Sequence[str]) -> list[str]:
        return [each for each in ids if (index, each) in self.documents]

    def count(self, index: str) -> int:
        return sum(stream == index for stream, _ in list(self.documents))


class Upstream:
    """Passes documents on to a real server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        if not pairs:
            return []
        lines = [part for pair in pairs for part in (pair.action, pair.line)]
        return list(self._ask("_bulk", b"\n".join([*lines, b""]), "application/x-ndjson")["items"])

    def find(self, index: str, ids: Sequence[str]) -> list[str]:
        self._ask(f"{index}/_refresh?ignore_unavailable=true", b"", "application/json")
        query = {"query": {"ids": {"values": list(ids)}}, "size": 2 * len(ids), "_source": False}
        path = f"{index}/_search?ignore_unavailable=true&allow_no_indices=true"
        hits = self._ask(path, json.dumps(query).encode(), "application/json")["hits"]["hits"]
        return [hit["_id"] for hit in hits]

    def count(self, index: str) -> int:
        self._ask(f"{index}/_refresh?ignore_unavailable=true", b"", "application/json")
        path = f"{index}/_count?ignore_unavailable=true&allow_no_indices=true"
        return int(self._ask(path, b"", "application/json")["count"])

    def _ask(self, path: str, body: bytes, media_type: str) -> Any:
        request = urllib.request.Request(
            f"{self._url}/{path}", body, {"content-type": media_type}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)


def failed(status: int, kind: str, reason: str) -> Item:
    """An item that was not taken."""
    return {"create": {"status": status, "error": {"type": kind, "reason": reason}}}


# Faults


@dataclass(frozen=True)
class Status:
    """The whole request is answered with this status and these headers; nothing is taken."""

    code: int
    type: str | None = "some_exception"
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        if self.type is None:
            return b"<html>from a proxy</html>"
        error = {"type": self.type, "reason": "on order"}
        return json.dumps({"error": error, "status": self.code}).encode()


@dataclass(frozen=True)
class Items:
    """Every `every`-th line gets this status and is not taken; the others are."""

    code: int
    every: int = 2


@dataclass(frozen=True)
class Reset:
    """The connection is reset, after the lines were taken or before."""

    after: bool


@dataclass(frozen=True)
class Garbage:
    """The lines are taken, and the answer is 200 with this body."""

    body: bytes


@dataclass(frozen=True)
class Stall:
    """The lines are taken (or, with `taken=False`, not), and no answer comes until `release` is set."""

    release: threading.Event
    taken: bool = True


@dataclass(frozen=True)
class Taken:
    """The lines are taken, and the answer says of each that it is new this `way`."""

    way: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Torn:
    """The lines are taken, and the connection ends within the answer."""


@dataclass(frozen=True)
class Nameless:
    """The lines are taken, and the answer does not say that it is Elasticsearch's."""


Fault = Status | Items | Reset | Garbage | Stall | Taken | Torn | Nameless


class Proxy(ThreadingHTTPServer):
    """The server. `sizes` are the lines of each request, `lookups` the ids of each look-up; `most_lines` and
    `poison` stay in force."""

    daemon_threads = True

    def __init__(self, store: Store, port: int = 0) -> None:
        self.store = store
        self.faults: deque[Fault | None] = deque()
        self.sizes: list[int] = []
        self.lookups: list[int] = []
        self.most_lines: int | None = None
        self.failing_shards = 0  # of a refresh
        self.poison: bytes | None = None
        self.poison_status = Status(400, "illegal_argument_exception")
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error of the test."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Proxy

    def do_PUT(self) -> None:
        pairs, proxy = pairs_of(self._body()), self.server
        proxy.sizes.append(len(pairs))
        fault = proxy.faults.popleft() if proxy.faults else None
        if proxy.most_lines is not None and len(pairs) > proxy.most_lines:
            fault = Status(413, None)
        if proxy.poison is not None and any(proxy.poison in pair.line for pair in pairs):
            fault = proxy.poison_status
        self._answer(pairs, fault)

    def do_POST(self) -> None:
        """A look-up: `STREAM/_refresh`, then `STREAM/_count`, or `STREAM/_search` with a query of ids."""
        body, path = self._body(), self.path.partition("?")[0]
        stream, _, verb = path.strip("/").partition("/")
        if verb == "_refresh":
            shards = {"_shards": {"failed": self.server.failing_shards}}
            return self._reply(200, json.dumps(shards).encode(), MEDIA_TYPE)
        if verb == "_count":
            count = {"count": self.server.store.count(stream), "_shards": {"failed": 0}}
            return self._reply(200, json.dumps(count).encode(), MEDIA_TYPE)
        ids = json.loads(body)["query"]["ids"]["values"]
        self.server.lookups.append(len(ids))
        found = self.server.store.find(stream, ids)
        hits = [{"_id": each} for each in found]
        return self._reply(200, json.dumps({"hits": {"hits": hits}}).encode(), MEDIA_TYPE)

    def _answer(self, pairs: list[Pair], fault: Fault | None) -> None:
        match fault:
            case Status():
                media_type = MEDIA_TYPE if fault.type else "text/html"
                return self._reply(fault.code, fault.body(), media_type, dict(fault.headers))
            case Reset(after=False):
                return self._reset()
            case Stall(taken=False):
                fault.release.wait(30)
                return self._reset()
        items = self._items(pairs, fault if isinstance(fault, Items) else None)
        if isinstance(fault, Taken):
            items = [{"create": item["create"] | dict(fault.way)} for item in items]
        errors = any(item["create"]["status"] >= 300 for item in items)
        answer = json.dumps({"errors": errors, "took": 1, "items": items}).encode()
        match fault:
            case Reset():
                return self._reset()
            case Stall():
                fault.release.wait(30)
            case Garbage():
                return self._reply(200, fault.body, MEDIA_TYPE)
            case Nameless():
                return self._reply(200, answer, MEDIA_TYPE, {"x-elastic-product": "none"})
            case Torn():
                return self._tear(answer)
        return self._reply(200, answer, MEDIA_TYPE)

    def _items(self, pairs: list[Pair], fault: Items | None) -> list[Item]:
        held = range(0, len(pairs), fault.every) if fault else range(0)
        code = fault.code if fault else 0
        taken = iter(self.server.store.create([pair for n, pair in enumerate(pairs) if n not in held]))
        return [failed(code, "on_order", "wait") if n in held else next(taken) for n in range(len(pairs))]

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        return gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body

    def _reply(self, code: int, body: bytes, media_type: str, headers: Mapping[str, str] = NONE) -> None:
        self.send_response(code)
        common = {"x-elastic-product": "Elasticsearch", "content-type": media_type}
        for name, value in {**common, "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _tear(self, body: bytes) -> None:
        self._reply(200, body[: len(body) // 2], MEDIA_TYPE, {"content-length": str(len(body))})
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def pairs_of(body: bytes) -> list[Pair]:
    """The actions and lines of a body of `_bulk`."""
    assert body.endswith(b"\n")
    lines = body[:-1].split(b"\n")
    actions = [json.loads(line)["create"] for line in lines[::2]]
    return [Pair(a["_index"], a.get("_id"), line) for a, line in zip(actions, lines[1::2], strict=True)]


@contextlib.contextmanager
def running(store: Store, port: int = 0) -> Iterator[Proxy]:
    """A proxy that lives as long as the block."""
    proxy = Proxy(store, port)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()

"""A server of `_bulk` whose faults a test puts in order: for what must happen after just this answer.

It keeps the documents itself, or passes them on to a real server. Each request takes the next of
`Proxy.faults` (None: no fault); with an empty queue every request goes through. In `tests/torture/proxy.py`
faults are drawn by chance.
"""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.stand_in import MEDIA_TYPE, Connection, StandIn, serving

Item = dict[str, Any]


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


class Proxy(StandIn):
    """The server. `sizes` are the lines of each request, `lookups` the ids of each look-up; `most_lines` and
    `poison` stay in force."""

    def __init__(self, store: Store, port: int = 0) -> None:
        self.store = store
        self.faults: deque[Fault | None] = deque()
        self.sizes: list[int] = []
        self.lookups: list[int] = []
        self.most_lines: int | None = None
        self.failing_shards = 0  # of a refresh
        self.poison: bytes | None = None
        self.poison_status = Status(400, "illegal_argument_exception")
        super().__init__(Handler, port)


class Handler(Connection):
    """One connection."""

    server: Proxy

    def take(self) -> None:
        """The client puts a body of `_bulk`, and posts what looks lines up."""
        if self.command == "PUT":
            self._take_lines()
        else:
            self._look_up()

    def _take_lines(self) -> None:
        pairs, proxy = pairs_of(self.body()), self.server
        proxy.sizes.append(len(pairs))
        fault = proxy.faults.popleft() if proxy.faults else None
        if proxy.most_lines is not None and len(pairs) > proxy.most_lines:
            fault = Status(413, None)
        if proxy.poison is not None and any(proxy.poison in pair.line for pair in pairs):
            fault = proxy.poison_status
        self._answer(pairs, fault)

    def _look_up(self) -> None:
        """`STREAM/_refresh`, then `STREAM/_count`, or `STREAM/_search` with a query of ids."""
        body, path = self.body(), self.path.partition("?")[0]
        stream, _, verb = path.strip("/").partition("/")
        if verb == "_refresh":
            shards = {"_shards": {"failed": self.server.failing_shards}}
            return self.answer(200, json.dumps(shards).encode())
        if verb == "_count":
            count = {"count": self.server.store.count(stream), "_shards": {"failed": 0}}
            return self.answer(200, json.dumps(count).encode())
        ids = json.loads(body)["query"]["ids"]["values"]
        self.server.lookups.append(len(ids))
        found = self.server.store.find(stream, ids)
        hits = [{"_id": each} for each in found]
        return self.answer(200, json.dumps({"hits": {"hits": hits}}).encode())

    def _answer(self, pairs: list[Pair], fault: Fault | None) -> None:
        match fault:
            case Status():
                media_type = MEDIA_TYPE if fault.type else "text/html"
                return self.answer(fault.code, fault.body(), media_type, dict(fault.headers))
            case Reset(after=False):
                return self.reset()
            case Stall(taken=False):
                fault.release.wait(30)
                return self.reset()
        items = self._items(pairs, fault if isinstance(fault, Items) else None)
        if isinstance(fault, Taken):
            items = [{"create": item["create"] | dict(fault.way)} for item in items]
        errors = any(item["create"]["status"] >= 300 for item in items)
        answer = json.dumps({"errors": errors, "took": 1, "items": items}).encode()
        match fault:
            case Reset():
                return self.reset()
            case Stall():
                fault.release.wait(30)
            case Garbage():
                return self.answer(200, fault.body)
            case Nameless():
                return self.answer(200, answer, headers={"x-elastic-product": "none"})
            case Torn():
                return self.tear(answer)
        return self.answer(200, answer)

    def _items(self, pairs: list[Pair], fault: Items | None) -> list[Item]:
        held = range(0, len(pairs), fault.every) if fault else range(0)
        code = fault.code if fault else 0
        taken = iter(self.server.store.create([pair for n, pair in enumerate(pairs) if n not in held]))
        return [failed(code, "on_order", "wait") if n in held else next(taken) for n in range(len(pairs))]


def pairs_of(body: bytes) -> list[Pair]:
    """The actions and lines of a body of `_bulk`."""
    assert body.endswith(b"\n")
    lines = body[:-1].split(b"\n")
    actions = [json.loads(line)["create"] for line in lines[::2]]
    return [Pair(a["_index"], a.get("_id"), line) for a, line in zip(actions, lines[1::2], strict=True)]


@contextlib.contextmanager
def running(store: Store, port: int = 0) -> Iterator[Proxy]:
    """A proxy that lives as long as the block."""
    with serving(Proxy(store, port)) as proxy:
        yield proxy

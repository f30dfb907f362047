"""The server between the shipper and a store whose faults are drawn: for what must hold whatever happens.

`faults.Dealer` deals a fault for each request, kills and rollovers among them; `arrived` says what the store
took. In `tests/bulk_proxy.py` a test puts the faults in order.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator

from tests.bulk_proxy import Item, Pair, failed, pairs_of
from tests.stand_in import Connection, StandIn, serving
from tests.torture.faults import ITEMS, Dealer
from tests.torture.gate import Gate
from tests.torture.plan import Fault
from tests.torture.stores import Reply, Store

LONGEST_STALL_S = 10.0
STATUS = {
    Fault.REQUEST_406: 406,
    Fault.REQUEST_413: 413,
    Fault.REQUEST_429: 429,
    Fault.REQUEST_429_AFTER: 429,
    Fault.REQUEST_502: 502,
    Fault.REQUEST_503: 503,
}
NOT_ELASTICSEARCH = frozenset({Fault.REQUEST_413, Fault.REQUEST_502})
"""Faults of something that stands in front of Elasticsearch and does not speak JSON."""


class Proxy(StandIn):
    """The server.

    Attributes:
        arrived: the lines that the store has, as far as the proxy saw.
        requests: how many came.
        strike: kills the shipper, calls what it is given, and starts it again.
    """

    def __init__(self, store: Store, dealer: Dealer) -> None:
        self.store, self.dealer = store, dealer
        self.gate = Gate()
        self.arrived: set[bytes] = set()
        self._taken: dict[str, bytes] = {}
        self._streams: set[str] = set()
        self.requests = 0
        self.calm = threading.Event()  # set when faults are over: nobody is kept waiting
        self.strike: Callable[[Callable[[], None]], None] = lambda meanwhile: meanwhile()
        super().__init__(Handler)

    def take(self, pair: Pair) -> None:
        """The store has it."""
        self._taken[str(pair.id)] = pair.line
        self._streams.add(pair.index)
        self.arrived.add(pair.line)

    def texts(self) -> list[bytes]:
        """The lines that have arrived; one that stands in two files twice."""
        return list(self._taken.values())

    def stop_faults(self) -> None:
        """Everything goes through from now on."""
        self.dealer.stop()
        self.calm.set()

    def roll_over(self, pairs: list[Pair]) -> None:
        """Rolls over the streams of these lines, when no request is at work."""
        with self.gate.looking():
            for stream in sorted({pair.index for pair in pairs}):
                self.store.roll_over(stream)

    def roll_over_all(self) -> None:
        """Rolls over every stream that a line was sent to."""
        with self.gate.looking():
            for stream in sorted(self._streams):
                self.store.roll_over(stream)


class Handler(Connection):
    """One connection."""

    server: Proxy

    def take(self) -> None:
        body = self.body()
        path, _, query = self.path.partition("?")
        self.server.requests += 1
        if path.rsplit("/", 1)[-1] == "_bulk":
            self._write(pairs_of(body))
        else:
            self._look(path, query, body)

    # Requests that write

    def _write(self, pairs: list[Pair]) -> None:
        proxy = self.server
        fault = proxy.dealer.sending()
        if fault is not Fault.KILL and proxy.dealer.rolls_over(None):
            proxy.roll_over(pairs)
        if self._refused(fault):
            return
        with proxy.gate.writing():
            if self._is_alone():
                return  # killed or out of patience before the server began
            items = self._items(pairs, fault)
        self._rolled_over(pairs, fault)
        errors = any(item["create"]["status"] >= 300 for item in items)
        self._told(json.dumps({"errors": errors, "took": 1, "items": items}).encode(), fault)

    def _items(self, pairs: list[Pair], fault: Fault | None) -> list[Item]:
        """An item per line; an item fault keeps lines from the store, or takes them and says 409."""
        proxy = self.server
        met = proxy.dealer.items(len(pairs)) if fault in ITEMS else [False] * len(pairs)
        passed = [pair for pair, hit in zip(pairs, met, strict=True) if not hit or fault is Fault.ITEM_409]
        created = proxy.store.create(passed)
        for pair, item in zip(passed, created, strict=True):
            if item["create"]["status"] in (200, 201, 409):
                proxy.take(pair)
        if fault is Fault.ITEM_409:
            return [conflict(item) if hit else item for item, hit in zip(created, met, strict=True)]
        rest = iter(created)
        code = int(fault.value[-3:]) if fault in ITEMS and fault else 0
        return [failed(code, f"torture_{code}", "on order") if hit else next(rest) for hit in met]

    def _rolled_over(self, pairs: list[Pair], fault: Fault | None) -> None:
        """Between what the shipper does not know of and its next try; a kill belongs to it."""
        proxy = self.server

        def meanwhile() -> None:
            if proxy.dealer.rolls_over(fault):
                proxy.roll_over(pairs)

        if fault is Fault.KILL:
            proxy.strike(meanwhile)
        elif fault not in ITEMS and fault is not None:
            meanwhile()

    # Requests that look

    def _look(self, path: str, query: str, body: bytes) -> None:
        proxy = self.server
        fault = proxy.dealer.looking()
        if self._refused(fault):
            return
        if fault is Fault.PARTIAL and "allow_partial_search_results=false" in query:
            error = {"type": "search_phase_execution_exception", "reason": "on order"}
            self.answer(503, json.dumps({"error": error, "status": 503}).encode())
            return
        with proxy.gate.looking():
            reply = proxy.store.call(self.command, path, query, body)
        if fault is Fault.PARTIAL:
            reply = partial(reply)
        if reply.status == 200:
            self._told(reply.body, fault)
        else:
            self.answer(reply.status, reply.body, reply.media_type)

    # Answers

    def _refused(self, fault: Fault | None) -> bool:
        """Answers a request of which nothing is done; False if the request goes on."""
        if fault is Fault.RESET_BEFORE:
            self.reset()
            return True
        if fault not in STATUS or fault is None:
            return False
        status, headers = STATUS[fault], {}
        error = {"type": f"torture_{status}", "reason": "on order"}
        reply = Reply(status, json.dumps({"error": error, "status": status}).encode())
        if fault in NOT_ELASTICSEARCH:
            reply = Reply(status, b"<html><h1>from a proxy</h1></html>", "text/html")
        if fault is Fault.REQUEST_429_AFTER:
            headers["retry-after"] = "1"
        self.answer(reply.status, reply.body, reply.media_type, headers)
        return True

    def _told(self, answer: bytes, fault: Fault | None) -> None:
        """Answers a request that was done, or makes the answer's fault."""
        match fault:
            case Fault.RESET_AFTER | Fault.KILL:
                self.reset()
            case Fault.SLOW:
                self._stall()
                self.reset()
            case Fault.TRUNCATED:
                self.tear(answer)
            case Fault.GARBAGE:
                self.answer(200, answer[: len(answer) // 2])
            case _:
                self.answer(200, answer)

    def _stall(self) -> None:
        """Waits until the client has gone."""
        end = time.monotonic() + LONGEST_STALL_S
        while time.monotonic() < end and not self._is_alone() and not self.server.calm.wait(0.01):
            pass

    def _is_alone(self) -> bool:
        """Whether the client has closed its end."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True


def conflict(item: Item) -> Item:
    """What the server would say if the line were there already; a line that it refused stays refused."""
    if item["create"]["status"] not in (200, 201):
        return item
    return failed(409, "version_conflict_engine_exception", "document already exists")


def partial(reply: Reply) -> Reply:
    """An answer to a search of which a shard has failed: it finds nothing, and says why."""
    answer = json.loads(reply.body)
    if "hits" not in answer:
        return reply
    answer["hits"]["hits"] = []
    if "_shards" in answer:
        shards = answer["_shards"]
        answer["_shards"] = shards | {"successful": max(shards["total"] - 1, 0), "failed": 1}
    return Reply(reply.status, json.dumps(answer).encode(), reply.media_type)


@contextlib.contextmanager
def running(store: Store, dealer: Dealer) -> Iterator[Proxy]:
    """A proxy that lives as long as the block."""
    with serving(Proxy(store, dealer)) as proxy:
        try:
            yield proxy
        finally:
            proxy.stop_faults()

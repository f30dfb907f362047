"""Where documents go: memory that behaves as a data stream with backing indices, or a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

import urllib3

from elastic.node import filter_path
from tests.bulk_proxy import Item, Pair, failed
from tests.stand_in import MEDIA_TYPE
from tests.torture.lines import canonical

WINDOW = 10_000
"""Most hits of one search, as in Elasticsearch."""

DEFAULT_HITS = 10
FIELDS = {"@timestamp": {"type": "date"}, "n": {"type": "long"}}


@dataclass(frozen=True, slots=True)
class Document:
    """A document that arrived: in memory `text` is its line, from a server its source."""

    index: str
    id: str
    text: bytes

    def canonical(self) -> Document:
        """The same with its text in one form."""
        return Document(self.index, self.id, canonical(self.text))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answers."""

    status: int
    body: bytes
    media_type: str = MEDIA_TYPE


class Store(Protocol):
    """Behind the proxy."""

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        """Creates documents; one item each."""

    def call(self, method: str, path: str, query: str, body: bytes) -> Reply:
        """Any other request."""

    def roll_over(self, stream: str) -> None:
        """Gives the data stream a new backing index, if it is there."""

    def documents(self) -> Iterator[Document]:
        """All of them, over all backing indices."""

    def dispose(self) -> None:
        """Nobody asks again: gives back what many runs together would not find room for."""


# In memory


@dataclass(slots=True)
class Backing:
    """A backing index: what it holds, and the ids that a search sees."""

    name: str
    lines: dict[str, bytes] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


class Memory:
    """Data streams in memory. As in Elasticsearch, `create` asks the newest backing index alone whether an
    id is there already, and a search finds what was there at the last refresh."""

    def __init__(self) -> None:
        self._streams: dict[str, list[Backing]] = {}
        self._lock = threading.Lock()

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        with self._lock:
            return [self._create(pair) for pair in pairs]

    def call(self, method: str, path: str, query: str, body: bytes) -> Reply:
        parts, params = path.strip("/").split("/"), dict(parse_qsl(query))
        with self._lock:
            match [method, *parts]:
                case ["GET" | "HEAD", ""]:
                    return _answer(200, {"version": {"number": "9.5.0"}, "tagline": "You Know, for Search"})
                case ["GET" | "POST", names, "_refresh"]:
                    return self._refresh(names, params)
                case ["GET" | "POST", names, "_count"]:
                    return self._count(names, params)
                case ["GET" | "POST", names, "_search"]:
                    return self._search(names, params, json.loads(body or b"{}"))
        return _error(400, "illegal_argument_exception", f"no handler found for uri [{path}]")

    def roll_over(self, stream: str) -> None:
        with self._lock:
            if stream in self._streams:
                self._grow(stream)

    def documents(self) -> Iterator[Document]:
        with self._lock:
            backings = [backing for stream in self._streams.values() for backing in stream]
        for backing in backings:
            for name, line in backing.lines.items():
                yield Document(backing.name, name, line)

    def dispose(self) -> None:
        """Memory goes with the object."""

    def _create(self, pair: Pair) -> Item:
        try:
            json.loads(pair.line)
        except ValueError:
            return failed(400, "document_parsing_exception", "failed to parse")
        if pair.index not in self._streams:
            self._grow(pair.index)
        assert pair.id, "every line comes with an id"
        newest = self._streams[pair.index][-1]
        if pair.id in newest.lines:
            return failed(409, "version_conflict_engine_exception", "document already exists")
        newest.lines[pair.id] = pair.line
        return {"create": {"status": 201, "_id": pair.id, "_index": newest.name}}

    def _grow(self, stream: str) -> None:
        backings = self._streams.setdefault(stream, [])
        backings.append(Backing(f".ds-{stream}-2026.11.23-{len(backings) + 1:06}"))

    def _named(self, names: str, params: Mapping[str, str]) -> list[Backing] | str:
        """The backing indices of these streams, or the name of one that is not there."""
        found: list[Backing] = []
        for name in names.split(","):
            if name in self._streams:
                found += self._streams[name]
            elif params.get("ignore_unavailable") != "true":
                return name
        return found

    def _refresh(self, names: str, params: Mapping[str, str]) -> Reply:
        backings = self._named(names, params)
        if isinstance(backings, str):
            return _error(404, "index_not_found_exception", f"no such index [{backings}]")
        for backing in backings:
            backing.seen = set(backing.lines)
        return _answer(200, {"_shards": _shards(len(backings))}, params)

    def _count(self, names: str, params: Mapping[str, str]) -> Reply:
        backings = self._named(names, params)
        if isinstance(backings, str):
            return _error(404, "index_not_found_exception", f"no such index [{backings}]")
        count = sum(len(backing.seen) for backing in backings)
        return _answer(200, {"count": count, "_shards": _shards(len(backings))}, params)

    def _search(self, names: str, params: Mapping[str, str], body: Any) -> Reply:
        backings, wanted = self._named(names, params), ids_of(body.get("query"))
        size = int(body.get("size", params.get("size", DEFAULT_HITS)))
        if isinstance(backings, str):
            return _error(404, "index_not_found_exception", f"no such index [{backings}]")
        if wanted is None or size > WINDOW:
            return _error(400, "illegal_argument_exception", "a query of ids and at most 10000 hits, please")
        hits = [
            {"_index": backing.name, "_id": name, "_score": 1.0}
            for backing in backings
            for name in wanted
            if name in backing.seen
        ]
        total = {"value": len(hits), "relation": "eq"}
        answer = {
            "took": 1,
            "timed_out": False,
            "_shards": _shards(len(backings)),
            "hits": {"total": total, "max_score": 1.0, "hits": hits[:size]},
        }
        return _answer(200, answer, params)


def ids_of(query: Any) -> list[str] | None:
    """The values of the `ids` query in `query`, however deep."""
    if isinstance(query, list):
        return next((found for each in query if (found := ids_of(each)) is not None), None)
    if not isinstance(query, dict):
        return None
    if isinstance(query.get("ids"), dict):
        return list(query["ids"]["values"])
    return ids_of(list(query.values()))


def _shards(count: int) -> dict[str, int]:
    return {"total": count, "successful": count, "skipped": 0, "failed": 0}


def _answer(status: int, content: Any, params: Mapping[str, str] | None = None) -> Reply:
    wanted = (params or {}).get("filter_path")
    return Reply(status, json.dumps(filter_path.apply(content, wanted) if wanted else content).encode())


def _error(status: int, kind: str, reason: str) -> Reply:
    return _answer(status, {"error": {"type": kind, "reason": reason}, "status": status})


# A real server


class Remote:
    """A server, and the data streams of one namespace on it."""

    def __init__(self, url: str, namespace: str) -> None:
        self._url, self._pattern = url, f"logs-card.*-{namespace}"
        self._pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=60)
        template = {
            "index_patterns": [self._pattern],
            "data_stream": {},
            "priority": 700,
            "template": {
                "settings": {"number_of_replicas": 0},
                "mappings": {"dynamic": False, "properties": FIELDS},
            },
        }
        self._told("PUT", f"/_index_template/{namespace}", template)

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        if not pairs:
            return []
        actions = [json.dumps({"create": {"_index": pair.index, "_id": pair.id}}).encode() for pair in pairs]
        parts = [part for action, pair in zip(actions, pairs, strict=True) for part in (action, pair.line)]
        body = b"\n".join([*parts, b""])
        reply = self._pool.request(
            "POST", f"{self._url}/_bulk", body=body, headers={"content-type": "application/x-ndjson"}
        )
        assert reply.status == 200, reply.data[:500]
        return list(json.loads(reply.data)["items"])

    def call(self, method: str, path: str, query: str, body: bytes) -> Reply:
        headers = {"content-type": "application/json"} if body else {}
        url = f"{self._url}{path}" + (f"?{query}" if query else "")
        reply = self._pool.request(method, url, body=body or None, headers=headers)
        return Reply(reply.status, reply.data)

    def roll_over(self, stream: str) -> None:
        reply = self.call("POST", f"/{stream}/_rollover", "", b"")
        assert reply.status in (200, 404), reply.body[:500]

    def documents(self) -> Iterator[Document]:
        self.call("POST", f"/{self._pattern}/_refresh", "", b"")
        search = {"size": WINDOW, "track_total_hits": True, "sort": [{"n": "asc"}]}
        found = self._told("POST", f"/{self._pattern}/_search", search)["hits"]
        assert found["total"]["value"] <= WINDOW, "a run writes fewer lines than that"
        for hit in found["hits"]:
            yield Document(hit["_index"], hit["_id"], json.dumps(hit["_source"]).encode())

    def dispose(self) -> None:
        """Deletes the backing indices that are not written to: a server holds only so many."""
        for stream in self._told("GET", f"/_resolve/index/{self._pattern}", None)["data_streams"]:
            if old := stream["backing_indices"][:-1]:
                self._told("DELETE", f"/{','.join(old)}", None)

    def _told(self, method: str, path: str, body: Any) -> Any:
        reply = self.call(method, path, "", b"" if body is None else json.dumps(body).encode())
        assert reply.status == 200, reply.body[:500]
        return json.loads(reply.body)

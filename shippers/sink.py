"""Sends a body of `_bulk` through the official client, looks ids up, and tells an answer from an outage."""

from __future__ import annotations

import gzip
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from elastic_transport import ConnectionError as NodeFailure
from elastic_transport import JsonSerializer, NdjsonSerializer, NodeConfig, SerializationError, TransportError
from elasticsearch import ApiError, Elasticsearch
from urllib3.exceptions import NewConnectionError

from shippers.batch import Segment, body, size
from shippers.bulk import FILTER_PATH, Answered, Found, Rejected, Reply, Unanswered, retry_after_s

NDJSON = "application/vnd.elasticsearch+x-ndjson"
JSON = "application/vnd.elasticsearch+json"
GZIP_LEVEL = 1
"""The cheapest: higher levels cost several times as much for little."""
REASON_CHARACTERS = 500
"""Of what the server or the network says: an error may repeat the line that it is about."""
LOOKUP_IDS = 5000
"""Most ids in one look-up: an id may be there twice, and an answer holds at most 10,000 hits."""


class Verbatim(NdjsonSerializer):
    """Leaves bytes as they are; the client's own serializer ends a gzip stream with a line feed."""

    mimetype = NDJSON

    def dumps(self, data: Any) -> bytes:
        """The body to send."""
        return data if isinstance(data, bytes) else super().dumps(data)


class UnreadableAnswer(NodeFailure):
    """What came is no JSON: for the client a failure of the node, which is then left alone for a while."""


class Strict(JsonSerializer):
    """Tells an answer that cannot be read from one that says that something is wrong."""

    mimetype = JSON

    def loads(self, data: bytes) -> Any:
        """The answer. Raises UnreadableAnswer."""
        try:
            return super().loads(data)
        except SerializationError as error:
            raise UnreadableAnswer("The answer is not JSON.") from error


class Sink:
    """A server that takes batches. Each `send` is one request: the pipeline decides about another.

    The client's transport gets a serializer that sends bytes verbatim, and its logger is silenced in this
    process: it writes a line per request, and what is logged here is shipped too.
    """

    def __init__(
        self, client: Elasticsearch, timeout_s: float, sent: Callable[[int], None] = lambda size_bytes: None
    ) -> None:
        """`sent` is told the bytes of each body, compressed."""
        client.transport.serializers.serializers |= {
            NDJSON: Verbatim(),
            JSON: Strict(),
            "application/json": Strict(),
        }
        self._client = client.options(request_timeout=timeout_s, max_retries=0, retry_on_timeout=False)
        self._bulk = self._client.options(headers={"content-encoding": "gzip"})
        self._sent = sent
        transport = logging.getLogger("elastic_transport")
        transport.setLevel(logging.CRITICAL)
        transport.propagate = False

    def send(self, segments: Sequence[Segment]) -> Reply:
        """One request with these lines. Never raises for what the network or the server does."""
        operations = gzip.compress(body(segments), GZIP_LEVEL, mtime=0)
        self._sent(len(operations))
        try:
            answer = self._bulk.bulk(operations=operations, filter_path=FILTER_PATH)  # type: ignore[arg-type]
        except (ApiError, TransportError, OSError) as error:
            return self._trouble(error)
        reply = _answered(answer.body, size(segments))
        if isinstance(reply, Unanswered):
            self._leave(answer.meta.node)
        return reply

    def lookup(self, stream: str, ids: Sequence[str]) -> Found | Rejected | Unanswered:
        """Which of these `_id`s the data stream holds, in whichever of its backing indices.

        Needs the index privileges `maintenance` (the stream is refreshed, so that nothing that was
        acknowledged stays unseen) and `read`. Never raises for what the network or the server does.
        """
        try:
            if not self._refreshed(stream):
                return Unanswered("PartialRefresh", f"Not all of {stream} can be searched now.", unknown=True)
            return Found(frozenset(name for part in _parts(ids) for name in self._there(stream, part)))
        except (ApiError, TransportError, OSError) as error:
            return self._trouble(error)
        except (KeyError, TypeError):
            return Unanswered("UnreadableAnswer", "The answer is not one of _search.", unknown=True)

    def is_empty(self, stream: str) -> bool:
        """Whether the data stream holds no document, or is not there; False too when that cannot be told."""
        options = {"ignore_unavailable": True, "allow_no_indices": True}
        try:
            if not self._refreshed(stream):
                return False
            answer = self._client.count(index=stream, **options)  # type: ignore[arg-type]
            return bool(answer["count"] == 0 and answer["_shards"]["failed"] == 0)
        except (ApiError, TransportError, OSError, KeyError, TypeError):
            return False

    def _refreshed(self, stream: str) -> bool:
        """Whether everything that was acknowledged can be found from now on."""
        answer = self._client.indices.refresh(index=stream, ignore_unavailable=True, allow_no_indices=True)
        return int(answer["_shards"]["failed"]) == 0

    def _trouble(self, error: ApiError | TransportError | OSError) -> Rejected | Unanswered:
        trouble = _trouble(error)
        if isinstance(trouble, Unanswered) and isinstance(error, ApiError):
            self._leave(error.meta.node)
        return trouble

    def _leave(self, config: NodeConfig) -> None:
        """Has the client leave a node alone for a while whose answers are none; it sees to others itself."""
        pool = self._client.transport.node_pool
        for node in pool.all():
            if node.config == config:
                pool.mark_dead(node)

    def _there(self, stream: str, ids: Sequence[str]) -> Iterator[str]:
        answer = self._client.search(
            index=stream,
            query={"ids": {"values": list(ids)}},
            source=False,
            size=2 * len(ids),
            sort=["_doc"],
            track_total_hits=False,
            ignore_unavailable=True,
            allow_no_indices=True,
            allow_partial_search_results=False,
        )
        return (hit["_id"] for hit in answer["hits"]["hits"])


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[first : first + LOOKUP_IDS] for first in range(0, len(ids), LOOKUP_IDS))


def _trouble(error: ApiError | TransportError | OSError) -> Rejected | Unanswered:
    if isinstance(error, ApiError):
        return _rejected(error)
    never_made = isinstance(error.__cause__, NewConnectionError)
    reason = str(getattr(error, "message", error))[:REASON_CHARACTERS]
    return Unanswered(type(error).__name__, reason, unknown=not never_made)


def _answered(answer: object, lines: int) -> Reply:
    """The answer's items, one per line; anything else is no answer."""
    try:
        reply = Answered([item["create"] for item in answer["items"]])  # type: ignore[index]
        if len(reply.statuses) == lines:
            return reply
    except (KeyError, TypeError):
        pass
    return Unanswered("UnreadableAnswer", "The answer is not one of _bulk for these lines.", unknown=True)


def _rejected(error: ApiError) -> Rejected | Unanswered:
    if error.status_code < 300:  # not Elasticsearch: a 2xx without its product header
        return Unanswered(type(error).__name__, str(error.message)[:REASON_CHARACTERS], unknown=True)
    told = error.body.get("error") if isinstance(error.body, Mapping) else None
    kind, reason = None, str(error.message)
    if isinstance(told, Mapping):
        kind, reason = str(told.get("type")), str(told.get("reason") or error.message)
    asked_s = retry_after_s(error.meta.headers.get("retry-after"), time.time())
    return Rejected(error.status_code, kind, reason[:REASON_CHARACTERS], asked_s)

"""Sends a body of `_bulk` through the official client and tells an answer from an outage."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from elastic_transport import NdjsonSerializer, TransportError
from elasticsearch import ApiError, Elasticsearch
from urllib3.exceptions import NewConnectionError

from shippers.batch import Segment, body, size
from shippers.bulk import FILTER_PATH, Answered, Rejected, Reply, Unanswered

NDJSON = "application/vnd.elasticsearch+x-ndjson"
GZIP_LEVEL = 1
REASON_CHARACTERS = 500


class Verbatim(NdjsonSerializer):
    """Leaves bytes as they are; the client's own serializer ends a gzip stream with a line feed."""

    mimetype = NDJSON

    def dumps(self, data: Any) -> bytes:
        """The body to send."""
        return data if isinstance(data, bytes) else super().dumps(data)


class Sink:
    """A server that takes batches. Each `send` is one request: the pipeline decides about another.

    The client's transport gets a serializer that sends bytes verbatim, and its logger is silenced in this
    process: it writes a line per request, and what is logged here is shipped too.
    """

    def __init__(self, client: Elasticsearch, timeout_s: float) -> None:
        client.transport.serializers.serializers[NDJSON] = Verbatim()
        self._client = client.options(
            headers={"content-encoding": "gzip"},
            request_timeout=timeout_s,
            max_retries=0,
            retry_on_timeout=False,
        )
        transport = logging.getLogger("elastic_transport")
        transport.setLevel(logging.CRITICAL)
        transport.propagate = False

    def send(self, segments: Sequence[Segment]) -> Reply:
        """One request with these lines. Never raises for what the network or the server does."""
        operations = gzip.compress(body(segments), GZIP_LEVEL, mtime=0)
        try:
            answer = self._client.bulk(operations=operations, filter_path=FILTER_PATH).body  # type: ignore[arg-type]
        except ApiError as error:
            return _rejected(error)
        except (TransportError, OSError) as error:
            never_made = isinstance(error.__cause__, NewConnectionError)
            reason = str(getattr(error, "message", error))[:REASON_CHARACTERS]
            return Unanswered(type(error).__name__, reason, unknown=not never_made)
        return _answered(answer, size(segments))


def _answered(answer: object, lines: int) -> Reply:
    """The answer's items, one per line; anything else is no answer."""
    try:
        reply = Answered([item["create"] for item in answer["items"]])  # type: ignore[index]
        if len(reply.statuses) == lines:
            return reply
    except (KeyError, TypeError):
        pass
    return Unanswered("UnreadableAnswer", "The answer is not one of _bulk for these lines.", unknown=True)


def _rejected(error: ApiError) -> Reply:
    if error.status_code < 300:  # not Elasticsearch: a 2xx without its product header
        return Unanswered(type(error).__name__, str(error.message)[:REASON_CHARACTERS], unknown=True)
    told = error.body.get("error") if isinstance(error.body, Mapping) else None
    if isinstance(told, Mapping):
        reason = str(told.get("reason") or error.message)
        return Rejected(error.status_code, str(told.get("type")), reason[:REASON_CHARACTERS])
    return Rejected(error.status_code, None, str(error.message)[:REASON_CHARACTERS])

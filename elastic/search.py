"""The events of one request, found by its id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from elasticsearch import Elasticsearch

from elastic.errors import NothingFound

Json = dict[str, Any]
INDEX = "logs-card.*"
MAX_EVENTS = 1000


def events(client: Elasticsearch, request_id: str) -> list[Json]:
    """All events that carry `request_id`, oldest first; at most MAX_EVENTS.

    Raises:
        NothingFound: there is none.
    """
    answer = client.search(
        index=INDEX,
        query={"term": {"http.request.id": request_id}},
        sort=[{"@timestamp": "asc"}],
        size=MAX_EVENTS,
        ignore_unavailable=True,
        allow_no_indices=True,
    )
    found = [hit["_source"] for hit in answer["hits"]["hits"]]
    if not found:
        raise NothingFound(
            f"No event has the request id {request_id}. New events need about two seconds to become"
            " searchable; check that the id is whole, that the shipper runs (cardwatch up) and that"
            " --elasticsearch names the right server."
        )
    return in_order(found)


def in_order(documents: Iterable[Json]) -> list[Json]:
    """Sorted by the full @timestamp (the index keeps milliseconds only), then by the number in event.id."""
    return sorted(documents, key=lambda document: (document.get("@timestamp", ""), _number(document)))


def count(client: Elasticsearch, request_ids: Iterable[str], action: str) -> int:
    """How many events with that event.action belong to these requests."""
    ids = list(request_ids)
    query = {"bool": {"filter": [{"terms": {"http.request.id": ids}}, {"term": {"event.action": action}}]}}
    answer = client.count(index=INDEX, query=query, ignore_unavailable=True, allow_no_indices=True)
    return int(answer["count"])


def value(document: Json, name: str, default: Any = None) -> Any:
    """The value of a dotted field name, whether the document nests it or writes it with dots."""
    if name in document:
        return document[name]
    head, _, rest = name.partition(".")
    inner = document.get(head)
    return value(inner, rest, default) if rest and isinstance(inner, dict) else default


def _number(document: Json) -> int:
    digits = str(value(document, "event.id", "")).rpartition(".")[2]
    return int(digits) if digits.isdigit() else 0

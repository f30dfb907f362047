"""The events of one request, found by its id, and the GPU samples of its moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import ApiError, AuthorizationException, Elasticsearch

from elastic.errors import NothingFound

Json = dict[str, Any]
INDEX = "logs-card.*"
GPU_INDEX = "metrics-card.gpu*"  # with the stream of late samples
MAX_EVENTS = 1000
MAX_SAMPLES = 1000
WINDOW_S = 15.0  # one and a half of the samplers' usual periods


@dataclass(frozen=True, slots=True)
class Moment:
    """What the GPUs of a request's host did around it.

    Attributes:
        samples: by time; of each GPU the last one before the request, those within, the first one after it.
        reason: why there are none, in a few words; empty when there are some.
    """

    samples: tuple[Json, ...] = ()
    reason: str = ""


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


def gpu_moment(client: Elasticsearch, events: Sequence[Json], window_s: float = WINDOW_S) -> Moment:
    """The GPU samples of the request that `events` tell, oldest event first.

    Args:
        client: of the server that has the samples.
        events: of one request, at least one.
        window_s: how far before its start and after its end a sample still counts.
    """
    start, end = _moment(events[0]), _moment(events[-1])
    hosts = sorted({str(name) for event in events if (name := value(event, "host.name"))})
    if not hosts:
        return Moment(reason="its events name no host")
    window = timedelta(seconds=window_s)
    try:
        found = _gpu_samples(client, hosts, start - window, end + window)
    except AuthorizationException:
        return Moment(reason=f"this user may not read {GPU_INDEX}")
    except ApiError as error:  # the story itself is there, and is what was asked for
        return Moment(reason=f"the search for samples was answered {error.status_code}")
    samples = nearest(found, start, end)
    if samples:
        return Moment(tuple(samples))
    return Moment(reason=f"no sample of {', '.join(hosts)} within {window_s:g} s: no GPU, or no sampler ran")


def _gpu_samples(client: Elasticsearch, hosts: Sequence[str], since: datetime, until: datetime) -> list[Json]:
    """At most MAX_SAMPLES, the earliest: more there are only around a request of minutes."""
    between = {"gte": _iso(since), "lte": _iso(until)}
    filters = [
        {"term": {"metricset.name": "gpu"}},
        {"terms": {"host.name": list(hosts)}},
        {"range": {"@timestamp": between}},
    ]
    answer = client.search(
        index=GPU_INDEX,
        query={"bool": {"filter": filters}},
        sort=[{"@timestamp": "asc"}],
        size=MAX_SAMPLES,
        ignore_unavailable=True,
        allow_no_indices=True,
    )
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def nearest(samples: Iterable[Json], start: datetime, end: datetime) -> list[Json]:
    """Of each GPU the last sample before `start`, those up to `end`, and the first one after it."""
    before: dict[str, Json] = {}
    within: list[Json] = []
    after: dict[str, Json] = {}
    for sample in sorted(samples, key=_moment):
        gpu, moment = str(value(sample, "gpu.labels.uuid")), _moment(sample)
        if moment < start:
            before[gpu] = sample
        elif moment <= end:
            within.append(sample)
        else:
            after.setdefault(gpu, sample)
    return [*before.values(), *within, *after.values()]


def _moment(document: Json) -> datetime:
    return datetime.fromisoformat(document["@timestamp"])


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


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

"""Asks Elasticsearch which documents it has: by `ids` over a whole data stream, exactly.

`_id` is unique in one backing index only. A count of ids that equals the ids asked for may hide one that is
missing behind one that is there twice; so a count is believed only where all of them are in one index.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import ApiError, AuthorizationException, Elasticsearch, NotFoundError

WINDOW = 10_000
"""Most hits of one search: Elasticsearch's `index.max_result_window`."""
DEFAULT_REFRESH_S = 1.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")


class Crowded(Exception):
    """More than `WINDOW` documents bear one time, to the millisecond: they cannot be listed."""


@dataclass(slots=True)
class Census:
    """The questions. `client` may retry; it needs `read` and `view_index_metadata` on the data streams."""

    client: Elasticsearch
    _backing: dict[str, list[str]] = field(default_factory=dict)
    _time_series: dict[str, bool] = field(default_factory=dict)
    _likely: dict[str, str] = field(default_factory=dict)  # data stream -> the index that had the last ids

    def refresh(self, stream: str) -> bool:
        """Makes all that was acknowledged searchable; False where the right `maintenance` is missing."""
        self._backing.pop(stream, None)
        self._time_series.pop(stream, None)
        try:
            self.client.indices.refresh(index=stream, ignore_unavailable=True, allow_no_indices=True)
        except AuthorizationException:
            return False
        return True

    def refresh_interval_s(self, stream: str) -> float:
        """How long it may take until an acknowledged document is found without a refresh, in seconds."""
        found = (_DURATION.fullmatch(text) for text in self._settings(stream, "refresh_interval"))
        return max((int(each[1]) * _UNITS[each[2]] for each in found if each), default=DEFAULT_REFRESH_S)

    def is_time_series(self, stream: str) -> bool:
        """Whether the server makes the ids of this stream itself."""
        if stream not in self._time_series:
            self._time_series[stream] = "time_series" in self._settings(stream, "mode")
        return self._time_series[stream]

    def are_there_once(self, stream: str, ids: Sequence[str]) -> bool:
        """Whether each of these ids is there exactly once. False may also mean "look closer" (`copies`)."""
        if not ids or self._count(stream, ids) != len(ids):
            return not ids
        backing = self.backing(stream)
        if len(backing) < 2:
            return True
        likely = self._likely.get(stream, backing[-1])
        return likely in backing and self._count(likely, ids) == len(ids)

    def copies(self, stream: str, ids: Sequence[str]) -> Counter[str]:
        """id -> in how many backing indices it is; those that are nowhere are left out."""
        query = {"ids": {"values": list(ids)}}
        answer = self.client.search(
            index=stream,
            query=query,
            size=WINDOW,
            source=False,
            sort=["_doc"],
            track_total_hits=True,
            allow_partial_search_results=False,
            ignore_unavailable=True,
            allow_no_indices=True,
        )
        hits = answer["hits"]["hits"]
        if answer["hits"]["total"]["value"] > len(hits) and len(ids) > 1:
            middle = len(ids) // 2
            return self.copies(stream, ids[:middle]) + self.copies(stream, ids[middle:])
        if hits:
            self._likely[stream] = Counter(hit["_index"] for hit in hits).most_common(1)[0][0]
        return Counter(hit["_id"] for hit in hits)

    def in_other_namespaces(self, stream: str, ids: Sequence[str]) -> set[str]:
        """Which of these ids the streams of the same dataset in any namespace have."""
        streams = every_namespace(stream)
        self.refresh(streams)
        return set(self.copies(streams, ids))

    def in_failure_store(self, stream: str, ids: Sequence[str]) -> set[str]:
        """Which of these ids the stream's failure store holds; none where there is no such store."""
        return self._failures(stream, {"terms": {"document.id": list(ids)}}, len(ids))

    def failures_of(self, stream: str, beginning: str) -> set[str]:
        """The ids that begin so in the stream's failure store, at most `WINDOW`; none where there is none."""
        return self._failures(stream, {"prefix": {"document.id": beginning}}, WINDOW)

    def between(self, streams: Sequence[str], first: str, last: str, host: str | None) -> int:
        """How many documents these streams have of a host, or (None) of no host.

        Those that have a `@timestamp` from `first` to `last`, both included; `host` is their `host.name`.
        """
        time = {"range": {"@timestamp": {"gte": first, "lte": last}}}
        any_host = {"exists": {"field": "host.name"}}
        whose = {"filter": [time, {"term": {"host.name": host}}]} if host is not None else {"filter": [time]}
        none = {} if host is not None else {"must_not": [any_host]}
        return self._counted(",".join(streams), {"bool": whose | none})

    def ids_by_time(
        self, streams: str, first_ms: int | None, last_ms: int | None
    ) -> Iterator[tuple[str, str]]:
        """(id, backing index) of each document from `first_ms` to `last_ms` since 1970, both included.

        Page by page in the order of time: what comes meanwhile may be left out, nothing is given twice.

        Raises:
            Crowded: too many documents bear one time.
        """
        seen: set[tuple[str, str]] = set()
        while True:
            hits = self._page(streams, first_ms, last_ms)
            names = [(hit["_id"], hit["_index"]) for hit in hits]
            yield from (name for name in names if name not in seen)
            if len(hits) < WINDOW:
                return
            first_ms = hits[-1]["sort"][0]
            if first_ms == hits[0]["sort"][0]:
                raise Crowded
            seen = {name for name, hit in zip(names, hits, strict=True) if hit["sort"][0] == first_ms}

    def backing(self, stream: str) -> list[str]:
        """The backing indices of a data stream, oldest first; those it had at the last `refresh`."""
        if stream not in self._backing:
            try:
                streams = self.client.indices.resolve_index(name=stream)["data_streams"]
            except NotFoundError:
                streams = []
            self._backing[stream] = [name for each in streams for name in each["backing_indices"]]
        return self._backing[stream]

    def _page(self, streams: str, first_ms: int | None, last_ms: int | None) -> list[dict[str, Any]]:
        bounds = {name: ms for name, ms in (("gte", first_ms), ("lte", last_ms)) if ms is not None}
        time = {"range": {"@timestamp": bounds | {"format": "epoch_millis"}}}
        answer = self.client.search(
            index=streams,
            query=time if bounds else {"match_all": {}},
            sort=[{"@timestamp": {"order": "asc", "unmapped_type": "date"}}],
            size=WINDOW,
            source=False,
            track_total_hits=False,
            allow_partial_search_results=False,
            ignore_unavailable=True,
            allow_no_indices=True,
        )
        return list(answer["hits"]["hits"])

    def _failures(self, stream: str, query: Mapping[str, Any], most: int) -> set[str]:
        try:
            answer = self.client.search(
                index=f"{stream}::failures",
                query=query,
                size=min(WINDOW, most),
                source_includes=["document.id"],
                ignore_unavailable=True,
                allow_no_indices=True,
            )
        except ApiError:  # a server without failure stores, or one that must not be read
            return set()
        return {hit["_source"]["document"]["id"] for hit in answer["hits"]["hits"]}

    def _count(self, index: str, ids: Sequence[str]) -> int:
        return self._counted(index, {"ids": {"values": list(ids)}})

    def _counted(self, index: str, query: Mapping[str, Any]) -> int:
        answer = self.client.count(index=index, query=query, ignore_unavailable=True, allow_no_indices=True)
        return int(answer["count"])

    def _settings(self, stream: str, name: str) -> set[str]:
        """The values that this setting has in the stream's indices."""
        try:
            answer = self.client.indices.get_settings(index=stream, flat_settings=True)
        except NotFoundError:
            return set()
        each = (index["settings"].get(f"index.{name}") for index in answer.values())
        return {str(value) for value in each if value is not None}


def every_namespace(stream: str) -> str:
    """`logs-card.request-default` -> `logs-card.request-*`: the streams of the same dataset."""
    return f"{stream.rpartition('-')[0]}-*"

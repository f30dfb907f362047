"""Random queries over random small documents find the same documents on both servers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.servers import Server

pytestmark = [pytest.mark.elasticsearch, pytest.mark.slow]

Json = dict[str, Any]
PROPERTIES: Json = {
    "@timestamp": {"type": "date"},
    "level": {"type": "keyword"},
    "host.ip": {"type": "ip"},
    "took": {"type": "long"},
    "score": {"type": "double"},
    "ratio": {"type": "float"},
    "ok": {"type": "boolean"},
    "message": {"type": "text"},
}
BATCH = 25
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking asks two servers too often

words = st.sampled_from(
    ["", "a", "ab", "b", "info", "Warn", "200", "-5", "true", "2026-01-01", "x y", "日本", "a.b"]
)
longs = st.sampled_from([-(2**63), -7, -1, 0, 1, 2, 5, 200, 2**53 + 1, 2**63 - 1])
doubles = st.sampled_from(
    [-1e300, -2.5, -1.0, 0.0, 1e-9, 0.1, 0.5, 1.0, 1.5, 2.0, 3.25, 2.0**53, 2.0**63, 1e19, 1e300]
)
floats = st.sampled_from([-1.5, -1.0, 0.0, 0.1, 0.25, 1.0, 2.0, 3.3])
instants = st.sampled_from(
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T23:59:59.999Z",
        "2026-01-02",
        "2026-01-31T12:00:00.123456Z",
        "2026-02",
    ]
)
addresses = st.sampled_from(["127.0.0.1", "10.0.0.1", "10.0.0.255", "::1", "2001:db8::1"])
texts = st.sampled_from(
    ["2 cards in 38 ms", "No card found", "card-detection failed: E_42", "日本 cards", "a.b 3.5 it's"]
)
booleans = st.booleans()

VALUES = {
    "@timestamp": instants,
    "level": words,
    "host.ip": addresses,
    "took": longs,
    "score": doubles,
    "ratio": floats,
    "ok": booleans,
    "message": texts,
}
RANGED = {name: values for name, values in VALUES.items() if name not in ("message", "ok")}


def one_or_many(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.lists(values, max_size=3))


# In Elasticsearch a missing number sorts like the smallest or largest long and ties with one; not here.
inner_longs = longs.filter(lambda value: abs(value) < 2**62)
STORED = {**VALUES, "took": inner_longs}
documents = st.fixed_dictionaries({}, optional={name: one_or_many(values) for name, values in STORED.items()})


def of_field(
    kinds: dict[str, st.SearchStrategy[Any]], build: Callable[[str, Any], st.SearchStrategy[Json]]
) -> Any:
    return st.sampled_from(sorted(kinds)).flatmap(lambda name: build(name, kinds[name]))


def ranges(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    low = st.one_of(st.just({}), values.map(lambda v: {"gt": v}), values.map(lambda v: {"gte": v}))
    high = st.one_of(st.just({}), values.map(lambda v: {"lt": v}), values.map(lambda v: {"lte": v}))
    return st.tuples(low, high).map(lambda ends: {"range": {name: {**ends[0], **ends[1]}}})


searchable = {name: values for name, values in VALUES.items() if name != "message"}
tokens = st.sampled_from(["cards", "card", "38", "e_42", "日", "3.5", "it's", "a.b", "failed"])
leaves = st.one_of(
    st.just({"match_all": {}}),
    st.sampled_from([*VALUES, "host", "nowhere"]).map(lambda name: {"exists": {"field": name}}),
    of_field(searchable, lambda name, values: values.map(lambda value: {"term": {name: value}})),
    of_field(
        searchable,
        lambda name, values: st.lists(values, min_size=1, max_size=3).map(
            lambda many: {"terms": {name: many}}
        ),
    ),
    of_field(RANGED, ranges),
    tokens.map(lambda token: {"term": {"message": token}}),
    tokens.map(lambda token: {"match": {"message": f"{token} found"}}),
    words.map(lambda text: {"prefix": {"level": text}}),
    st.sampled_from(["a*", "*o", "?", "*", "x ?", "日*"]).map(
        lambda text: {"wildcard": {"level": {"value": text}}}
    ),
    st.just({"term": {"host.ip": "10.0.0.0/8"}}),
)


def combined(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    clauses = st.lists(inner, max_size=2)
    parts = dict.fromkeys(("must", "filter", "should", "must_not"), clauses)
    minimum = {"minimum_should_match": st.sampled_from([0, 1, 2, -1, "50%"])}
    return (
        st.fixed_dictionaries({}, optional={**parts, **minimum})
        .map(_sensible)
        .map(lambda body: {"bool": body})
    )


def _sensible(body: Json) -> Json:
    """How many of no clauses must match has no answer that both servers share."""
    return body if body.get("should") else {k: v for k, v in body.items() if k != "minimum_should_match"}


queries = st.recursive(leaves, combined, max_leaves=6)
sorts = st.lists(
    st.tuples(
        st.sampled_from(["@timestamp", "level", "host.ip", "took", "score", "ratio", "ok"]),
        st.sampled_from(["asc", "desc"]),
        st.sampled_from(["_last", "_first"]),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda entry: entry[0],
)


@dataclass(frozen=True)
class Pair:
    """The same documents on both servers."""

    clients: tuple[Elasticsearch, Elasticsearch]

    def load(self, index: str, sources: list[Json]) -> None:
        operations: list[Json] = []
        for number, source in enumerate(sources):
            operations += [{"create": {"_id": f"{number:03}"}}, {**source, "number": number}]
        for client in self.clients:
            mappings = {"properties": {**PROPERTIES, "number": {"type": "long"}}}
            client.indices.create(index=index, mappings=mappings, settings={"number_of_shards": 1})
            answer = client.bulk(index=index, operations=operations, refresh=True)
            assert not answer["errors"], answer

    def drop(self, index: str) -> None:
        for client in self.clients:
            client.indices.delete(index=index)

    def search(self, index: str, **body: Any) -> tuple[Json, Json]:
        node, real = (client.search(index=index, size=100, **body)["hits"] for client in self.clients)
        return node, real


@pytest.fixture(scope="module")
def pair(node: Server, elasticsearch: Server) -> Iterator[Pair]:
    clients = tuple(
        Elasticsearch(server.url, max_retries=0, request_timeout=60) for server in (node, elasticsearch)
    )
    yield Pair((clients[0], clients[1]))
    for client in clients:
        client.close()


ids = st.lists(queries, min_size=BATCH, max_size=BATCH)


@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, phases=PHASES
)
@given(sources=st.lists(documents, min_size=5, max_size=20), asked=ids)
def test_the_same_documents_are_found(pair: Pair, sources: list[Json], asked: list[Json]) -> None:
    index = f"r{uuid.uuid4().hex}"
    pair.load(index, sources)
    try:
        for query in asked:
            node, real = pair.search(index, query=query, sort=["number"])
            found = [[hit["_id"] for hit in hits["hits"]] for hits in (node, real)]
            assert found[0] == found[1], (
                query,
                [sources[int(name)] for name in set(found[0]) ^ set(found[1])],
            )
            assert node["total"] == real["total"]
    finally:
        pair.drop(index)


@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, phases=PHASES
)
@given(sources=st.lists(documents, min_size=5, max_size=20), orders=st.lists(sorts, min_size=8, max_size=8))
def test_the_same_order_and_sort_values(pair: Pair, sources: list[Json], orders: list[Any]) -> None:
    index = f"r{uuid.uuid4().hex}"
    pair.load(index, sources)
    try:
        for order in orders:
            sort = [{name: {"order": way, "missing": missing}} for name, way, missing in order] + ["number"]
            node, real = pair.search(index, sort=sort)
            rows = [[(hit["_id"], hit["sort"]) for hit in hits["hits"]] for hits in (node, real)]
            assert rows[0] == rows[1], sort
            middle = rows[1][len(rows[1]) // 2]
            node, real = pair.search(index, sort=sort, search_after=middle[1])
            assert [hit["_id"] for hit in node["hits"]] == [hit["_id"] for hit in real["hits"]], (
                sort,
                middle,
            )
    finally:
        pair.drop(index)

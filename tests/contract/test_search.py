"""What `_search` and `_count` find and how they show it, on the embedded node and on Elasticsearch alike."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from elasticsearch import Elasticsearch, NotFoundError

from tests.servers import Server

Json = dict[str, Any]
PROPERTIES: Json = {
    "@timestamp": {"type": "date"},
    "level": {"type": "keyword"},
    "took": {"type": "long"},
    "score": {"type": "double"},
    "message": {"type": "text"},
    "host": {"properties": {"name": {"type": "keyword"}, "ip": {"type": "ip"}}},
}
EXTRA: Json = {"a": {"b": 1}, "c": 2}
DOCUMENTS: list[Json] = [
    {
        "@timestamp": "2026-01-01T00:00:00Z",
        "level": "info",
        "took": 5,
        "message": "one card",
        "host.name": "a",
    },
    {
        "@timestamp": "2026-01-01T12:00:00Z",
        "level": "warn",
        "took": 50,
        "message": "no card",
        "host.name": "b",
    },
    {"@timestamp": "2026-01-02T00:00:00Z", "level": "info", "score": 0.5, "host": {"ip": "10.0.0.1"}},
    {"@timestamp": "2026-01-03T00:00:00Z", "level": ["error", "info"], "took": [7, 1], "extra": EXTRA},
    {"@timestamp": "2026-02-01T00:00:00Z", "took": 5, "score": -1.5, "message": "two cards"},
]


@pytest.fixture(scope="module")
def loaded(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Loads the documents into a server once and tells the index's name."""
    names: dict[str, str] = {}

    def load(url: str) -> str:
        if url not in names:
            client = Elasticsearch(url, max_retries=0)
            request.addfinalizer(client.close)
            names[url] = name = f"s{uuid.uuid4().hex}"
            client.indices.create(index=name, mappings={"properties": PROPERTIES})
            operations = [
                line
                for number, source in enumerate(DOCUMENTS)
                for line in ({"create": {"_id": str(number)}}, source)
            ]
            assert not client.bulk(index=name, operations=operations, refresh=True)["errors"]
        return names[url]

    return load


@pytest.fixture
def index(server: str, loaded: Callable[[str], str]) -> str:
    return loaded(server)


def ids(answer: Any) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"]]


FOUND: list[tuple[Json, str]] = [
    ({"match_all": {}}, "01234"),
    ({"match_none": {}}, ""),
    ({"term": {"level": "info"}}, "023"),
    ({"term": {"level": {"value": "warn", "boost": 2}}}, "1"),
    ({"term": {"level": "INFO"}}, ""),
    ({"term": {"took": "5"}}, "04"),
    ({"term": {"took": 5.5}}, ""),
    ({"term": {"score": 0.5}}, "2"),
    ({"term": {"host.name": "b"}}, "1"),
    ({"term": {"host.ip": "10.0.0.0/24"}}, "2"),
    ({"term": {"@timestamp": "2026-01-01"}}, "01"),
    ({"term": {"no.such.field": 1}}, ""),
    ({"term": {"_id": "3"}}, "3"),
    ({"terms": {"level": ["warn", "error"]}}, "13"),
    ({"terms": {"took": [1, 50]}}, "13"),
    ({"terms": {"level": []}}, ""),
    ({"ids": {"values": ["0", "4", "9"]}}, "04"),
    ({"exists": {"field": "score"}}, "24"),
    ({"exists": {"field": "message"}}, "014"),
    ({"exists": {"field": "host"}}, "012"),
    ({"exists": {"field": "extra.a"}}, "3"),
    ({"range": {"took": {"gte": 5, "lt": 50}}}, "034"),
    ({"range": {"took": {"gt": 5}}}, "13"),
    ({"range": {"score": {"lte": 0.5}}}, "24"),
    ({"range": {"score": {"gt": -1.5}}}, "2"),
    ({"range": {"level": {"gte": "info", "lt": "warn"}}}, "023"),
    ({"range": {"host.ip": {"gte": "10.0.0.0", "lte": "10.0.0.9"}}}, "2"),
    ({"range": {"@timestamp": {"gte": "2026-01-01", "lt": "2026-01-02"}}}, "01"),
    ({"range": {"@timestamp": {"gt": "2026-01-01"}}}, "234"),
    ({"range": {"@timestamp": {"lte": "2026-01-02"}}}, "012"),
    ({"range": {"@timestamp": {"gte": "2026-01-31||+1d/d"}}}, "4"),
    ({"range": {"@timestamp": {"gte": "2026-01-15||/M", "lte": "2026-01-15||/M"}}}, "0123"),
    ({"range": {"@timestamp": {"gte": 1767225600000, "lt": "1767312000000"}}}, "01"),
    ({"range": {"@timestamp": {"gte": "2026-01-01", "lt": "2026-01-02", "time_zone": "+12:00"}}}, "0"),
    ({"range": {"@timestamp": {"lt": "now-1d/d"}}}, "01234"),
    ({"range": {"@timestamp": {"gte": "now+500y"}}}, ""),
    ({"range": {"took": {}}}, "0134"),
    ({"match": {"message": "card"}}, "01"),
    ({"match": {"message": {"query": "no CARD", "operator": "and"}}}, "1"),
    ({"match": {"level": "warn"}}, "1"),
    ({"prefix": {"level": "w"}}, "1"),
    ({"wildcard": {"level": {"value": "?nf*"}}}, "023"),
    ({"constant_score": {"filter": {"term": {"level": "warn"}}}}, "1"),
    ({"bool": {}}, "01234"),
    ({"bool": {"must": {"term": {"level": "info"}}, "must_not": [{"term": {"took": 5}}]}}, "23"),
    ({"bool": {"should": [{"term": {"took": 50}}, {"term": {"score": 0.5}}]}}, "12"),
    ({"bool": {"filter": [{"exists": {"field": "took"}}], "should": [{"term": {"took": 50}}]}}, "0134"),
    (
        {
            "bool": {
                "should": [{"term": {"took": 5}}, {"exists": {"field": "score"}}],
                "minimum_should_match": 2,
            }
        },
        "4",
    ),
    ({"bool": {"must_not": [{"exists": {"field": "took"}}]}}, "2"),
]


@pytest.mark.parametrize(("query", "expected"), FOUND, ids=lambda value: str(value)[:60])
def test_a_query_finds(client: Elasticsearch, index: str, query: Json, expected: str) -> None:
    answer = client.search(index=index, query=query, sort=["_doc"])
    assert "".join(ids(answer)) == expected
    assert answer["hits"]["total"] == {"value": len(expected), "relation": "eq"}
    assert client.count(index=index, query=query)["count"] == len(expected)


SORTED: list[tuple[Any, str, list[Any]]] = [
    (["@timestamp"], "01234", [1767225600000]),
    ([{"@timestamp": "desc"}], "43210", [1769904000000]),
    ([{"took": "asc"}, {"@timestamp": "asc"}], "30412", [1, 1767398400000]),
    ([{"took": {"order": "desc"}}, {"@timestamp": {"order": "desc"}}], "13402", [50, 1767268800000]),
    ([{"took": {"missing": "_first"}}, "@timestamp"], "23041", [-(2**63), 1767312000000]),
    ([{"score": "asc"}, "@timestamp"], "42013", [-1.5, 1769904000000]),
    ([{"level": "asc"}, "@timestamp"], "30214", ["error", 1767398400000]),
    ([{"level": "desc"}, "@timestamp"], "10234", ["warn", 1767268800000]),
    ([{"host.ip": "asc"}, "@timestamp"], "20134", ["10.0.0.1", 1767312000000]),
    ([{"nowhere": {"unmapped_type": "long"}}, "@timestamp"], "01234", [2**63 - 1, 1767225600000]),
]


@pytest.mark.parametrize(("sort", "order", "first"), SORTED, ids=str)
def test_hits_are_sorted(client: Elasticsearch, index: str, sort: Any, order: str, first: list[Any]) -> None:
    hits = client.search(index=index, sort=sort)["hits"]
    assert "".join(hit["_id"] for hit in hits["hits"]) == order
    assert hits["hits"][0]["sort"] == first
    assert hits["max_score"] is None


@pytest.mark.parametrize("sort", [entry[0] for entry in SORTED], ids=str)
def test_search_after_walks_through_everything_once(client: Elasticsearch, index: str, sort: Any) -> None:
    seen: list[str] = []
    after = None
    for _ in range(len(DOCUMENTS) + 1):
        hits = client.search(index=index, sort=sort, size=2, search_after=after)["hits"]["hits"]
        seen += [hit["_id"] for hit in hits]
        after = hits[-1]["sort"] if hits else after
    assert seen == ids(client.search(index=index, sort=sort))


def test_from_and_size_cut_the_page(client: Elasticsearch, index: str) -> None:
    assert ids(client.search(index=index, sort=["@timestamp"], from_=1, size=2)) == ["1", "2"]
    nothing = client.search(index=index, size=0)["hits"]
    assert (nothing["hits"], nothing["total"]["value"]) == ([], 5)


@pytest.mark.parametrize(
    ("track", "total"),
    [
        (True, {"value": 5, "relation": "eq"}),
        (2, {"value": 2, "relation": "gte"}),
        (5, {"value": 5, "relation": "eq"}),
        (False, None),
    ],
)
def test_totals_are_as_exact_as_asked_for(client: Elasticsearch, index: str, track: Any, total: Any) -> None:
    hits = client.search(index=index, track_total_hits=track)["hits"]
    assert hits.get("total") == total


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (True, DOCUMENTS[3]),
        ("took", {"took": [7, 1]}),
        (["extra.c", "level"], {"level": ["error", "info"], "extra": {"c": 2}}),
        ({"includes": ["extra.*"], "excludes": ["*.c"]}, {"extra": {"a": {"b": 1}}}),
        ({"excludes": ["extra", "t*", "@*"]}, {"level": ["error", "info"]}),
        (["nothing"], {}),
    ],
    ids=str,
)
def test_source_is_cut(client: Elasticsearch, index: str, wanted: Any, shown: Json) -> None:
    (hit,) = client.search(index=index, query={"ids": {"values": ["3"]}}, source=wanted)["hits"]["hits"]
    assert hit["_source"] == shown


def test_source_can_be_left_out(client: Elasticsearch, index: str) -> None:
    (hit,) = client.search(index=index, query={"ids": {"values": ["3"]}}, source=False)["hits"]["hits"]
    assert "_source" not in hit
    (hit,) = client.search(index=index, query={"ids": {"values": ["3"]}}, source_includes="took")["hits"][
        "hits"
    ]
    assert hit["_source"] == {"took": [7, 1]}


def test_versions_and_sequence_numbers_are_shown(client: Elasticsearch, index: str) -> None:
    (hit,) = client.search(
        index=index, query={"ids": {"values": ["2"]}}, version=True, seq_no_primary_term=True
    )["hits"]["hits"]
    assert (hit["_version"], hit["_seq_no"], hit["_primary_term"]) == (1, 2, 1)


def test_better_matches_come_first(client: Elasticsearch, index: str) -> None:
    hits = client.search(index=index, query={"match": {"message": "no card"}})["hits"]
    assert [hit["_id"] for hit in hits["hits"]] == ["1", "0"]
    assert hits["hits"][0]["_score"] == hits["max_score"] > hits["hits"][1]["_score"] > 0


def test_unscored_matches_have_equal_scores(client: Elasticsearch, index: str) -> None:
    hits = client.search(index=index)["hits"]
    assert {hit["_score"] for hit in hits["hits"]} == {hits["max_score"]} == {1.0}
    filtered = client.search(index=index, query={"bool": {"filter": [{"term": {"level": "info"}}]}})["hits"]
    assert {hit["_score"] for hit in filtered["hits"]} == {0.0}


# Names of indices


@pytest.fixture
def family(client: Elasticsearch, unique: str) -> Iterator[str]:
    for name in ("a", "b", "c"):
        client.index(index=f"{unique}-{name}", id=name, document={"n": 1}, refresh=True)
    yield unique
    for name in ("a", "b", "c"):
        client.indices.delete(index=f"{unique}-{name}")


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("{}-*", "abc"),
        ("{}-a,{}-c", "ac"),
        ("{}-*,-{}-b", "ac"),
        ("{}-b*", "b"),
        ("{}-a,{}-a", "a"),
        ("{}-x*", ""),
    ],
)
def test_names_and_patterns(client: Elasticsearch, family: str, expression: str, found: str) -> None:
    answer = client.search(index=expression.replace("{}", family), sort=[{"n": "asc"}])
    assert sorted(ids(answer)) == list(found)


def test_names_that_are_not_there(client: Elasticsearch, family: str) -> None:
    with pytest.raises(NotFoundError) as missing:
        client.search(index=f"{family}-a,{family}-x")
    assert missing.value.error == "index_not_found_exception"
    both = client.search(index=f"{family}-a,{family}-x", ignore_unavailable=True)
    assert ids(both) == ["a"]
    with pytest.raises(NotFoundError):
        client.search(index=f"{family}-x*", allow_no_indices=False)


# Refusals


REFUSED: list[tuple[Json, str | None]] = [
    ({"query": {"zork": {}}}, "parsing_exception"),
    ({"query": {}}, None),
    ({"query": {"match_all": {}, "match_none": {}}}, "parsing_exception"),
    ({"query": {"term": {"level": ["info"]}}}, "parsing_exception"),
    ({"query": {"term": {"a": 1, "b": 2}}}, "parsing_exception"),
    ({"query": {"terms": {"level": "info"}}}, "parsing_exception"),
    ({"query": {"exists": {}}}, None),
    ({"query": {"range": {"took": {"above": 1}}}}, "parsing_exception"),
    ({"query": {"range": {"took": {"gte": "x"}}}}, "search_phase_execution_exception"),
    ({"query": {"range": {"@timestamp": {"gte": "x"}}}}, "search_phase_execution_exception"),
    ({"query": {"term": {"took": "x"}}}, "search_phase_execution_exception"),
    ({"query": {"bool": {"zork": []}}}, "x_content_parse_exception"),
    ({"sort": ["nowhere"]}, "search_phase_execution_exception"),
    ({"sort": ["message"]}, "search_phase_execution_exception"),
    ({"sort": [{"took": "sideways"}]}, None),
    ({"size": -1}, "illegal_argument_exception"),
    ({"from": 9_999, "size": 2}, "search_phase_execution_exception"),
    ({"search_after": [1]}, "search_phase_execution_exception"),
    ({"sort": ["took", "score"], "search_after": [1]}, "search_phase_execution_exception"),
    ({"zork": {}}, "parsing_exception"),
]  # None: both refuse it, in other words


@pytest.mark.parametrize(("body", "kind"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_makes_no_sense_is_refused(server: str, index: str, body: Json, kind: str | None) -> None:
    answer = requests.post(f"{server}/{index}/_search", json=body, timeout=30)
    assert answer.status_code == 400
    assert kind is None or answer.json()["error"]["type"] == kind
    assert answer.json()["error"]["root_cause"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"query": {"fuzzy": {"level": "inf"}}}, "fuzzy"),
        ({"query": {"query_string": {"query": "a"}}}, "query_string"),
        ({"aggs": {"a": {"terms": {"field": "level"}}}}, "aggs"),
        ({"collapse": {"field": "level"}}, "collapse"),
        ({"query": {"term": {"level": {"value": "x", "case_insensitive": True}}}}, "case_insensitive"),
        ({"runtime_mappings": {"a": {"type": "long"}}}, "runtime_mappings"),
        ({"sort": [{"took": {"mode": "avg"}}]}, "mode"),
    ],
    ids=str,
)
def test_the_node_names_what_it_cannot_do(
    node: Server, loaded: Callable[[str], str], body: Json, name: str
) -> None:
    answer = requests.post(f"{node.url}/{loaded(node.url)}/_search", json=body, timeout=30)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "illegal_argument_exception"
    assert name in error["reason"]
    assert "Elasticsearch cluster" in error["reason"]


@pytest.mark.parametrize("low", [5.0, 2.0**63, 2.0**64, 2.0**65])
@pytest.mark.parametrize("high", [1e19, 2.0**64, 1e300])
def test_a_range_of_doubles_may_end_beyond_all_integers(
    client: Elasticsearch, unique: str, low: float, high: float
) -> None:
    values = [1.0, 5.0, 2.0**63, 1e19, 2.0**64, 2.0**65, 1e300]
    client.indices.create(index=unique, mappings={"properties": {"score": {"type": "double"}}})
    for value in values:
        client.index(index=unique, document={"score": value})
    client.indices.refresh(index=unique)
    found = client.search(index=unique, query={"range": {"score": {"gte": low, "lte": high}}})
    assert found["hits"]["total"]["value"] == sum(low <= value <= high for value in values)
    client.indices.delete(index=unique)

"""The store in memory answers as Elasticsearch does, above all after a rollover."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bulk_proxy import Pair
from tests.servers import Server
from tests.torture.stores import Memory, Remote, Store

LINE = b'{"@timestamp":"2026-11-23T03:00:00Z","n":1}'
NAMESPACE = f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture(params=["memory", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield Memory()
    else:
        server: Server = request.getfixturevalue("elasticsearch")
        yield Remote(server.url, NAMESPACE)


@pytest.fixture
def stream(unique: str) -> str:
    return f"logs-card.{unique}-{NAMESPACE}"


def created(store: Store, stream: str, *ids: str, line: bytes = LINE) -> list[int]:
    return [item["create"]["status"] for item in store.create([Pair(stream, each, line) for each in ids])]


def looked_up(store: Store, stream: str, *ids: str, query: str = "", **body: Any) -> tuple[int, Any]:
    search = {"query": {"ids": {"values": ids}}, "_source": False, **body}
    reply = store.call("POST", f"/{stream}/_search", query, json.dumps(search).encode())
    return reply.status, json.loads(reply.body)


def refreshed(store: Store, stream: str) -> int:
    return store.call("POST", f"/{stream}/_refresh", "", b"").status


def test_an_id_is_unique_until_the_stream_is_rolled_over(store: Store, stream: str) -> None:
    assert created(store, stream, "a", "b") == [201, 201]
    assert created(store, stream, "a", "c") == [409, 201]
    store.roll_over(stream)
    assert created(store, stream, "a") == [201]
    documents = [each for each in store.documents() if f"-{stream}-" in each.index]
    assert sorted(each.id for each in documents) == ["a", "a", "b", "c"]
    assert len({each.index for each in documents}) == 2


def test_a_look_up_finds_ids_in_all_backing_indices_after_a_refresh(store: Store, stream: str) -> None:
    created(store, stream, "a")
    store.roll_over(stream)
    created(store, stream, "b")
    assert refreshed(store, stream) == 200
    status, answer = looked_up(store, stream, "a", "b", "c", size=10)
    assert (status, answer["timed_out"], answer["_shards"]["failed"]) == (200, False, 0)
    assert {hit["_id"] for hit in answer["hits"]["hits"]} == {"a", "b"}


def test_a_look_up_gives_ten_hits_unless_asked_for_more(store: Store, stream: str) -> None:
    ids = [f"id{n}" for n in range(30)]
    created(store, stream, *ids)
    refreshed(store, stream)
    assert len(looked_up(store, stream, *ids)[1]["hits"]["hits"]) == 10
    assert len(looked_up(store, stream, *ids, size=30)[1]["hits"]["hits"]) == 30
    assert looked_up(store, stream, *ids, size=10_001)[0] == 400


def test_only_what_is_asked_for_of_an_answer_comes(store: Store, stream: str) -> None:
    created(store, stream, "a")
    refreshed(store, stream)
    _, answer = looked_up(store, stream, "a", query="filter_path=hits.hits._id")
    assert answer == {"hits": {"hits": [{"_id": "a"}]}}


def test_a_stream_that_is_not_there_is_told(store: Store, stream: str) -> None:
    assert refreshed(store, stream) == 404
    status, answer = looked_up(store, stream, "a")
    assert (status, answer["error"]["type"]) == (404, "index_not_found_exception")
    assert looked_up(store, stream, "a", query="ignore_unavailable=true")[0] == 200
    store.roll_over(stream)


def test_a_line_that_is_no_json_is_refused(store: Store, stream: str) -> None:
    assert created(store, stream, "a", line=b'{"n":1, xx}') == [400]


def test_memory_sees_what_was_there_at_the_last_refresh() -> None:
    store = Memory()
    created(store, "s", "a")
    assert looked_up(store, "s", "a")[1]["hits"]["hits"] == []
    refreshed(store, "s")
    created(store, "s", "b")
    assert [hit["_id"] for hit in looked_up(store, "s", "a", "b")[1]["hits"]["hits"]] == ["a"]

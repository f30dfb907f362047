"""Rolling a data stream over, on the embedded node and on Elasticsearch alike."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

DOCUMENT = {"@timestamp": "2026-11-23T03:12:45Z", "n": 1}


@pytest.fixture
def stream(client: Elasticsearch, unique: str) -> str:
    """A data stream with one document."""
    put_template(client, unique, {"n": {"type": "long"}})
    name = f"logs-card.{unique}-test"
    client.create(index=name, id="a", document=DOCUMENT, refresh=True)
    return name


def put_template(client: Elasticsearch, unique: str, properties: dict[str, Any]) -> None:
    client.indices.put_index_template(
        name=unique,
        index_patterns=[f"logs-card.{unique}-*"],
        data_stream={},
        priority=900,
        template={"mappings": {"properties": properties}},
    )


def backing(client: Elasticsearch, stream: str) -> list[str]:
    (found,) = client.indices.resolve_index(name=stream)["data_streams"]
    names = found["backing_indices"]
    return [names] if isinstance(names, str) else list(names)


def test_a_new_backing_index_takes_the_writes(client: Elasticsearch, stream: str) -> None:
    (old,) = backing(client, stream)
    answer = client.indices.rollover(alias=stream).body
    assert answer == {
        "acknowledged": True,
        "shards_acknowledged": True,
        "old_index": old,
        "new_index": old.replace("-000001", "-000002"),
        "rolled_over": True,
        "dry_run": False,
        "lazy": False,
        "conditions": {},
    }
    assert backing(client, stream) == [old, answer["new_index"]]
    assert (
        client.create(index=stream, id="b", document=DOCUMENT, refresh=True)["_index"] == answer["new_index"]
    )
    assert client.count(index=stream)["count"] == 2


def test_an_id_is_unique_in_a_backing_index_only(client: Elasticsearch, stream: str) -> None:
    client.indices.rollover(alias=stream)
    assert client.create(index=stream, id="a", document=DOCUMENT, refresh=True)["result"] == "created"
    hits = client.search(index=stream, query={"ids": {"values": ["a"]}})["hits"]["hits"]
    assert [hit["_id"] for hit in hits] == ["a", "a"]


def test_the_new_index_has_the_templates_of_now(client: Elasticsearch, stream: str, unique: str) -> None:
    put_template(client, unique, {"n": {"type": "keyword"}})
    new = client.indices.rollover(alias=stream)["new_index"]
    mapping = client.indices.get_mapping(index=new)[new]["mappings"]["properties"]
    assert mapping["n"] == {"type": "keyword"}


def test_a_dry_run_changes_nothing(client: Elasticsearch, stream: str) -> None:
    (old,) = backing(client, stream)
    answer = client.indices.rollover(alias=stream, dry_run=True)
    assert (answer["new_index"], answer["rolled_over"]) == (old.replace("-000001", "-000002"), False)
    assert backing(client, stream) == [old]


def test_only_a_data_stream_can_be_rolled_over(client: Elasticsearch, unique: str) -> None:
    client.indices.create(index=unique)
    with pytest.raises(BadRequestError) as refused:
        client.indices.rollover(alias=unique)
    assert refused.value.error == "illegal_argument_exception"
    assert "is a [concrete index]" in refused.value.body["error"]["reason"]
    with pytest.raises(NotFoundError) as missing:
        client.indices.rollover(alias=f"{unique}x")
    assert missing.value.error == "resource_not_found_exception"

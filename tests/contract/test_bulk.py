"""What `_bulk` and its relatives answer, on the embedded node and on Elasticsearch alike."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from elasticsearch import ConflictError, Elasticsearch, NotFoundError

Json = dict[str, Any]
PROPERTIES: Json = {
    "l": {"type": "long"},
    "i": {"type": "integer"},
    "d": {"type": "double"},
    "k": {"type": "keyword", "ignore_above": 5},
    "t": {"type": "text"},
    "b": {"type": "boolean"},
    "dt": {"type": "date"},
    "ip": {"type": "ip"},
    "fl": {"type": "flattened"},
    "off": {"type": "keyword", "index": False, "doc_values": False},
    "deep": {"properties": {"k": {"type": "keyword"}}},
}


@pytest.fixture
def index(client: Elasticsearch, unique: str) -> Iterator[str]:
    client.indices.create(index=unique, mappings={"properties": PROPERTIES})
    yield unique
    client.indices.delete(index=unique)


@pytest.fixture
def stream(client: Elasticsearch, unique: str) -> Iterator[str]:
    client.indices.put_index_template(
        name=unique,
        index_patterns=[f"{unique}-*"],
        data_stream={},
        priority=600,
        template={"mappings": {"properties": {"n": {"type": "long"}}}},
    )
    yield f"{unique}-a"
    backing = client.indices.resolve_index(name=f"{unique}-*")["data_streams"]
    if not backing:
        client.indices.delete_index_template(name=unique)


def one(client: Elasticsearch, index: str, action: str, doc_id: str | None, source: Any) -> Json:
    head = {action: {"_id": doc_id} if doc_id else {}}
    answer = client.bulk(index=index, operations=[head, source], refresh=True)
    assert len(answer["items"]) == 1
    item: Json = answer["items"][0][action]
    assert answer["errors"] == ("error" in item)
    return item


def test_each_item_has_its_own_status(client: Elasticsearch, index: str) -> None:
    operations: list[Json] = [
        {"create": {"_id": "1"}}, {"l": 1},
        {"create": {"_id": "1"}}, {"l": 2},
        {"index": {"_id": "1"}}, {"l": 3},
        {"index": {"_id": "2"}}, {"l": "no number"},
        {"index": {"_id": "3"}}, {"l": 4},
    ]  # fmt: skip
    answer = client.bulk(index=index, operations=operations, refresh=True)
    items = [next(iter(item.values())) for item in answer["items"]]
    assert answer["errors"] is True
    assert [item["status"] for item in items] == [201, 409, 200, 400, 201]
    assert [item.get("result") for item in items] == ["created", None, "updated", None, "created"]
    assert [item.get("_version") for item in items] == [1, None, 2, None, 1]
    assert [item.get("_seq_no") for item in items] == [0, None, 1, None, 2]
    assert items[1]["error"]["type"] == "version_conflict_engine_exception"
    assert "document already exists (current version [1])" in items[1]["error"]["reason"]
    assert items[3]["error"]["type"] == "document_parsing_exception"
    assert client.get(index=index, id="1")["_source"] == {"l": 3}
    assert client.count(index=index)["count"] == 2


REFUSED = [
    ("l", "x", "illegal_argument_exception"),
    ("l", {"a": 1}, "illegal_argument_exception"),
    ("l", True, "x_content_parse_exception"),
    ("l", 1e30, None),
    ("i", 2**31, None),
    ("d", "x", "number_format_exception"),
    ("b", "nope", "illegal_argument_exception"),
    ("b", 1, None),
    ("dt", "yesterday", "illegal_argument_exception"),
    ("dt", "2026-13-01", "illegal_argument_exception"),
    ("ip", "300.1.1.1", "illegal_argument_exception"),
    ("k", {"a": 1}, "illegal_argument_exception"),
    ("deep", 5, None),
    ("fl", "no object", None),
]


@pytest.mark.parametrize(("field", "value", "cause"), REFUSED)
def test_a_value_that_does_not_fit_is_refused(
    client: Elasticsearch, index: str, field: str, value: Any, cause: str | None
) -> None:
    item = one(client, index, "create", "1", {field: value})
    assert item["status"] == 400
    assert item["error"]["type"] == "document_parsing_exception"
    assert f"[{field}]" in item["error"]["reason"]
    if cause:
        assert item["error"]["caused_by"]["type"] == cause
    assert client.count(index=index)["count"] == 0


ACCEPTED = [
    {"l": "5"},
    {"l": 5.9},
    {"l": None},
    {"l": []},
    {"l": [1, None, 2]},
    {"d": "1.5"},
    {"d": 5},
    {"b": "true"},
    {"b": ""},
    {"dt": 1767225600000},
    {"dt": "1767225600000"},
    {"dt": "2026"},
    {"dt": "2026-01-01T10"},
    {"dt": "2026-01-01T10:00:00.123456789Z"},
    {"dt": "2026-01-01T10:00:00+08:00"},
    {"ip": "::ffff:1.2.3.4"},
    {"k": 5},
    {"k": True},
    {"k": "longer than ignore_above"},
    {"deep.k": "dotted"},
    {"deep": {"k": ["a", "b"]}},
    {"deep": [{"k": "a"}, {"k": "b"}]},
    {"fl": {"a": {"b": 1}, "c": ["x", None]}},
    {"new": {"object": {"in": "object"}}},
    {"off": "anything"},
]


@pytest.mark.parametrize("source", ACCEPTED, ids=json.dumps)
def test_a_value_that_fits_is_kept_as_it_was_written(client: Elasticsearch, index: str, source: Json) -> None:
    assert one(client, index, "create", "1", source)["status"] == 201
    assert client.get(index=index, id="1")["_source"] == source


@pytest.mark.parametrize(
    ("source", "query"),
    [
        ({"deep.k": "a"}, {"term": {"deep.k": "a"}}),
        ({"deep": {"k": ["a", "b"]}}, {"term": {"deep.k": "b"}}),
        ({"l": "5"}, {"term": {"l": 5}}),
        ({"l": 5.9}, {"term": {"l": 5}}),
        ({"dt": 1767225600000}, {"term": {"dt": "2026-01-01"}}),
        ({"dt": "2026-01-01T07:30:00+08:00"}, {"range": {"dt": {"lt": "2026-01-01"}}}),
        ({"k": True}, {"term": {"k": "true"}}),
        ({"fl": {"a": {"b": 1}}}, {"term": {"fl.a.b": "1"}}),
        ({"fl": {"a": {"b": 1}}}, {"term": {"fl": "1"}}),
        ({"ip": "10.1.2.3"}, {"term": {"ip": "10.0.0.0/8"}}),
        ({"t": "Two CARDS"}, {"match": {"t": "cards"}}),
        ({"fresh": "Some Text"}, {"term": {"fresh.keyword": "Some Text"}}),
        ({"fresh": 1.5}, {"term": {"fresh": 1.5}}),
        ({"fresh": True}, {"term": {"fresh": True}}),
    ],
    ids=str,
)
def test_what_was_written_is_found(client: Elasticsearch, index: str, source: Json, query: Json) -> None:
    assert one(client, index, "index", "1", source)["status"] == 201
    one(client, index, "index", "2", {})
    assert [hit["_id"] for hit in client.search(index=index, query=query)["hits"]["hits"]] == ["1"]


@pytest.mark.parametrize(
    "query", [{"term": {"k": "longer than"}}, {"exists": {"field": "k"}}, {"exists": {"field": "off"}}]
)
def test_what_is_not_indexed_is_not_found(client: Elasticsearch, index: str, query: Json) -> None:
    one(client, index, "index", "1", {"k": "longer than", "off": "x"})
    assert client.count(index=index, query=query)["count"] == 0


def test_ids_are_made_when_there_are_none(client: Elasticsearch, index: str) -> None:
    first, second = (one(client, index, action, None, {"l": 1}) for action in ("index", "create"))
    assert (first["status"], second["status"]) == (201, 201)
    assert first["_id"] != second["_id"]
    assert len(first["_id"]) == 20


def test_documents_that_are_no_objects_are_refused(server: str, client: Elasticsearch, index: str) -> None:
    for line in (b"[1]", b"{bad", b'"text"'):
        body = b'{"create":{}}\n' + line + b'\n{"create":{"_id":"good"}}\n{}\n'
        answer = client.bulk(index=index, operations=body)
        bad, good = (item["create"] for item in answer["items"])
        assert (bad["status"], bad["error"]["type"]) == (400, "document_parsing_exception"), line
        assert good["status"] in (201, 409)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "parse_exception"),
        (b'{"create":{}}\n{}', "illegal_argument_exception"),
        (b'{"make":{}}\n{}\n', "illegal_argument_exception"),
        (b'{"create":{"_zork":1}}\n{}\n', "illegal_argument_exception"),
        (b'{"create":5}\n{}\n', "illegal_argument_exception"),
    ],
)
def test_a_malformed_body_is_refused_as_a_whole(server: str, unique: str, body: bytes, kind: str) -> None:
    headers = {"content-type": "application/x-ndjson"}
    answer = requests.post(f"{server}/{unique}/_bulk", data=body, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == kind
    assert requests.head(f"{server}/{unique}", timeout=30).status_code == 404


def test_packed_bodies_and_filter_path(server: str, unique: str) -> None:
    body = b"".join(b'{"create":{"_id":"%d"}}\n{"n":%d}\n' % (n, n) for n in range(50))
    headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}
    url = f"{server}/{unique}/_bulk?filter_path=errors,items.*.status&refresh=true"
    answer = requests.post(url, data=gzip.compress(body), headers=headers, timeout=30).json()
    assert answer == {"errors": False, "items": [{"create": {"status": 201}}] * 50}
    again = requests.post(url, data=gzip.compress(body), headers=headers, timeout=30).json()
    assert again == {"errors": True, "items": [{"create": {"status": 409}}] * 50}


@pytest.mark.parametrize("refresh", [True, "wait_for"])
def test_refresh_makes_documents_searchable(client: Elasticsearch, index: str, refresh: Any) -> None:
    client.bulk(index=index, operations=[{"create": {"_id": "1"}}, {"l": 1}], refresh=refresh)
    assert client.count(index=index)["count"] == 1


def test_a_document_is_read_before_it_is_searchable(client: Elasticsearch, index: str) -> None:
    client.index(index=index, id="a/b c", document={"l": 1})
    got = client.get(index=index, id="a/b c")
    assert (got["_id"], got["_source"], got["_version"], got["found"]) == ("a/b c", {"l": 1}, 1, True)
    with pytest.raises(NotFoundError) as missing:
        client.get(index=index, id="other")
    assert missing.value.body["found"] is False


def test_create_refuses_an_id_that_is_there(client: Elasticsearch, index: str) -> None:
    assert client.create(index=index, id="1", document={"l": 1})["result"] == "created"
    with pytest.raises(ConflictError) as conflict:
        client.create(index=index, id="1", document={"l": 2})
    assert conflict.value.error == "version_conflict_engine_exception"
    assert client.index(index=index, id="1", document={"l": 3})["result"] == "updated"


# Data streams


def test_the_first_write_makes_the_data_stream(client: Elasticsearch, stream: str) -> None:
    item = one(client, stream, "create", "1", {"@timestamp": "2026-01-01T00:00:00.123456Z", "n": 1})
    assert item["status"] == 201
    assert item["_index"].startswith(f".ds-{stream}-")
    assert item["_index"].endswith("-000001")
    (found,) = client.indices.resolve_index(name=stream)["data_streams"]
    assert found["backing_indices"] == [item["_index"]]
    (hit,) = client.search(index=stream)["hits"]["hits"]
    assert (hit["_index"], hit["_id"]) == (item["_index"], "1")
    assert client.count(index=f"{stream[:-1]}*")["count"] == 1


def test_a_data_stream_takes_only_creates(client: Elasticsearch, stream: str) -> None:
    item = one(client, stream, "index", "1", {"@timestamp": "2026-01-01"})
    assert item["status"] == 400
    assert item["error"]["type"] == "illegal_argument_exception"
    assert "op_type of create" in item["error"]["reason"]


@pytest.mark.parametrize("source", [{"n": 1}, {"@timestamp": "soon"}, {"@timestamp": None}])
def test_a_data_stream_needs_the_timestamp(client: Elasticsearch, stream: str, source: Json) -> None:
    item = one(client, stream, "create", "1", source)
    assert item["status"] == 400
    assert item["error"]["type"] == "document_parsing_exception"


def test_the_same_id_is_created_once(client: Elasticsearch, stream: str) -> None:
    operations = [{"create": {"_id": "1"}}, {"@timestamp": "2026-01-01"}] * 2
    statuses = [
        item["create"]["status"] for item in client.bulk(index=stream, operations=operations)["items"]
    ]
    assert statuses == [201, 409]

"""Errors in Elasticsearch's shape, on the embedded node and on Elasticsearch alike."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from elasticsearch import BadRequestError, Elasticsearch

from tests.servers import Server

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("GET", "/nothing/_search", None, 404, "index_not_found_exception"),
        ("GET", "/nothing/_doc/1", None, 404, "index_not_found_exception"),
        ("GET", "/nothing/_mapping", None, 404, "index_not_found_exception"),
        ("GET", "/_search?zork=1", None, 400, "illegal_argument_exception"),
        ("POST", "/_bulk?zork=1&pretty", {}, 400, "illegal_argument_exception"),
        ("POST", "/_search", "{bad", 400, "x_content_parse_exception"),
        ("POST", "/_count", {"size": 1}, 400, "parsing_exception"),
        ("GET", "/_index_template/nothing", None, 404, "resource_not_found_exception"),
    ],
)
def test_errors_have_status_type_and_root_cause(
    server: str, method: str, path: str, body: Any, status: int, kind: str
) -> None:
    data = body if isinstance(body, str) else None
    json = body if data is None else None
    headers = {"content-type": "application/json"} if data else {}
    answer = requests.request(method, server + path, json=json, data=data, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.json()["error"]["type"] == kind
    assert answer.json()["error"]["root_cause"][0]["type"] == kind
    assert answer.json()["error"]["reason"]


def test_unknown_parameters_are_named(server: str) -> None:
    error = requests.get(f"{server}/_search?zork=1", timeout=30).json()["error"]
    assert error["reason"] == "request [/_search] contains unrecognized parameter: [zork]"


@pytest.mark.parametrize(("method", "path"), [("POST", "/a/_zork"), ("GET", "/a/b/c/d/e")])
def test_unknown_paths_are_refused(server: str, method: str, path: str) -> None:
    answer = requests.request(method, server + path, timeout=30)
    assert answer.status_code == 400
    assert "no handler found" in str(answer.json()["error"]) or "endpoint" in str(answer.json()["error"])


def test_wrong_methods_are_refused(server: str) -> None:
    answer = requests.delete(f"{server}/a/_search", timeout=30)
    assert answer.status_code == 405
    assert answer.json()["error"].startswith("Incorrect HTTP method for uri [/a/_search] and method [DELETE]")


def test_other_media_types_are_refused(server: str) -> None:
    answer = requests.post(f"{server}/_search", data="{}", headers={"content-type": "text/plain"}, timeout=30)
    assert answer.status_code == 406


def test_the_answer_has_the_type_that_was_asked_for(server: str) -> None:
    wanted = "application/vnd.elasticsearch+json; compatible-with=9"
    answer = requests.get(f"{server}/_cluster/health", headers={"accept": wanted}, timeout=30)
    assert answer.headers["content-type"].startswith("application/vnd.elasticsearch+json")
    assert answer.headers["x-elastic-product"] == "Elasticsearch"


def test_filter_path_cuts_answers(client: Elasticsearch, unique: str) -> None:
    client.index(index=unique, id="1", document={"a": {"b": 1, "c": 2}}, refresh=True)
    answer = client.search(index=unique, filter_path="hits.hits._source.a.b,hits.total.value")
    assert answer.body == {"hits": {"total": {"value": 1}, "hits": [{"_source": {"a": {"b": 1}}}]}}
    answer = client.search(index=unique, filter_path="**._id")
    assert answer.body == {"hits": {"hits": [{"_id": "1"}]}}
    answer = client.search(index=unique, filter_path="hits,-hits.hits")
    assert set(answer["hits"]) == {"total", "max_score"}
    client.indices.delete(index=unique)


@pytest.mark.parametrize(
    "query",
    [{"prefix": {"_id": "1"}}, {"wildcard": {"_id": "1*"}}, {"range": {"_id": {"gte": "1"}}}],
    ids=lambda query: next(iter(query)),
)
def test_an_id_is_found_as_a_whole_only(client: Elasticsearch, unique: str, query: Json) -> None:
    client.index(index=unique, id="1", document={"a": 1}, refresh=True)
    with pytest.raises(BadRequestError, match=r"\[_id\]"):
        client.search(index=unique, query=query)
    client.indices.delete(index=unique)


def test_health_tells_that_the_server_is_there(client: Elasticsearch) -> None:
    health = client.cluster.health(wait_for_status="yellow")
    assert health["status"] in ("green", "yellow")
    assert health["number_of_nodes"] == 1


# Only on the node: Elasticsearch's test distribution lacks GET / and the data stream API.


def test_the_node_manages_data_streams(node: Server, connect: Any, unique: str) -> None:
    client: Elasticsearch = connect(node.url)
    with pytest.raises(BadRequestError):
        client.indices.create_data_stream(name=f"{unique}-a")
    client.indices.put_index_template(name=unique, index_patterns=[f"{unique}-*"], data_stream={}, priority=9)
    client.indices.create_data_stream(name=f"{unique}-a")
    (stream,) = client.indices.get_data_stream(name=f"{unique}-*")["data_streams"]
    assert stream["name"] == f"{unique}-a"
    assert stream["timestamp_field"] == {"name": "@timestamp"}
    (backing,) = [entry["index_name"] for entry in stream["indices"]]
    with pytest.raises(BadRequestError, match="write index"):
        client.indices.delete(index=backing)
    with pytest.raises(BadRequestError, match="data stream"):
        client.indices.delete(index=f"{unique}-a")
    client.indices.delete_data_stream(name=f"{unique}-a")
    client.indices.delete_index_template(name=unique)
    assert client.search(index=f"{unique}-*")["hits"]["total"]["value"] == 0


@pytest.mark.parametrize(
    ("mappings", "settings", "name"),
    [
        ({"runtime": {"a": {"type": "long"}}}, {}, "runtime"),
        ({"properties": {"a": {"type": "long", "copy_to": "b"}}}, {}, "copy_to"),
        ({"properties": {"a": {"type": "keyword", "null_value": "x"}}}, {}, "null_value"),
        ({"properties": {"a": {"type": "date", "format": "dd.MM.yyyy"}}}, {}, "dd.MM.yyyy"),
        ({}, {"index.default_pipeline": "p"}, "default_pipeline"),
        ({}, {"index.mode": "time_series"}, "time_series"),
        ({}, {"analysis": {"analyzer": {"a": {"type": "standard"}}}}, "analysis"),
    ],
)
def test_the_node_names_what_would_change_documents(
    node: Server, connect: Any, unique: str, mappings: Json, settings: Json, name: str
) -> None:
    with pytest.raises(BadRequestError) as refused:
        connect(node.url).indices.create(index=unique, mappings=mappings, settings=settings)
    assert name in refused.value.body["error"]["reason"]
    assert not connect(node.url).indices.exists(index=unique)


@pytest.mark.parametrize("action", ["delete", "update"])
def test_the_node_names_the_actions_that_it_lacks(
    node: Server, connect: Any, unique: str, action: str
) -> None:
    operations: list[Json] = [{action: {"_id": "1"}}, *([{"doc": {}}] if action == "update" else [])]
    answer = connect(node.url).bulk(index=unique, operations=operations)
    item = answer["items"][0][action]
    assert item["status"] == 400
    assert action in item["error"]["reason"]

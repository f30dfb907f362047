"""Templates, mappings and indices, on the embedded node and on Elasticsearch alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

Json = dict[str, Any]
KEYWORDS: Json = {
    "strings": {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 1024}}
}


@pytest.fixture
def names(client: Elasticsearch, unique: str) -> Iterator[str]:
    """A word; what was made with it is removed: index, templates, components (suffixes -1 and -2)."""
    yield unique
    quiet = client.options(ignore_status=[404, 400])
    quiet.indices.delete(index=f"{unique}-*")
    for suffix in ("-1", "-2"):
        quiet.indices.delete_index_template(name=f"{unique}{suffix}")
    for suffix in ("-1", "-2"):
        quiet.cluster.delete_component_template(name=f"{unique}{suffix}")


def component(client: Elasticsearch, name: str, **template: Any) -> None:
    client.cluster.put_component_template(name=name, template=template, meta={"by": "test"})


def test_a_component_template_is_given_back(client: Elasticsearch, names: str) -> None:
    mappings = {"properties": {"a.b": {"type": "long"}}}
    component(client, f"{names}-1", settings={"number_of_replicas": 0}, mappings=mappings)
    (found,) = client.cluster.get_component_template(name=f"{names}-1")["component_templates"]
    body = found["component_template"]
    assert found["name"] == f"{names}-1"
    assert body["_meta"] == {"by": "test"}
    assert body["template"]["settings"] == {"index": {"number_of_replicas": "0"}}
    assert client.cluster.exists_component_template(name=f"{names}-1")
    client.cluster.delete_component_template(name=f"{names}-1")
    assert not client.cluster.exists_component_template(name=f"{names}-1")
    with pytest.raises(NotFoundError) as gone:
        client.cluster.get_component_template(name=f"{names}-1")
    assert gone.value.error == "resource_not_found_exception"


def test_an_index_template_is_given_back(client: Elasticsearch, names: str) -> None:
    client.indices.put_index_template(
        name=f"{names}-1", index_patterns=[f"{names}-a*"], priority=7, data_stream={}, version=3
    )
    (found,) = client.indices.get_index_template(name=f"{names}-*")["index_templates"]
    body = found["index_template"]
    assert (body["index_patterns"], body["priority"], body["version"]) == ([f"{names}-a*"], 7, 3)
    assert body["composed_of"] == []
    assert body["data_stream"] == {"hidden": False, "allow_custom_routing": False}
    assert client.indices.exists_index_template(name=f"{names}-1")
    client.indices.delete_index_template(name=f"{names}-1")
    with pytest.raises(NotFoundError) as gone:
        client.indices.delete_index_template(name=f"{names}-1")
    assert gone.value.error == "index_template_missing_exception"


def test_templates_are_composed_in_their_order(client: Elasticsearch, names: str) -> None:
    component(
        client,
        f"{names}-1",
        settings={"index.codec": "best_compression", "number_of_replicas": 1},
        mappings={
            "properties": {
                "a": {"type": "long"},
                "b": {"type": "long"},
                "o": {"properties": {"x": {"type": "ip"}}},
            }
        },
    )
    component(
        client, f"{names}-2", mappings={"properties": {"b": {"type": "double"}, "o.y": {"type": "date"}}}
    )
    client.indices.put_index_template(
        name=f"{names}-1",
        index_patterns=[f"{names}-a*"],
        composed_of=[f"{names}-1", f"{names}-2"],
        priority=501,
        template={"settings": {"number_of_replicas": 0}, "mappings": {"dynamic_templates": [KEYWORDS]}},
    )
    template = client.indices.simulate_index_template(name=f"{names}-a1")["template"]
    assert template["mappings"]["properties"] == {
        "a": {"type": "long"},
        "b": {"type": "double"},
        "o": {"properties": {"x": {"type": "ip"}, "y": {"type": "date"}}},
    }
    settings = template["settings"]["index"]
    assert (settings["codec"], settings["number_of_replicas"]) == ("best_compression", "0")
    client.index(index=f"{names}-a1", id="1", document={"a": 1, "word": "x"}, refresh=True)
    (made,) = client.indices.get_mapping(index=f"{names}-a1").values()
    assert made["mappings"]["properties"]["word"] == {"type": "keyword", "ignore_above": 1024}
    assert made["mappings"]["properties"]["b"] == {"type": "double"}


def test_the_higher_priority_wins(client: Elasticsearch, names: str) -> None:
    for suffix, priority, kind in (("-1", 501, "long"), ("-2", 502, "keyword")):
        client.indices.put_index_template(
            name=names + suffix,
            index_patterns=[f"{names}-*"],
            priority=priority,
            template={"mappings": {"properties": {"a": {"type": kind}}}},
        )
    simulated = client.indices.simulate_index_template(name=f"{names}-x")
    assert simulated["template"]["mappings"]["properties"]["a"]["type"] == "keyword"
    assert [entry["name"] for entry in simulated["overlapping"]] == [f"{names}-1"]


def test_what_a_data_stream_template_adds(client: Elasticsearch, names: str) -> None:
    client.indices.put_index_template(
        name=f"{names}-1", index_patterns=[f"{names}-*"], data_stream={}, priority=501
    )
    for simulated in (
        client.indices.simulate_index_template(name=f"{names}-x"),
        client.indices.simulate_template(name=f"{names}-1"),
    ):
        assert simulated["template"]["mappings"]["properties"] == {"@timestamp": {"type": "date"}}
    with pytest.raises(BadRequestError) as refused:
        client.indices.create(index=f"{names}-x")
    assert refused.value.error == "illegal_argument_exception"
    assert "creates data streams only" in refused.value.body["error"]["reason"]


def test_templates_that_tie_are_refused(client: Elasticsearch, names: str) -> None:
    client.indices.put_index_template(name=f"{names}-1", index_patterns=[f"{names}-*"], priority=9)
    with pytest.raises(BadRequestError) as refused:
        client.indices.put_index_template(name=f"{names}-2", index_patterns=[f"{names}-a*"], priority=9)
    assert refused.value.error == "illegal_argument_exception"
    assert "same priority [9]" in refused.value.body["error"]["reason"]
    client.indices.put_index_template(name=f"{names}-2", index_patterns=[f"other-{names}-*"], priority=9)


def test_components_must_be_there_and_stay_while_in_use(client: Elasticsearch, names: str) -> None:
    def put() -> None:
        client.indices.put_index_template(
            name=f"{names}-1", index_patterns=[f"{names}-*"], composed_of=[f"{names}-1"], priority=9
        )

    with pytest.raises(BadRequestError) as refused:
        put()
    assert refused.value.error == "invalid_index_template_exception"
    component(client, f"{names}-1", mappings={})
    put()
    with pytest.raises(BadRequestError) as kept:
        client.cluster.delete_component_template(name=f"{names}-1")
    assert "still in use" in kept.value.body["error"]["reason"]


def test_a_template_in_use_by_a_data_stream_stays(client: Elasticsearch, unique: str) -> None:
    client.indices.put_index_template(name=unique, index_patterns=[f"{unique}-*"], data_stream={}, priority=9)
    client.create(index=f"{unique}-a", id="1", document={"@timestamp": "2026-01-01"})
    with pytest.raises(BadRequestError) as refused:
        client.indices.delete_index_template(name=unique)
    assert "in use by a data stream" in refused.value.body["error"]["reason"]


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ({"mappings": {"properties": {"a": {"type": "zork"}}}}, "mapper_parsing_exception"),
        ({"mappings": {"properties": {"a": {"type": "long", "zork": 1}}}}, "mapper_parsing_exception"),
        ({"settings": {"zork": 1}}, "illegal_argument_exception"),
        ({"zork": {}}, None),
    ],
)
def test_a_template_that_means_nothing_is_refused(
    client: Elasticsearch, names: str, template: Json, kind: str | None
) -> None:
    def put() -> None:
        component(client, f"{names}-1", **template)
        client.indices.create(index=f"{names}-x", **template)

    with pytest.raises(BadRequestError) as refused:
        put()
    root = refused.value.body["error"]["root_cause"][0]["type"]
    assert kind is None or kind in (refused.value.error, root)


# Indices


def test_an_index_is_made_looked_at_and_deleted(client: Elasticsearch, names: str) -> None:
    name = f"{names}-x"
    client.indices.create(
        index=name, settings={"number_of_replicas": 0}, mappings={"properties": {"a.b": {"type": "ip"}}}
    )
    assert client.indices.exists(index=name)
    (described,) = client.indices.get(index=name).values()
    assert described["mappings"] == {"properties": {"a": {"properties": {"b": {"type": "ip"}}}}}
    assert described["settings"]["index"]["number_of_replicas"] == "0"
    assert described["aliases"] == {}
    with pytest.raises(BadRequestError) as refused:
        client.indices.create(index=name)
    assert refused.value.error == "resource_already_exists_exception"
    client.indices.delete(index=name)
    assert not client.indices.exists(index=name)
    with pytest.raises(NotFoundError) as gone:
        client.indices.delete(index=name)
    assert gone.value.error == "index_not_found_exception"


def test_an_index_made_again_is_empty(client: Elasticsearch, names: str) -> None:
    name = f"{names}-x"
    for _ in range(2):
        assert client.create(index=name, id="1", document={"a": 1}, refresh=True)["result"] == "created"
        client.indices.delete(index=name)


@pytest.mark.parametrize("name", ["Upper", "-minus", "sp ace", "a#b", "x" * 256])
def test_names_that_are_no_names_are_refused(client: Elasticsearch, name: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.indices.create(index=name)
    assert refused.value.error == "invalid_index_name_exception"


def test_a_mapping_grows_and_never_changes(client: Elasticsearch, names: str) -> None:
    name = f"{names}-x"
    client.indices.create(index=name, mappings={"properties": {"a": {"type": "long"}}})
    client.indices.put_mapping(index=name, properties={"b": {"type": "keyword"}})
    (mapping,) = client.indices.get_mapping(index=name).values()
    assert mapping["mappings"]["properties"] == {"a": {"type": "long"}, "b": {"type": "keyword"}}
    with pytest.raises(BadRequestError) as refused:
        client.indices.put_mapping(index=name, properties={"a": {"type": "keyword"}})
    assert refused.value.error == "illegal_argument_exception"
    assert "cannot be changed from type [long] to [keyword]" in refused.value.body["error"]["reason"]


SEEN: list[tuple[Json, Any, Json]] = [
    ({}, "words", {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}),
    ({}, 5, {"type": "long"}),
    ({}, 5.5, {"type": "float"}),
    ({}, True, {"type": "boolean"}),
    ({}, "2026-01-01T00:00:00Z", {"type": "date"}),
    ({}, "2026", {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}),
    ({"date_detection": False, "dynamic_templates": [KEYWORDS]}, "2026-01-01",
     {"type": "keyword", "ignore_above": 1024}),
    ({}, [None, [1, 2]], {"type": "long"}),
    ({}, {"b": {"c": 1}}, {"properties": {"b": {"properties": {"c": {"type": "long"}}}}}),
    ({"dynamic": False}, 5, {}),
    ({"dynamic_templates": [{"n": {"path_match": "a.*", "mapping": {"type": "double"}}}]}, {"b": 1},
     {"properties": {"b": {"type": "double"}}}),
    ({"dynamic_templates": [
        {"n": {"match": "a", "match_mapping_type": "long", "mapping": {"type": "keyword"}}}
    ]}, 1, {"type": "keyword"}),
    ({"dynamic_templates": [{"n": {"match": "zork*", "mapping": {"type": "keyword"}}}]}, 1, {"type": "long"}),
]  # fmt: skip


@pytest.mark.parametrize(("mappings", "value", "entry"), SEEN, ids=str)
def test_the_first_sight_of_a_field_gives_its_type(
    client: Elasticsearch, names: str, mappings: Json, value: Any, entry: Json
) -> None:
    name = f"{names}-x"
    client.indices.create(index=name, mappings=mappings)
    client.index(index=name, id="1", document={"a": value})
    (mapping,) = client.indices.get_mapping(index=name).values()
    assert mapping["mappings"].get("properties", {}).get("a", {}) == entry


def test_a_strict_mapping_takes_no_new_fields(client: Elasticsearch, names: str) -> None:
    name = f"{names}-x"
    client.indices.create(index=name, mappings={"dynamic": "strict", "properties": {"a": {"type": "long"}}})
    client.index(index=name, id="1", document={"a": 1})
    with pytest.raises(BadRequestError) as refused:
        client.index(index=name, id="2", document={"b": 1})
    assert refused.value.error == "strict_dynamic_mapping_exception"


def test_a_field_cannot_be_an_object_and_a_value(client: Elasticsearch, names: str) -> None:
    name = f"{names}-x"
    client.index(index=name, id="1", document={"a": 1, "o": {"p": 1}})
    for source in ({"a": {"b": 1}}, {"a.b": 1}, {"o": 5}):
        with pytest.raises(BadRequestError) as refused:
            client.index(index=name, id="2", document=source)
        assert refused.value.error == "document_parsing_exception", source


def test_too_many_fields_are_refused(client: Elasticsearch, names: str) -> None:
    name = f"{names}-x"
    client.indices.create(index=name, settings={"index.mapping.total_fields.limit": 3})
    client.index(index=name, id="1", document={"a": 1, "b": 1})
    with pytest.raises(BadRequestError) as refused:
        client.index(index=name, id="2", document={"c": 1, "d": 1})
    assert "Limit of total fields [3] has been exceeded" in str(refused.value.body)


def test_refreshing_and_flushing_answer_with_shards(client: Elasticsearch, names: str) -> None:
    client.index(index=f"{names}-x", id="1", document={"a": 1})
    for answer in (client.indices.refresh(index=f"{names}-x"), client.indices.flush(index=f"{names}-x")):
        assert answer["_shards"]["failed"] == 0
        assert answer["_shards"]["successful"] == 1
    with pytest.raises(NotFoundError):
        client.indices.refresh(index=f"{names}-nowhere")

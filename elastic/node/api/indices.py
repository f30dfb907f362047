"""Indices and data streams: make, look at, refresh, delete."""

from __future__ import annotations

from elastic.node import names
from elastic.node.api.call import ACKNOWLEDGED, Answer, Call, shards
from elastic.node.errors import (
    IllegalArgument,
    IndexNotFound,
    Json,
    MalformedJson,
    ResourceNotFound,
    Unsupported,
)
from elastic.node.index import Index
from elastic.node.indices import Stream


def create(call: Call) -> Answer:
    """`PUT INDEX`"""
    body = call.json()
    for key in body.keys() - {"settings", "mappings", "aliases"}:
        raise MalformedJson(f"unknown key [{key}] for create index")
    if body.get("aliases"):
        raise Unsupported("aliases")
    index = call.node.indices.create(call.names["index"], body)
    return Answer({"acknowledged": True, "shards_acknowledged": True, "index": index.name})


def get(call: Call) -> Answer:
    """`GET INDEX`"""
    return Answer({index.name: _described(index) for index in _named(call)})


def exists(call: Call) -> Answer:
    """`HEAD INDEX`"""
    return Answer(status=200 if _named(call) else 404)


def _described(index: Index) -> Json:
    stream = {"data_stream": index.stream} if index.stream else {}
    return {"aliases": {}, "mappings": shown_mapping(index), "settings": shown_settings(index), **stream}


def _named(call: Call) -> list[Index]:
    """The indices of the path; a name without any is not found, unless it is a pattern."""
    found = call.resolved()
    if not found and not names.is_pattern(call.names["index"]) and not call.flag("ignore_unavailable"):
        raise IndexNotFound(call.names["index"])
    return found


def shown_mapping(index: Index) -> Json:
    """The mapping as Elasticsearch shows it: nothing that is empty."""
    shown = {key: value for key, value in index.mapping.source.items() if key != "properties" or value}
    return {"_data_stream_timestamp": {"enabled": True}, **shown} if index.stream else shown


def shown_settings(index: Index) -> Json:
    """The settings with what the index itself adds."""
    own = {
        "provided_name": index.name,
        "creation_date": str(index.created_ms),
        "uuid": index.uuid,
        "version": {"created": "9107000"},
    }
    return {"index": {**index.settings.get("index", {}), **own}}


def delete(call: Call) -> Answer:
    """`DELETE INDEX`; patterns name plain indices only"""
    indices = call.node.indices
    for part in names.parts(call.names["index"]):
        if names.is_pattern(part):
            for index in indices.plain(part):
                indices.delete(index)
            continue
        if part in indices.streams:
            raise IllegalArgument(
                f"The provided expression [{part}] matches a data stream, specify the corresponding concrete"
                " indices instead."
            )
        found = indices.get(part)
        if found is not None:
            indices.delete(found)
        elif not call.flag("ignore_unavailable"):
            raise IndexNotFound(part)
    return ACKNOWLEDGED


def get_mapping(call: Call) -> Answer:
    """`GET INDEX/_mapping`"""
    return Answer({index.name: {"mappings": shown_mapping(index)} for index in call.resolved()})


def put_mapping(call: Call) -> Answer:
    """`PUT INDEX/_mapping`"""
    for index in call.resolved():
        index.put_mapping(call.json())
    return ACKNOWLEDGED


def get_settings(call: Call) -> Answer:
    """`GET INDEX/_settings`"""
    return Answer({index.name: {"settings": shown_settings(index)} for index in call.resolved()})


def refresh(call: Call) -> Answer:
    """`POST _refresh`, `POST INDEX/_refresh`, `_flush`: commits; everything written is searchable."""
    indices = call.resolved()
    for index in indices:
        index.refresh()
    return Answer({"_shards": shards(indices, skipped=False)})


def resolve(call: Call) -> Answer:
    """`GET _resolve/index/NAME`"""
    indices, lookup = call.node.indices, call.lookup()
    found: dict[str, Json] = {}
    streams: dict[str, Json] = {}
    for part in names.parts(call.names["name"]):
        listed = names.matching(part, indices.streams, hidden=lookup.hidden)
        plain = [index.name for index in indices.plain(part)] if names.is_pattern(part) else [part]
        for name in listed:
            streams[name] = {
                "name": name,
                "backing_indices": indices.streams[name].indices,
                "timestamp_field": "@timestamp",
            }
        for name in plain:
            index = indices.get(name)
            if index is not None:
                found[name] = {"name": name, "attributes": ["open"], "mode": "standard"}
            elif name not in streams and not lookup.ignore_unavailable:
                raise IndexNotFound(name)
    return Answer({"indices": list(found.values()), "aliases": [], "data_streams": list(streams.values())})


# Data streams


def create_stream(call: Call) -> Answer:
    """`PUT _data_stream/NAME`"""
    call.node.indices.create_stream(call.names["name"])
    return ACKNOWLEDGED


def get_stream(call: Call) -> Answer:
    """`GET _data_stream`, `GET _data_stream/NAME`"""
    return Answer({"data_streams": [_stream(call, stream) for stream in _streams(call)]})


def delete_stream(call: Call) -> Answer:
    """`DELETE _data_stream/NAME`"""
    for stream in _streams(call):
        call.node.indices.delete_stream(stream)
    return ACKNOWLEDGED


def roll_over(call: Call) -> Answer:
    """`POST DATA_STREAM/_rollover`, at once: without conditions"""
    indices, name = call.node.indices, call.names["index"]
    if call.json().get("conditions"):
        raise Unsupported("conditions of a rollover")
    stream = indices.streams.get(name)
    if stream is None and indices.get(name) is None:
        raise ResourceNotFound(f"rollover target [{name}] does not exist")
    if stream is None:
        raise IllegalArgument(
            f"rollover target [{name}] is a [concrete index] but one of [alias,data_stream] was expected"
        )
    dry_run = call.flag("dry_run")
    old, new = (stream.indices[-1], indices.next_backing(stream)) if dry_run else indices.roll_over(name)
    return Answer(
        {
            "acknowledged": not dry_run,
            "shards_acknowledged": not dry_run,
            "old_index": old,
            "new_index": new,
            "rolled_over": not dry_run,
            "dry_run": dry_run,
            "lazy": False,
            "conditions": {},
        }
    )


def _streams(call: Call) -> list[Stream]:
    streams, lookup = call.node.indices.streams, call.lookup()
    found: dict[str, Stream] = {}
    for part in names.parts(call.names.get("name", "*")):
        listed = names.matching(part, streams, hidden=lookup.hidden)
        if not listed and not names.is_pattern(part):
            raise IndexNotFound(part)
        found |= {name: streams[name] for name in listed}
    return list(found.values())


def _stream(call: Call, stream: Stream) -> Json:
    backing = [call.node.indices.get(name) for name in stream.indices]
    return {
        "name": stream.name,
        "timestamp_field": {"name": "@timestamp"},
        "indices": [{"index_name": index.name, "index_uuid": index.uuid} for index in backing if index],
        "generation": stream.generation,
        "status": "GREEN",
        "template": stream.template,
        "hidden": False,
        "system": False,
        "allow_custom_routing": False,
        "replicated": False,
    }

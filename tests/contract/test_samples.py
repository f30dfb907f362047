"""Real samples in real streams, time series and plain ones, and the join of a request to them."""

from __future__ import annotations

import ctypes
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from elastic import fields, install, search
from elastic.templates import committed
from shippers.metricsets.catalogue import METRICSETS
from shippers.metricsets.document import Identity, Lines
from shippers.metricsets.settings import SamplerSettings
from tests.nvml import compiled, say
from tests.servers import Server

NAMES = {field.name: field for field in fields.read()}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Two ticks of every metricset with every GPU value, an Xid and our own process on the GPU."""
    folder = tmp_path_factory.mktemp("nvml")
    ctypes.CDLL(str(compiled(folder)))
    patch = pytest.MonkeyPatch()
    patch.setenv("NVML_STATE", str(folder / "state"))
    say(folder / "state", gpu0_xid=79)
    settings = SamplerSettings(services="http://127.0.0.1:9", timeout_s=1)
    identity = Identity("cardwatch-sample", "0.1.0", "test", "edge-7", "edge-7")
    found: dict[str, list[bytes]] = {}
    for name, make in METRICSETS.items():
        metricset, found[name] = make(settings), []
        for _ in range(2):
            taken_s = time.time()
            found[name] += Lines(name, identity).of(metricset.read().documents, taken_s, 0.001)
            time.sleep(0.002)  # the index keeps milliseconds
        metricset.close()
    patch.undo()
    return found


def flat(node: Json, prefix: str = "") -> Iterator[str]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key


@pytest.mark.parametrize("metricset", tuple(METRICSETS))
def test_every_field_of_a_sample_is_in_the_dictionary_for_its_stream(
    lines: dict[str, list[bytes]], metricset: str
) -> None:
    assert lines[metricset]
    for line in lines[metricset]:
        for name in flat(json.loads(line)):
            field = NAMES[name]
            assert not field.streams or f"card.{metricset}" in field.streams, name


@pytest.mark.parametrize("metricset", tuple(METRICSETS))
def test_dimensions_tell_all_documents_of_a_tick_apart(lines: dict[str, list[bytes]], metricset: str) -> None:
    dimensions = [field.name for field in NAMES.values() if field.dimension]
    keys = []
    for line in lines[metricset]:
        document = json.loads(line)
        keys.append((document["@timestamp"], *(search.value(document, name) for name in dimensions)))
    assert len(set(keys)) == len(keys)


@pytest.fixture(params=["node", "plain", "series"])
def installed(request: pytest.FixtureRequest, connect: Callable[[str], Elasticsearch]) -> Elasticsearch:
    """The node; Elasticsearch without time series; Elasticsearch with them."""
    server: Server = request.getfixturevalue("node" if request.param == "node" else "elasticsearch")
    client = connect(server.url)
    choice = install.choose(client, committed(), "off" if request.param == "plain" else "auto")
    assert bool(choice.unwanted) == (request.param != "series")
    install.apply(client, install.plan(client, choice.wanted, choice.unwanted))
    return client


def bulk(client: Elasticsearch, stream: str, lines: list[bytes]) -> list[Json]:
    body = b"".join(b'{"create":{}}\n' + line for line in lines)
    answer = client.perform_request(
        "POST",
        f"/{stream}/_bulk",
        params={"refresh": "true"},
        headers={"content-type": "application/x-ndjson", "accept": "application/json"},
        body=body,
    )
    return [item["create"] for item in answer.body["items"]]


@pytest.mark.elasticsearch
@pytest.mark.parametrize("late", ["", "_late"], ids=["", "late"])
@pytest.mark.parametrize("metricset", tuple(METRICSETS))
def test_samples_are_indexed_whole(
    installed: Elasticsearch, lines: dict[str, list[bytes]], metricset: str, late: str, unique: str
) -> None:
    stream = f"metrics-card.{metricset}{late}-{unique}"
    items = bulk(installed, stream, lines[metricset])
    assert [item["status"] for item in items] == [201] * len(items), items
    hits = installed.search(index=stream, size=1000)["hits"]["hits"]
    assert len(hits) == len(lines[metricset])
    assert not [hit["_ignored"] for hit in hits if "_ignored" in hit]
    kept = sorted(json.dumps(sorted(flat(hit["_source"]))) for hit in hits)
    sent = sorted(json.dumps(sorted(flat(json.loads(line)))) for line in lines[metricset])
    assert kept == sent


@pytest.fixture
def series(elasticsearch: Server, connect: Callable[[str], Elasticsearch]) -> Elasticsearch:
    """Elasticsearch with the time-series templates."""
    client = connect(elasticsearch.url)
    install.apply(client, install.plan(client, committed()))
    return client


@pytest.mark.elasticsearch
def test_the_same_sample_twice_is_there_once(
    series: Elasticsearch, lines: dict[str, list[bytes]], unique: str
) -> None:
    stream = f"metrics-card.gpu-{unique}"
    bulk(series, stream, lines["gpu"])
    again = bulk(series, stream, lines["gpu"])
    assert {item["status"] for item in again} == {409}
    assert series.count(index=stream)["count"] == len(lines["gpu"])
    settings = series.indices.get_settings(index=stream).body
    assert all(index["settings"]["index"]["mode"] == "time_series" for index in settings.values())


@pytest.mark.elasticsearch
def test_a_sample_with_an_id_of_its_own_is_refused_by_a_time_series(
    series: Elasticsearch, lines: dict[str, list[bytes]], unique: str
) -> None:
    answer = series.bulk(
        index=f"metrics-card.gpu-{unique}",
        operations=[{"create": {"_id": "abc"}}, json.loads(lines["gpu"][0])],
    )
    item = answer["items"][0]["create"]
    assert item["status"] == 400
    assert item["error"]["type"] == "document_parsing_exception"
    assert "is in time_series mode" in item["error"]["reason"]
    assert item["error"]["caused_by"]["type"] == "illegal_argument_exception"


@pytest.mark.elasticsearch
def test_a_sample_of_another_time_is_refused_by_a_time_series_with_bounds_and_taken_by_the_late_stream(
    series: Elasticsearch, lines: dict[str, list[bytes]], unique: str
) -> None:
    """The minimal distribution sets no bounds by itself; a full one does, as this template does by hand."""
    now = datetime.now(UTC)
    name, template = (
        f"metrics-card.gpu-{unique}",
        series.indices.get_index_template(name="cardwatch-metrics-gpu"),
    )
    body = template["index_templates"][0]["index_template"]
    body["template"]["settings"]["index"]["time_series"] = {
        "start_time": (now - timedelta(hours=2)).isoformat(),
        "end_time": (now + timedelta(hours=2)).isoformat(),
    }
    series.indices.put_index_template(
        name=unique,
        index_patterns=[name],
        priority=900,
        data_stream={},
        composed_of=body["composed_of"],
        template=body["template"],
    )
    late = json.loads(lines["gpu"][0])
    late["@timestamp"] = (now - timedelta(hours=5)).isoformat().replace("+00:00", "Z")
    line = json.dumps(late).encode() + b"\n"
    (refused,) = bulk(series, name, [line])
    assert refused["status"] == 400
    assert refused["error"]["type"] == "timestamp_error"
    assert "is outside of ranges of currently writable indices" in refused["error"]["reason"]
    (taken,) = bulk(series, f"metrics-card.gpu_late-{unique}", [line])
    assert taken["status"] == 201


# The join


def sample(at: datetime, uuid: str, busy: int, host: str) -> bytes:
    made = Lines("gpu", Identity("cardwatch-sample", "0.1.0", "test", host, host)).of(
        [
            {
                "metricset.name": "gpu",
                "gpu.labels.uuid": uuid,
                "gpu.labels.gpu": "0",
                "gpu.utilization.gpu.pct": busy,
                "gpu.memory.framebuffer.used_size": 1024.0,
                "gpu.memory.framebuffer.total_size": 8192.0,
                "gpu.temperature.gpu": 54,
            }
        ],
        at.timestamp(),
        0.001,
    )
    return made[0]


def event(at: datetime, host: str) -> Json:
    return {"@timestamp": at.isoformat(), "host": {"name": host}}


@pytest.mark.elasticsearch
def test_a_request_finds_the_samples_around_it(installed: Elasticsearch, unique: str) -> None:
    start = datetime.now(UTC).replace(microsecond=0)
    events = [event(start, unique), event(start + timedelta(seconds=4), unique)]
    at = {busy: start + timedelta(seconds=seconds) for seconds, busy in ((-30, 1), (-9, 2), (-1, 3), (2, 4))}
    at |= {5: start + timedelta(seconds=9), 6: start + timedelta(seconds=14)}
    samples = [sample(moment, "a", busy, unique) for busy, moment in at.items()]
    samples += [sample(start, "a", 99, f"{unique}-other"), sample(at[6], "b", 7, unique)]
    assert {item["status"] for item in bulk(installed, f"metrics-card.gpu-{unique}", samples)} == {201}
    moment = search.gpu_moment(installed, events)
    assert [search.value(one, "gpu.utilization.gpu.pct") for one in moment.samples] == [3, 4, 5, 7]
    assert not moment.reason
    narrow = search.gpu_moment(installed, events, window_s=0.5)
    assert [search.value(one, "gpu.utilization.gpu.pct") for one in narrow.samples] == [4]


@pytest.mark.elasticsearch
def test_a_request_without_samples_has_a_reason(installed: Elasticsearch, unique: str) -> None:
    moment = search.gpu_moment(installed, [event(datetime.now(UTC), unique)])
    assert not moment.samples
    assert f"no sample of {unique} within 15 s" in moment.reason

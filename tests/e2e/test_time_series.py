"""Samples in a time-series data stream of the real Elasticsearch: its own ids, its range of times."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from shippers.pipeline import Pipeline
from shippers.settings import ShipperSettings
from tests.bulk_proxy import Reset, Upstream, running
from tests.servers import Server

pytestmark = pytest.mark.elasticsearch
RANGE = {"start_time": "2026-11-24T00:00:00Z", "end_time": "2026-11-25T00:00:00Z"}
SETTINGS = ShipperSettings(batch_lines=20, poll_s=0.01, backoff_first_s=0.001, backoff_cap_s=0.01)


@pytest.fixture
def client(elasticsearch: Server, unique: str) -> Elasticsearch:
    """A client, and a template for one day of this test's samples."""
    client = Elasticsearch(elasticsearch.url)
    dimension = {"properties": {"name": {"type": "keyword", "time_series_dimension": True}}}
    fields = {"@timestamp": {"type": "date"}, "host": dimension, "n": {"type": "long"}}
    series = {"index": {"mode": "time_series", "routing_path": ["host.name"], "time_series": RANGE}}
    for name, settings in ((unique, series), (f"{unique}_late", {})):
        client.indices.put_index_template(
            name=name,
            index_patterns=[f"metrics-card.{name}-*"],
            data_stream={},
            priority=900,
            template={"settings": settings, "mappings": {"properties": fields}},
        )
    return client


def write(home: Path, dataset: str, first: int, last: int, day: str) -> None:
    path = home / "spool" / f"{dataset}.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for n in range(first, last):
            moment = f"{day}T10:{n // 60:02}:{n % 60:02}.000Z"
            file.write(json.dumps({"@timestamp": moment, "host": {"name": "a"}, "n": n}) + "\n")


def numbers(client: Elasticsearch, stream: str) -> list[int]:
    client.indices.refresh(index=stream)
    hits = client.search(index=stream, size=1000, sort=[{"n": "asc"}])["hits"]["hits"]
    return [hit["_source"]["n"] for hit in hits]


def test_samples_get_the_streams_ids_and_late_ones_go_to_the_plain_stream(
    client: Elasticsearch, elasticsearch: Server, unique: str, home: Path
) -> None:
    write(home, unique, 0, 50, "2026-11-24")
    write(home, unique, 50, 60, "2026-11-20")
    write(home, unique, 60, 70, "2026-11-24")
    with running(Upstream(elasticsearch.url)) as proxy:
        proxy.faults.extend([None, Reset(after=True), Reset(after=True)])
        pipeline = Pipeline(SETTINGS, home=home, namespace="test", client=Elasticsearch(proxy.url))
        assert pipeline.drain() == 70
        pipeline.close()
    assert numbers(client, f"metrics-card.{unique}-test") == [*range(50), *range(60, 70)]
    assert numbers(client, f"metrics-card.{unique}_late-test") == list(range(50, 60))
    assert pipeline.counters.late >= 10
    assert not list((home / "quarantine").glob("*.ndjson"))


def test_samples_that_are_sent_again_after_a_lost_registry_are_not_doubled(
    client: Elasticsearch, unique: str, home: Path
) -> None:
    write(home, unique, 0, 30, "2026-11-24")
    write(home, unique, 30, 40, "2026-11-20")
    for _ in range(2):
        pipeline = Pipeline(SETTINGS, home=home, namespace="test", client=client)
        assert pipeline.drain() == 40
        pipeline.close()
        for path in home.glob("registry.*"):
            path.unlink()
    assert numbers(client, f"metrics-card.{unique}-test") == list(range(30))
    assert numbers(client, f"metrics-card.{unique}_late-test") == list(range(30, 40))

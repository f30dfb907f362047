"""Every acknowledged document survives kill -9, once; and ids stay unique under load."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from elasticsearch import ConnectionError as Unreachable
from elasticsearch import Elasticsearch

from tests.servers import Server, start_node

INDEX = "durable"
KILLS = 8
Connect = Callable[[str], Elasticsearch]


def operations(ids: list[str]) -> list[dict[str, object]]:
    return [line for name in ids for line in ({"create": {"_id": name}}, {"n": 1, "word": name})]


def write_until_dead(client: Elasticsearch, writer: int, acknowledged: list[str], refresh: bool) -> None:
    """Sends small bulks until the server is gone; notes what it acknowledged."""
    for number in range(100_000):
        ids = [f"{writer}-{number}-{place}" for place in range(20)]
        try:
            answer = client.bulk(index=INDEX, operations=operations(ids), refresh=refresh and number % 5 == 0)
        except Unreachable:
            return
        acknowledged += [item["create"]["_id"] for item in answer["items"] if item["create"]["status"] == 201]


def all_ids(client: Elasticsearch) -> Counter[str]:
    """Every id that a search finds, page by page."""
    found: Counter[str] = Counter()
    after = None
    while True:
        page = client.search(index=INDEX, size=5000, sort=["_doc"], search_after=after, source=False)["hits"][
            "hits"
        ]
        if not page:
            return found
        found.update(hit["_id"] for hit in page)
        after = page[-1]["sort"]


@pytest.mark.slow
def test_acknowledged_documents_survive_kills_exactly_once(home: Path, connect: Connect) -> None:
    dice = random.Random(7)
    acknowledged: list[str] = []
    for life in range(KILLS):
        server = start_node(home, settings='"refresh_interval_s": 0.2')
        writers = [
            threading.Thread(
                target=write_until_dead, args=(connect(server.url), life * 10 + n, acknowledged, n == 0)
            )
            for n in range(3)
        ]
        for writer in writers:
            writer.start()
        threading.Event().wait(0.2 + dice.random())  # the moment of the kill is the point
        server.kill()
        for writer in writers:
            writer.join()
    server = start_node(home)
    try:
        client = connect(server.url)
        client.indices.refresh(index=INDEX)
        found = all_ids(client)
        assert len(acknowledged) > KILLS * 20
        assert set(acknowledged) <= found.keys()
        assert set(found.values()) == {1}
        again = client.bulk(index=INDEX, operations=operations(acknowledged[-200:]))
        assert {item["create"]["status"] for item in again["items"]} == {409}
    finally:
        server.stop()


def test_a_torn_end_of_the_translog_is_cut(home: Path, connect: Connect) -> None:
    server = start_node(home, settings='"refresh_interval_s": 600')
    connect(server.url).bulk(index=INDEX, operations=operations(["a", "b"]))
    server.kill()
    (log,) = (home / "node" / "indices" / INDEX / "translog").glob("*.log")
    whole = log.read_bytes()
    log.write_bytes(whole + whole[: len(whole) // 3])
    server = start_node(home)
    try:
        assert set(all_ids(connect(server.url))) == {"a", "b"}
    finally:
        server.stop()


def test_overwritten_documents_survive_with_their_last_version(home: Path, connect: Connect) -> None:
    server = start_node(home, settings='"refresh_interval_s": 600')
    client = connect(server.url)
    for number in range(3):
        client.index(index=INDEX, id="a", document={"n": number}, refresh=number == 1)
    server.kill()
    server = start_node(home)
    try:
        client = connect(server.url)
        got = client.get(index=INDEX, id="a")
        assert (got["_version"], got["_source"]) == (3, {"n": 2})
        assert client.count(index=INDEX)["count"] == 1
    finally:
        server.stop()


def test_templates_and_streams_survive_a_kill(home: Path, connect: Connect) -> None:
    server = start_node(home)
    client = connect(server.url)
    client.indices.put_index_template(name="t", index_patterns=["t-*"], data_stream={}, priority=7)
    client.create(index="t-a", id="1", document={"@timestamp": "2026-01-01"})
    server.kill()
    server = start_node(home)
    try:
        client = connect(server.url)
        assert client.indices.exists_index_template(name="t")
        (stream,) = client.indices.get_data_stream(name="t-a")["data_streams"]
        assert stream["template"] == "t"
        assert client.count(index="t-*")["count"] == 1
    finally:
        server.stop()


def test_a_clean_stop_keeps_everything(home: Path, connect: Connect) -> None:
    server = start_node(home, settings='"refresh_interval_s": 600')
    connect(server.url).bulk(index=INDEX, operations=operations(["a", "b", "c"]))
    assert server.stop() == 0
    server = start_node(home)
    try:
        assert set(all_ids(connect(server.url))) == {"a", "b", "c"}
    finally:
        server.stop()


def test_the_same_ids_from_many_threads_are_created_once(node: Server, connect: Connect, unique: str) -> None:
    ids = [f"{number:05}" for number in range(2000)]
    created: Counter[str] = Counter()
    lock = threading.Lock()

    def create_all(client: Elasticsearch) -> None:
        answer = client.bulk(index=unique, operations=operations(ids))
        statuses = {item["create"]["_id"]: item["create"]["status"] for item in answer["items"]}
        assert set(statuses.values()) <= {201, 409}
        with lock:
            created.update(name for name, status in statuses.items() if status == 201)

    threads = [threading.Thread(target=create_all, args=(connect(node.url),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert created == Counter(ids)
    client = connect(node.url)
    client.indices.refresh(index=unique)
    assert client.count(index=unique)["count"] == len(ids)


def test_a_full_buffer_is_refreshed_at_once(home: Path, connect: Connect) -> None:
    server = start_node(home, settings='"refresh_interval_s": 600, "max_unrefreshed_documents": 10')
    try:
        client = connect(server.url)
        client.bulk(index=INDEX, operations=operations([str(number) for number in range(10)]))
        assert client.count(index=INDEX)["count"] == 10
    finally:
        server.stop()


@pytest.mark.parametrize("broken", [b"\x1f\x8b\x08\x00", b"no gzip"])
def test_a_broken_gzip_is_refused(node: Server, unique: str, broken: bytes) -> None:
    headers = {"content-encoding": "gzip", "content-type": "application/x-ndjson"}
    answer = requests.post(f"{node.url}/{unique}/_bulk", data=broken, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "illegal_argument_exception"

"""Lines written = documents on the server, whatever happens to the shipper and to the road between them."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from shippers.pipeline import Pipeline
from shippers.settings import ShipperSettings
from tests.bulk_proxy import Fault, Garbage, Item, Items, Pair, Reset, Status, Upstream, running
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0
KILLS = 20
SETTINGS = ShipperSettings(
    batch_lines=50, poll_s=0.02, backoff_first_s=0.02, backoff_cap_s=0.2, timeout_s=20, stop_s=5
)


class Stream:
    """A data stream of this test alone, and the file that feeds it."""

    def __init__(self, client: Elasticsearch, home: Path, dataset: str) -> None:
        self.client, self.home = client, home
        self.name = f"logs-card.{dataset}-test"
        self.path = home / "log" / f"{dataset}.ndjson"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.written = 0
        fields = {"@timestamp": {"type": "date"}, "n": {"type": "long"}}
        client.indices.put_index_template(
            name=self.name,
            index_patterns=[self.name],
            data_stream={},
            priority=700,
            template={"mappings": {"properties": fields}},
        )

    def write(self, lines: int) -> None:
        """Appends the next lines, each with its number."""
        numbers = range(self.written, self.written + lines)
        texts = [
            json.dumps({"@timestamp": "2026-11-23T03:12:45.1Z", "n": n, "pad": "x" * (n % 50)})
            for n in numbers
        ]
        with self.path.open("ab", buffering=0) as file:
            file.write("".join(f"{text}\n" for text in texts).encode())
        self.written += lines

    def rotate(self) -> None:
        """request.ndjson -> request.ndjson.1 -> request.ndjson.2 ..."""
        present = sorted(self.path.parent.glob(f"{self.path.name}.*"), key=lambda path: -int(path.suffix[1:]))
        for path in present:
            path.rename(path.with_suffix(f".{int(path.suffix[1:]) + 1}"))
        self.path.rename(f"{self.path}.1")

    def count(self) -> int:
        """Documents on the server now."""
        if not self.client.indices.exists(index=self.name):
            return 0
        self.client.indices.refresh(index=self.name)
        return int(self.client.count(index=self.name)["count"])

    def backing_indices(self) -> int:
        """How many backing indices the stream has."""
        (found,) = self.client.indices.resolve_index(name=self.name)["data_streams"]
        return len(found["backing_indices"])

    def numbers(self) -> list[int]:
        """The numbers of all documents, in order."""
        found: list[int] = []
        after: list[Any] | None = None
        self.client.indices.refresh(index=self.name)
        while True:
            page = self.client.search(
                index=self.name, size=1000, sort=[{"n": "asc"}], source=["n"], search_after=after
            )["hits"]["hits"]
            if not page:
                return found
            found += [hit["_source"]["n"] for hit in page]
            after = page[-1]["sort"]

    def assert_complete(self) -> None:
        """None missing, none doubled."""
        assert until(lambda: self.count() >= self.written), f"{self.count()} of {self.written} arrived"
        numbers = self.numbers()
        assert len(numbers) == len(set(numbers)), "doubled"
        assert numbers == list(range(self.written))


@pytest.fixture
def stream(client: Elasticsearch, home: Path, unique: str) -> Stream:
    return Stream(client, home, unique)


def until(reached: Callable[[], bool], deadline_s: float = DEADLINE_S) -> bool:
    """Polls until `reached` or the deadline."""
    end = time.monotonic() + deadline_s
    while not reached():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@contextlib.contextmanager
def shipper(home: Path, url: str, settings: ShipperSettings = SETTINGS) -> Iterator[subprocess.Popen[str]]:
    """A shipper at work; ended politely unless the test has killed it."""
    command = [sys.executable, "-m", "tests.ship_process", str(home), url, settings.model_dump_json()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
            raise
        finally:
            process.stdout.close()


@contextlib.contextmanager
def writing(stream: Stream, draw: random.Random) -> Iterator[None]:
    """Appends and rotates at random in a thread for as long as the block lasts."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            stream.write(draw.randrange(1, 60))
            if draw.random() < 0.15:
                stream.rotate()
            ended.wait(draw.uniform(0, 0.1))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_and_nothing_doubled(server: str, stream: Stream) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    stream.write(2000)
    with writing(stream, random.Random(seed + 1)):
        for _ in range(KILLS):
            with shipper(stream.home, server) as process:
                time.sleep(draw.uniform(0, 0.3))  # the moment of the kill
                process.kill()
    with shipper(stream.home, server):
        stream.assert_complete()


def test_every_fault_on_the_road_ends_with_each_line_once(server: str, stream: Stream) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    faults: list[Fault] = [
        Status(429, "es_rejected_execution_exception"),
        Status(503, None),
        Items(429, every=3),
        Items(503, every=2),
        Reset(after=True),
        Reset(after=False),
        Garbage(b"<html>busy</html>"),
    ]
    with running(Upstream(server)) as proxy:
        proxy.most_lines = 40
        proxy.faults.extend(draw.choice([*faults, None]) for _ in range(60))
        with shipper(stream.home, proxy.url):
            for _ in range(10):
                stream.write(draw.randrange(50, 150))
                stream.rotate()
            stream.assert_complete()


def test_killed_between_commit_and_answer_the_lines_are_there_once(server: str, stream: Stream) -> None:
    stream.write(500)
    with running(Upstream(server)) as proxy:
        proxy.faults.extend([Reset(after=True)] * 1000)
        with shipper(stream.home, proxy.url) as process:
            assert until(lambda: stream.count() >= 50)
            process.kill()
        proxy.faults.clear()
        with shipper(stream.home, proxy.url):
            stream.assert_complete()


class RollingOver(Upstream):
    """Rolls the data stream over each time after lines were taken, before anybody learns of it."""

    def __init__(self, url: str, stream: Stream) -> None:
        super().__init__(url)
        self._stream = stream

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        items = super().create(pairs)
        self._stream.client.indices.rollover(alias=self._stream.name)
        return items


def test_a_rollover_between_send_and_replay_doubles_nothing(server: str, stream: Stream) -> None:
    stream.write(200)
    with running(RollingOver(server, stream)) as proxy:
        proxy.faults.extend([Reset(after=True), Garbage(b"{}"), Reset(after=True), Items(503)])
        with shipper(stream.home, proxy.url):
            stream.assert_complete()
            assert proxy.lookups
    assert stream.backing_indices() > 3


def test_a_registry_lost_after_a_rollover_doubles_nothing(
    client: Elasticsearch, stream: Stream, unique: str
) -> None:
    for number in range(3):
        stream.write(100)
        pipeline = Pipeline(SETTINGS, home=stream.home, namespace="test", client=client)
        assert pipeline.drain() == 100 * (number + 1)
        pipeline.close()
        assert (pipeline.counters.duplicates, pipeline.counters.looked_up > 0) == (100 * number, number > 0)
        client.indices.rollover(alias=stream.name)
        for path in stream.home.glob("registry.*"):
            path.unlink()
    stream.assert_complete()


def test_a_server_that_is_down_is_waited_for_and_caught_up_with(server: str, stream: Stream) -> None:
    port = free_port()
    stream.write(300)
    with shipper(stream.home, f"http://127.0.0.1:{port}"):
        for _ in range(3):
            with running(Upstream(server), port):
                assert until(lambda: stream.count() == stream.written)
            stream.write(200)
            stream.rotate()
        with running(Upstream(server), port):
            stream.assert_complete()


def test_a_poison_line_between_good_ones_is_put_aside_with_the_servers_reason(
    server: str, client: Elasticsearch, stream: Stream
) -> None:
    stream.write(30)
    with stream.path.open("ab") as file:
        file.write(b'{"@timestamp":"no date at all, call 13812345678","n":-1}\n')
    stream.write(30)
    pipeline = Pipeline(SETTINGS, home=stream.home, namespace="test", client=client)
    assert pipeline.drain() == 61
    pipeline.close()
    stream.assert_complete()
    (path,) = (stream.home / "quarantine").iterdir()
    entry = json.loads(path.read_bytes())
    assert (entry["status"], entry["stream"]) == (400, stream.name)
    assert entry["error"]["reason"]
    assert "13812345678" not in path.read_text()


def test_the_servers_ids_are_those_of_the_lines_and_sort_by_file_and_offset(
    client: Elasticsearch, stream: Stream
) -> None:
    stream.write(120)
    pipeline = Pipeline(SETTINGS, home=stream.home, namespace="test", client=client)
    pipeline.drain()
    pipeline.close()
    client.indices.refresh(index=stream.name)
    hits = client.search(index=stream.name, size=200, sort=[{"n": "asc"}])["hits"]["hits"]
    ids = [hit["_id"] for hit in hits]
    assert ids == sorted(ids)
    offsets = [int(name.rsplit("-", 1)[1], 16) for name in ids]
    content = stream.path.read_bytes()
    lines = [content[offset:].split(b"\n", 1)[0] for offset in offsets]
    assert (
        [json.loads(line)["n"] for line in lines] == [hit["_source"]["n"] for hit in hits] == list(range(120))
    )


def test_lines_of_a_file_with_crlf_become_documents(client: Elasticsearch, stream: Stream) -> None:
    stream.write(50)
    stream.path.write_bytes(stream.path.read_bytes().replace(b"\n", b"\r\n"))
    with stream.path.open("ab") as file:
        file.write(b' \t{"@timestamp":"2026-11-23T03:12:45.1Z","n":50} \r\n')
    stream.written += 1
    pipeline = Pipeline(SETTINGS, home=stream.home, namespace="test", client=client)
    assert pipeline.drain() == 51
    pipeline.close()
    stream.assert_complete()
    assert not pipeline.counters.quarantined

"""The whole shipper in one process, against a server with faults on order."""

import json
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from shippers.errors import HomeInUse
from shippers.pipeline import Pipeline
from shippers.settings import ShipperSettings
from tests.bulk_proxy import (
    Garbage,
    Item,
    Items,
    Memory,
    Pair,
    Proxy,
    Reset,
    Stall,
    Status,
    failed,
    running,
)

FAST = ShipperSettings(
    batch_lines=7,
    poll_s=0.01,
    backoff_first_s=0.001,
    backoff_cap_s=0.002,
    timeout_s=5,
    stop_s=5,
    line_bytes=256,
)
STREAM = "logs-card.request-test"

Make = Callable[..., Pipeline]


@pytest.fixture
def store() -> Memory:
    return Memory()


@pytest.fixture
def proxy(store: Memory) -> Iterator[Proxy]:
    with running(store) as server:
        yield server


@pytest.fixture
def make(home: Path, proxy: Proxy, connect: Callable[[str], Elasticsearch]) -> Iterator[Make]:
    made: list[Pipeline] = []

    def pipeline(**changed: Any) -> Pipeline:
        settings = FAST.model_copy(update=changed)
        client = connect(proxy.url)
        made.append(Pipeline(settings, home=home, namespace="test", client=client, draw=lambda: 0.5))
        return made[-1]

    yield pipeline
    for each in made:
        each.close()


@contextmanager
def shipping(home: Path, client: Elasticsearch, settings: ShipperSettings = FAST) -> Iterator[Pipeline]:
    """A pipeline that runs as long as the block, in a thread."""
    stop = threading.Event()
    pipeline = Pipeline(settings, home=home, namespace="test", client=client, draw=lambda: 0.5)
    runner = threading.Thread(target=pipeline.run, args=(stop,))
    runner.start()
    try:
        yield pipeline
    finally:
        stop.set()
        runner.join(10)


def write(home: Path, first: int, last: int, name: str = "log/request.ndjson") -> list[bytes]:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"@timestamp": "2026-11-23T03:12:45Z", "n": n}).encode() for n in range(first, last)]
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))
    return lines


def quarantined(home: Path) -> dict[str, list[dict[str, Any]]]:
    files = sorted((home / "quarantine").glob("*.ndjson"))
    return {path.stem: [json.loads(line) for line in path.read_bytes().splitlines()] for path in files}


def test_lines_of_both_folders_reach_their_streams_byte_for_byte(
    home: Path, store: Memory, make: Make
) -> None:
    logs = write(home, 0, 20)
    samples = write(home, 20, 25, "spool/gpu.ndjson")
    pipeline = make()
    assert pipeline.drain() == 25
    by_stream: dict[str, list[bytes]] = {}
    for stream, name in sorted(store.documents):
        by_stream.setdefault(stream, []).append(store.documents[stream, name])
    assert by_stream == {STREAM: logs, "metrics-card.gpu-test": samples}
    assert pipeline.drain() == 0
    counters = pipeline.counters
    assert (counters.read, counters.acknowledged, counters.duplicates) == (25, 25, 0)


def test_nothing_is_sent_twice_after_a_restart_and_everything_after_a_lost_registry(
    home: Path, store: Memory, proxy: Proxy, make: Make
) -> None:
    write(home, 0, 20)
    first = make()
    first.drain()
    first.close()
    sizes = len(proxy.sizes)
    again = make()
    assert again.drain() == 0
    assert len(proxy.sizes) == sizes
    again.close()
    for path in home.glob("registry.*"):
        path.unlink()
    lost = make()
    assert lost.drain() == 20
    assert (lost.counters.duplicates, len(store.documents)) == (20, 20)


FAULTS = [
    Status(429, "es_rejected_execution_exception"),
    Status(503, None),
    Status(401, "security_exception"),
    Status(403, "security_exception"),
    Status(404, None),
    Items(429),
    Items(503, every=1),
    Items(403, every=3),
    Reset(after=True),
    Reset(after=False),
    Garbage(b"<html>"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_passing_fault_ends_with_each_line_once(
    home: Path, store: Memory, proxy: Proxy, make: Make, fault: Any
) -> None:
    lines = write(home, 0, 20)
    proxy.faults.extend([fault, None, fault, fault])
    pipeline = make()
    assert pipeline.drain() == 20
    assert [store.documents[key] for key in sorted(store.documents)] == lines
    assert pipeline.counters.acknowledged == 20
    assert pipeline.counters.retries > 0
    assert quarantined(home) == {}


@pytest.mark.parametrize(
    "settings", [{"batch_bytes": 1024}, {"batch_bytes": 1500, "read_bytes": 1024}], ids=str
)
def test_lines_that_do_not_fit_into_a_batch_come_with_the_next(
    home: Path, store: Memory, make: Make, settings: dict[str, int]
) -> None:
    lines = [b'{"n":%d,"pad":"%s"}' % (n, b"x" * (n * 137 % 700)) for n in range(60)]
    for name in ("request", "service"):
        path = home / "log" / f"{name}.ndjson"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert make(batch_lines=2000, line_bytes=1024, **settings).drain() == 120
    for name in ("request", "service"):
        stream = f"logs-card.{name}-test"
        assert [store.documents[key] for key in sorted(store.documents) if key[0] == stream] == lines


def test_an_item_that_must_wait_does_not_take_the_others_along(home: Path, proxy: Proxy, make: Make) -> None:
    write(home, 0, 6)
    proxy.faults.append(Items(429, every=3))
    make().drain()
    assert proxy.sizes == [6, 2]


def test_a_refused_line_goes_to_quarantine_and_delays_nobody(
    home: Path, store: Memory, proxy: Proxy, make: Make
) -> None:
    good = write(home, 0, 3)
    path = home / "log" / "request.ndjson"
    start = path.stat().st_size
    with path.open("ab") as file:
        file.write(b'{"broken": }\n')
    good += write(home, 3, 6)
    pipeline = make()
    assert pipeline.drain() == 7
    assert sorted(store.documents.values()) == sorted(good)
    ((entry,),) = quarantined(home).values()
    assert entry["reason"] == "document_parsing_exception"
    assert (entry["source"]["start"], entry["source"]["end"]) == (start, start + 13)
    assert proxy.sizes == [7]
    counters = pipeline.counters
    assert counters.read == counters.acknowledged + counters.quarantined.total() == 7


def test_unfit_lines_never_leave_and_are_told_with_their_bytes(home: Path, store: Memory, make: Make) -> None:
    path = home / "log" / "request.ndjson"
    path.parent.mkdir(parents=True)
    bad = [b"", b"no json", b"{\0}", b'{"\xff"}', b'{"' + b"x" * 300 + b'"}', b"y" * 2000]
    good = [b'{"n":%d}' % number for number in range(len(bad) + 1)]
    parts = [part for pair in zip(good, bad, strict=False) for part in pair] + [good[-1]]
    content = b"".join(part + b"\n" for part in parts)
    path.write_bytes(content)
    pipeline = make(read_bytes=1024)
    assert pipeline.drain() == len(parts)
    assert sorted(store.documents.values()) == sorted(good)
    ranges = [entry["source"] for entries in quarantined(home).values() for entry in entries]
    told = sorted((source["start"], source["end"]) for source in ranges)
    assert [content[start : end - 1] for start, end in told] == bad
    assert {reason: len(entries) for reason, entries in quarantined(home).items()} == {
        "not_an_object": 2,
        "nul_byte": 1,
        "not_utf8": 1,
        "too_long": 2,
    }


def test_a_batch_too_large_is_halved_and_one_poisoned_request_costs_one_line(
    home: Path, store: Memory, proxy: Proxy, make: Make
) -> None:
    write(home, 0, 40)
    proxy.most_lines, proxy.poison = 3, b'"n": 17}'
    pipeline = make(batch_lines=40)
    assert pipeline.drain() == 40
    assert len(store.documents) == 39
    assert {key: len(value) for key, value in quarantined(home).items()} == {"illegal_argument_exception": 1}


def test_quarantine_stands_before_the_checkpoint(
    home: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No entry may be missing after a crash: while the folder takes nothing, the checkpoint does not move."""
    write(home, 0, 1)
    with (home / "log" / "request.ndjson").open("ab") as file:
        file.write(b"unfit\n")
    (home / "quarantine").mkdir()
    (home / "quarantine" / "not_an_object.ndjson").touch()
    pipeline, stop = make(), threading.Event()

    def full(fd: int) -> None:
        stop.set()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    pipeline.drain(stop)
    pipeline.close()
    monkeypatch.undo()
    again = make()
    assert again.drain() == 2
    assert again.counters.duplicates == 1


def test_two_shippers_on_one_home_are_refused(make: Make) -> None:
    make()
    with pytest.raises(HomeInUse):
        make()


def test_run_ships_what_comes_and_stops_when_told(home: Path, store: Memory, make: Make) -> None:
    pipeline, stop = make(), threading.Event()
    runner = threading.Thread(target=pipeline.run, args=(stop,))
    runner.start()
    for number in range(5):
        write(home, number * 10, number * 10 + 10)
        assert wait_until(lambda want=number * 10 + 10: len(store.documents) == want)
    stop.set()
    runner.join(10)
    assert not runner.is_alive()
    assert make().drain() == 0


def test_a_stop_waits_for_the_answer_in_flight_and_keeps_its_checkpoint(
    home: Path, store: Memory, proxy: Proxy, make: Make
) -> None:
    write(home, 0, 5)
    release = threading.Event()
    proxy.faults.append(Stall(release))
    pipeline, stop = make(), threading.Event()
    runner = threading.Thread(target=pipeline.run, args=(stop,))
    runner.start()
    assert wait_until(lambda: len(store.documents) == 5)
    stop.set()
    release.set()
    runner.join(10)
    assert not runner.is_alive()
    again = make()
    assert again.drain() == 0


def test_a_stop_does_not_wait_longer_than_its_limit(
    home: Path, store: Memory, proxy: Proxy, make: Make
) -> None:
    write(home, 0, 5)
    release = threading.Event()
    proxy.faults.append(Stall(release))
    pipeline, stop = make(stop_s=0.05), threading.Event()
    runner = threading.Thread(target=pipeline.run, args=(stop,))
    runner.start()
    assert wait_until(lambda: len(store.documents) == 5)
    stop.set()
    runner.join(4)  # the answer would take longer than this
    assert not runner.is_alive()
    release.set()
    assert wait_until(lambda: pipeline.counters.acknowledged == 5)


def test_an_error_nobody_expects_ends_the_run_with_it(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = make()
    monkeypatch.setattr("shippers.files.find.Folders.refresh", lambda self, force: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pipeline.run(threading.Event())


def test_the_shippers_own_log_does_not_feed_it(
    home: Path, proxy: Proxy, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    write(home, 0, 70)
    proxy.faults.extend([Status(503)] * 30 + [Items(429), None] * 10)
    make().drain()
    told = Counter(
        (getattr(record, "event.action"), record.message.split(" ")[0]) for record in caplog.records
    )
    assert told == {(f"outage_{end}", who): 1 for end in ("start", "end") for who in ("Elasticsearch", "The")}


class Closed(Memory):
    """Gives nobody the right to write the lines that `holds` says, until it is opened."""

    def __init__(self, holds: Callable[[Pair], bool]) -> None:
        super().__init__()
        self.holds, self.open = holds, threading.Event()

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        """Creates all others."""
        held = failed(403, "security_exception", "not yet")
        return [held if self.holds(pair) and not self.open.is_set() else self._create(pair) for pair in pairs]


def checkpoints(home: Path) -> list[int]:
    """Where the checkpoints stand on the disk."""
    with sqlite3.connect(home / "registry.sqlite") as database:
        return [row[0] for row in database.execute("SELECT checkpoint FROM files")]


def test_a_line_that_is_never_taken_holds_up_no_batch_but_its_own(
    home: Path, connect: Callable[[str], Elasticsearch]
) -> None:
    lines = write(home, 0, 70)
    store = Closed(lambda pair: pair.line == lines[10])
    with running(store) as proxy, shipping(home, connect(proxy.url)) as pipeline:
        assert wait_until(lambda: len(store.documents) == 69)
        assert wait_until(lambda: checkpoints(home) == [sum(len(line) + 1 for line in lines[:7])])
        assert pipeline.counters.pending >= 1
        store.open.set()
        assert wait_until(lambda: len(store.documents) == 70)
        assert wait_until(lambda: checkpoints(home) == [sum(len(line) + 1 for line in lines)])
    assert pipeline.counters.acknowledged == 70


def test_a_line_that_is_never_taken_holds_up_no_later_line_of_a_file_that_is_written_to(
    home: Path, connect: Callable[[str], Elasticsearch]
) -> None:
    lines, settings = write(home, 0, 1), FAST.model_copy(update={"in_flight": 1, "batch_age_s": 0.0})
    store = Closed(lambda pair: pair.line == lines[0])
    with running(store) as proxy, shipping(home, connect(proxy.url), settings) as pipeline:
        for number in range(1, 40):
            write(home, number, number + 1)
            assert wait_until(lambda want=number: len(store.documents) == want)
        assert checkpoints(home) == [0]
        store.open.set()
        end = (home / "log" / "request.ndjson").stat().st_size
        assert wait_until(lambda: checkpoints(home) == [end])
    assert pipeline.counters.acknowledged == 40


def test_a_stream_that_takes_nothing_holds_up_no_other_and_is_not_read_without_end(
    home: Path, connect: Callable[[str], Elasticsearch]
) -> None:
    write(home, 0, 700, "spool/gpu.ndjson")
    store = Closed(lambda pair: pair.index == "metrics-card.gpu-test")
    with running(store) as proxy, shipping(home, connect(proxy.url)) as pipeline:
        assert wait_until(lambda: pipeline.counters.retries > 20)
        for number in range(20):
            write(home, number * 10, number * 10 + 10)
            assert wait_until(lambda want=number * 10 + 10: len(store.documents) == want)
        at = sum(path.stat().st_size for path in (home / "log").iterdir())
        assert wait_until(lambda: at in checkpoints(home)), "the other file's checkpoint moves"
        assert pipeline.counters.pending < 300
        store.open.set()
        assert wait_until(lambda: len(store.documents) == 900)
    assert pipeline.counters.acknowledged == 900


class Overloaded(Memory):
    """Takes no line while it is told to."""

    busy = True

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        held = failed(429, "es_rejected_execution_exception", "busy")
        return [held if self.busy else self._create(pair) for pair in pairs]


def test_what_waits_in_memory_is_bounded_over_all_streams(
    home: Path, connect: Callable[[str], Elasticsearch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shippers.pipeline.LEAN_BYTES", 100)
    names = [f"log/s{number}.ndjson" for number in range(8)]
    for name in names:
        write(home, 0, 700, name)
    settings = FAST.model_copy(update={"waiting_bytes": 2000, "batch_lines": 20})
    store = Overloaded()
    with running(store) as proxy, shipping(home, connect(proxy.url), settings) as pipeline:
        assert wait_until(lambda: pipeline.counters.retries > 1000)
        assert pipeline.counters.read_bytes < 12_000, "of 250,000"
        store.busy = False
        assert wait_until(lambda: len(store.documents) == 8 * 700)


def test_a_stop_frees_the_home_although_an_answer_never_comes(
    home: Path, connect: Callable[[str], Elasticsearch]
) -> None:
    """As SIGHUP has it: the next pipeline begins in the same process."""
    write(home, 0, 70)
    store, release, settings = Memory(), threading.Event(), FAST.model_copy(update={"stop_s": 0.05})
    with running(store) as proxy:
        proxy.faults.extend([Stall(release)] * 200)
        for number in range(10):
            stop = threading.Event()
            pipeline = Pipeline(settings, home=home, namespace="test", client=connect(proxy.url))
            runner = threading.Thread(target=pipeline.run, args=(stop,))
            runner.start()
            assert wait_until(lambda want=number: len(proxy.sizes) > want)
            stop.set()
            runner.join(10)
        proxy.faults.clear()
        release.set()
        with closing(Pipeline(FAST, home=home, namespace="test", client=connect(proxy.url))) as pipeline:
            pipeline.drain()
    assert sorted(store.documents.values()) == sorted(write(home, 0, 70))


def test_several_requests_are_under_way_at_once(home: Path, store: Memory, proxy: Proxy, make: Make) -> None:
    write(home, 0, 70)
    release = threading.Event()
    proxy.faults.extend([Stall(release)] * 3)
    pipeline = make(in_flight=3)
    runner = threading.Thread(target=pipeline.drain)
    runner.start()
    assert wait_until(lambda: len(store.documents) == 21)  # three batches of seven, none answered
    assert pipeline.counters.acknowledged == 0
    release.set()
    runner.join(10)
    assert len(store.documents) == 70


def test_full_validation_keeps_back_what_only_looks_like_an_object(
    home: Path, store: Memory, make: Make
) -> None:
    write(home, 0, 3)
    path = home / "log" / "request.ndjson"
    start = path.stat().st_size
    with path.open("ab") as file:
        file.write(b'{"a":1}{"b":2}\n')
    write(home, 3, 5)
    assert make(validation="full").drain() == 6
    (entry,) = quarantined(home)["not_json"]
    assert (entry["source"]["start"], entry["source"]["end"]) == (start, start + 15)
    assert len(store.documents) == 5


def wait_until(reached: Callable[[], bool]) -> bool:
    tick = threading.Event()
    return any(reached() or tick.wait(0.01) for _ in range(1000))

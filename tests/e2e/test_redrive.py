"""Lines that were refused come in after the fix, each once, whatever interrupts it; on both servers."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from shippers.audit.report import Proof
from shippers.errors import RedriveRunning
from shippers.pipeline import Pipeline
from shippers.redrive.run import Redrive
from shippers.sink import Sink
from tests.bulk_proxy import Items, Reset, Status, Upstream, running
from tests.e2e.quarantine_home import ROOT, QuarantineHome, bad_line, line, strict_line
from tests.servers import Server

STRICT = "strict_dynamic_mapping_exception"
PHONE = "13812345678"
KILLS = 8


@pytest.fixture
def ours(home: Path, client: Elasticsearch, server: str, unique: str) -> QuarantineHome:
    return QuarantineHome(home, client, server, unique)


@pytest.fixture
def refused(ours: QuarantineHome) -> QuarantineHome:
    """Six lines that were taken, and between them five that were refused; two hold a telephone number."""
    for n in range(5):
        ours.write(line(n), strict_line(n, PHONE if n % 2 else "a word"))
    ours.write(line(5))
    ours.ship()
    assert [entry["masked"] for entry in ours.entries(STRICT)] == [False, True, False, True, False]
    return ours


def files(ours: QuarantineHome) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (ours.home / "quarantine").iterdir()}


def notes(ours: QuarantineHome) -> list[str]:
    """What the stream holds in `note`, sorted."""
    ours.client.indices.refresh(index=ours.stream)
    hits = ours.client.search(index=ours.stream, size=10_000)["hits"]["hits"]
    return sorted(hit["_source"]["note"] for hit in hits if "note" in hit["_source"])


def test_after_the_fix_the_original_lines_come_in_and_the_audit_adds_up(refused: QuarantineHome) -> None:
    assert refused.audited().kept == 5
    refused.mend()
    (outcome,) = refused.redrive()
    assert (outcome.reason, outcome.entries, outcome.accepted, outcome.stays) == (STRICT, 5, 5, 0)
    assert notes(refused) == [PHONE, PHONE, "a word", "a word", "a word"]
    assert refused.entries() == []
    report = refused.audited()
    assert report.problems == []
    assert (report.quarantined, report.kept, report.redriven, report.found.there) == (5, 0, 5, 11)
    content = refused.path.read_bytes()
    offsets = [int(name.rpartition("-")[2], 16) for name, _ in refused.ids()]
    assert [content[start:].partition(b"\n")[0] for start in offsets] == content.splitlines()


def test_the_command_says_what_it_did_in_a_table_and_by_its_exit_code(refused: QuarantineHome) -> None:
    refused.write(b"no json", b"{\0}")
    refused.ship()
    before = files(refused)
    dry = refused.command("redrive", "--dry-run")
    assert (dry.returncode, files(refused)) == (0, before)
    assert "would be sent" in dry.stdout
    again = refused.command("redrive", "--reason", STRICT, "--json")
    assert again.returncode == 1
    (told,) = json.loads(again.stdout)["reasons"]
    assert (told["sent"], told["refused"], told["stays"]) == (5, 5, 5)
    refused.mend()
    done = refused.command("redrive")
    assert done.returncode == 1, done.stdout + done.stderr  # two lines never go
    assert [row.split() for row in done.stdout.splitlines()[1:4]] == [
        ["not_an_object", "1", "0", "0", "0", "0", "0", "1", "0"],
        ["nul_byte", "1", "0", "0", "0", "0", "0", "1", "0"],
        [STRICT, "5", "5", "5", "0", "0", "0", "0", "0"],
    ]
    assert "no server takes these lines" in done.stdout
    assert notes(refused) == [PHONE, PHONE, "a word", "a word", "a word"]
    unknown = refused.command("redrive", "--reason", STRICT)
    assert unknown.returncode == 2
    assert "There is: not_an_object, nul_byte." in unknown.stderr
    assert refused.command("audit").returncode == 0


def test_a_dry_run_changes_nothing_and_sends_nothing(refused: QuarantineHome) -> None:
    refused.mend()
    before, names = files(refused), sorted(refused.home.rglob("*"))
    (outcome,) = refused.redrive(dry_run=True)
    assert (outcome.sent, outcome.accepted, outcome.stays) == (5, 0, 5)
    assert (files(refused), notes(refused)) == (before, [])
    assert sorted(refused.home.rglob("*")) == names


def test_what_is_refused_again_stays_with_the_new_reply(ours: QuarantineHome) -> None:
    ours.map(n="long")
    ours.write(strict_line(1), json.dumps({"n": 2, "note": "no time"}).encode(), bad_line(3))
    ours.ship()
    before = {entry["id"]: entry for entry in ours.entries()}
    assert len(before) == 3
    ours.mend()
    outcomes = ours.redrive()
    assert sum(outcome.accepted for outcome in outcomes) == 1
    after = {entry["id"]: entry for entry in ours.entries()}
    assert len(after) == 2
    for name, entry in after.items():
        assert entry["source"] == before[name]["source"]
        assert entry["@timestamp"] != before[name]["@timestamp"]
    assert ours.audited().problems == []


def test_an_original_is_found_when_it_was_renamed_or_gzipped(refused: QuarantineHome) -> None:
    packed = Path(f"{refused.path}.2.gz")
    packed.write_bytes(gzip.compress(refused.path.read_bytes()))
    refused.path.unlink()
    refused.mend()
    (outcome,) = refused.redrive()
    assert (outcome.accepted, outcome.stays) == (5, 0)
    assert notes(refused).count(PHONE) == 2


def test_without_its_file_a_line_goes_from_what_was_kept_unless_that_is_masked(
    refused: QuarantineHome,
) -> None:
    refused.path.unlink()
    refused.mend()
    (outcome,) = refused.redrive()
    assert (outcome.accepted, outcome.missing, outcome.stays) == (3, 2, 2)
    assert notes(refused) == ["a word"] * 3
    assert [entry["masked"] for entry in refused.entries()] == [True, True]
    done = refused.command("redrive")
    assert done.returncode == 1
    assert "2 lines are neither in their files any more nor kept unmasked" in done.stdout


def test_other_bytes_at_the_same_place_are_never_sent(refused: QuarantineHome) -> None:
    content = refused.path.read_bytes()
    head, _, tail = content.rpartition(strict_line(3, PHONE))
    refused.path.write_bytes(head + strict_line(3, PHONE).replace(b"138", b"139") + tail)
    refused.mend()
    (outcome,) = refused.redrive()
    assert (outcome.accepted, outcome.missing) == (4, 1)
    assert notes(refused) == [PHONE, "a word", "a word", "a word"]


def test_a_line_that_was_too_long_goes_after_the_limit_was_raised(ours: QuarantineHome) -> None:
    ours.settings = ours.settings.model_copy(update={"line_bytes": 100, "read_bytes": 1024})
    long = json.dumps({"@timestamp": "2026-11-23T03:12:45Z", "pad": "y" * 3000}).encode()
    ours.write(line(1), long, b'{"pad":"' + b"z" * 200 + b'"}', line(2))
    ours.ship()
    (outcome,) = ours.redrive()
    assert (outcome.reason, outcome.unfit, outcome.sent) == ("too_long", 2, 0)
    (outcome,) = ours.redrive(line_bytes=5000)
    assert (outcome.accepted, outcome.refused) == (1, 1)  # the other has no time
    assert len(ours.ids()) == 3
    assert ours.audited().problems == []


def test_lines_without_a_line_feed_are_sent_byte_for_byte_though_the_file_goes_on(
    ours: QuarantineHome,
) -> None:
    """A half line that was taken as it stood, and what was added to it: two lines, both refused."""
    ours.settings = ours.settings.model_copy(update={"half_line_s": 1e-9})
    parts = [line(0) + b"\n", strict_line(1, PHONE), strict_line(2, PHONE), strict_line(3, PHONE) + b"\n"]
    starts = [sum(map(len, parts[:number])) for number in range(1, 5)]
    for part in parts:
        with ours.path.open("ab") as file:
            file.write(part)
        ours.ship()
    ranges = [(each["source"]["start"], each["source"]["end"]) for each in ours.entries(STRICT)]
    assert ranges == list(itertools.pairwise(starts))
    assert all(each["masked"] for each in ours.entries(STRICT))
    ours.mend()
    (outcome,) = ours.redrive()
    assert (outcome.accepted, outcome.missing, outcome.stays) == (3, 0, 0)
    assert notes(ours) == [PHONE] * 3
    assert ours.audited().problems == []


def test_a_line_without_a_line_feed_that_is_refused_again_keeps_its_range(ours: QuarantineHome) -> None:
    ours.settings = ours.settings.model_copy(update={"half_line_s": 1e-9})
    ours.path.write_bytes(line(0) + b"\n" + strict_line(1))
    ours.ship()
    ours.redrive()
    (entry,) = ours.entries(STRICT)
    assert entry["source"]["end"] == ours.path.stat().st_size


def test_an_entry_written_twice_is_sent_once(refused: QuarantineHome) -> None:
    path = refused.home / "quarantine" / f"{STRICT}.ndjson"
    path.write_bytes(path.read_bytes() * 2 + b'{"torn')
    refused.mend()
    (outcome,) = refused.redrive()
    assert (outcome.entries, outcome.accepted, outcome.unreadable) == (5, 5, 1)
    assert path.read_bytes() == b'{"torn\n'


def test_an_entry_whose_line_is_there_already_is_taken_out(refused: QuarantineHome) -> None:
    """A kill after the answer: the entries are back as they were."""
    refused.mend()
    before = files(refused)
    refused.redrive()
    for name, content in before.items():
        (refused.home / "quarantine" / name).write_bytes(content)
    (outcome,) = refused.redrive()
    assert (outcome.accepted, outcome.present, outcome.stays) == (0, 5, 0)
    assert len(notes(refused)) == 5


def test_a_new_mapping_by_rollover_and_a_line_in_the_older_index(ours: QuarantineHome) -> None:
    ours.write(line(0), bad_line(1), bad_line(2))
    ours.ship()
    ours.map(n="keyword", pad="keyword")
    ours.client.indices.rollover(alias=ours.stream)
    before = files(ours)
    assert ours.redrive()[0].accepted == 2
    for name, content in before.items():
        (ours.home / "quarantine" / name).write_bytes(content)
    ours.client.indices.rollover(alias=ours.stream)  # `create` alone would double them now
    assert ours.redrive()[0].present == 2
    assert len(ours.ids()) == 3
    assert ours.audited().problems == []


def test_faults_on_the_road_end_with_each_line_once_or_still_in_quarantine(
    refused: QuarantineHome, server: str, connect: Callable[[str], Elasticsearch]
) -> None:
    refused.mend()
    with running(Upstream(server)) as proxy:
        proxy.faults.extend([Status(503, None), Items(429), Reset(after=True), Reset(after=False)])
        assert redriven_through(refused, proxy.url, connect) == (5, 0)
    assert len(notes(refused)) == 5


def redriven_through(
    ours: QuarantineHome, url: str, connect: Callable[[str], Elasticsearch]
) -> tuple[int, int]:
    """Redrives by way of `url`; (arrived, stays)."""
    redrive = Redrive(
        ours.home,
        Sink(connect(url), 10),
        ours.settings,
        clock=time.time,
        wait=lambda _: None,
        draw=random.Random(0).random,
    )
    (outcome,) = redrive.run()
    return outcome.accepted + outcome.present, outcome.stays


def test_a_server_that_gives_no_verdict_is_given_up_and_every_entry_stays(
    refused: QuarantineHome, connect: Callable[[str], Elasticsearch], server: str
) -> None:
    before = {entry["id"] for entry in refused.entries()}
    with running(Upstream(server)) as proxy:
        proxy.faults.extend([Status(503, None)] * 100)
        assert redriven_through(refused, proxy.url, connect) == (0, 5)
        assert len(proxy.faults) == 100 - refused.settings.redrive_tries
    assert {entry["id"] for entry in refused.entries()} == before


def test_two_redrives_at_once_are_refused(refused: QuarantineHome) -> None:
    with locked(refused.home / "redrive.lock"), pytest.raises(RedriveRunning):
        refused.redrive()
    assert refused.redrive()[0].refused == 5


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """The lock in another process's hands."""
    code = (
        "import fcntl,sys; lock=open(sys.argv[1],'ab'); fcntl.flock(lock,2);"
        "print('held',flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.stdin.close()
            holder.wait(10)


@pytest.mark.elasticsearch
def test_samples_of_a_time_series_stream_go_without_ids_of_ours(
    elasticsearch: Server, connect: Callable[[str], Elasticsearch], home: Path, unique: str
) -> None:
    client = connect(elasticsearch.url)
    ours = QuarantineHome(home, client, elasticsearch.url, unique, folder="spool")
    ours.map_series()
    now = datetime.now(UTC)
    for number, field in enumerate(("n", "note", "n", "note")):
        sample = {
            "@timestamp": (now + timedelta(seconds=number)).isoformat(),
            "host": {"name": "a"},
            field: 1,
        }
        ours.write(json.dumps(sample).encode())
    ours.ship()
    assert len(ours.entries(STRICT)) == 2
    client.indices.put_mapping(index=ours.stream, properties={"note": {"type": "long"}})
    (outcome,) = ours.redrive()
    assert (outcome.accepted, outcome.stays) == (2, 0)
    report = ours.audited()
    assert (report.problems, report.found.proof, report.found.there) == ([], Proof.COUNT, 4)
    assert not {name for name, _ in ours.ids() if name.startswith(ours.id_of(0)[:25])}


@pytest.mark.slow
def test_killed_at_random_moments_while_a_shipper_adds_entries_nothing_is_lost_or_doubled(
    ours: QuarantineHome, server: str
) -> None:
    """Half of the lines are taken only after the fix; the other half never."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    ours.write(line(0), strict_line(0), bad_line(0))
    ours.ship()
    ours.settings = ours.settings.model_copy(update={"poll_s": 0.01})
    pipeline = Pipeline(ours.settings, home=ours.home, namespace="test", client=ours.client)
    stop = threading.Event()
    runner = threading.Thread(target=pipeline.run, args=(stop,))
    for n in range(1, 300):
        ours.write(line(n), strict_line(n, PHONE if n % 2 else "a word"), bad_line(n))
    runner.start()
    try:
        ours.mend()
        for kill in range(KILLS):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.redrive_process", str(ours.home), server],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            ours.write(*(strict_line(1000 + kill * 10 + n) for n in range(10)), bad_line(kill))
            time.sleep(draw.uniform(0, 0.3))  # the moment of the kill
            process.kill()
            process.wait(10)
            process.stdout.close()
    finally:
        stop.set()
        runner.join()
    ours.ship()
    outcomes = ours.redrive()
    strict = [outcome for outcome in outcomes if outcome.reason == STRICT]
    assert not sum(outcome.stays for outcome in strict)
    assert len(notes(ours)) == 300 + 10 * KILLS
    ids = [name for name, _ in ours.ids()]
    assert len(ids) == len(set(ids)) == 600 + 10 * KILLS
    starts = {entry["source"]["start"] for entry in ours.entries()}
    assert len(starts) == 300 + KILLS
    report = ours.audited()
    assert report.problems == []
    assert report.kept == 300 + KILLS

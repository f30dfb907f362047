"""Everything adds up when it does, and what does not is named, on both servers."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from shippers import census
from shippers.audit.report import Problem, Proof, State
from shippers.files.find import Place
from shippers.pipeline import Pipeline
from shippers.registry import copies
from tests.e2e.quarantine_home import QuarantineHome, bad_line, line
from tests.servers import Server


@pytest.fixture
def home_of(home: Path, client: Elasticsearch, server: str, unique: str) -> QuarantineHome:
    return QuarantineHome(home, client, server, unique)


def told(ranges: object) -> list[tuple[int, int, int]]:
    return [(each.start, each.end, each.lines) for each in ranges]  # type: ignore[attr-defined]


def test_a_clean_run_adds_up(home_of: QuarantineHome) -> None:
    home_of.write_numbers(250)
    home_of.ship()
    report = home_of.audited()
    assert report.problems == []
    assert report.state is State.THERE
    assert (report.read, report.acknowledged, report.quarantined, report.pending) == (250, 250, 0, 0)
    assert report.read_bytes == report.acknowledged_bytes == home_of.path.stat().st_size
    assert (report.found.proof, report.found.expected, report.found.there) == (Proof.IDS, 250, 250)
    done = home_of.command("audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything adds up. 250 lines compared" in done.stdout


def test_missing_documents_are_named_with_their_bytes(home_of: QuarantineHome) -> None:
    starts = [*home_of.write_numbers(250), home_of.path.stat().st_size]
    home_of.ship_losing(*(starts[n] for n in (10, 99, 100, 101, 249)))
    report = home_of.audited()
    assert report.problems == [Problem.MISSING]
    assert told(report.found.missing) == [
        (starts[10], starts[11], 1),
        (starts[99], starts[102], 3),  # 99 and 100 lie in two requests
        (starts[249], starts[250], 1),
    ]
    done = home_of.command("audit", "--json")
    assert done.returncode == 1
    told_json = json.loads(done.stdout)
    assert told_json["complete"] is False
    assert told_json["files"][0]["elasticsearch"]["missing_ranges"][1] == {
        "start": starts[99],
        "end": starts[102],
        "lines": 3,
    }
    done = home_of.command("audit")
    assert f"5 lines missing, bytes {starts[10]}-{starts[11]}, {starts[99]}-{starts[102]}" in done.stdout


@pytest.mark.elasticsearch
def test_deleted_documents_of_a_gzipped_file_are_named(
    elasticsearch: Server, connect: Callable[[str], Elasticsearch], home: Path, unique: str
) -> None:
    ours = QuarantineHome(home, connect(elasticsearch.url), elasticsearch.url, unique)
    starts = ours.write_numbers(30)
    ours.ship()
    pack(ours.path)
    ours.delete(5, 6)
    assert told(ours.audited().found.missing) == [(starts[5], starts[7], 2)]


def pack(path: Path) -> Path:
    """Gzips a file as logrotate does."""
    packed = Path(f"{path}.gz")
    with path.open("rb") as source, gzip.open(packed, "wb") as target:
        shutil.copyfileobj(source, target)
    path.unlink()
    return packed


def test_more_ranges_than_are_named_are_counted(home_of: QuarantineHome) -> None:
    home_of.ship_losing(*home_of.write_numbers(40)[::2])
    found = home_of.audited(audit_ranges=3).found
    assert (len(found.missing), found.missing_lines) == (3, 20)


def test_an_id_in_two_backing_indices_is_named_even_where_another_one_is_missing(
    home_of: QuarantineHome,
) -> None:
    """The count of ids is right then: only a look at the ids tells."""
    starts = home_of.write_numbers(30)
    home_of.ship_losing(starts[7])
    home_of.client.indices.rollover(alias=home_of.stream)
    doubled = {"create": {"_index": home_of.stream, "_id": home_of.id_of(starts[20])}}
    assert not home_of.client.bulk(operations=[doubled, json.loads(line(20))])["errors"]
    report = home_of.audited()
    assert report.problems == [Problem.MISSING, Problem.DOUBLED]
    assert told(report.found.doubled) == [(starts[20], starts[21], 1)]
    assert told(report.found.missing) == [(starts[7], starts[8], 1)]
    home_of.write_numbers(30, 30)
    home_of.ship()  # into the newer index
    assert home_of.audited().found.there == 59


def test_quarantined_and_pending_lines_are_told_apart(home_of: QuarantineHome) -> None:
    home_of.write_numbers(20)
    home_of.write(bad_line(1), b"no json", b"{\0}", line(20))
    home_of.ship()
    home_of.write_numbers(3, 21)
    with home_of.path.open("ab") as file:
        file.write(b'{"half')
    report = home_of.audited()
    assert report.problems == []
    assert (report.read, report.acknowledged, report.quarantined, report.kept) == (24, 21, 3, 3)
    assert (report.pending, report.half_bytes) == (3, 6)
    assert report.read_bytes + report.pending_bytes == home_of.path.stat().st_size
    assert report.acknowledged_bytes + report.quarantined_bytes == report.read_bytes
    assert report.quarantined_bytes == len(bad_line(1)) + len(b"no json") + len(b"{\0}") + 3


def test_lines_that_a_full_quarantine_only_counted_are_no_loss_but_further_ones_are(
    home_of: QuarantineHome,
) -> None:
    home_of.write_numbers(20)
    home_of.write(bad_line(1), bad_line(2))
    home_of.settings = home_of.settings.model_copy(update={"quarantine_bytes": 0})
    home_of.ship()
    report = home_of.audited()
    assert (report.problems, report.quarantined, report.kept, report.not_kept) == ([], 2, 0, 2)
    assert report.found.missing_lines == 2
    home_of.ship_losing(*home_of.write_numbers(1, 20))
    assert home_of.audited().problems == [Problem.MISSING]


def test_an_entry_lost_from_the_quarantine_does_not_pass_for_a_document(home_of: QuarantineHome) -> None:
    home_of.write(line(0), bad_line(1))
    home_of.ship()
    (home_of.home / "quarantine" / ".redriven").write_bytes(
        f"{home_of.entries()[0]['source']['file']} {len(line(0)) + 1} 99\n".encode()
    )
    for path in (home_of.home / "quarantine").glob("*.ndjson"):
        path.unlink()
    report = home_of.audited()
    assert report.problems == [Problem.MISSING]  # said to be redriven, and not there


def test_a_line_taken_before_its_line_feed_came_is_two_lines(home_of: QuarantineHome) -> None:
    """The shipper waits only so long; what comes then is a line of its own, here an empty one."""
    home_of.write(line(0), line(1), line(2))
    home_of.ship()
    (home_of.home / "quarantine" / "not_an_object.ndjson").write_bytes(
        json.dumps(
            {
                "stream": home_of.stream,
                "reason": "not_an_object",
                "source": {
                    "file": home_of.id_of(0)[:25],
                    "path": "log/x",
                    "start": home_of.path.stat().st_size - 1,
                    "end": home_of.path.stat().st_size,
                },
            }
        ).encode()
        + b"\n"
    )
    update(home_of, quarantined=1)
    report = home_of.audited()
    assert (report.problems, report.read, report.kept, report.quarantined_bytes) == ([], 4, 1, 1)


def test_lines_shipped_under_another_namespace_before_are_there(home_of: QuarantineHome) -> None:
    other = home_of.stream.replace("-test", "-before")
    home_of.write_numbers(10)
    home_of.ship_as("before")
    home_of.write_numbers(10, 10)
    home_of.ship()
    report = home_of.audited()
    assert (report.stream, report.problems, report.found.there) == (home_of.stream, [], 20)
    assert home_of.client.count(index=other)["count"] == 10


def test_a_renamed_and_a_gzipped_file_are_found_by_what_is_in_them(home_of: QuarantineHome) -> None:
    home_of.write_numbers(120)
    home_of.ship()
    plain = home_of.path.rename(f"{home_of.path}.1")
    report = home_of.audited()
    assert (report.path, report.problems) == (f"log/{plain.name}", [])
    packed = pack(plain)
    report = home_of.audited()
    assert report.path == f"log/{packed.name}"
    assert (report.state, report.problems, report.found.there) == (State.PACKED, [], 120)
    packed.write_bytes(packed.read_bytes()[:-20])
    assert home_of.audited().problems == [Problem.UNREADABLE]
    packed.unlink()
    gone = home_of.audited()
    assert (gone.state, gone.problems, gone.acknowledged, gone.read) == (State.GONE, [], 120, 120)
    assert (gone.found.proof, gone.found.there, gone.unproved) == (Proof.LISTED, 120, 0)


# Files that are gone


def test_of_a_file_that_is_gone_all_is_counted_too(home_of: QuarantineHome) -> None:
    home_of.write_numbers(30)
    home_of.write(bad_line(1), b"no json")
    home_of.write_numbers(20, 30)
    home_of.ship()
    size_bytes = home_of.path.stat().st_size
    home_of.path.unlink()
    gone = home_of.audited()
    assert (gone.state, gone.problems, gone.found.expected, gone.found.there) == (State.GONE, [], 50, 50)
    assert gone.acknowledged_bytes + gone.quarantined_bytes == gone.read_bytes == size_bytes
    assert gone.quarantined_bytes == len(bad_line(1)) + len(b"no json") + 2
    done = home_of.command("audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything adds up. 52 lines compared" in done.stdout
    assert "50 documents of theirs are in Elasticsearch" in done.stdout


def test_missing_documents_of_a_file_that_is_gone_are_told(home_of: QuarantineHome) -> None:
    starts = home_of.write_numbers(30)
    home_of.ship_losing(starts[0], starts[7], starts[8])
    home_of.path.unlink()
    gone = home_of.audited()
    assert (gone.problems, gone.found.there, gone.found.missing_lines) == ([Problem.MISSING], 27, 3)
    done = home_of.command("audit", "--json")
    told_json = json.loads(done.stdout)
    assert (done.returncode, told_json["complete"]) == (1, False)
    assert told_json["files"][0]["elasticsearch"]["proof"] == "listed"
    assert "3 of its 30 lines are missing" in home_of.command("audit").stdout


def test_all_documents_of_a_file_that_is_gone_may_be_missing(home_of: QuarantineHome) -> None:
    starts = home_of.write_numbers(30)
    home_of.ship_losing(*starts)
    home_of.path.unlink()
    gone = home_of.audited()
    assert (gone.problems, gone.found.there, gone.found.missing_lines) == ([Problem.MISSING], 0, 30)


def test_a_line_of_a_file_that_is_gone_in_two_backing_indices_is_doubled(home_of: QuarantineHome) -> None:
    starts = home_of.write_numbers(30)
    home_of.ship_losing(starts[7])
    home_of.client.indices.rollover(alias=home_of.stream)
    doubled = {"create": {"_index": home_of.stream, "_id": home_of.id_of(starts[20])}}
    assert not home_of.client.bulk(operations=[doubled, json.loads(line(20))])["errors"]
    home_of.path.unlink()
    gone = home_of.audited()
    assert gone.problems == [Problem.MISSING, Problem.DOUBLED]
    assert (gone.found.missing_lines, gone.found.doubled_lines) == (1, 1)
    assert "1 lines doubled." in home_of.command("audit").stdout


def test_documents_of_other_files_times_and_namespaces_are_told_apart(home_of: QuarantineHome) -> None:
    home_of.write_numbers(10)
    home_of.ship_as("before")
    early = json.dumps({"@timestamp": "2020-01-01T00:00:00Z", "n": 77}).encode()  # far from its file's time
    home_of.write(early)
    home_of.write_numbers(10, 10)
    home_of.ship()
    home_of.path.rename(f"{home_of.path}.1")
    home_of.write_numbers(5, 100)  # another file in the same stream
    home_of.ship()
    home_of.path.with_name(f"{home_of.path.name}.1").unlink()
    gone, there = sorted(home_of.audit().files, key=lambda each: each.state is State.THERE)
    assert (gone.state, gone.problems, gone.found.there) == (State.GONE, [], 21)
    assert (there.problems, there.found.there) == ([], 5)


def test_pages_of_ids_overlap_where_many_bear_one_time(
    home_of: QuarantineHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "WINDOW", 10)
    moments = [f"2026-11-23T03:12:45.{n // 7:03}Z" for n in range(70)]  # seven in a millisecond
    home_of.write(*(json.dumps({"@timestamp": each, "n": 1}).encode() for each in moments))
    home_of.ship()
    home_of.path.unlink()
    assert home_of.audited().found.there == 70
    home_of.write(*(json.dumps({"@timestamp": moments[3], "n": n}).encode() for n in range(12)))
    home_of.ship()
    home_of.path.unlink()
    report = home_of.audit()
    assert [each.found.proof for each in report.files] == [Proof.NONE] * 2
    assert report.unproved == (2, 82)


def test_an_entry_that_names_other_bytes_than_its_line_has_is_told(home_of: QuarantineHome) -> None:
    home_of.write(line(0), bad_line(1), line(2))
    home_of.ship()
    (path,) = (home_of.home / "quarantine").glob("*.ndjson")
    entry = json.loads(path.read_bytes())
    entry["source"]["end"] -= 5
    path.write_bytes(json.dumps(entry).encode() + b"\n")
    report = home_of.audited()
    assert (report.problems, report.unaccounted_bytes) == ([Problem.MISCOUNTED], 5)
    assert report.acknowledged_bytes + report.quarantined_bytes == report.read_bytes - 5
    done = home_of.command("audit")
    assert (done.returncode, "bytes lie before the checkpoint" in done.stdout) == (1, True)
    home_of.path.unlink()
    assert home_of.audited().unaccounted_bytes == 5


def test_missing_lines_are_no_acknowledged_bytes(home_of: QuarantineHome) -> None:
    starts = home_of.write_numbers(30)
    home_of.ship_losing(starts[7])
    report = home_of.audited()
    assert report.acknowledged_bytes == report.read_bytes - len(line(7)) - 1
    assert report.found.missing_bytes == len(line(7)) + 1


def test_a_file_that_was_not_met_is_pending(home_of: QuarantineHome) -> None:
    home_of.write_numbers(3)
    report = home_of.audited()
    assert (report.state, report.pending, report.problems) == (State.NEW, 3, [])
    assert home_of.command("audit").returncode == 0


def test_a_file_whose_name_gives_no_data_stream_is_no_pending_one(home_of: QuarantineHome) -> None:
    home_of.write_numbers(3)
    wrong = home_of.path.with_name("With space.ndjson")
    wrong.write_bytes(line(7) + b"\n" + line(8) + b"\n")
    home_of.ship()
    (ignored,) = home_of.audit().wrong(allow_lost=True)
    assert (ignored.path, ignored.state, ignored.problems) == (
        "log/With space.ndjson",
        State.IGNORED,
        [Problem.IGNORED],
    )
    assert (ignored.pending, ignored.ignored, ignored.ignored_bytes) == (0, 2, wrong.stat().st_size)
    done = home_of.command("audit")
    assert (done.returncode, "With space.ndjson is never shipped (2 lines" in done.stdout) == (1, True)
    assert "Rename it" in done.stdout
    wrong.rename(home_of.path.with_name(f"{home_of.path.name}.1"))
    home_of.ship()
    assert home_of.command("audit").returncode == 0


def test_a_held_copy_is_not_pending_until_another_file_takes_its_place(home_of: QuarantineHome) -> None:
    home_of.write_numbers(5)
    home_of.ship()
    copy = Path(shutil.copyfile(home_of.path, f"{home_of.path}.1"))
    home_of.ship()
    place = copy.stat()
    noted = Place(place.st_dev, place.st_ino)
    assert copies(home_of.home / "registry.sqlite") == {noted: home_of.id_of(0)[:25]}
    assert home_of.audited().path == f"log/{home_of.path.name}"
    copy.write_bytes(line(77) + b"\n")  # the same inode
    _, new = home_of.audit().files
    assert (new.path, new.state, new.pending) == (f"log/{copy.name}", State.NEW, 1)


def test_a_registry_that_counted_wrong_is_told(home_of: QuarantineHome) -> None:
    home_of.write_numbers(5)
    home_of.ship()
    update(home_of, acknowledged=4)
    assert home_of.audited().problems == [Problem.MISCOUNTED]


def test_lost_bytes_fail_unless_allowed(home_of: QuarantineHome) -> None:
    home_of.write_numbers(5)
    home_of.ship()
    update(home_of, lost_bytes=77)
    assert home_of.audited().problems == [Problem.LOST]
    assert home_of.command("audit").returncode == 1
    done = home_of.command("audit", "--allow-lost")
    assert (done.returncode, "77 bytes were cut away" in done.stdout) == (0, True)


def update(ours: QuarantineHome, **columns: int) -> None:
    """Changes the one row of the registry."""
    with sqlite3.connect(ours.home / "registry.sqlite") as database:
        for name, value in columns.items():
            database.execute(f"UPDATE files SET {name} = ?", (value,))
    database.close()


def test_while_a_shipper_works_and_files_rotate_every_audit_adds_up(home_of: QuarantineHome) -> None:
    settings = home_of.settings.model_copy(update={"poll_s": 0.01})
    pipeline = Pipeline(settings, home=home_of.home, namespace="test", client=home_of.client)
    stop = threading.Event()
    runner = threading.Thread(target=pipeline.run, args=(stop,))
    runner.start()

    def write() -> None:
        for number in range(60):
            home_of.write_numbers(40, number * 40)
            if number % 5 == 0:
                home_of.write(bad_line(number))
            if number % 10 == 9:
                home_of.path.rename(f"{home_of.path}.{number}")
            stop.wait(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        audits = 0
        while writer.is_alive() or audits < 3:
            wrong = home_of.audit(audit_tries=5).wrong(allow_lost=False)
            assert not wrong, [each.as_json() for each in wrong]
            audits += 1
    finally:
        writer.join()
        stop.set()
        runner.join()
    home_of.ship()
    report = home_of.audit()
    assert sum(each.read for each in report.files) == 60 * 40 + 12
    assert not report.wrong(allow_lost=False)


@pytest.mark.elasticsearch
def test_a_time_series_stream_is_compared_by_count(
    elasticsearch: Server, connect: Callable[[str], Elasticsearch], home: Path, unique: str
) -> None:
    client = connect(elasticsearch.url)
    ours = QuarantineHome(home, client, elasticsearch.url, unique, folder="spool")
    ours.map_series()
    ours.write(*samples(20))
    ours.ship()
    report = ours.audit()
    (only,) = report.files
    assert (only.problems, only.found.proof, only.found.there) == ([], Proof.COUNT, 20)
    assert "Not verifiable by id" in report.notes[0]
    ours.delete(4)
    assert ours.audited().problems == [Problem.TOO_FEW]


@pytest.mark.elasticsearch
def test_samples_of_another_host_do_not_stand_for_missing_ones(
    elasticsearch: Server, connect: Callable[[str], Elasticsearch], home: Path, unique: str
) -> None:
    ours = QuarantineHome(home, connect(elasticsearch.url), elasticsearch.url, unique, folder="spool")
    ours.map_series()
    ours.write(*samples(20, "edge-7"))
    ours.ship()
    others = [json.loads(each) for each in samples(20, "edge-8")]
    pairs = [part for each in others for part in ({"create": {"_index": ours.stream}}, each)]
    assert not ours.client.bulk(operations=pairs, refresh=True)["errors"]
    assert (ours.audited().problems, ours.audited().found.there) == ([], 20)
    whose = {"term": {"host.name": "edge-7"}}
    hits = ours.client.search(index=ours.stream, query=whose, size=3)["hits"]["hits"]
    chosen = [{"delete": {"_index": hit["_index"], "_id": hit["_id"]}} for hit in hits]
    assert not ours.client.bulk(operations=chosen, refresh=True)["errors"]
    report = ours.audited()
    assert (report.problems, report.found.missing_lines) == ([Problem.TOO_FEW], 3)


@pytest.mark.elasticsearch
def test_a_time_series_file_that_is_gone_is_on_the_registrys_word(
    elasticsearch: Server, connect: Callable[[str], Elasticsearch], home: Path, unique: str
) -> None:
    ours = QuarantineHome(home, connect(elasticsearch.url), elasticsearch.url, unique, folder="spool")
    ours.map_series()
    ours.write(*samples(20))
    ours.ship()
    ours.path.unlink()
    report = ours.audit()
    (only,) = report.files
    assert (only.problems, only.found.proof, only.unproved) == ([], Proof.NONE, 20)
    assert only.acknowledged_bytes == only.read_bytes > 0
    done = ours.command("audit", "--json")
    assert json.loads(done.stdout)["unproved"] == {"files": 1, "lines": 20}
    done = ours.command("audit")
    assert "All that could be compared adds up." in done.stdout
    assert "NOT PROVED: 20 lines of 1 files" in done.stdout


def samples(count: int, host: str = "a") -> list[bytes]:
    now = datetime.now(UTC)
    moments = [now + timedelta(seconds=n) for n in range(count)]
    return [
        json.dumps({"@timestamp": moment.isoformat(), "host": {"name": host}, "n": n}).encode()
        for n, moment in enumerate(moments)
    ]

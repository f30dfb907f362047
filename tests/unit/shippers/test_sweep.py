"""Rows of files that are gone, files that may go, and files that must."""

import gzip
import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest

from shippers.batch import Segment
from shippers.bulk import Refusal
from shippers.delivery import Refused
from shippers.ledger import Settled
from shippers.quarantine import Quarantine, refused_entries
from shippers.registry import Row
from tests.reader import SETTINGS, Reader, append, texts

HOUR_S = 3600.0
STAMPED = '{"@timestamp":"2026-11-23T03:12:45Z"}'


@pytest.fixture(autouse=True)
def _hears_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def make(home: Path, **changed: Any) -> Reader:
    return Reader(home, SETTINGS.model_copy(update=changed))


def events(caplog: pytest.LogCaptureFixture, action: str) -> list[dict[str, Any]]:
    return [vars(each) for each in caplog.records if getattr(each, "event.action", "") == action]


def rows(reader: Reader) -> list[Row]:
    return [row for each in reader.registry.ids() if (row := reader.registry.get(each))]


def test_bytes_of_a_file_that_went_while_nobody_looked_are_told_once(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = make(home)
    append(log / "request.ndjson", STAMPED, "a1")
    reader.run()
    append(log / "request.ndjson", "lost")
    reader.tail.look()
    for harvester in reader.tail.harvesters():
        assert harvester.read(1024, 64)  # is handed out, and never settled
    reader.stop()
    (log / "request.ndjson").unlink()
    for _ in range(2):
        reader.start()
        for _ in range(3):
            reader.later()
        (row,) = rows(reader)
        assert (row.lost_bytes, row.missing_bytes) == (5, 0)
        assert row.gone_s > 0
        reader.stop()
    assert [each["card.file.lost_bytes"] for each in events(caplog, "file_gone")] == [5]


def test_a_row_is_forgotten_when_its_file_has_been_gone_long_enough(home: Path, log: Path) -> None:
    reader = make(home, registry_keep_s=HOUR_S)
    append(log / "request.ndjson", STAMPED)
    append(log / "service.ndjson", "no time in its first line")
    reader.run()
    for path in log.iterdir():
        path.unlink()
    for _ in range(3):
        reader.later()
    assert len(rows(reader)) == 2
    reader.later(HOUR_S + 1)
    reader.later()
    assert rows(reader) == []
    reader.stop()


def test_a_log_that_begins_every_file_with_one_line_is_shipped_for_good(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = make(home, registry_keep_s=HOUR_S, same_first_lines=3)
    server: dict[str, bytes] = {}
    most = 0
    for number in range(40):
        append(log / "request.ndjson", '{"header":1}', f"line {number}")
        lines = reader.later()
        assert not server.keys() & lines.keys(), "an id was given twice"
        server |= lines
        (log / "request.ndjson").rename(log / "request.ndjson.1")
        if number % 3 == 2:
            reader.restart()
        for _ in range(3):
            reader.later(HOUR_S / 2)
        most = max(most, len(rows(reader)))
    assert texts(server) == sorted([*(f"line {number}" for number in range(40)), *['{"header":1}'] * 40])
    assert most < 6
    assert events(caplog, "file_ignored") == []
    reader.stop()


def test_more_files_with_one_first_line_than_are_told_apart_wait_until_some_are_gone(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = make(home, same_first_lines=2)
    for number in range(3):
        append(log / f"request.ndjson.{number}", '{"header":1}', f"line {number}")
    first = texts(reader.run())
    assert len(first) == 4
    assert texts(reader.later()) == []
    assert len(events(caplog, "file_ignored")) == 1
    for path in log.iterdir():
        if path.read_text().splitlines()[1] in first:
            path.unlink()
    lines = [line for _ in range(4) for line in texts(reader.later())]
    assert sorted(first + lines) == sorted(["line 0", "line 1", "line 2", *['{"header":1}'] * 3])
    reader.stop()


def test_a_file_that_comes_back_in_time_goes_on(home: Path, log: Path) -> None:
    reader = make(home)
    append(log / "request.ndjson", STAMPED, "a1")
    reader.run()
    (log / "request.ndjson").rename(home / "elsewhere")
    for _ in range(3):
        reader.later()
    append(home / "elsewhere", "a2")
    (home / "elsewhere").rename(log / "request.ndjson")
    assert texts(reader.run()) == ["a2"]
    assert rows(reader)[0].gone_s == 0
    reader.stop()


def test_rotated_files_that_are_acknowledged_are_deleted_after_a_while(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = make(home, delete_acknowledged=True, delete_after_s=HOUR_S)
    append(log / "request.ndjson.1", STAMPED, "a1")
    (log / "request.ndjson.2.gz").write_bytes(gzip.compress(b"b1\nb2\n"))
    append(log / "request.ndjson", "c1")
    reader.run()
    reader.later()
    assert len(list(log.iterdir())) == 3
    reader.later(HOUR_S)
    reader.later()
    assert [path.name for path in log.iterdir()] == ["request.ndjson"]
    assert [each["card.file.lost_bytes"] for each in events(caplog, "file_deleted")] == [0, 0]
    reader.stop()


def refuse(reader: Reader, quarantine: Quarantine, body_bytes: int) -> None:
    """Settles all there is; lines with a B are refused, and their text is kept up to `body_bytes`."""
    reader.tail.look()
    _, ends = reader.read()
    for piece in reader.pieces:
        bad = [number for number, line in enumerate(piece.lines) if b"B" in line]
        whole = Segment(piece.source, piece.lines, piece.offsets, end=piece.end)
        refusals = [Refused(whole.pick([number]), Refusal(400, "parsing", "why")) for number in bad]
        assert quarantine.put(list(refused_entries(refusals, 0.0, body_bytes))) == 0
        ends[piece.source.id] = Settled(piece.end, len(piece.lines) - len(bad), len(bad))
    reader.pieces.clear()
    reader.tail.checkpoint(ends)


@pytest.mark.parametrize("is_resting", [True, False])
def test_a_file_with_lines_in_quarantine_stays_until_they_are_redriven(
    home: Path, log: Path, is_resting: bool
) -> None:
    reader = make(home, delete_acknowledged=True, delete_after_s=HOUR_S)
    quarantine = Quarantine(home / "quarantine", 10_000, 10)
    path = log / "request.ndjson.1"
    append(path, STAMPED, "B1", "good", "B2")
    refuse(reader, quarantine, 1000)
    if is_resting:
        reader.later()
        reader.restart()
    for _ in range(3):
        reader.later(HOUR_S)
    assert path.exists()
    assert reader.open_files() == int(not is_resting)
    kept = [each for _, each in quarantine.read("parsing") if each]
    for entry in kept:
        assert path.exists()
        quarantine.replace("parsing", [entry], [])
        for _ in range(2):
            reader.later()
    assert not path.exists()
    reader.stop()


@pytest.mark.parametrize(("body_bytes", "lost_lines", "lost_bytes"), [(0, 3, 10), (2, 1, 4), (1000, 0, 0)])
def test_quarantined_lines_without_their_text_are_lost_with_a_file_that_the_bound_deletes(
    home: Path,
    log: Path,
    caplog: pytest.LogCaptureFixture,
    body_bytes: int,
    lost_lines: int,
    lost_bytes: int,
) -> None:
    reader = make(home, disk_bytes=100)
    append(log / "request.ndjson.1", STAMPED, "B1", "good", "BBB", "B2", "B sent")
    quarantine = Quarantine(home / "quarantine", 10_000, 10)
    refuse(reader, quarantine, body_bytes)
    (row,) = rows(reader)
    assert row.quarantined == 4
    quarantine.replace("parsing", [each for _, each in quarantine.read("parsing") if each][-1:], [])
    append(log / "service.ndjson", "x" * 60)
    for _ in range(3):
        reader.later()
    assert [path.name for path in log.iterdir()] == ["service.ndjson"]
    (event,) = events(caplog, "file_deleted")
    assert (event["card.file.lost_bytes"], event["card.file.lost_lines"]) == (lost_bytes, lost_lines)
    assert event["levelname"] == ("WARNING" if lost_lines else "INFO")
    assert reader.tail.losses.bytes.total() == lost_bytes
    row = next(each for each in rows(reader) if each.path == "log/request.ndjson.1")
    assert (row.lost_bytes, row.missing_bytes, row.gone_s > 0) == (lost_bytes, 0, True)
    reader.stop()


def test_beyond_the_bound_what_the_server_has_goes_before_what_is_in_quarantine(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = make(home, disk_bytes=1)
    for number, line in enumerate(["acknowledged", "B refused", "first"], 1):
        append(log / f"request.ndjson.{number}", line, "more")
        os.utime(log / f"request.ndjson.{number}", (time.time() - 100 - number,) * 2)
    refuse(reader, Quarantine(home / "quarantine", 10_000, 10), 1000)
    append(log / "request.ndjson.3", "unread")
    os.utime(log / "request.ndjson.3", (time.time() - 200,) * 2)
    for _ in range(2):
        reader.now_s += 10
        reader.tail.look()
    names = [each["card.file.path"].rpartition("/")[2] for each in events(caplog, "file_deleted")]
    assert names == ["request.ndjson.1", "request.ndjson.2", "request.ndjson.3"]
    reader.stop()


def test_a_rotated_file_that_is_not_settled_is_not_deleted(home: Path, log: Path) -> None:
    reader = make(home, delete_acknowledged=True, delete_after_s=0)
    append(log / "request.ndjson.1", "a1")
    for _ in range(5):
        reader.now_s += 10
        reader.tail.look()
        reader.read()
    assert (log / "request.ndjson.1").exists()
    reader.stop()


def test_beyond_the_bound_settled_files_go_first_and_what_is_lost_is_counted(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = make(home, disk_bytes=60)
    append(log / "request.ndjson.1", *["settled"] * 4)
    reader.run()
    for number, name in enumerate(["request.ndjson.3", "request.ndjson.2", "request.ndjson"]):
        append(log / name, *[f"unread {number}"] * 5)  # 45 bytes each
        os.utime(log / name, (time.time() - 100 + number,) * 2)
    for _ in range(2):
        reader.now_s += 10
        reader.tail.look()
    assert sorted(path.name for path in log.iterdir()) == ["request.ndjson"]
    told = [
        (each["card.file.path"], each["card.file.lost_bytes"], each.get("card.file.lost_lines"))
        for each in events(caplog, "file_deleted")
    ]
    assert told == [
        ("log/request.ndjson.1", 0, 0),
        ("log/request.ndjson.3", 45, 5),
        ("log/request.ndjson.2", 45, 5),
    ]
    assert reader.tail.losses.bytes == {"bound": 90}
    assert sorted(row.lost_bytes for row in rows(reader)) == [0, 0, 45, 45]
    lines = reader.later() | reader.later()
    assert texts(lines) == ["unread 2"] * 5
    reader.stop()


def test_the_file_that_is_written_to_stays_whatever_it_takes(home: Path, log: Path) -> None:
    reader = make(home, disk_bytes=1)
    append(log / "request.ndjson", "a1")
    append(log / "service-20261123.ndjson", "older")
    append(log / "service-20261124.ndjson", "a program that writes a file a day writes to this one")
    for _ in range(3):
        reader.later()
    assert sorted(path.name for path in log.iterdir()) == ["request.ndjson", "service-20261124.ndjson"]
    reader.stop()

"""Rows of files that are gone, files that may go, and files that must."""

import gzip
import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest

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
    assert [row.path for row in rows(reader)] == ["log/service.ndjson"]
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


def test_rotated_files_that_are_settled_are_deleted_after_a_while(
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

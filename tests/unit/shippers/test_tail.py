"""Files that are renamed, replaced, cut short and deleted, on a real disk."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from shippers.batch import Source
from shippers.files.tail import Tail
from shippers.ledger import Settled
from shippers.registry import Registry
from shippers.settings import ShipperSettings

SETTINGS = ShipperSettings(line_bytes=64, fingerprint_bytes=64)

Lines = dict[str, bytes]


class Reader:
    """A tail on a home; `run` reads all there is, moves the checkpoints, and gives id -> line."""

    def __init__(self, home: Path, settings: ShipperSettings = SETTINGS) -> None:
        self.home, self.settings = home, settings
        self.start()

    def start(self) -> None:
        self.registry = Registry(self.home / "registry.sqlite")
        self.tail = Tail(self.home, "test", self.registry, self.settings)

    def stop(self) -> None:
        self.tail.close()
        self.registry.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def read(self) -> tuple[Lines, dict[str, int]]:
        lines: Lines = {}
        ends: dict[str, int] = {}
        for harvester in self.tail.harvesters():
            while piece := harvester.read(self.settings.read_bytes, self.settings.line_bytes):
                for offset, line in zip(piece.offsets, piece.lines, strict=True):
                    name = piece.source.document_id(offset)
                    assert name not in lines
                    lines[name] = line
                ends[piece.source.id] = piece.end
        return lines, ends

    def run(self) -> Lines:
        self.tail.look()
        lines, ends = self.read()
        self.tail.checkpoint({name: Settled(end) for name, end in ends.items()})
        return lines


@pytest.fixture
def log(home: Path) -> Path:
    folder = home / "log"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def reader(home: Path, log: Path) -> Iterator[Reader]:
    reader = Reader(home)
    yield reader
    reader.stop()


def append(path: Path, *lines: str) -> None:
    with path.open("ab") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def texts(lines: Lines) -> list[str]:
    return sorted(line.decode() for line in lines.values())


def test_lines_are_read_once_from_the_first_byte(reader: Reader, log: Path) -> None:
    append(log / "request.ndjson", "one", "two")
    assert texts(reader.run()) == ["one", "two"]
    assert reader.run() == {}
    append(log / "request.ndjson", "three")
    assert texts(reader.run()) == ["three"]
    reader.restart()
    assert reader.run() == {}


def test_folders_that_come_later_are_found(home: Path) -> None:
    reader = Reader(home)
    assert reader.run() == {}
    (home / "spool").mkdir()
    append(home / "spool" / "gpu.ndjson", "one")
    assert texts(reader.run()) == ["one"]
    reader.stop()


def test_a_half_line_waits_for_its_end(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    path.write_bytes(b"fir")
    assert reader.run() == {}
    path.write_bytes(b"first\nsec")
    assert texts(reader.run()) == ["first"]
    reader.restart()
    assert reader.run() == {}
    append(path, "ond")
    assert texts(reader.run()) == ["second"]


@pytest.mark.parametrize("while_running", [True, False])
def test_a_renamed_file_keeps_its_checkpoint_and_the_new_one_starts_at_0(
    reader: Reader, log: Path, while_running: bool
) -> None:
    append(log / "request.ndjson", "a1", "a2")
    assert texts(reader.run()) == ["a1", "a2"]
    if not while_running:
        reader.stop()
    append(log / "request.ndjson", "a3")
    (log / "request.ndjson").rename(log / "request.ndjson.1")
    append(log / "request.ndjson", "b1", "b2", "b3", "b4")
    append(log / "request.ndjson.1", "a4")
    if not while_running:
        reader.start()
    assert texts(reader.run()) == ["a3", "a4", "b1", "b2", "b3", "b4"]
    assert reader.run() == {}


@pytest.mark.parametrize("restart", [True, False])
def test_a_chain_of_rotations_loses_nothing(reader: Reader, log: Path, restart: bool) -> None:
    seen: list[str] = []
    for number in range(12):
        append(log / "request.ndjson", f"line-{number}")
        for old in range(5, 0, -1):
            if (log / f"request.ndjson.{old}").exists():
                (log / f"request.ndjson.{old}").rename(log / f"request.ndjson.{old + 1}")
        (log / "request.ndjson").rename(log / "request.ndjson.1")
        if number % 3 == 2:
            if restart:
                reader.restart()
            seen += texts(reader.run())
    assert sorted(seen) == sorted(f"line-{number}" for number in range(12))


def test_ids_come_from_content_so_a_lost_registry_gives_the_same(
    reader: Reader, home: Path, log: Path
) -> None:
    for name in ("request.ndjson", "request.ndjson.1", "service.ndjson"):
        append(log / name, f'{{"@timestamp":"2026-11-23T03:12:45Z","n":"{name}"}}', "more")
    first = reader.run()
    assert len(first) == 6
    reader.stop()
    for path in home.glob("registry.*"):
        path.unlink()
    (log / "request.ndjson").rename(log / "request.ndjson.2")
    reader.start()
    assert reader.run() == first


def test_a_reused_inode_is_no_reason_to_skip(reader: Reader, log: Path) -> None:
    """Written over in place, and longer: the same inode, the same name, another file."""
    path = log / "request.ndjson"
    append(path, "old-1")
    first = reader.run()
    reader.stop()
    inode = path.stat().st_ino
    path.write_bytes(b"new-1\nnew-2\nnew-3\n")
    assert path.stat().st_ino == inode
    reader.start()
    second = reader.run()
    assert texts(second) == ["new-1", "new-2", "new-3"]
    assert not first.keys() & second.keys()


def test_a_file_written_anew_while_it_is_read_is_told_by_its_head(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    append(path, "old-1")
    reader.run()
    path.write_bytes(b"new-1\nnew-2\n")
    assert reader.run() == {}
    assert texts(reader.run()) == ["new-1", "new-2"]


@pytest.mark.parametrize("restart", [True, False])
def test_a_file_that_shrank_starts_again_under_a_new_identity(
    reader: Reader, log: Path, restart: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path = log / "request.ndjson"
    append(path, "same", "and", "x" * 60, "y" * 60)
    first = reader.run()
    if restart:
        reader.stop()
    os.truncate(path, 75)
    if restart:
        reader.start()
    lines = reader.run() | reader.run()
    append(path, "z")
    lines |= reader.run()
    assert texts(lines)[:2] == ["and", "same"]
    assert not first.keys() & lines.keys()
    warnings = [r.getMessage() for r in caplog.records if getattr(r, "event.action", "") == "file_truncated"]
    assert len(warnings) == 1
    assert "131 bytes" in warnings[0]


def test_a_file_emptied_in_place_goes_on_as_a_new_one(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    append(path, "same first line", "a")
    first = reader.run()
    os.truncate(path, 0)
    assert reader.run() == {}
    append(path, "same first line", "b", "c")
    second = reader.run() | reader.run()
    assert texts(second) == ["b", "c", "same first line"]
    assert not first.keys() & second.keys()


@pytest.mark.parametrize("restart", [True, False])
def test_files_with_the_same_first_line_are_told_apart(reader: Reader, log: Path, restart: bool) -> None:
    names = ["a.ndjson", "b.ndjson", "c.ndjson"]
    for name in names:
        append(log / name, "same", f"only {name}")
    lines = reader.run()
    assert len(lines) == 6
    if restart:
        reader.restart()
    assert reader.run() == {}
    for name in names:
        append(log / name, f"more {name}")
    assert texts(reader.run()) == [f"more {name}" for name in names]


def test_identities_are_kept_before_anything_is_sent(reader: Reader, log: Path) -> None:
    """A crash between the first answer and the first checkpoint must not swap two files' ids."""
    (log / "a.ndjson").touch()  # is listed first, has its first line last
    append(log / "b.ndjson", "same", "b")
    reader.tail.look()
    before, _ = reader.read()
    append(log / "a.ndjson", "same", "a")
    reader.tail.look()
    before |= reader.read()[0]
    reader.restart()
    assert reader.run() == before


def test_an_identity_is_not_left_to_another_file_when_nothing_was_settled_yet(
    reader: Reader, log: Path
) -> None:
    """The server may have lines that no checkpoint tells of: their ids belong to their file."""
    path = log / "request.ndjson"
    append(path, "old-1")
    reader.tail.look()
    before, _ = reader.read()
    reader.stop()
    path.write_bytes(b"new-1\nnew-2\n")
    reader.start()
    after = reader.run()
    assert texts(after) == ["new-1", "new-2"]
    assert not before.keys() & after.keys()


def test_a_file_found_cut_short_stays_a_new_one_while_the_disk_takes_no_row(
    reader: Reader, log: Path
) -> None:
    path = log / "request.ndjson"
    append(path, "x" * 63, "y" * 63)
    first = reader.run()
    reader.stop()
    os.truncate(path, 64)
    reader.start()
    reader.registry._database.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.OperationalError):
        reader.tail.look()
    append(path, "z" * 63, "z" * 63)
    reader.registry._database.execute("PRAGMA query_only = OFF")
    second = reader.run()
    assert texts(second) == ["x" * 63, "z" * 63, "z" * 63]
    assert not first.keys() & second.keys()


def test_a_copy_in_place_of_a_file_that_is_gone_goes_on(reader: Reader, log: Path) -> None:
    append(log / "request.ndjson", "1", "2")
    reader.run()
    reader.stop()
    content = (log / "request.ndjson").read_bytes()
    (log / "filler.ndjson").write_bytes(b"")
    (log / "copy.ndjson").write_bytes(content + b"3\n")
    (log / "request.ndjson").unlink()
    reader.start()
    assert texts(reader.run()) == ["3"]


def test_a_deleted_file_is_read_to_its_end_and_let_go(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    append(path, "1")
    reader.run()
    append(path, "2")
    path.unlink()
    assert texts(reader.run()) == ["2"]
    reader.tail.look()
    assert not list(reader.tail.harvesters())


def test_half_a_line_lost_with_its_file_is_told(
    reader: Reader, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = log / "request.ndjson"
    path.write_bytes(b"whole\nhal")
    reader.run()
    path.unlink()
    reader.run()
    assert [r.getMessage() for r in caplog.records if getattr(r, "event.action", "") == "file_gone"] == [
        "request.ndjson is gone; its last 3 bytes, half a line, were not shipped."
    ]


def test_a_line_over_the_limit_is_told_with_its_range_and_skipped(reader: Reader, log: Path) -> None:
    append(log / "request.ndjson", "first", "x" * 3000, "last")
    reader.tail.look()
    (harvester,) = reader.tail.harvesters()
    skipped, lines = [], []
    while piece := harvester.read(1, reader.settings.line_bytes):
        lines += piece.lines
        skipped += [piece.skipped] if piece.skipped else []
    assert lines == [b"first", b"last"]
    assert skipped == [(6, 3007)]


FEW = SETTINGS.model_copy(update={"open_files": 4})


@pytest.mark.parametrize("fingerprint_bytes", [64, 1000])
def test_the_length_of_the_fingerprint_may_be_changed(
    home: Path, reader: Reader, log: Path, fingerprint_bytes: int
) -> None:
    reader.settings = SETTINGS.model_copy(update={"fingerprint_bytes": 200})
    reader.restart()
    append(log / "request.ndjson", *[f"line {number}" for number in range(50)])
    assert len(reader.run()) == 50
    reader.settings = SETTINGS.model_copy(update={"fingerprint_bytes": fingerprint_bytes})
    reader.restart()
    append(log / "request.ndjson", "more")
    assert texts(reader.run()) == ["more"]
    reader.restart()
    append(log / "request.ndjson", "and more")
    assert texts(reader.run()) == ["and more"]


def test_a_file_keeps_its_stream_when_renamed_but_follows_the_namespace(
    home: Path, reader: Reader, log: Path
) -> None:
    def only() -> Source:
        reader.tail.look()
        (harvester,) = reader.tail.harvesters()
        return harvester.source

    append(log / "request.ndjson", "1")
    first = only()
    (log / "request.ndjson").rename(log / "archive.ndjson")
    reader.run()
    assert only() == Source(first.id, "logs-card.request-test", "log/archive.ndjson")
    reader.restart()
    assert only().stream == "logs-card.request-test"
    reader.tail = Tail(home, "production", reader.registry, SETTINGS)
    assert only() == Source(first.id, "logs-card.archive-production", "log/archive.ndjson")


def test_more_files_than_may_be_open_are_all_read(home: Path, log: Path) -> None:
    reader = Reader(home, FEW)
    for number in range(11):
        append(log / f"f{number}.ndjson", f"one {number}")
    seen: list[str] = []
    for _ in range(12):
        seen += texts(reader.run())
        assert sum(harvester.is_open for harvester in reader.tail.harvesters()) <= FEW.open_files
    assert sorted(seen) == sorted(f"one {number}" for number in range(11))
    for number in range(11):
        append(log / f"f{number}.ndjson", f"two {number}")
    seen = [text for _ in range(12) for text in texts(reader.run())]
    assert sorted(seen) == sorted(f"two {number}" for number in range(11))
    reader.stop()


def test_a_file_that_rests_is_not_mistaken_for_another_of_its_size(home: Path, log: Path) -> None:
    reader = Reader(home, FEW)
    for number in range(FEW.open_files):
        append(log / f"f{number}.ndjson", f"old {number}")
    for _ in range(3):
        reader.run()
    assert not any(harvester.is_open for harvester in reader.tail.harvesters())
    (log / "f0.ndjson").write_bytes(b"new 0\n")
    assert texts(reader.run() | reader.run() | reader.run()) == ["new 0"]
    reader.stop()


def test_what_is_no_source_is_left_alone_and_a_bad_name_is_told_once(
    reader: Reader, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    append(log / "Request.ndjson", "1")
    append(log / "request.ndjson.lock", "1")
    append(log / "request.ndjson.1.gz", "1")
    (log / "folder.ndjson").mkdir()
    (log / "link.ndjson").symlink_to(log / "Request.ndjson")
    for _ in range(3):
        assert reader.run() == {}
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert "Request.ndjson is not shipped" in caplog.text

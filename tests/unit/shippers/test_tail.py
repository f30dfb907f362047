"""Files that are renamed, replaced, cut short and deleted, on a real disk."""

import logging
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import ValidationError

from shippers.batch import Source
from shippers.files.fingerprint import identity
from shippers.files.tail import Tail
from shippers.ledger import Settled
from shippers.registry import Row
from shippers.settings import ShipperSettings
from tests.reader import SETTINGS, Reader, append, texts


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
    reader.tail.look()
    path.write_bytes(b"new-1\nnew-2\n")
    assert reader.read() == ({}, {})
    assert texts(reader.run()) == ["new-1", "new-2"]


def test_a_file_written_anew_while_its_row_is_saved_starts_under_its_own_identity(
    reader: Reader, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, save = log / "request.ndjson", reader.registry.save

    def slowly(rows: Iterable[Row]) -> None:
        save(rows)
        monkeypatch.undo()
        path.write_bytes(b"new-1\nnew-2\n")

    append(path, "old-1")
    monkeypatch.setattr(reader.registry, "save", slowly)
    lines = reader.run() | reader.run()
    assert texts(lines) == ["new-1", "new-2"]
    assert {name[:25] for name in lines} == {identity(b"new-1")}


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
    assert reader.run() == {}
    assert reader.open_files() == 1  # whoever has it open may still write to it
    assert reader.later() == {}
    assert reader.open_files() == 0


def test_half_a_line_is_taken_when_its_file_is_gone(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    path.write_bytes(b"whole\nhal")
    reader.run()
    path.unlink()
    assert reader.run() == {}
    assert next(iter(reader.later().values())) == b"hal"
    assert reader.later() == {}
    assert reader.open_files() == 0


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
        append(next(log.iterdir()), "more")
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
    reader.tail.close()
    reader.tail = Tail(home, "production", reader.registry, SETTINGS)
    assert only() == Source(first.id, "logs-card.archive-production", "log/archive.ndjson")


def test_more_files_than_may_be_open_are_all_read(home: Path, log: Path) -> None:
    reader = Reader(home, FEW)
    for number in range(11):
        append(log / f"f{number}.ndjson", f"one {number}")
    seen: list[str] = []
    for _ in range(12):
        seen += texts(reader.run())
        assert reader.open_files() <= FEW.open_files
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
    append(log / "late.ndjson", "late")
    for _ in range(3):
        reader.run()
    assert reader.open_files() == 1
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


def test_a_file_rotated_between_two_looks_is_met_under_its_new_name(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    for number in range(5):
        append(path, f"a{number}")
        for old in range(number, 0, -1):
            (log / f"request.ndjson.{old}").rename(log / f"request.ndjson.{old + 1}")
        path.rename(log / "request.ndjson.1")
    assert texts(reader.run()) == [f"a{number}" for number in range(5)]


@pytest.mark.parametrize("dead", [False, True])
def test_a_file_renamed_to_what_no_source_is_called_is_read_on(reader: Reader, log: Path, dead: bool) -> None:
    append(log / "request.ndjson", "a1")
    reader.run()
    if dead:
        reader.stop()
    append(log / "request.ndjson", "a2")
    (log / "request.ndjson").rename(log / "backup of monday")
    append(log / "other name", "nobody asked for this")
    if dead:
        reader.start()
    assert texts(reader.run()) == ["a2"]
    append(log / "backup of monday", "a3")
    assert texts(reader.run()) == ["a3"]


def test_sources_are_what_the_setting_says(home: Path, log: Path) -> None:
    for name in ("a", "b"):
        (home / "apps" / name).mkdir(parents=True)
        append(home / "apps" / name / "web.log", f"line of {name}")
        append(home / "apps" / name / "web.log.1", f"rotated line of {name}")
        append(home / "apps" / name / "web.txt", "no source")
    append(log / "request.ndjson", "no source either")
    reader = Reader(home, SETTINGS.model_copy(update={"sources": f"traces={home}/apps/*/*.log"}))
    lines = reader.run()
    assert texts(lines) == ["line of a", "line of b", "rotated line of a", "rotated line of b"]
    assert {piece.source.stream for piece in reader.pieces} == {"traces-card.web-test"}
    assert {piece.source.path for piece in reader.pieces} >= {"apps/a/web.log", "apps/b/web.log.1"}
    (home / "apps" / "c").mkdir()
    append(home / "apps" / "c" / "web.log", "late")
    assert texts(reader.run()) == ["late"]
    reader.stop()


def test_a_setting_that_names_no_sources_is_refused() -> None:
    with pytest.raises(ValidationError, match="write TYPE=GLOB"):
        ShipperSettings(sources="log/*.ndjson")


def test_checkpoints_of_a_file_that_was_written_anew_still_move(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    append(path, "old-1", "old-2")
    reader.tail.look()
    _, ends = reader.read()
    path.write_bytes(b"new-1\n")
    for _ in range(3):
        reader.tail.look()
        reader.read()
    reader.tail.checkpoint(ends)
    (name,) = ends
    row = reader.registry.get(name)
    assert row
    assert (row.checkpoint, row.acknowledged) == (12, 2)


def test_lines_are_counted_per_file_in_the_registry(reader: Reader, log: Path) -> None:
    append(log / "request.ndjson", "a", "b")
    reader.run()
    append(log / "request.ndjson", "c")
    reader.tail.look()
    (harvester,) = reader.tail.harvesters()
    reader.read()
    reader.tail.checkpoint({harvester.source.id: Settled(6, 0, 1)})
    row = reader.registry.get(harvester.source.id)
    assert row
    assert (row.checkpoint, row.acknowledged, row.quarantined) == (6, 2, 1)


def test_settled_files_are_not_opened_at_a_start(reader: Reader, log: Path) -> None:
    for number in range(20):
        append(log / f"f{number}.ndjson", f"one {number}")
    assert len(reader.run()) == 20
    reader.restart()
    assert reader.run() == {}
    assert reader.open_files() == 0
    append(log / "f7.ndjson", "more")
    assert texts(reader.later(1)) == ["more"]
    assert reader.open_files() == 1


def test_empty_files_wait_and_are_told_apart(reader: Reader, log: Path) -> None:
    for name in ("a.ndjson", "b.ndjson", "c.ndjson"):
        (log / name).touch()
    assert reader.run() == {}
    append(log / "b.ndjson", "same")
    append(log / "a.ndjson", "same")
    lines = reader.run()
    assert texts(lines) == ["same", "same"]
    reader.restart()
    append(log / "c.ndjson", "same")
    assert not lines.keys() & reader.run().keys()

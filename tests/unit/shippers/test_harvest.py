"""What is handed out of a file: half lines, last lines, lines that an earlier run may have sent."""

import sqlite3
from pathlib import Path

import pytest

from shippers.batch import Batch
from shippers.files.check import Fault
from tests.reader import SETTINGS, Reader, append, texts


def test_half_a_line_waits_for_its_end_up_to_an_age(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    path.write_bytes(b"whole\nhal")
    assert texts(reader.run()) == ["whole"]
    assert reader.later(290) == {}
    with path.open("ab") as file:
        file.write(b"f")
    assert reader.later(290) == {}
    assert texts(reader.later(301)) == ["half"]
    append(path, " and the rest", "next")
    assert texts(reader.run()) == [" and the rest", "next"]
    reader.restart()
    assert reader.run() == {}


@pytest.mark.parametrize("dead", [False, True])
def test_the_last_line_of_a_rotated_file_needs_no_line_feed(reader: Reader, log: Path, dead: bool) -> None:
    path = log / "request.ndjson"
    path.write_bytes(b"first\nlast")
    reader.run()
    if dead:
        reader.stop()
    path.rename(log / "request.ndjson.1")
    append(path, "next")
    if dead:
        reader.start()
    assert texts(reader.run()) == ["next"]
    lines = reader.later()
    assert texts(lines) == ["last"]
    assert reader.pieces[-1].end == 10
    assert next(iter(lines)).endswith(f"{6:010x}")
    reader.restart()
    assert reader.later() == {}


def test_a_file_of_half_a_line_is_shipped_when_it_is_rotated_or_old(reader: Reader, log: Path) -> None:
    (log / "request.ndjson.1").write_bytes(b"rotated")
    (log / "service.ndjson").write_bytes(b"old")
    assert reader.run() == {}
    assert texts(reader.later() | reader.later()) == ["rotated"]
    assert texts(reader.later(300) | reader.later(300)) == ["old"]


def test_a_long_last_line_is_told_with_its_exact_range(reader: Reader, log: Path) -> None:
    (log / "request.ndjson.1").write_bytes(b"first\n" + b"x" * 3000)
    reader.run()
    reader.later()
    assert reader.pieces[-1].skipped == (6, 3006)
    assert reader.pieces[-1].end == 3006


def test_the_range_of_an_unfit_last_line_ends_with_its_file(reader: Reader, log: Path) -> None:
    (log / "request.ndjson.1").write_bytes(b"unfit\nlast")
    reader.run()
    reader.later()
    batch = Batch(10, 1000, 64)
    for piece in reader.pieces:
        batch.add(piece)
    ranges = [(each.start, each.end, each.fault) for each in batch.unfit]
    assert ranges == [(0, 6, Fault.NOT_AN_OBJECT), (6, 10, Fault.NOT_AN_OBJECT)]


def test_lines_that_a_killed_run_may_have_sent_are_uncertain_and_others_are_not(
    reader: Reader, log: Path
) -> None:
    path = log / "request.ndjson"
    append(path, "a1")
    reader.run()
    append(path, "a2", "a3")
    reader.tail.look()
    reader.read()
    reader.kill()
    reader.start()
    reader.tail.look()
    append(path, "a4")
    reader.pieces.clear()
    reader.read()
    assert [(each.lines, each.uncertain) for each in reader.pieces] == [
        ([b"a2", b"a3"], True),
        ([b"a4"], False),
    ]


def test_after_a_clean_end_nothing_is_uncertain(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    append(path, "a1")
    reader.run()
    reader.stop()
    append(path, "a2")
    reader.start()
    reader.pieces.clear()
    assert texts(reader.run()) == ["a2"]
    assert not reader.pieces[0].uncertain


def test_how_far_is_sent_is_on_the_disk_before_and_in_few_writes(home: Path, log: Path) -> None:
    settings = SETTINGS.model_copy(update={"ahead_bytes": 4096, "read_bytes": 1024})
    append(log / "service.ndjson", "a file that the registry knows: it was not lost")
    first = Reader(home, settings)
    first.tail.look()
    first.stop()
    reader = Reader(home, settings)
    append(log / "request.ndjson", *[f"line {number}" for number in range(2000)])
    reader.tail.look()
    (harvester,) = (each for each in reader.tail.harvesters() if "request" in each.source.path)
    writes = 0
    sent = reader.registry.get(harvester.source.id).sent  # type: ignore[union-attr]
    while piece := harvester.read(1024, 64):
        row = reader.registry.get(harvester.source.id)
        assert row
        assert row.sent >= piece.end
        writes += row.sent != sent
        sent = row.sent
    assert 3 <= writes <= 5
    reader.stop()


def test_nothing_is_handed_out_while_the_disk_takes_no_note_of_it(home: Path, log: Path) -> None:
    reader = Reader(home, SETTINGS.model_copy(update={"ahead_bytes": 1024}))
    append(log / "request.ndjson", *[f"line {number}" for number in range(500)])
    reader.tail.look()
    (harvester,) = reader.tail.harvesters()
    reader.registry._database.execute("PRAGMA query_only = ON")
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError):
            harvester.read(1024 * 1024, 64)
    reader.registry._database.execute("PRAGMA query_only = OFF")
    assert len(reader.run()) == 500
    reader.stop()


def test_where_the_registry_knew_no_file_all_of_each_is_uncertain(home: Path, log: Path) -> None:
    """It may have been lost; what is written from then on was sent by nobody before."""
    append(log / "request.ndjson", *[f"line {number}" for number in range(200)])
    reader = Reader(home, SETTINGS.model_copy(update={"ahead_bytes": 1024}))
    reader.tail.look()
    (harvester,) = reader.tail.harvesters()
    size_bytes = (log / "request.ndjson").stat().st_size
    row = reader.registry.get(harvester.source.id)
    assert row
    assert row.sent == size_bytes
    append(log / "request.ndjson", "new")
    pieces = []
    while piece := harvester.read(1024, 64):
        pieces.append((piece.uncertain, piece.end))
    assert max(end for uncertain, end in pieces if uncertain) == size_bytes
    assert [end - size_bytes for uncertain, end in pieces if not uncertain] == [4]
    reader.stop()

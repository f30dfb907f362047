"""Rotated files that are compressed: read on, resumed, waited for, told of when damaged."""

import gzip
import logging
import os
from pathlib import Path

import pytest

from shippers.files.gzipped import Gzipped
from tests.reader import SETTINGS, Reader, append, texts

LINES = [f"line {number}" for number in range(200)]


def pack(path: Path) -> Path:
    target = Path(f"{path}.gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return target


def test_its_content_is_read_from_anywhere_in_bounded_pieces(tmp_path: Path) -> None:
    text = os.urandom(300_000) + bytes(3_000_000)
    (tmp_path / "x.gz").write_bytes(gzip.compress(text[:500]) + gzip.compress(text[500:]) + bytes(512))
    content = Gzipped(os.open(tmp_path / "x.gz", os.O_RDONLY))
    assert b"".join(content.read(1000, offset) for offset in range(0, len(text), 1000)) == text
    assert content.read(10, 299_995) == text[299_995:300_005]
    assert content.read(10, len(text) - 5) == text[-5:]
    content.read(1, len(text))
    assert content.ended
    assert content.size() == len(text)
    assert len(content._buffer) < 200_000
    content.close()


@pytest.mark.parametrize("dead", [False, True])
def test_a_rotated_file_that_is_compressed_is_read_on_under_the_same_ids(
    reader: Reader, log: Path, dead: bool
) -> None:
    path = log / "request.ndjson"
    append(path, *LINES[:50])
    lines = reader.run()
    if dead:
        reader.stop()
    append(path, *LINES[50:])
    path.rename(log / "request.ndjson.1")
    pack(log / "request.ndjson.1")
    if dead:
        reader.start()
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == sorted(LINES)
    assert len({name[:25] for name in lines}) == 1
    reader.restart()
    assert reader.later() == {}


def test_a_compressed_file_is_read_from_the_start_and_resumed_at_the_offset(home: Path, log: Path) -> None:
    append(log / "request.ndjson.1", *LINES)
    pack(log / "request.ndjson.1").rename(log / "request-20261123.ndjson.gz")
    reader = Reader(home, SETTINGS.model_copy(update={"read_bytes": 1024}))
    reader.tail.look()
    (harvester,) = reader.tail.harvesters()
    piece = harvester.read(1, 64)
    assert piece
    reader.tail.checkpoint({piece.source.id: reader.settled(piece)})
    assert 0 < len(piece.lines) < len(LINES)
    reader.restart()
    rest = reader.run()
    assert texts(rest) == sorted(LINES[len(piece.lines) :])
    assert min(rest) == piece.source.document_id(piece.end)
    reader.stop()


def test_one_that_is_still_written_waits(reader: Reader, log: Path) -> None:
    append(log / "request.ndjson", *LINES)
    first = reader.run()
    (log / "request.ndjson").rename(log / "request.ndjson.1")
    packed = gzip.compress((log / "request.ndjson.1").read_bytes())
    target = log / "request.ndjson.1.gz"
    for end in (0, 5, len(packed) // 2, len(packed)):
        target.write_bytes(packed[:end])
        assert reader.later(1) == {}
    (log / "request.ndjson.1").unlink()
    assert reader.later() == {}
    assert reader.later() == {}
    reader.restart()
    assert reader.later() == {}
    assert len(first) == len(LINES)


@pytest.mark.parametrize("how", ["cut", "flipped"])
def test_a_damaged_one_is_told_once_with_what_is_lost(
    reader: Reader, log: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    lines = [os.urandom(20).hex() for _ in range(5000)]
    append(log / "request.ndjson.1", *lines)
    target = pack(log / "request.ndjson.1")
    packed = bytearray(target.read_bytes())
    middle = len(packed) // 2
    if how == "cut":
        del packed[middle:]
    else:
        packed[middle : middle + 50] = bytes(50)
    target.write_bytes(packed)
    shipped = {}
    for _ in range(6):
        shipped |= reader.later(200)
    assert set(lines[:1000]) <= set(texts(shipped))
    assert len(shipped) < len(lines)
    events = [each for each in caplog.records if getattr(each, "event.action", "") == "file_damaged"]
    assert [each.levelno for each in events] == [logging.WARNING]
    assert how == "cut" or getattr(events[0], "card.file.lost_bytes") > 1000
    reader.restart()
    assert reader.later(200) | reader.later(200) == {}
    assert len([each for each in caplog.records if getattr(each, "event.action", "") == "file_damaged"]) == 1


def test_a_compressed_file_beside_another_of_its_name_is_its_own(reader: Reader, log: Path) -> None:
    append(log / "request.ndjson.1", "old-1", "old-2")
    pack(log / "request.ndjson.1")
    append(log / "request.ndjson.1", "new-1", "new-2")
    assert texts(reader.run() | reader.run()) == ["new-1", "new-2", "old-1", "old-2"]

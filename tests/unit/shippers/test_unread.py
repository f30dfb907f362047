"""Files that went before there was room to open them."""

import gzip
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shippers.registry import rows
from tests.reader import SETTINGS, Reader, append, compress, texts

Loss = tuple[str, int]


@pytest.fixture
def full(home: Path, log: Path) -> Iterator[Reader]:
    """A reader that may open one file, and has: nothing of it is read for now."""
    append(log / "busy.ndjson", "busy 1", "busy 2")
    reader = Reader(home, SETTINGS.model_copy(update={"open_files": 1}))
    reader.tail.look()
    yield reader
    reader.stop()


def told(caplog: pytest.LogCaptureFixture) -> list[Loss]:
    events = [vars(each) for each in caplog.records if getattr(each, "event.action", "") == "file_gone"]
    return [(each["card.file.path"], each["card.file.lost_bytes"]) for each in events]


def lost(reader: Reader) -> list[Loss]:
    return sorted(
        (row.path, row.lost_bytes) for row in rows(reader.home / "registry.sqlite") if row.lost_bytes
    )


def look(reader: Reader) -> None:
    """Long enough after the last look for sizes to be asked for."""
    reader.now_s += 2
    reader.tail.look()


def down(reader: Reader, change: Callable[[], object], how: str) -> None:
    """Makes a change while the shipper runs, was stopped, or was killed."""
    if how != "runs":
        {"stopped": reader.stop, "killed": reader.kill}[how]()
    change()
    if how != "runs":
        reader.start()
        for _ in range(2):
            reader.tail.look()  # the files' places may be in another order
    look(reader)


@pytest.mark.parametrize("how", ["runs", "stopped", "killed"])
def test_a_file_that_went_unopened_is_told_and_counted_with_its_bytes(
    full: Reader, log: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    append(log / "request.ndjson.1", "one", "two", "three")
    append(log / "request.ndjson.2", "four")
    look(full)
    append(log / "request.ndjson.1", "more")
    append(log / "service.ndjson", "lists the folder anew")
    look(full)
    down(full, (log / "request.ndjson.1").unlink, how)
    look(full)
    expected = [("log/request.ndjson.1", 19)]
    assert (told(caplog), lost(full)) == (expected, expected)
    assert full.tail.losses.bytes == {"gone": 19}
    full.restart()
    lines = [line for _ in range(9) for line in texts(full.later())]
    assert sorted(lines) == ["busy 1", "busy 2", "four", "lists the folder anew"]
    assert (told(caplog), lost(full)) == (expected, expected)


def replace(path: Path) -> None:
    compress(path, Path(f"{path}.gz"))
    path.unlink()


def replace_and_rename(path: Path) -> None:
    replace(path)
    Path(f"{path}.gz").rename(path.with_name("request.ndjson.7.gz"))


def decompress(path: Path) -> None:
    path.with_suffix(".2").write_bytes(gzip.decompress(path.with_suffix(".2.gz").read_bytes()))
    path.with_suffix(".2.gz").unlink()


def copy_and_cut(path: Path) -> None:
    base = path.with_suffix("")
    shutil.copyfile(base, f"{base}.3")
    os.truncate(base, 0)


@pytest.mark.parametrize("how", ["runs", "stopped", "killed"])
@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.rename(path.with_suffix(".9")),
        replace,
        replace_and_rename,
        decompress,
        copy_and_cut,
    ],
)
def test_what_is_read_later_under_another_name_is_not_lost(
    full: Reader,
    log: Path,
    caplog: pytest.LogCaptureFixture,
    how: str,
    change: Callable[[Path], object],
) -> None:
    append(log / "request.ndjson.1", "one", "two")
    (log / "request.ndjson.2.gz").write_bytes(gzip.compress(b"three\nfour\n"))
    append(log / "request.ndjson", "five", "six")
    look(full)
    down(full, lambda: change(log / "request.ndjson.1"), how)
    lines = [line for _ in range(9) for line in texts(full.later())]
    assert sorted(lines) == sorted(["busy 1", "busy 2", "one", "two", "three", "four", "five", "six"])
    assert (told(caplog), lost(full)) == ([], [])


def test_a_file_that_grew_and_was_renamed_and_compressed_within_a_look_is_not_lost(
    full: Reader, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, packed = log / "request.ndjson", log / "request-20261123.ndjson.gz"
    append(path, "first")
    look(full)
    append(path, "second")
    os.utime(path, ns=(0, time.time_ns() + 10**9))
    compress(path, packed)
    path.unlink()
    look(full)
    full.restart()
    lines = [line for _ in range(9) for line in texts(full.later())]
    assert sorted(lines) == ["busy 1", "busy 2", "first", "second"]
    assert (told(caplog), lost(full)) == ([], [])


def test_a_file_that_is_cut_short_unopened_without_a_copy_is_lost(
    full: Reader, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    append(log / "request.ndjson", "one", "two")
    look(full)
    os.truncate(log / "request.ndjson", 0)
    append(log / "service.ndjson", "lists the folder anew")
    look(full)
    look(full)
    assert told(caplog) == lost(full) == [("log/request.ndjson", 8)]


def test_a_rotated_file_whose_place_is_used_again_is_lost(
    full: Reader, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk may give the place of the oldest file, which was deleted, to the one that begins."""
    append(log / "request.ndjson.5", "one", "two")
    look(full)
    (log / "request.ndjson.5").rename(log / "request.ndjson")
    (log / "request.ndjson").write_bytes(b"another one, longer\n")
    look(full)
    look(full)
    assert told(caplog) == lost(full) == [("log/request.ndjson.5", 8)]


def test_the_bound_on_the_disk_holds_for_files_for_which_there_is_no_room(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = SETTINGS.model_copy(update={"open_files": 1, "disk_bytes": 40})
    reader = Reader(home, settings)
    append(log / "busy.ndjson", "busy 1")
    reader.tail.look()
    for number in range(1, 6):
        append(log / f"request.ndjson.{number}", f"line {number} of 19 bytes")
        os.utime(log / f"request.ndjson.{number}", (time.time() - number,) * 2)
    for _ in range(3):
        look(reader)
    reader.now_s += 10
    for _ in range(3):
        look(reader)
    assert sorted(path.name for path in log.iterdir()) == ["busy.ndjson", "request.ndjson.1"]
    assert lost(reader) == [(f"log/request.ndjson.{number}", 19) for number in range(2, 6)]
    assert reader.tail.losses.bytes == {"bound": 76}
    assert told(caplog) == []
    reader.stop()

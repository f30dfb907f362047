"""Where the lines of files lie: the folders of the sources, and what in them is a source."""

import gzip
from pathlib import Path

import pytest

from shippers.files.fingerprint import digest, identity
from shippers.originals import Original, listed, locate
from shippers.registry import Row


def write(path: Path, content: bytes = b"{}\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_sources_are_listed_wherever_they_lie_and_other_names_are_told_apart(
    home: Path, tmp_path: Path
) -> None:
    write(home / "log" / "request.ndjson")
    write(home / "log" / "request.ndjson.1")
    write(home / "log" / "notes.txt")
    write(home / "log" / "request.ndjson.2.gz", gzip.compress(b"{}\n"))
    write(home / "quarantine" / "not_json.ndjson")
    write(tmp_path / "elsewhere" / "a" / "door.ndjson")
    sources = f"logs=log/*.ndjson,logs={tmp_path}/elsewhere/*/*.ndjson"
    found = {each.path.name: each for each in listed(home, sources)}
    assert found.keys() == {
        "request.ndjson", "request.ndjson.1", "request.ndjson.2.gz", "notes.txt", "door.ndjson",
    }  # fmt: skip
    assert {name for name, each in found.items() if each.is_source} == {
        "request.ndjson", "request.ndjson.1", "door.ndjson",
    }  # fmt: skip
    assert not [name for name, each in found.items() if each.ignored]
    assert [name for name, each in found.items() if each.packed] == ["request.ndjson.2.gz"]


def test_names_that_give_no_data_stream_are_told_apart_from_sources(home: Path) -> None:
    names = ("Capital.ndjson", "with space.ndjson", "Capital.ndjson.1.gz", "request.ndjson", "notes.txt")
    for name in names:
        write(home / "log" / name)
    found = listed(home, "logs=log/*.ndjson")
    assert {each.path.name for each in found if each.ignored} == set(names[:3])
    assert {each.path.name for each in found if each.is_source} == {"request.ndjson"}


FIRST, LINES = b'{"n":1}', b'{"n":1}\n{"n":2}\n'


def found_by_content(home: Path) -> Original | None:
    row = Row(
        identity(FIRST), None, len(LINES), digest(LINES), len(LINES), "logs-card.x-test", "log/x.ndjson"
    )
    return locate([row], listed(home, "logs=log/*.ndjson"), 64, 10).get(row.id)


@pytest.mark.parametrize("name", ["x.ndjson.1", "x.ndjson.1.gz"])
def test_a_compressed_file_is_recognised_by_its_content_whatever_its_name(home: Path, name: str) -> None:
    write(home / "log" / "x.ndjson", b'{"n":3}\n')
    members = gzip.compress(LINES[:5]) + gzip.compress(LINES[5:])
    write(home / "log" / name, members)
    found = found_by_content(home)
    assert found is not None
    assert (found.path.name, found.packed) == (name, True)
    with found.opened() as file:
        assert file.read() == LINES


@pytest.mark.parametrize(("end", "is_enough"), [(0, False), (2, False), (15, False), (-8, True)])
def test_of_a_compressed_file_that_ends_too_early_counts_what_can_be_read(
    home: Path, end: int, is_enough: bool
) -> None:
    write(home / "log" / "x.ndjson.1.gz", gzip.compress(LINES)[:end])
    assert (found_by_content(home) is not None) == is_enough


def test_a_damaged_compressed_file_is_not_recognised(home: Path) -> None:
    write(home / "log" / "x.ndjson.1.gz", gzip.compress(LINES)[:10] + b"no deflate stream")
    assert found_by_content(home) is None

"""Where the lines of files lie: the folders of the sources, and what in them is a source."""

import gzip
from pathlib import Path

from shippers.originals import listed


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

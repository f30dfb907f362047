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
    assert [name for name, each in found.items() if each.packed] == ["request.ndjson.2.gz"]

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shippers.errors import HomeInUse, RegistryDamaged, RegistryTooNew
from shippers.files.find import Place
from shippers.files.fingerprint import identity
from shippers.registry import Registry, Row, Unmet, copies, rows

PLACE = Place(2**63 + 1, 2**64 - 1)
HEADER = b'{"header":1}'
ROW = Row("id-1", PLACE, 10, b"d" * 16, 4096, "logs-card.request-test", "log/request.ndjson")


def test_rows_survive_and_are_found_by_identity_and_place(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry.sqlite")
    registry.save([ROW])
    registry.close()
    registry = Registry(tmp_path / "registry.sqlite")
    assert registry.get("id-1") == registry.at(PLACE) == ROW
    assert registry.get("id-2") is None
    assert registry.at(Place(1, 1)) is None
    registry.close()


def test_a_new_file_at_a_place_takes_it_from_the_old_one(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry.sqlite")
    registry.save([ROW])
    newer = Row("id-2", PLACE, 10, b"e" * 16, 0, ROW.stream, ROW.path)
    registry.save([newer])
    for again in (registry, None):
        if again is None:
            registry.close()
            again = Registry(tmp_path / "registry.sqlite")
        assert again.at(PLACE) == newer
        old = again.get("id-1")
        assert old
        assert (old.place, old.checkpoint) == (None, 4096)
    again.close()


def test_two_files_may_swap_their_places(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry.sqlite")
    here, there = Place(1, 1), Place(1, 2)
    one = Row("one", here, 0, b"", 0, "s", "p")
    two = Row("two", there, 0, b"", 0, "s", "p")
    registry.save([one, two])
    registry.save([Row("one", there, 0, b"", 5, "s", "p"), Row("two", here, 0, b"", 6, "s", "p")])
    assert [row and row.id for row in (registry.at(here), registry.at(there))] == ["two", "one"]
    registry.close()


def test_it_writes_ahead_and_waits_for_the_disk(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry.sqlite")
    pragma = registry._database.execute
    assert pragma("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert pragma("PRAGMA synchronous").fetchone()[0] == 2
    registry.close()


def test_a_second_shipper_on_one_home_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    registry = Registry(path)
    program = (
        f"from pathlib import Path; from shippers.registry import Registry; Registry(Path({str(path)!r}))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "HomeInUse" in other.stderr
    with pytest.raises(HomeInUse, match="Another shipper"):
        Registry(path)
    registry.close()
    Registry(path).close()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(RegistryTooNew, match="schema 99"):
        Registry(path)
    with pytest.raises(RegistryTooNew):  # and the lock was given back
        Registry(path)


def test_a_damaged_registry_is_told_apart_from_a_bug(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    path.write_bytes(b"this is no database, but long enough to look at" * 100)
    with pytest.raises(RegistryDamaged, match="Move it away"):
        Registry(path)


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry.sqlite")
    registry.save([ROW])
    registry._database.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.OperationalError):
        registry.save([Row("id-1", PLACE, 10, b"d" * 16, 9999, "s", "p")])
    registry._database.execute("PRAGMA query_only = OFF")
    assert registry.get("id-1") == ROW
    registry.save([Row("id-1", PLACE, 10, b"d" * 16, 9999, "s", "p")])
    registry.close()


SCHEMA_1 = """
CREATE TABLE files (
    id TEXT PRIMARY KEY, place TEXT, head_bytes INTEGER NOT NULL, head_digest BLOB NOT NULL,
    checkpoint INTEGER NOT NULL, stream TEXT NOT NULL, path TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO files VALUES ('id-1', '9223372036854775809:18446744073709551615', 10, x'64', 4096, 's', 'p');
PRAGMA user_version = 1;
"""


def test_a_registry_of_the_first_schema_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA_1)
    assert [(row.id, row.place, row.checkpoint) for row in rows(path)] == [("id-1", PLACE, 4096)]
    registry = Registry(path)
    row = registry.at(PLACE)
    assert row
    assert (row.checkpoint, row.size_bytes, row.acknowledged, row.missing_bytes) == (4096, 4096, 0, 0)
    assert row.sent > row.checkpoint  # it may have been sent: nobody wrote it down
    registry.save([replace(row, checkpoint=5000, acknowledged=7)])
    registry.close()
    assert [(row.checkpoint, row.acknowledged) for row in rows(path)] == [(5000, 7)]


TO_SCHEMA_3 = """
ALTER TABLE files DROP COLUMN family;
ALTER TABLE files DROP COLUMN number;
DROP TABLE numbers;
ALTER TABLE unmet DROP COLUMN path;
ALTER TABLE unmet DROP COLUMN size_bytes;
ALTER TABLE unmet DROP COLUMN changed_ns;
PRAGMA user_version = 3;
"""


def of_header(number: int, **changed: Any) -> Row:
    row = replace(ROW, id=identity(HEADER, number), place=Place(1, number), **changed)
    return replace(row, family=identity(HEADER), number=number)


def test_a_registry_of_the_third_schema_goes_on_and_finds_out_what_begins_alike(tmp_path: Path) -> None:
    path, header = tmp_path / "registry.sqlite", [of_header(number) for number in range(5)]
    registry = Registry(path)
    registry.save([ROW, *header])
    registry.keep_unmet({Place(9, 9): Unmet(7.0, is_copy=True)})
    registry.close()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(TO_SCHEMA_3)
    assert {row.family for row in rows(path)} == {""}
    registry = Registry(path)
    assert registry.unmet == {Place(9, 9): Unmet(7.0, is_copy=True)}
    assert registry.family(identity(HEADER)) == []
    assert registry.free_number(HEADER, {5}) == 6  # whoever begins alike: no number is given twice
    registry.sort_in(HEADER, 1000)
    for again in (False, True):
        if again:
            registry.close()
            registry = Registry(path)
        assert sorted(registry.family(identity(HEADER)), key=lambda row: row.number) == header
        assert registry.get("id-1") == ROW
    registry.close()


def test_a_number_is_not_given_again_when_its_row_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    registry = Registry(path)
    assert registry.free_number(HEADER, set()) == 0
    registry.save(of_header(number) for number in range(4))
    assert registry.free_number(HEADER, {4, 5}) == 6
    registry.forget([identity(HEADER, 3), identity(HEADER, 0)])
    registry.forget([identity(HEADER, 1)])
    for _ in range(2):
        assert registry.free_number(HEADER, set()) == 4
        registry.close()
        registry = Registry(path)
    registry.forget([identity(HEADER, 2)])
    assert registry.family(identity(HEADER)) == []
    assert registry.free_number(HEADER, {4}) == 5
    registry.close()


@pytest.mark.parametrize(("files", "left"), [(1, []), (2, [2])])
def test_of_a_first_line_with_a_time_a_number_is_kept_only_where_several_began_with_it(
    tmp_path: Path, files: int, left: list[int]
) -> None:
    path, line = tmp_path / "registry.sqlite", b'{"@timestamp":"2026-11-23T03:12:45Z"}'
    registry = Registry(path)
    ids = [identity(line, number) for number in range(files)]
    registry.save(
        replace(ROW, id=each, place=None, family=ids[0], number=number) for number, each in enumerate(ids)
    )
    for each in ids:
        registry.forget([each])
    registry.close()
    with closing(sqlite3.connect(path)) as database:
        assert [each[0] for each in database.execute("SELECT next FROM numbers")] == left


def test_a_registry_of_the_second_schema_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    registry = Registry(path)
    registry.save([ROW])
    registry.close()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            f"{TO_SCHEMA_3} ALTER TABLE files DROP COLUMN prefixes; DROP TABLE unmet;PRAGMA user_version = 2;"
        )
    assert rows(path) == [ROW]
    registry = Registry(path)
    assert registry.at(PLACE) == ROW
    assert registry.unmet == {}
    registry.close()


def test_files_without_a_row_are_noted_by_place(tmp_path: Path) -> None:
    path, other = tmp_path / "registry.sqlite", Place(1, 2)
    registry = Registry(path, lambda: 50.0)
    registry.keep_unmet({PLACE: Unmet(7.0, is_copy=False), other: Unmet(8.0, is_copy=True)})
    registry.keep_unmet({other: Unmet(8.0, is_copy=True)})
    registry.save([ROW])
    registry.save([replace(ROW, place=Place(3, 4))])
    registry.close()
    registry = Registry(path)
    assert registry.unmet == {other: Unmet(8.0, is_copy=True), PLACE: Unmet(50.0, is_copy=False)}
    registry.close()


def test_rows_are_read_beside_a_shipper_at_work(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    registry = Registry(path)
    registry.save([ROW, replace(ROW, id="id-2", place=None, gone_s=5.5)])
    assert {row.id: row.gone_s for row in rows(path)} == {"id-1": 0.0, "id-2": 5.5}
    registry.close()


def test_rows_of_no_registry_or_a_newer_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with pytest.raises(FileNotFoundError, match="no registry"):
        rows(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(RegistryTooNew):
        rows(path)


def test_rows_are_forgotten_and_their_places_free(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    registry = Registry(path)
    registry.save([ROW])
    registry.forget(["id-1", "id-9"])
    assert registry.get("id-1") is registry.at(PLACE) is None
    registry.close()
    assert rows(path) == []


def test_copies_are_noted_by_place(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    registry = Registry(path)
    registry.keep_copy(PLACE, "id-1")
    registry.close()
    registry = Registry(path)
    assert registry.copy_at(PLACE) == "id-1"
    registry.keep_copy(PLACE, None)
    registry.close()
    registry = Registry(path)
    assert registry.copy_at(PLACE) is None
    registry.close()


def test_only_the_owner_and_its_group_read_it(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        registry = Registry(tmp_path / "registry.sqlite")
        registry.save([ROW])
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("registry.sqlite*")}
        registry.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("registry.sqlite", "registry.sqlite-wal", "registry.sqlite-shm"), 0o640)


def test_copies_are_read_without_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with pytest.raises(FileNotFoundError):
        copies(path)
    registry = Registry(path)
    assert copies(path) == {}
    registry.keep_copy(PLACE, "id-1")
    assert copies(path) == {PLACE: "id-1"}
    registry.close()
    before = sorted(tmp_path.iterdir())
    assert (copies(path), rows(path)) == ({PLACE: "id-1"}, [])
    assert sorted(tmp_path.iterdir()) == before
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 1")
    assert copies(path) == {}

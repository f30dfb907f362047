"""Checkpoints in SQLite: which file is who, and up to where the server has it.

One writer, told by a lock beside the file. Write-ahead log and synchronous FULL: what `save` returned for
survives a power cut.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from shippers.errors import HomeInUse, RegistryDamaged, RegistryTooNew
from shippers.files.find import Place

SCHEMA = 2
_CREATE = """
CREATE TABLE files (
    id          TEXT PRIMARY KEY,
    place       TEXT,
    head_bytes  INTEGER NOT NULL,
    head_digest BLOB NOT NULL,
    checkpoint  INTEGER NOT NULL,
    stream      TEXT NOT NULL,
    path        TEXT NOT NULL,
    size_bytes  INTEGER NOT NULL DEFAULT 0,
    changed_ns  INTEGER NOT NULL DEFAULT 0,
    sent        INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0,
    lost_bytes  INTEGER NOT NULL DEFAULT 0,
    seen_s      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID
"""
_COLUMNS = (
    "id, place, head_bytes, head_digest, checkpoint, stream, path, "
    "size_bytes, changed_ns, sent, acknowledged, quarantined, lost_bytes, seen_s"
)


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a file.

    Attributes:
        id: its identity.
        place: where it lay when it was last seen; None when another file lies there now.
        head_bytes: how many of its first bytes `head_digest` is of.
        checkpoint: up to here the server or the quarantine has everything.
        stream: its data stream.
        path: its last known path, for people.
    """

    id: str
    place: Place | None
    head_bytes: int
    head_digest: bytes
    checkpoint: int
    stream: str
    path: str
    size_bytes: int = 0
    changed_ns: int = 0
    sent: int = 0
    acknowledged: int = 0
    quarantined: int = 0
    lost_bytes: int = 0
    seen_s: int = 0


def rows(path: Path) -> list[Row]:
    """All rows, read without the lock: a shipper may be at work."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return list(_read(database))


class Registry:
    """The rows, all of them in memory too.

    Raises:
        HomeInUse: another shipper has it.
        RegistryTooNew: a newer version wrote it.
        RegistryDamaged: SQLite cannot read it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(path.with_suffix(".lock"))
        self._rows: dict[str, Row] = {}
        self._places: dict[Place, str] = {}
        try:
            self._database = _opened(path)
            for row in _read(self._database):
                self._remember(row)
        except sqlite3.DatabaseError as error:
            self._lock.close()
            raise RegistryDamaged(
                f"{path} cannot be read ({error}). Move it away: ids come from the files' content, "
                "so lines that the server has are told from new ones again."
            ) from error
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Lets go of the file and of the lock."""
        self._database.close()
        self._lock.close()

    def get(self, identity: str) -> Row | None:
        """The row of this identity."""
        return self._rows.get(identity)

    def at(self, place: Place) -> Row | None:
        """The row of the file that was last seen at this place."""
        identity = self._places.get(place)
        return self._rows[identity] if identity else None

    def save(self, rows: Iterable[Row]) -> None:
        """Writes these rows, all or none; a row that lay at the place of one of them loses its place.

        Raises:
            sqlite3.OperationalError: the disk does not take it; nothing has changed.
        """
        changed = {row.id: row for row in rows}
        taken = {row.place: row.id for row in changed.values() if row.place}
        for place, identity in taken.items():
            before = self.at(place)
            if before and before.id != identity:
                changed.setdefault(before.id, replace(before, place=None))
        with _transaction(self._database):
            self._database.executemany(
                f"INSERT OR REPLACE INTO files ({_COLUMNS}) VALUES ({', '.join('?' * 14)})",
                map(_values, changed.values()),
            )
        for row in changed.values():
            self._remember(row)

    def _remember(self, row: Row) -> None:
        old = self._rows.get(row.id)
        if old and old.place and self._places.get(old.place) == row.id:
            del self._places[old.place]
        self._rows[row.id] = row
        if row.place:
            self._places[row.place] = row.id


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. SQLite has rolled back by itself after some errors."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _locked(path: Path) -> BinaryIO:
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise HomeInUse(
            f"Another shipper works on {path.parent}: stop it or choose another home with --home."
        ) from error
    return lock


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            raise RegistryTooNew(
                f"{path} has schema {version}, this Cardwatch knows up to {SCHEMA}: use the newer Cardwatch."
            )
        if version == 0:
            with _transaction(database):
                database.execute(_CREATE)
                database.execute(f"PRAGMA user_version = {SCHEMA}")
    except BaseException:
        database.close()
        raise
    return database


def _read(database: sqlite3.Connection) -> Iterator[Row]:
    for identity, place, *rest in database.execute(f"SELECT {_COLUMNS} FROM files"):
        yield Row(identity, _place(place) if place else None, *rest)


def _values(row: Row) -> tuple[object, ...]:
    # As text: an inode number may not fit into SQLite's signed integers.
    place = f"{row.place.device}:{row.place.inode}" if row.place else None
    return (row.id, place, *(getattr(row, name) for name in _COLUMNS.split(", ")[2:]))


def _place(text: str) -> Place:
    device, inode = text.split(":")
    return Place(int(device), int(inode))

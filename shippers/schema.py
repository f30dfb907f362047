"""The tables of the registry, and what makes those of an older schema the present ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shippers.errors import RegistryTooNew

SCHEMA = 4
_CREATE = """
CREATE TABLE files (
    id           TEXT PRIMARY KEY,
    place        TEXT,
    head_bytes   INTEGER NOT NULL,
    head_digest  BLOB NOT NULL,
    checkpoint   INTEGER NOT NULL,
    stream       TEXT NOT NULL,
    path         TEXT NOT NULL,
    size_bytes   INTEGER NOT NULL DEFAULT 0,
    changed_ns   INTEGER NOT NULL DEFAULT 0,
    sent         INTEGER NOT NULL DEFAULT 0,
    tail_digest  BLOB NOT NULL DEFAULT x'',
    acknowledged INTEGER NOT NULL DEFAULT 0,
    quarantined  INTEGER NOT NULL DEFAULT 0,
    lost_bytes   INTEGER NOT NULL DEFAULT 0,
    gone_s       REAL NOT NULL DEFAULT 0,
    prefixes     BLOB NOT NULL DEFAULT x'',
    family       TEXT NOT NULL DEFAULT '',
    number       INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID
"""
_CREATE_COPIES = "CREATE TABLE copies (place TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID"
_CREATE_UNMET = """
CREATE TABLE unmet (
    place        TEXT PRIMARY KEY,
    since_s      REAL NOT NULL,
    is_copy      INTEGER NOT NULL,
    path         TEXT NOT NULL DEFAULT '',
    size_bytes   INTEGER NOT NULL DEFAULT 0,
    changed_ns   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID
"""
_CREATE_NUMBERS = "CREATE TABLE numbers (family TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID"
_ADD_FAMILIES = (
    "ALTER TABLE files ADD COLUMN family TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE files ADD COLUMN number INTEGER NOT NULL DEFAULT 0",
    _CREATE_NUMBERS,
)
_FROM_2 = ("ALTER TABLE files ADD COLUMN prefixes BLOB NOT NULL DEFAULT x''", _CREATE_UNMET, *_ADD_FAMILIES)
_FROM_3 = (
    "ALTER TABLE unmet ADD COLUMN path TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE unmet ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE unmet ADD COLUMN changed_ns INTEGER NOT NULL DEFAULT 0",
    *_ADD_FAMILIES,
)
_FIRST_SENT = 64 * 1024 * 1024
"""Schema 1 sent at most one batch beyond a checkpoint, far fewer bytes than this."""

_CHANGES: dict[int, tuple[str, ...]] = {
    0: (_CREATE, _CREATE_COPIES, _CREATE_UNMET, _CREATE_NUMBERS),
    1: (
        "ALTER TABLE files ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE files ADD COLUMN changed_ns INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE files ADD COLUMN sent INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE files ADD COLUMN tail_digest BLOB NOT NULL DEFAULT x''",
        "ALTER TABLE files ADD COLUMN acknowledged INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE files ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE files ADD COLUMN lost_bytes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE files ADD COLUMN gone_s REAL NOT NULL DEFAULT 0",
        _CREATE_COPIES,
        f"UPDATE files SET size_bytes = checkpoint, sent = checkpoint + {_FIRST_SENT}",
        *_FROM_2,
    ),
    2: _FROM_2,
    3: _FROM_3,
}
"""Schema -> what makes it the present one."""


def opened(path: Path) -> sqlite3.Connection:
    """Opens the registry to write to it, and brings it to the present schema.

    Raises:
        RegistryTooNew: a newer version wrote it.
        sqlite3.DatabaseError: SQLite cannot read it.
    """
    path.touch(0o640)  # SQLite would let everybody read it; its log gets the same mode
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        version = schema_of(database, path)
        if version < SCHEMA:
            with transaction(database):
                for statement in _CHANGES[version]:
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {SCHEMA}")
    except BaseException:
        database.close()
        raise
    return database


def read_only(path: Path) -> sqlite3.Connection:
    """Opens the registry to read it beside whoever writes.

    It makes no files: SQLite would leave an empty log behind where no shipper has one open.
    """
    is_open = path.with_name(f"{path.name}-wal").exists()
    return sqlite3.connect(f"{path.absolute().as_uri()}?{'mode=ro' if is_open else 'immutable=1'}", uri=True)


def schema_of(database: sqlite3.Connection, path: Path) -> int:
    """The schema that it has; 0 for one that is empty.

    Raises:
        RegistryTooNew: it is newer than what is known here.
    """
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA:
        raise RegistryTooNew(
            f"{path} has schema {version}, this Cardwatch knows up to {SCHEMA}: use the newer Cardwatch."
        )
    return version


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. SQLite has rolled back by itself after some errors."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise

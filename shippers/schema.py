"""The registry's tables, and how those of older versions become them (pure)."""

from __future__ import annotations

from collections.abc import Mapping

SCHEMA = 3
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
    prefixes     BLOB NOT NULL DEFAULT x''
) WITHOUT ROWID
"""
_CREATE_COPIES = "CREATE TABLE copies (place TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID"
_CREATE_UNMET = "CREATE TABLE unmet (place TEXT PRIMARY KEY, since_s REAL NOT NULL) WITHOUT ROWID"
_FROM_2 = ("ALTER TABLE files ADD COLUMN prefixes BLOB NOT NULL DEFAULT x''", _CREATE_UNMET)
_FIRST_SENT = 64 * 1024 * 1024
"""Schema 1 sent at most one batch beyond a checkpoint, far fewer bytes than this."""

CHANGES: Mapping[int, tuple[str, ...]] = {
    0: (_CREATE, _CREATE_COPIES, _CREATE_UNMET),
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
}
"""Schema -> what makes it the present one."""

"""Checkpoints in SQLite: which file is who, and up to where the server has it.

One writer, told by a lock beside the file. Write-ahead log and synchronous FULL: what `save` returned for
survives a power cut.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import closing
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import BinaryIO

from shippers.errors import HomeInUse, RegistryDamaged
from shippers.files.find import Place
from shippers.files.fingerprint import digest, prefixes
from shippers.schema import opened, read_only, schema_of, transaction


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
        size_bytes: its size when it was last seen; of a compressed file that of its content.
        changed_ns: when it was last written to, as last seen, nanoseconds since 1970.
        sent: up to here something may have been sent.
        tail_digest: of the last bytes before the checkpoint; empty when they are not known.
        acknowledged: lines that the server acknowledged.
        quarantined: lines that were put into quarantine, or counted by a full one.
        lost_bytes: bytes that were never read and are gone.
        gone_s: when it was found to be gone, seconds since 1970; 0 while it is there.
        prefixes: short digests of its beginnings that end with a line, up to what `head_digest` was ever of.
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
    tail_digest: bytes = b""
    acknowledged: int = 0
    quarantined: int = 0
    lost_bytes: int = 0
    gone_s: float = 0.0
    prefixes: bytes = b""

    @property
    def missing_bytes(self) -> int:
        """Bytes that were seen and are neither settled nor told as lost."""
        return max(self.size_bytes - self.checkpoint - self.lost_bytes, 0)

    def begins_as(self, first: bytes) -> bool:
        """Whether `first`, at least `head_bytes` bytes if there are so many, is the beginning of its file."""
        return digest(first[: self.head_bytes]) == self.head_digest

    def beginning(self, head: bytes, fingerprint_bytes: int) -> Row:
        """The same for a file of which `head` is the beginning by which it is told from others."""
        longer = max(self.prefixes, prefixes(head, fingerprint_bytes), key=len)
        return replace(self, head_bytes=len(head), head_digest=digest(head), prefixes=longer)


@dataclass(frozen=True, slots=True)
class Unmet:
    """A file that is there and has no row yet.

    Attributes:
        since_s: when it was first seen, or, of a copy, when its original was last seen; seconds since 1970.
        is_copy: it appeared while the file that is written to stayed where it was, unread.
    """

    since_s: float
    is_copy: bool


_NAMES = tuple(each.name for each in fields(Row))
_COLUMNS = ", ".join(_NAMES)
_READ = {0: "", 1: f"{', '.join(_NAMES[:7])}, checkpoint", 2: ", ".join(_NAMES[:-1]), 3: _COLUMNS}
"""Schema -> the columns of a row, for those who read without changing anything."""

_SAVE = f"INSERT OR REPLACE INTO files ({_COLUMNS}) VALUES ({', '.join('?' * len(_NAMES))})"


_SAVE_UNMET = "INSERT OR REPLACE INTO unmet (place, since_s, is_copy) VALUES (?, ?, ?)"


class Registry:
    """The rows, all of them in memory too.

    Attributes:
        unmet: files that are there and have no row, by place.
        is_new: it knew no file when it was opened: the first start of all, or a registry that was lost.

    Args:
        wall: seconds since 1970.

    Raises:
        HomeInUse: another shipper has it.
        RegistryTooNew: a newer version wrote it.
        RegistryDamaged: SQLite cannot read it.
    """

    def __init__(self, path: Path, wall: Callable[[], float] = time.time) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(path.with_suffix(".lock"))
        self._rows: dict[str, Row] = {}
        self._wall = wall
        self._places: dict[Place, str] = {}
        try:
            self._database = opened(path)
            for row in _read(self._database):
                self._remember(row)
            self.is_new = not self._rows
            self._copies = _read_copies(self._database)
            self.unmet = dict(_read_unmet(self._database))
        except sqlite3.DatabaseError as error:
            self._lock.close()
            raise RegistryDamaged(
                f"{path} cannot be read ({error}). Move it away: ids come from the files' content, and lines "
                "that the server has are looked up by them and not sent again."
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

    def copy_at(self, place: Place) -> str | None:
        """The identity of the file that the one at this place was found to be a copy of."""
        return self._copies.get(place)

    def copies(self) -> Set[Place]:
        """The places of all copies."""
        return self._copies.keys()

    def keep_copy(self, place: Place, identity: str | None) -> None:
        """Notes that a copy of `identity` lies at this place; None takes the note back.

        Raises:
            sqlite3.OperationalError: the disk does not take it; nothing has changed.
        """
        if identity == self._copies.get(place):
            return
        with transaction(self._database):
            if identity:
                values = _place_text(place), identity
                self._database.execute("INSERT OR REPLACE INTO copies (place, id) VALUES (?, ?)", values)
            else:
                self._database.execute("DELETE FROM copies WHERE place = ?", (_place_text(place),))
        if identity:
            self._copies[place] = identity
        else:
            del self._copies[place]

    def keep_unmet(self, unmet: Mapping[Place, Unmet]) -> None:
        """Notes these files that have no row, and no others.

        Raises:
            sqlite3.OperationalError: the disk does not take it; nothing has changed.
        """
        if unmet == self.unmet:
            return
        gone = [(_place_text(place),) for place in self.unmet.keys() - unmet.keys()]
        new = [_unmet_values(place, each) for place, each in unmet.items() if each != self.unmet.get(place)]
        with transaction(self._database):
            self._database.executemany("DELETE FROM unmet WHERE place = ?", gone)
            self._database.executemany(_SAVE_UNMET, new)
        self.unmet = dict(unmet)

    def displaced(self) -> set[str]:
        """The identities of files at whose place another lies, and of which nothing else was noted."""
        return {row.id for row in self._rows.values() if row.place is None and not row.gone_s}

    def ids(self) -> list[str]:
        """All identities."""
        return list(self._rows)

    def save(self, rows: Iterable[Row]) -> None:
        """Writes these rows, all or none; a row that lay at the place of one of them loses its place.

        A place that a row leaves counts as unmet in the same step: what lies there now has no row.

        Raises:
            sqlite3.OperationalError: the disk does not take it; nothing has changed.
        """
        changed = {row.id: row for row in rows}
        taken = {row.place: row.id for row in changed.values() if row.place}
        for place, identity in taken.items():
            before = self.at(place)
            if before and before.id != identity:
                changed.setdefault(before.id, replace(before, place=None))
        left = {old.place for each in changed if (old := self.get(each)) and old.place} - {
            row.place for row in changed.values()
        }
        now_s = self._wall()
        unmet = {place: Unmet(now_s, is_copy=False) for place in left - self.unmet.keys()}
        with transaction(self._database):
            self._database.executemany(_SAVE, map(_values, changed.values()))
            self._database.executemany(_SAVE_UNMET, [_unmet_values(*each) for each in unmet.items()])
        for row in changed.values():
            self._remember(row)
        self.unmet |= unmet

    def forget(self, ids: Iterable[str]) -> None:
        """Removes these rows, all or none.

        Raises:
            sqlite3.OperationalError: the disk does not take it; nothing has changed.
        """
        gone = [each for each in ids if each in self._rows]
        with transaction(self._database):
            self._database.executemany("DELETE FROM files WHERE id = ?", [(each,) for each in gone])
        for each in gone:
            self._leave(self._rows.pop(each))

    def _remember(self, row: Row) -> None:
        if old := self._rows.get(row.id):
            self._leave(old)
        self._rows[row.id] = row
        if row.place:
            self._places[row.place] = row.id

    def _leave(self, row: Row) -> None:
        if row.place and self._places.get(row.place) == row.id:
            del self._places[row.place]


def rows(path: Path) -> list[Row]:
    """All rows of the registry at `path`, read without its lock while a shipper may be at work.

    Rows of files that are gone are among them.

    Raises:
        FileNotFoundError: there is no registry.
        RegistryTooNew: a newer version wrote it.
        RegistryDamaged: SQLite cannot read it.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no registry at {path}: nothing has been shipped from this home.")
    try:
        with closing(read_only(path)) as database:
            columns = _READ[schema_of(database, path)]
            return list(_read(database, columns)) if columns else []
    except sqlite3.DatabaseError as error:
        raise RegistryDamaged(f"{path} cannot be read ({error}).") from error


def copies(path: Path) -> dict[Place, str]:
    """Where copies lie, and of which file (its identity): read as `rows` does.

    Raises:
        FileNotFoundError, RegistryTooNew, RegistryDamaged: as `rows` does.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no registry at {path}: nothing has been shipped from this home.")
    try:
        with closing(read_only(path)) as database:
            return _read_copies(database) if schema_of(database, path) > 1 else {}
    except sqlite3.DatabaseError as error:
        raise RegistryDamaged(f"{path} cannot be read ({error}).") from error


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


def _read(database: sqlite3.Connection, columns: str = _COLUMNS) -> Iterator[Row]:
    for identity, place, *rest in database.execute(f"SELECT {columns} FROM files"):
        yield Row(identity, _place(place) if place else None, *rest)


def _read_unmet(database: sqlite3.Connection) -> Iterator[tuple[Place, Unmet]]:
    for place, since_s, is_copy in database.execute("SELECT place, since_s, is_copy FROM unmet"):
        yield _place(place), Unmet(since_s, bool(is_copy))


def _unmet_values(place: Place, unmet: Unmet) -> tuple[object, ...]:
    return _place_text(place), unmet.since_s, unmet.is_copy


def _read_copies(database: sqlite3.Connection) -> dict[Place, str]:
    return {_place(place): identity for place, identity in database.execute("SELECT place, id FROM copies")}


def _values(row: Row) -> tuple[object, ...]:
    return (
        row.id,
        _place_text(row.place) if row.place else None,
        *[getattr(row, name) for name in _NAMES[2:]],
    )


def _place_text(place: Place) -> str:
    # As text: an inode number may not fit into SQLite's signed integers.
    return f"{place.device}:{place.inode}"


def _place(text: str) -> Place:
    device, inode = text.split(":")
    return Place(int(device), int(inode))

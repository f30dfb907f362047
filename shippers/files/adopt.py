"""A file that nobody reads yet -> its row in the registry: an old one, found again, or a new one."""

from __future__ import annotations

import os
from collections.abc import Set
from dataclasses import dataclass, replace

from shippers.files.find import Found, Place
from shippers.files.fingerprint import digest, identity
from shippers.registry import Registry, Row
from shippers.settings import ShipperSettings

FIRST_READ_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A file that was just opened, and its first bytes: its first line, if that is whole."""

    found: Found
    stream: str
    fd: int
    size_bytes: int
    head: bytes

    def begins_as(self, row: Row) -> bool:
        """Whether it has the first bytes of `row`."""
        return digest(self.first(row.head_bytes)) == row.head_digest

    def first(self, size_bytes: int) -> bytes:
        """Its first bytes, as many as it has."""
        return os.pread(self.fd, size_bytes, 0)

    def is_row(self, row: Row) -> bool:
        """Whether it is the file of `row`: it begins as that did and holds all that was shipped of it."""
        return self.size_bytes >= row.checkpoint and self.begins_as(row)


def opened(found: Found, stream: str, line_bytes: int) -> Newcomer | None:
    """Opens the file and reads its first line; None when another file has its name by now.

    Raises:
        OSError: it cannot be opened or read.
    """
    fd = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        status = os.fstat(fd)
        if Place(status.st_dev, status.st_ino) == found.place:
            return Newcomer(found, stream, fd, status.st_size, _head(fd, line_bytes))
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return None


def _head(fd: int, line_bytes: int) -> bytes:
    """The first line and somewhat more; all that its limit allows only where it is that long."""
    head = os.pread(fd, FIRST_READ_BYTES, 0)
    is_enough = b"\n" in head or len(head) < FIRST_READ_BYTES or len(head) > line_bytes
    return head if is_enough else os.pread(fd, line_bytes + 1, 0)


def row_by_content(
    newcomer: Newcomer, line: bytes, registry: Registry, taken: Set[str], settings: ShipperSettings
) -> Row | None:
    """The row of a file that has none at its place: one that it moved away from, else a new one.

    None when `same_first_lines` files have this first `line` already. `taken` are the identities of files
    that are there.
    """
    for ordinal in range(settings.same_first_lines):
        name = identity(line, ordinal)
        if name in taken:
            continue
        row = registry.get(name)
        if row is None:
            return _row(newcomer, name, newcomer.first(min(len(line) + 1, settings.fingerprint_bytes)))
        if newcomer.is_row(row):
            return replace(row, place=newcomer.found.place, path=newcomer.found.told)
    return None


def _row(newcomer: Newcomer, name: str, head: bytes) -> Row:
    found = newcomer.found
    return Row(name, found.place, len(head), digest(head), 0, newcomer.stream, found.told)

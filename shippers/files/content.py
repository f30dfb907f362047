"""What can be read of an open file. `gzipped` is the other kind."""

from __future__ import annotations

import os
from typing import Protocol

from shippers.files.fingerprint import TAIL_BYTES

GZIP_MAGIC = b"\x1f\x8b"


class Content(Protocol):
    """The bytes of an open file, decompressed where it is compressed.

    Attributes:
        changed_ns: when the file was last written to, as of the last `size`.
        stored_bytes: its size on the disk, as of the last `size`.
        ended: nothing will ever follow.
        damage: why nothing more can be read; None while all is well.
    """

    changed_ns: int
    stored_bytes: int

    @property
    def ended(self) -> bool:
        """Nothing will ever follow."""

    @property
    def damage(self) -> str | None:
        """Why nothing more can be read."""

    def size(self) -> int:
        """How many bytes it holds now; of a compressed file somewhat else until its end was reached."""

    def read(self, count: int, offset: int) -> bytes:
        """At most `count` bytes from `offset`."""

    def still(self, head: bytes, tail: bytes, end: int) -> bool:
        """Whether it begins with `head` and has `tail` before `end`."""

    def before(self, end: int) -> bytes:
        """The last bytes before `end`, at most `TAIL_BYTES`; empty where they are not at hand."""

    def close(self) -> None:
        """Gives the file descriptor back."""


class Plain:
    """A file as it is."""

    ended = False
    damage = None

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.changed_ns = self.stored_bytes = 0

    def size(self) -> int:
        """Its size."""
        status = os.fstat(self._fd)
        self.changed_ns, self.stored_bytes = status.st_mtime_ns, status.st_size
        return self.stored_bytes

    def read(self, count: int, offset: int) -> bytes:
        """At most `count` bytes from `offset`."""
        return os.pread(self._fd, count, offset)

    def still(self, head: bytes, tail: bytes, end: int) -> bool:
        """Whether it begins with `head` and has `tail` before `end`."""
        return (
            os.pread(self._fd, len(head), 0) == head
            and os.pread(self._fd, len(tail), end - len(tail)) == tail
        )

    def before(self, end: int) -> bytes:
        """The last bytes before `end`."""
        count = min(end, TAIL_BYTES)
        tail = os.pread(self._fd, count, end - count)
        return tail if len(tail) == count else b""

    def close(self) -> None:
        """Gives the file descriptor back."""
        os.close(self._fd)

"""The content of a gzip file (RFC 1952), decompressed as a stream: offsets are those of the plain file."""

from __future__ import annotations

import os
import zlib

from shippers.files.content import GZIP_MAGIC

STEP_BYTES = 64 * 1024
"""How much is read and decompressed at once: no more than that is held beyond what was asked for."""

_GZIP = 16 + zlib.MAX_WBITS


class Gzipped:
    """Reads on from wherever it is, and from the start when something earlier is asked for.

    Holds as many decompressed bytes as the last `read` asked for and a step more. Several members count as
    one content. A file that does not end yet is waited for; `give_up` says that it never will.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.changed_ns = self.stored_bytes = 0
        self.damage: str | None = None
        self._rewind()

    def _rewind(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self._taken = 0  # compressed bytes read from the file
        self._waiting = b""  # of these, not decompressed yet
        self._buffer = bytearray()
        self._start = 0  # offset of the buffer
        self.damage = None

    @property
    def ended(self) -> bool:
        """Whether the end was reached, or nothing more can be read."""
        return self.damage is not None or (self._stream.eof and not self._waiting)

    @property
    def produced(self) -> int:
        """How many bytes were decompressed."""
        return self._start + len(self._buffer)

    def unread_bytes(self) -> int:
        """How many compressed bytes have not become content."""
        return max(os.fstat(self._fd).st_size - self._taken, 0) + len(self._waiting)

    def size(self) -> int:
        """The size of the content once its end was reached; before, more than what was decompressed."""
        status = os.fstat(self._fd)
        self.changed_ns, self.stored_bytes = status.st_mtime_ns, status.st_size
        if self.damage is not None:
            return self.produced
        return self.produced + max(status.st_size - self._taken, 0) + len(self._waiting)

    def read(self, count: int, offset: int) -> bytes:
        """At most `count` bytes from `offset`; fewer where the content ends or the file does not go on."""
        if offset < self._start:
            self._rewind()
        while self.produced < offset + count and self._step(offset + count - self.produced):
            self._forget(offset)
        self._forget(offset)
        begin = offset - self._start
        return bytes(self._buffer[begin : begin + count])

    def still(self, head: bytes, tail: bytes, end: int) -> bool:
        """A file that was compressed is not written to any more."""
        return True

    def before(self, end: int) -> bytes:
        """Nothing: reading backwards would begin anew."""
        return b""

    def give_up(self) -> None:
        """Nothing more is coming: the file was cut short."""
        if not self.ended:
            self.damage = "it ends before its content does"

    def close(self) -> None:
        """Gives the file descriptor back."""
        os.close(self._fd)

    def _forget(self, offset: int) -> None:
        passed = min(offset - self._start, len(self._buffer))
        if passed > 0:
            del self._buffer[:passed]
            self._start += passed

    def _step(self, wanted: int) -> bool:
        """Decompresses some more; False when there is nothing to decompress now."""
        if self.damage is not None:
            return False
        if not self._waiting:
            self._waiting = os.pread(self._fd, STEP_BYTES, self._taken)
            self._taken += len(self._waiting)
        if self._stream.eof and not self._next_member():
            return False
        given = self._waiting
        try:
            made = self._stream.decompress(given, max(wanted, STEP_BYTES))
        except zlib.error as error:
            self.damage = str(error)
            return False
        self._waiting = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        self._buffer += made
        return bool(made) or self._waiting != given

    def _next_member(self) -> bool:
        """Whether another member follows the one that ended; zeros that fill a block are passed over."""
        self._waiting = self._waiting.lstrip(b"\0")
        if not self._waiting:
            return False
        if not GZIP_MAGIC.startswith(self._waiting[:2]):
            self.damage = "something else follows its content"
            return False
        self._stream = zlib.decompressobj(_GZIP)
        return True


def is_handed_on(packed_ns: int, plain_ns: int) -> bool:
    """Whether a compressed file has a plain one's time, or its whole seconds, which some programs set."""
    return packed_ns in (plain_ns, plain_ns // 10**9 * 10**9)

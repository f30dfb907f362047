"""One file that grows, read from where the last read ended."""

from __future__ import annotations

import os
from pathlib import Path

from shippers.batch import Piece, Source
from shippers.files.find import Place
from shippers.files.frame import Frame, frame


class Harvester:
    """Reads whole lines of one file, which it holds open so that a rename or a deletion takes nothing away.

    Attributes:
        source: who the file is.
        place: where it lies.
        path: its name when the folder was last listed.
        listed: whether it was in the folder then.
        stamp: its size and when it was last written to, as listed then.
        checkpoint: up to here the server or the quarantine has everything.
        head: its first bytes; they grow with what is read, up to `head_limit`.
        replaced: it was cut short or written anew; nothing more is read from it.
    """

    def __init__(
        self, fd: int, source: Source, place: Place, path: Path, head: bytes, head_limit: int, checkpoint: int
    ) -> None:
        self.source, self.place, self.path = source, place, path
        self.listed, self.replaced = True, False
        self.checkpoint, self.head = checkpoint, head
        self._fd: int | None = fd
        self._head_limit = head_limit
        self._position = checkpoint
        self._skipping_from: int | None = None
        self._seen_bytes = -1
        self.stamp = (-1, -1)

    @property
    def is_open(self) -> bool:
        """Whether it holds its file open."""
        return self._fd is not None

    @property
    def position(self) -> int:
        """Where the next read begins, in bytes."""
        return self._position

    def waiting_bytes(self) -> int:
        """How many bytes of the file have not been read."""
        return max(self._size() - self._position, 0)

    def is_idle(self) -> bool:
        """Whether everything that can be read has been read, sent and settled."""
        settled = self._position == self.checkpoint or self._skipping_from == self.checkpoint
        return settled and self._size() == self._seen_bytes

    def rest(self) -> None:
        """Gives the file descriptor back; `wake` opens the file again."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def wake(self) -> None:
        """Opens the file again under its last name.

        Raises:
            OSError: it cannot be opened.
        """
        if self._fd is not None:
            return
        fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        status = os.fstat(fd)
        if Place(status.st_dev, status.st_ino) == self.place:
            self._fd = fd
            self._seen_bytes = -1  # its inode may have been reused: the next read looks at the head
        else:  # renamed since the folder was listed: the next listing tells its name
            os.close(fd)

    def read(self, read_bytes: int, line_bytes: int) -> Piece | None:
        """The next whole lines; None when there are none now.

        Reads at most `read_bytes`, but always enough to tell a half line from one over `line_bytes`.
        """
        while not self.replaced and (size := self._size()) != self._seen_bytes:
            framed = self._framed(size, max(read_bytes, line_bytes + 1), line_bytes)
            if framed and (framed.lines or framed.skipped):
                source, lines, offsets = self.source, framed.lines, framed.offsets
                return Piece(source, lines, offsets, framed.end, framed.sound, framed.skipped)
        return None

    def _framed(self, size: int, read_bytes: int, line_bytes: int) -> Frame | None:
        """One read of a file of `size` bytes; None when it is another file by now.

        The head is looked at after the read: as long as it is unchanged, the bytes were this file's.
        """
        if self._fd is None:
            return None
        if size < self._position:
            self.replaced = True
            return None
        chunk = os.pread(self._fd, read_bytes, self._position)
        framed = frame(chunk, self._position, line_bytes, self._skipping_from)
        if not self._same_head(self._fd, framed.end):
            return None
        if self._position + len(chunk) >= size:
            self._seen_bytes = size
        self._position, self._skipping_from = framed.next, framed.skipping_from
        return framed

    def _size(self) -> int:
        """The size of the file now; while it rests, what was seen of it."""
        return self._seen_bytes if self._fd is None else os.fstat(self._fd).st_size

    def _same_head(self, fd: int, end: int) -> bool:
        """Whether the first bytes are what they were; takes those up to `end` to them."""
        head = os.pread(fd, max(len(self.head), min(end, self._head_limit)), 0)
        if head.startswith(self.head):
            self.head = head
        else:
            self.replaced = True
        return not self.replaced

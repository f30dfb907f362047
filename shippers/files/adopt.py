"""A file that nobody reads yet -> who it is: a known file, found again, or a new one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Set
from contextlib import closing
from dataclasses import dataclass, replace

from shippers.batch import LARGEST_BYTES
from shippers.files.content import GZIP_MAGIC, Content, Plain
from shippers.files.find import Found, Place
from shippers.files.fingerprint import TAIL_BYTES, digest, first_line, has_prefix, identity
from shippers.files.gzipped import Gzipped
from shippers.registry import Row
from shippers.settings import ShipperSettings

FIRST_READ_BYTES = 8192
"""Most first lines are shorter; a longer one is read in a second step."""


class Newcomer:
    """An open file that nobody reads yet.

    Attributes:
        found: where it lies.
        content: what is read of it.
        stream: the data stream that its name says.
        size_bytes: its size as last looked at.
        line: its first line without its end; None while that is not whole.
        is_beside: it appeared while the file that is written to stayed where it was, so that is a copy.
        met_with: an identity that was given, when this file was met, to another with the same first line.
    """

    def __init__(
        self,
        found: Found,
        content: Content,
        stream: str,
        settings: ShipperSettings,
        clock: Callable[[], float],
    ) -> None:
        self.found, self.content, self.stream = found, content, stream
        self._settings, self._clock = settings, clock
        self.size_bytes, self._stamp, self._grown_s = 0, (-1, -1), clock()
        self.line: bytes | None = None
        self.met_with: str | None = None
        self.is_beside = False
        self.look(listed=True)

    @property
    def is_gzip(self) -> bool:
        """Whether it is compressed."""
        return isinstance(self.content, Gzipped)

    def look(self, listed: bool) -> None:
        """Looks at its size, and at its first line if that has changed.

        A first line without an end is taken as whole when nothing was added to it for long enough.
        """
        self.content.size()
        stamp = self.content.stored_bytes, self.content.changed_ns
        if stamp != self._stamp:
            self._stamp, self._grown_s = stamp, self._clock()
            self.line = first_line(self._head(), self._settings.line_bytes)
            self.size_bytes = self.content.size()
        elif self.line is None and self._clock() - self._grown_s >= self._patience_s(listed):
            if isinstance(self.content, Gzipped):
                self.content.give_up()
            self.line = self._head() or None

    def is_stale(self) -> bool:
        """Whether nothing was added for so long that nothing is to be expected."""
        return self._clock() - self._grown_s >= self._settings.half_line_s

    def begins_as(self, row: Row) -> bool:
        """Whether it has the first bytes of `row`."""
        return row.begins_as(self.content.read(row.head_bytes, 0))

    def shortened(self, row: Row) -> Row:
        """`row` of a file of which this is a copy that may end earlier."""
        first = self.content.read(row.head_bytes, 0)
        self._reaches(row.checkpoint)
        row = row.beginning(first, self._settings.fingerprint_bytes)
        return replace(row, size_bytes=self.content.size(), changed_ns=self.content.changed_ns)

    def new_row(self, number: int, may_be_lost: bool) -> Row | None:
        """The row of a file that nobody knows; None when no stream is known for it, or it was written anew.

        `may_be_lost`: an earlier registry may have been lost; then all of the file may have been sent.
        """
        line, most = self.line or b"", self._settings.fingerprint_bytes
        head = self.content.read(max(most, len(line)), 0)
        if not self.stream or not head.startswith(line):
            return None
        head = head[:most]
        head = head[: head.rfind(b"\n") + 1 or len(line)]
        whole = LARGEST_BYTES if self.is_gzip else self.size_bytes
        sent = max(self._settings.ahead_bytes, whole if may_be_lost else 0)
        name, place = identity(line, number), self.found.place
        row = Row(name, place, 0, b"", 0, self.stream, self.found.told, sent=sent)
        row = replace(row, changed_ns=self.content.changed_ns, family=identity(line), number=number)
        return row.beginning(head, most)

    def is_row(self, row: Row, copied_from: str | None = None) -> bool | None:
        """Whether it is the file of `row`: it begins as that did and holds all that was shipped of it.

        A copy that was made before the file went on may be shorter: `copied_from` is the identity of the file
        of which it was seen to be one; otherwise all its lines are compared, as far as the registry can tell.
        None while a compressed file that is still being written does not tell.
        """
        if not self.ends_before(row):
            return self.begins_as(row) and self._has_tail(row)
        if self.is_gzip and not self.content.ended and not self.is_stale():
            return None
        begins = self.begins_as(row)
        if row.id == copied_from and self.found.rotated:  # else its place was given to a new file
            return begins or not self._reaches(row.head_bytes)
        was_short = begins and row.size_bytes < row.checkpoint and self._reaches(row.size_bytes)
        return was_short or self._is_beginning_of(row)

    def ends_before(self, row: Row) -> bool:
        """Whether it ends, by now, before what is known of the file of `row`."""
        return not self._reaches(max(row.checkpoint, row.head_bytes))

    def is_kin(self, row: Row) -> bool:
        """Whether its lines are of the same dataset as those of `row`, whatever both are called by now."""
        return row.stream.rpartition("-")[0] == self.stream.rpartition("-")[0]

    def known_row(self, row: Row, namespace: str, copied_from: str | None) -> Adopted:
        """With its own row as it is from now on; another namespace holds for its further lines."""
        found = self.found
        is_known = (row.place, row.path, row.gone_s) == (found.place, found.told, 0.0)
        is_ours = row.stream.endswith(f"-{namespace}")
        stream = row.stream if is_ours or not self.stream else self.stream
        row = replace(row, place=found.place, path=found.told, stream=stream, gone_s=0.0)
        if copied_from == row.id or self.ends_before(row):
            row, is_known = self.shortened(row), False
        return Adopted(self, row, is_known)

    def _is_beginning_of(self, row: Row) -> bool:
        """Whether it is rotated and begins as the file of `row` did with several whole lines and none else.

        The first line alone does not do, unless it is known to be a copy: it may be the same in all files.
        """
        head = self.content.read(self._settings.fingerprint_bytes, 0)
        lines = head[: head.rfind(b"\n") + 1]
        has_several = self.is_beside or len(lines) > len(self.line or b"") + 1
        return self.found.rotated and self.is_kin(row) and has_several and has_prefix(row.prefixes, lines)

    def _has_tail(self, row: Row) -> bool:
        count = min(TAIL_BYTES, row.checkpoint)
        tail = row.tail_digest
        return not tail or digest(self.content.read(count, row.checkpoint - count)) == tail

    def _reaches(self, size_bytes: int) -> bool:
        if not self.is_gzip:
            return self.size_bytes >= size_bytes
        return size_bytes == 0 or bool(self.content.read(1, size_bytes - 1))

    def _head(self) -> bytes:
        """The first line and somewhat more; all that its limit allows only where it is that long."""
        head = self.content.read(FIRST_READ_BYTES, 0)
        line_bytes = self._settings.line_bytes
        is_enough = b"\n" in head or len(head) < FIRST_READ_BYTES or len(head) > line_bytes
        return head if is_enough else self.content.read(line_bytes + 1, 0)

    def _patience_s(self, listed: bool) -> float:
        if self.content.ended:
            return 0.0
        is_left = not self.is_gzip and (self.found.rotated or not listed)
        return self._settings.done_s if is_left else self._settings.half_line_s


@dataclass(frozen=True, slots=True)
class Adopted:
    """A file and its row. `is_known`: the registry has this row as it stands."""

    newcomer: Newcomer
    row: Row
    is_known: bool = False


def ranked(rows: Mapping[int, Row], given: Set[int], noted: str | None) -> list[int]:
    """The numbers of files with one first line, in the order in which a file is compared with them.

    The one that it was noted as a copy of comes first, then those of which the longest beginning is known: a
    file of which only the first line was read is like all the others.
    """

    def rank(number: int) -> tuple[bool, int, int]:
        row = rows.get(number)
        return row is None or row.id != noted, -row.head_bytes if row else 0, number

    return sorted(rows.keys() | given, key=rank)


def precedence(newcomer: Newcomer) -> tuple[bool, int]:
    """Sorts files that are written to before rotated ones, and of these the longest first."""
    is_rotated = newcomer.found.rotated
    return is_rotated, -newcomer.size_bytes if is_rotated else 0


def may_be(row: Row, found: Found, settings: ShipperSettings, clock: Callable[[], float]) -> bool:
    """Whether a file for which there was no room is that of `row`, which lay at its place."""
    try:
        content = opened(found)
    except OSError:
        return True
    if content is None:
        return False
    with closing(content):
        return Newcomer(found, content, "", settings, clock).is_row(row) is not False


def opened(found: Found) -> Content | None:
    """Opens the file; None when another file has its name by now.

    Raises:
        OSError: it cannot be opened or read.
    """
    fd = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        status = os.fstat(fd)
        if Place.at(status) == found.place:
            is_gzip = found.path.endswith(".gz") or os.pread(fd, 2, 0) == GZIP_MAGIC
            return Gzipped(fd) if is_gzip else Plain(fd)
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return None

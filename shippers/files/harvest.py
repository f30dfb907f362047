"""One file that grows, read from where the last read ended."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace

from shippers.batch import Piece, Source
from shippers.files.content import Content
from shippers.files.find import Found, Place
from shippers.files.fingerprint import TAIL_BYTES, digest
from shippers.files.frame import Frame, frame, last
from shippers.registry import Row
from shippers.settings import ShipperSettings


class Harvester:
    """Reads lines of one file, which it holds open so that a rename or a deletion takes nothing away.

    Attributes:
        source: who the file is.
        found: where it lies and what it is called, as last listed.
        listed: whether it was in its folder then.
        content: what is read.
        checkpoint: up to here the server or the quarantine has everything.
        position: where the next read begins.
        head: its first bytes; they grow with what is read, up to `fingerprint_bytes`.
        tail: the bytes before `position`; empty when they are not known.
        sent: up to here the registry says that something may have been sent.
        uncertain_to: lines that begin before may have been sent by an earlier run.
        most_bytes: the largest size seen.
        seen_s: when it was last seen to be the file that was read, by `clock`.
        expected_bytes: the size that the registry had for it.
        told: its damage was reported.
        replaced: it was cut short or written anew; nothing more is read from it.
        trouble: why the last read failed; it is tried again.

    Args:
        reserve: called, before lines are handed out, with up to where they go and the first bytes by which
            their file is told from others then; returns the new `sent`.
        clock: seconds, for ages.
    """

    def __init__(
        self,
        content: Content,
        row: Row,
        source: Source,
        found: Found,
        head: bytes,
        settings: ShipperSettings,
        *,
        uncertain_to: int,
        reserve: Callable[[str, int, bytes], int],
        clock: Callable[[], float],
    ) -> None:
        self.content, self.source, self.found = content, source, found
        self.listed, self.replaced = True, False
        self.trouble: str | None = None
        self.checkpoint = self.position = row.checkpoint
        self.head, self.tail = head, content.before(row.checkpoint)
        self.sent = row.sent
        self._settings, self._reserve, self._clock = settings, reserve, clock
        self.uncertain_to = uncertain_to
        self._noted_bytes = row.head_bytes
        self._skipping_from: int | None = None
        self._seen = (-1, -1)
        self._size_bytes = content.size()
        self._glanced = (-1, -1)
        self._grown_s = self.seen_s = clock()
        self.most_bytes = self._size_bytes
        self.expected_bytes, self.told = row.size_bytes, False

    @property
    def place(self) -> Place:
        """Where the file lies."""
        return self.found.place

    @property
    def read_to(self) -> int:
        """Up to here everything was handed out."""
        return self.position if self._skipping_from is None else self._skipping_from

    def go_on_at(self, read_to: int) -> None:
        """Passes over what was handed out of the same file before; it is under way, or settled."""
        if read_to > self.position:
            self.position, self.tail = read_to, self.content.before(read_to)

    @property
    def handed_out(self) -> int:
        """Up to here this run or an earlier one may have sent something."""
        return self.position if self.position >= self.uncertain_to else self.sent

    def waiting_bytes(self) -> int:
        """How many bytes of the file are not settled."""
        return max(self.content.size() - self.checkpoint, 0)

    def is_idle(self) -> bool:
        """Whether everything that can be read has been read, sent and settled."""
        settled = self.position <= self.checkpoint or self._skipping_from == self.checkpoint
        return settled and (self.content.size(), self.content.changed_ns) == self._seen

    def is_restful(self) -> bool:
        """Whether it is settled to its last byte."""
        return self.position >= self._size_bytes and self._skipping_from is None and self.is_idle()

    def is_done(self) -> bool:
        """Whether it is settled to its last byte and nothing will follow."""
        return self._quiet_s() >= self._patience_s() and self.is_restful()

    def is_stuck(self) -> bool:
        """Whether a compressed file does not go on though its content has not ended."""
        return (
            not self.content.ended
            and self._quiet_s() >= self._settings.half_line_s
            and (self.content.size(), self.content.changed_ns) == self._seen
        )

    def close(self) -> None:
        """Gives the file descriptor back."""
        self.content.close()

    def read(self, read_bytes: int, line_bytes: int) -> Piece | None:
        """The next lines; None when there are none now.

        Reads at most `read_bytes`, but always enough to tell a half line from one over `line_bytes`. A half
        line waits for its end until the file is done, or for `half_line_s`.

        Raises:
            sqlite3.OperationalError: the registry does not take how far is read; nothing was handed out.
        """
        try:
            return self._read(read_bytes, line_bytes)
        except OSError as error:
            self.trouble = error.strerror or str(error)
            return None

    def move(self, content: Content, found: Found) -> None:
        """Goes on in a copy of its file that was made before the file was cut short."""
        self.content.close()
        self.content, self.found = content, found
        self.source = replace(self.source, path=found.told)
        self.listed, self.replaced = True, False
        self._size_bytes = self.most_bytes = content.size()
        self.head = self.head[: self._size_bytes]
        self._seen = self._glanced = (-1, -1)
        self._grown_s = self.seen_s = self._clock()
        if self._size_bytes < self.position:
            self.tail = b""
            self.position, self._skipping_from = self.read_to, None

    def name(self, found: Found) -> None:
        """Takes over where the file was listed."""
        self.listed = True
        if found is not self.found:
            self.found = found
            self.source = replace(self.source, path=found.told)

    def check(self) -> None:
        """Looks whether the file is still the one that was read."""
        self.replaced = self.replaced or not self._is_still()

    def glance(self) -> None:
        """Sees how far the file has grown and that it is the same; its next read may be far away."""
        size = self.content.size()
        stamp = size, self.content.changed_ns
        if stamp not in (self._seen, self._glanced):
            self.check()
        if not self.replaced:
            self._glanced, self.seen_s = stamp, self._clock()
            self.most_bytes = max(self.most_bytes, size)

    def described(self, row: Row, checkpoint: int) -> Row:
        """`row` with `checkpoint` and all that is known of the file now."""
        head_bytes = min(max(checkpoint, row.head_bytes), len(self.head))
        if head_bytes != row.head_bytes:
            row = row.beginning(self.head[:head_bytes], self._settings.fingerprint_bytes)
        return replace(
            row,
            place=self.place,
            checkpoint=checkpoint,
            stream=self.source.stream,
            path=self.source.path,
            size_bytes=self._size_bytes,
            changed_ns=max(self._seen[1], row.changed_ns),
            sent=self.sent,
            tail_digest=self._tail_before(checkpoint),
        )

    # One read

    def _read(self, read_bytes: int, line_bytes: int) -> Piece | None:
        while not self.replaced:
            size = self.content.size()
            if (size, self.content.changed_ns) == self._seen:
                is_half = self.position < size or self._skipping_from is not None
                return self._last(line_bytes) if is_half else None
            self._look(size)
            if piece := self._next(max(read_bytes, line_bytes + 1), line_bytes):
                return piece
        return None

    def _look(self, size: int) -> None:
        if size != self._size_bytes:
            self._size_bytes, self._grown_s = size, self._clock()
            self.most_bytes = max(self.most_bytes, size)

    def _next(self, read_bytes: int, line_bytes: int) -> Piece | None:
        """The lines of one read; None when there are none or it is another file by now."""
        before = self._size_bytes, self.content.changed_ns
        chunk = self.content.read(read_bytes, self.position)
        at, whole = self.position, frame(chunk, self.position, line_bytes, self._skipping_from)
        framed = self._up_to_border(whole)
        if not self._taken(framed, chunk):
            return None
        size = self.content.size()
        if at + len(chunk) >= size and framed is whole and before == (size, self.content.changed_ns):
            self._seen = before  # what came since, be it another file, is met by the next read
        return self._piece(framed)

    def _last(self, line_bytes: int) -> Piece | None:
        """The last line without a line feed, when it has waited long enough."""
        if self._quiet_s() < self._patience_s():
            return None
        rest = self.content.read(line_bytes + 1, self.position)
        if b"\n" in rest:
            return None
        size = self.position + len(rest)
        framed = last(rest, self.position, size, line_bytes, self._skipping_from)
        return self._piece(framed) if self._taken(framed, rest) else None

    def _taken(self, framed: Frame, chunk: bytes) -> bool:
        """Moves on behind what was framed of `chunk`; False when it was not this file's.

        The bytes that were read before are looked at after the read: as long as they are unchanged, the new
        ones are this file's. The registry hears of what will be sent before the position moves.
        """
        if not self._is_still():
            self.replaced = True
            return False
        used, missing = framed.next - self.position, len(self.head) - self.position
        wanted = self._settings.fingerprint_bytes - len(self.head)
        if 0 <= missing < used and wanted > 0:
            self.head += chunk[missing : min(used, missing + wanted)]
        if framed.end > self.sent or self._noted_bytes < min(framed.end, len(self.head)):
            self.sent = self._reserve(self.source.id, framed.end, self.head[: framed.end])
            self._noted_bytes = min(framed.end, len(self.head))
        tail = chunk[max(used - TAIL_BYTES, 0) : used]
        self.tail = tail if len(tail) == TAIL_BYTES else (self.tail + tail)[-TAIL_BYTES:]
        self.position, self._skipping_from = framed.next, framed.skipping_from
        return True

    def _up_to_border(self, framed: Frame) -> Frame:
        """Only the lines that an earlier run may have sent, where there are such and others."""
        if not framed.lines or self.position >= self.uncertain_to <= framed.offsets[0]:
            return framed
        number = bisect_left(framed.offsets, self.uncertain_to)
        if number == len(framed.lines) or (number == 0 and not framed.skipped):
            return framed
        end = framed.offsets[number]
        lines, offsets = framed.lines[:number], framed.offsets[:number]
        return Frame(lines, offsets, end, end, framed.sound, framed.skipped)

    def _piece(self, framed: Frame) -> Piece | None:
        if not framed.lines and not framed.skipped:
            return None
        begin = framed.skipped[0] if framed.skipped else framed.offsets[0]
        return Piece(
            self.source,
            framed.lines,
            framed.offsets,
            framed.end,
            framed.sound,
            framed.skipped,
            begin < self.uncertain_to,
        )

    def _is_still(self) -> bool:
        return self.content.still(self.head, self.tail, self.position)

    def _tail_before(self, checkpoint: int) -> bytes:
        """Digest of the bytes before the checkpoint; empty when they are not this file's any more."""
        if self.replaced:
            return b""
        tail = self.content.before(checkpoint)
        if not tail or not self._is_still():
            return b""
        return digest(tail)

    def _quiet_s(self) -> float:
        return self._clock() - self._grown_s

    def _patience_s(self) -> float:
        if self.content.ended:
            return 0.0
        is_left = self.found.rotated or not self.listed
        return self._settings.done_s if is_left else self._settings.half_line_s

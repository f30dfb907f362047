"""Lines -> one body of `_bulk`.

A batch is closed by its number of lines or by their bytes. The action of a line names its data stream and
its `_id`; the line itself follows as it stands in the file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from shippers.files.check import Fault, fault_of

OFFSET_DIGITS = 10
"""Hexadecimal digits of the offset in an `_id`: files up to 1 TiB."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as the server sees it: its identity, its data stream; `path` only tells people."""

    id: str
    stream: str
    path: str

    @property
    def action(self) -> bytes:
        """The action line, with a place for the offset."""
        text = f'{{"create":{{"_index":"{self.stream}","_id":"{self.id}-%0{OFFSET_DIGITS}x"}}}}'
        return text.encode()

    def document_id(self, offset: int) -> str:
        """The `_id` of the line that begins at `offset`."""
        return f"{self.id}-{offset:0{OFFSET_DIGITS}x}"


@dataclass(frozen=True, slots=True)
class Segment:
    """Lines of one file, not always neighbours. `offsets` say where each begins."""

    source: Source
    lines: Sequence[bytes]
    offsets: Sequence[int]

    def pick(self, numbers: Sequence[int]) -> Segment:
        """Only the lines of these numbers."""
        return Segment(self.source, [self.lines[n] for n in numbers], [self.offsets[n] for n in numbers])


@dataclass(frozen=True, slots=True)
class Piece:
    """What one read of a file gave: neighbouring lines that end at `end`, and a line that was too long.

    `uncertain`: an earlier run may have sent them already, so they are looked up before they are sent.
    """

    source: Source
    lines: list[bytes]
    offsets: list[int]
    end: int
    sound: bool
    skipped: tuple[int, int] | None = None
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Unfit:
    """A line that may not travel: its file, its range of bytes (its end included) and its fault."""

    source: Source
    start: int
    end: int
    fault: Fault
    line: bytes = b""


@dataclass(slots=True)
class Batch:
    """Lines to send, lines that may not be sent, and where each file's checkpoint stands after both.

    `add` fills it up to `most_lines` lines and `most_bytes` bytes of lines; one line always fits.
    """

    most_lines: int
    most_bytes: int
    line_limit: int
    segments: list[Segment] = field(default_factory=list)
    unfit: list[Unfit] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    count: int = 0
    size_bytes: int = 0
    _overflowed: bool = False

    @property
    def full(self) -> bool:
        """Whether nothing more goes in: a bound is reached, or a line did not fit."""
        return self._overflowed or self.count >= self.most_lines or self.size_bytes >= self.most_bytes

    @property
    def empty(self) -> bool:
        """Whether there is neither anything to send nor a checkpoint to move."""
        return not self.ends

    def add(self, piece: Piece) -> Piece | None:
        """Takes what fits of `piece` and returns the rest of it, None when all went in."""
        taken, rest = _split(piece, self._room(piece))
        if taken.skipped:
            self.unfit.append(Unfit(piece.source, *taken.skipped, Fault.TOO_LONG))
            self.count += 1
        if taken.lines:
            self.count += len(taken.lines)
            self.size_bytes += taken.end - taken.offsets[0]
            self._sort(taken)
        if taken.lines or taken.skipped:
            self.ends[piece.source.id] = taken.end
        self._overflowed = rest is not None
        return rest

    def _room(self, piece: Piece) -> int:
        """How many lines of `piece` go in."""
        lines = max(self.most_lines - self.count - bool(piece.skipped), 0)
        if not piece.lines:
            return 0
        last = piece.offsets[0] + self.most_bytes - self.size_bytes
        fit = bisect_right(piece.offsets, last, lo=1) - 1 if piece.end > last else len(piece.lines)
        if not self.count and not piece.skipped:
            fit = max(fit, 1)
        return min(lines, fit)

    def _sort(self, taken: Piece) -> None:
        if taken.sound:
            self.segments.append(Segment(taken.source, taken.lines, taken.offsets))
            return
        faults = [fault_of(line, self.line_limit) for line in taken.lines]
        fit = [number for number, fault in enumerate(faults) if fault is None]
        if fit:
            self.segments.append(Segment(taken.source, taken.lines, taken.offsets).pick(fit))
        self.unfit += (
            Unfit(taken.source, start, min(start + len(line) + 1, taken.end), fault, line)
            for line, start, fault in zip(taken.lines, taken.offsets, faults, strict=True)
            if fault
        )


def _split(piece: Piece, room: int) -> tuple[Piece, Piece | None]:
    if room >= len(piece.lines):
        return piece, None
    at = piece.offsets[room]
    source, lines, offsets, sound = piece.source, piece.lines, piece.offsets, piece.sound
    taken = Piece(source, lines[:room], offsets[:room], at, sound, piece.skipped, piece.uncertain)
    return taken, Piece(source, lines[room:], offsets[room:], piece.end, sound, None, piece.uncertain)


def body(segments: Sequence[Segment]) -> bytes:
    """The body of `_bulk`: for each line its action (`create`, data stream, `_id`) and the line."""
    parts: list[bytes] = [b""] * (2 * size(segments))
    parts[::2] = chain.from_iterable(map(_actions, segments))
    parts[1::2] = chain.from_iterable(segment.lines for segment in segments)
    parts.append(b"")
    return b"\n".join(parts)


def _actions(segment: Segment) -> Iterator[bytes]:
    return map(segment.source.action.__mod__, segment.offsets)


def size(segments: Sequence[Segment]) -> int:
    """How many lines these are."""
    return sum(len(segment.lines) for segment in segments)


def pick(segments: Sequence[Segment], numbers: Sequence[int]) -> list[Segment]:
    """The lines of these numbers, counted through all segments, in ascending order."""
    picked, first = [], 0
    for segment in segments:
        last = first + len(segment.lines)
        inside = [number - first for number in numbers if first <= number < last]
        if inside:
            picked.append(segment.pick(inside))
        first = last
    return picked


def halves(segments: Sequence[Segment]) -> tuple[list[Segment], list[Segment]]:
    """The same lines in two groups of almost the same number; at least two lines must be there."""
    lines = size(segments)
    middle = lines // 2
    return pick(segments, range(middle)), pick(segments, range(middle, lines))

"""Lines -> one body of `_bulk`.

A batch is closed by its number of lines, by their bytes or by its age. The action of a line names its data
stream and its `_id`; the line itself follows as it stands in the file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat

from shippers.files.check import Fault, fault_of, unparsable
from shippers.ledger import Taken

OFFSET_DIGITS = 10
"""Hexadecimal digits of the offset in an `_id`."""
LARGEST_BYTES = 16**OFFSET_DIGITS
"""Files may be as large as their offsets fit into an `_id`: 1 TiB."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as the server sees it: its identity, its data stream; `path` only tells people.

    `named`: its lines are sent with an `_id`; a time-series stream makes ids of its own.
    """

    id: str
    stream: str
    path: str
    named: bool = True

    @property
    def action(self) -> bytes:
        """The action line; with a place for the offset where the lines are named."""
        if not self.named:
            return f'{{"create":{{"_index":"{self.stream}"}}}}'.encode()
        text = f'{{"create":{{"_index":"{self.stream}","_id":"{self.id}-%0{OFFSET_DIGITS}x"}}}}'
        return text.encode()

    def document_id(self, offset: int) -> str:
        """The `_id` of the line that begins at `offset`."""
        return f"{self.id}-{offset:0{OFFSET_DIGITS}x}"


@dataclass(frozen=True, slots=True)
class Segment:
    """Lines of one file, not always neighbours. `offsets` say where each begins.

    `uncertain`: the server may have them already, so they are looked up before they are sent. `end`: no line
    goes beyond it; the last one of a file may lack its line feed.
    """

    source: Source
    lines: Sequence[bytes]
    offsets: Sequence[int]
    uncertain: bool = False
    end: int = LARGEST_BYTES

    def pick(self, numbers: Sequence[int]) -> Segment:
        """Only the lines of these numbers."""
        lines, offsets = [self.lines[n] for n in numbers], [self.offsets[n] for n in numbers]
        return replace(self, lines=lines, offsets=offsets)

    def span(self, number: int) -> tuple[int, int]:
        """The range of bytes of this line, its line feed included where it has one."""
        start = self.offsets[number]
        return start, min(start + len(self.lines[number]) + 1, self.end)

    @property
    def ids(self) -> list[str]:
        """The `_id` of each line."""
        return [self.source.document_id(offset) for offset in self.offsets]


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


def by_file(unfit: Iterable[Unfit]) -> Counter[str]:
    """How many lines these are: identity of a file -> lines."""
    return Counter(each.source.id for each in unfit)


@dataclass(slots=True)
class Batch:
    """Lines to send, lines that may not be sent, and what it took of each file with both.

    `add` fills it up to `most_lines` lines and `most_bytes` bytes of lines; one line always fits.
    `parse`: each line is parsed as JSON, not only glanced at.
    """

    most_lines: int
    most_bytes: int
    line_limit: int
    parse: bool = False
    segments: list[Segment] = field(default_factory=list)
    unfit: list[Unfit] = field(default_factory=list)
    taken: dict[str, Taken] = field(default_factory=dict)
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
        return not self.taken

    def add(self, piece: Piece) -> Piece | None:
        """Takes what fits of `piece` and returns the rest of it, None when all went in."""
        taken, rest = _split(piece, self._room(piece))
        if taken.skipped:
            self.unfit.append(Unfit(piece.source, *taken.skipped, Fault.TOO_LONG))
        if taken.lines:
            self.size_bytes += taken.end - taken.offsets[0]
            self._sort(taken)
        if lines := len(taken.lines) + bool(taken.skipped):
            self.count += lines
            before = self.taken.get(piece.source.id)
            self.taken[piece.source.id] = Taken(taken.end, lines + (before.lines if before else 0))
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
        segment = Segment(taken.source, taken.lines, taken.offsets, taken.uncertain, taken.end)
        faults = self._faults(taken)
        if not any(faults):
            self.segments.append(segment)
            return
        fit = [number for number, fault in enumerate(faults) if fault is None]
        if fit:
            self.segments.append(segment.pick(fit))
        self.unfit += (
            Unfit(taken.source, *segment.span(number), fault, taken.lines[number])
            for number, fault in enumerate(faults)
            if fault
        )

    def _faults(self, taken: Piece) -> list[Fault | None]:
        """What is wrong with each line; empty when nothing is with any."""
        faults = [] if taken.sound else [fault_of(line, self.line_limit) for line in taken.lines]
        if not self.parse:
            return faults
        known = faults or [None] * len(taken.lines)
        return [fault or unparsable(line) for fault, line in zip(known, taken.lines, strict=True)]


def _split(piece: Piece, room: int) -> tuple[Piece, Piece | None]:
    if room >= len(piece.lines):
        return piece, None
    lines, offsets = piece.lines, piece.offsets
    taken = replace(piece, lines=lines[:room], offsets=offsets[:room], end=offsets[room])
    return taken, replace(piece, lines=lines[room:], offsets=offsets[room:], skipped=None)


def body(segments: Sequence[Segment]) -> bytes:
    """The body of `_bulk`: for each line its action (`create`, data stream, `_id` if named) and the line."""
    parts: list[bytes] = [b""] * (2 * size(segments))
    parts[::2] = chain.from_iterable(map(_actions, segments))
    parts[1::2] = chain.from_iterable(segment.lines for segment in segments)
    parts.append(b"")
    return b"\n".join(parts)


def _actions(segment: Segment) -> Iterator[bytes]:
    action = segment.source.action
    return (
        map(action.__mod__, segment.offsets) if segment.source.named else repeat(action, len(segment.lines))
    )


def size(segments: Sequence[Segment]) -> int:
    """How many lines these are."""
    return sum(len(segment.lines) for segment in segments)


def size_bytes(segments: Sequence[Segment]) -> int:
    """Bytes of their lines, line ends included."""
    return sum(sum(map(len, segment.lines)) + len(segment.lines) for segment in segments)


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

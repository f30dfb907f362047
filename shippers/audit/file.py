"""One file against the registry, the quarantine and Elasticsearch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from shippers.audit import series
from shippers.audit.lines import Block, blocks, rest
from shippers.audit.ranges import Ranges
from shippers.audit.report import FileReport, Found, Proof, State
from shippers.batch import Source
from shippers.census import Census
from shippers.originals import UNREADABLE, Original
from shippers.registry import Row
from shippers.settings import ShipperSettings


@dataclass(frozen=True, slots=True)
class Subject:
    """A file and what is known of it: its row, where it lies (None: it is gone), its lines in quarantine.

    `path` is where it lies, below home; of a file that is gone, where it was last seen. `kept` says where
    each line begins that is in quarantine, and where it ends; `redriven` where those begin that left it.
    """

    row: Row
    original: Original | None
    path: str
    kept: Mapping[int, int] = field(default_factory=dict)
    redriven: Set[int] = frozenset()

    @property
    def kept_before(self) -> list[int]:
        """Where those lines begin that are in quarantine and lie before the checkpoint, ascending."""
        return sorted(start for start in self.kept if start < self.row.checkpoint)


@dataclass(slots=True)
class Tally:
    """What was counted of the lines read so far."""

    missing: Ranges
    doubled: Ranges
    read: int = 0
    end: int = 0
    kept: int = 0
    kept_bytes: int = 0
    there: int = 0
    there_bytes: int = 0
    missing_bytes: int = 0
    failure_store: int = 0
    streams: set[str] = field(default_factory=set)


def audit_file(subject: Subject, census: Census, settings: ShipperSettings) -> FileReport:
    """Reads a file that is there again, and asks Elasticsearch for each line up to the checkpoint.

    Raises:
        elasticsearch.ApiError, elasticsearch.TransportError: Elasticsearch does not answer.
    """
    row, original = subject.row, subject.original
    assert original, "of a file that is gone nothing can be read"
    known = from_registry(subject)
    state = State.PACKED if original.packed else State.THERE
    try:
        with original.opened() as file:
            report = _compared(subject, file, replace(known, state=state), census, settings)
        if not original.is_file_of(row):
            return replace(report, unreadable="it was replaced while it was read")
    except UNREADABLE as error:
        return replace(known, state=state, unreadable=str(error) or type(error).__name__)
    return report


def new_file(original: Original, path: str) -> FileReport:
    """A file that the shipper has not met: all of it is pending, unless its name keeps it out for good."""
    with original.opened() as file:
        lines, size_bytes, half = rest(file)
    if original.ignored:
        return FileReport(
            path, None, None, State.IGNORED, ignored=lines, ignored_bytes=size_bytes, half_bytes=half
        )
    return FileReport(path, None, None, State.NEW, pending=lines, pending_bytes=size_bytes, half_bytes=half)


def from_registry(subject: Subject) -> FileReport:
    """What the registry and the quarantine alone say: nothing of it is proved."""
    row, kept = subject.row, subject.kept_before
    kept_bytes = sum(min(subject.kept[start], row.checkpoint) - start for start in kept)
    return FileReport(
        subject.path,
        row.id,
        row.stream,
        State.GONE,
        read=row.acknowledged + row.quarantined,
        read_bytes=row.checkpoint,
        acknowledged=row.acknowledged,
        acknowledged_bytes=row.checkpoint - kept_bytes,
        quarantined=row.quarantined,
        quarantined_bytes=kept_bytes,
        kept=len(kept),
        redriven=sum(start < row.checkpoint for start in subject.redriven - subject.kept.keys()),
        pending_bytes=row.missing_bytes,
        lost_bytes=row.lost_bytes,
    )


def _compared(
    subject: Subject, file: BinaryIO, before: FileReport, census: Census, settings: ShipperSettings
) -> FileReport:
    row = subject.row
    tally = Tally(Ranges(settings.audit_ranges), Ranges(settings.audit_ranges))
    by_id = not census.is_time_series(row.stream)
    known = sorted(subject.kept.keys() | subject.redriven)
    for whole in blocks(file, row.checkpoint, settings.audit_ids):
        block, wanted = _sorted_out(whole, known, subject.kept, tally)
        if by_id:
            _compare(block, wanted, row, census, tally)
        else:
            tally.there_bytes += sum(map(block.line_bytes, wanted))
    lines, size_bytes, half = rest(file)
    report = replace(
        before,
        read=tally.read,
        kept=tally.kept,
        acknowledged_bytes=tally.there_bytes,
        quarantined_bytes=tally.kept_bytes,
        pending=lines,
        pending_bytes=size_bytes,
        half_bytes=half,
        found=_found(tally) if by_id else _counted(subject, file, tally, census),
    )
    if tally.end < row.checkpoint:
        return replace(report, unreadable=f"it ends at {tally.end}, before its checkpoint {row.checkpoint}")
    return report


def _sorted_out(
    block: Block, known: Sequence[int], kept: Mapping[int, int], tally: Tally
) -> tuple[Block, list[int]]:
    """The block with a line at each offset that the quarantine knows, and its lines that should be documents.

    `known` are those offsets, ascending; `kept` those that are still in quarantine, and where they end: that
    of a line without a line feed may be said to be one byte further.
    """
    inside = known[bisect_left(known, block.starts[0]) : bisect_left(known, block.end)]
    if inside:
        block = block.cut(inside)
    held = [number for number, start in enumerate(block.starts) if start in kept] if inside else []
    tally.read += len(block.starts)
    tally.end = block.end
    tally.kept += len(held)
    for number in held:
        start = block.starts[number]
        tally.kept_bytes += min(kept[start], block.line_end(number)) - start
    return block, sorted(set(range(len(block.starts))).difference(held))


def _compare(block: Block, wanted: list[int], row: Row, census: Census, tally: Tally) -> None:
    source = Source(row.id, row.stream, row.path)
    ids = [source.document_id(block.starts[number]) for number in wanted]
    if census.are_there_once(row.stream, ids):
        tally.there += len(ids)
        tally.there_bytes += sum(map(block.line_bytes, wanted))
        return
    copies = census.copies(row.stream, ids)
    absent = [name for name in ids if name not in copies]
    stored, elsewhere = _apart(absent, row.stream, census) if absent else (set(), set())
    nowhere = set(absent) - stored - elsewhere
    tally.there += len(ids) - len(nowhere)
    tally.failure_store += len(stored)
    lost = [number for number, name in zip(wanted, ids, strict=True) if name in nowhere]
    lost_bytes = sum(map(block.line_bytes, lost))
    tally.missing_bytes += lost_bytes
    tally.there_bytes += sum(map(block.line_bytes, wanted)) - lost_bytes
    _add(tally.missing, block, lost)
    _add(
        tally.doubled,
        block,
        (number for number, name in zip(wanted, ids, strict=True) if copies[name] > 1),
    )


def _apart(ids: list[str], stream: str, census: Census) -> tuple[set[str], set[str]]:
    """Documents that are not in the stream: those in its failure store, those in other namespaces.

    A file's lines are in two namespaces when the setting was changed while the file grew.
    """
    stored = census.in_failure_store(stream, ids)
    return stored, census.in_other_namespaces(stream, [name for name in ids if name not in stored])


def _add(ranges: Ranges, block: Block, numbers: Iterable[int]) -> None:
    for number in numbers:
        ranges.add(block.starts[number], block.line_end(number))


def _found(tally: Tally) -> Found:
    missing, doubled = tally.missing, tally.doubled
    return Found(
        Proof.IDS,
        tally.read - tally.kept,
        tally.there,
        tally.failure_store,
        missing.kept,
        missing.lines,
        tally.missing_bytes,
        doubled.kept,
        doubled.lines,
    )


def _counted(subject: Subject, file: BinaryIO, tally: Tally, census: Census) -> Found:
    """Documents of the file's hosts and times: the ids of a time-series stream are the server's own."""
    file.seek(0)
    hosts = series.spans(file, subject.row.checkpoint, subject.kept)
    there, missing = series.compared(subject.row.stream, hosts, census)
    expected = tally.read - tally.kept
    unknown = max(expected - sum(span.samples for span in hosts.values()), 0)
    return Found(Proof.COUNT, expected, there, missing_lines=missing + unknown)

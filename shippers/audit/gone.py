"""Files that are gone: how many documents Elasticsearch has under their identities.

Where their lines began is written nowhere, so their ids cannot be asked for, and `_id` can be neither
searched by its beginning nor sorted by (Elasticsearch 9.5 refuses prefix, range, wildcard and regexp queries
on it). So the ids of their data stream are listed in the order of time, and those of these files are picked
out: first from the time in which each file was written, then, of files of which lines are missing there, from
all times and namespaces. A time-series stream makes its own ids: of its files nothing can be asked.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from shippers.audit.file import Subject, from_registry
from shippers.audit.report import FileReport, Found, Proof
from shippers.census import Census, Crowded, every_namespace
from shippers.registry import Row

MARGIN_MS = 60_000
"""A line may bear a time somewhat before that of its file's first line, or after the file's last change."""

Window = tuple[int | None, int | None]
"""The first and the last millisecond since 1970; None: without end."""


@dataclass(slots=True)
class Documents:
    """Where the lines of the documents of one file begin: in its own stream, and elsewhere."""

    here: array[int] = field(default_factory=lambda: array("Q"))
    elsewhere: array[int] = field(default_factory=lambda: array("Q"))


def audit_gone(subjects: Iterable[Subject], census: Census) -> dict[str, FileReport]:
    """A report for each of these files, all of which are gone, by their identities.

    Raises:
        elasticsearch.ApiError, elasticsearch.TransportError: Elasticsearch does not answer.
    """
    reports: dict[str, FileReport] = {}
    by_stream: dict[str, list[Subject]] = {}
    for each in subjects:
        reports[each.row.id] = from_registry(each)
        if reports[each.row.id].expected:
            by_stream.setdefault(each.row.stream, []).append(each)
    for stream, group in by_stream.items():
        if not census.is_time_series(stream):
            reports |= _listed(stream, group, census)
    return reports


def windows(rows: Iterable[Row]) -> list[Window]:
    """The times in which these files were written, those that touch as one, ascending."""
    merged: list[Window] = []
    for first, last in sorted(map(_window, rows), key=lambda each: (each[0] or 0, each[1] or 0)):
        before = merged[-1] if merged else None
        if before and (before[1] is None or (first or 0) <= before[1] + 1):
            merged[-1] = before[0], None if None in (before[1], last) else max(before[1] or 0, last or 0)
        else:
            merged.append((first, last))
    return merged


def _window(row: Row) -> Window:
    first_s = int(row.id.partition("-")[0], 16)
    first = first_s * 1000 - MARGIN_MS if first_s else None
    return first, row.changed_ns // 10**6 + MARGIN_MS if row.changed_ns else None


def _listed(stream: str, group: Sequence[Subject], census: Census) -> dict[str, FileReport]:
    """Those of one stream; where too many documents bear one time, the registry's word is left to stand."""
    try:
        found = _picked(stream, stream, windows(each.row for each in group), group, census)
        reports = {each.row.id: _compared(each, found[each.row.id]) for each in group}
        short = [each for each in group if reports[each.row.id].found.missing_lines]
        if short:
            everywhere = every_namespace(stream)
            census.refresh(everywhere)
            found = _picked(stream, everywhere, [(None, None)], short, census)
            reports |= {
                each.row.id: _compared(each, found[each.row.id], _stored(each, census)) for each in short
            }
    except Crowded:
        return {}
    return reports


def _stored(subject: Subject, census: Census) -> Callable[[], set[int]]:
    """Asked for only when it matters: most streams have no failure store."""
    row = subject.row
    return lambda: {_start(name) for name in census.failures_of(row.stream, f"{row.id}-")}


def _picked(
    stream: str, names: str, times: Iterable[Window], group: Iterable[Subject], census: Census
) -> dict[str, Documents]:
    """The documents of these files in the streams `names`."""
    found = {each.row.id: Documents() for each in group}
    own = set(census.backing(stream))
    for first, last in times:
        for name, index in census.ids_by_time(names, first, last):
            identity, _, start = name.rpartition("-")
            documents = found.get(identity)
            if documents is not None:
                (documents.here if index in own else documents.elsewhere).append(int(start, 16))
    return found


def _compared(subject: Subject, documents: Documents, stored: Callable[[], set[int]] = set) -> FileReport:
    report, end = from_registry(subject), subject.row.checkpoint
    here = [start for start in documents.here if start < end]
    there = set(here).union(start for start in documents.elsewhere if start < end).difference(subject.kept)
    missing, in_store = report.expected - len(there), set[int]()
    if missing > 0:
        in_store = {start for start in stored() if start < end}.difference(there, subject.kept)
        there |= in_store
        missing = report.expected - len(there)
    acknowledged_bytes, quarantined_bytes = _bytes(there, subject)
    rest = end - acknowledged_bytes - quarantined_bytes
    return replace(
        report,
        acknowledged_bytes=acknowledged_bytes,
        quarantined_bytes=quarantined_bytes,
        found=Found(
            Proof.LISTED,
            report.expected,
            len(there),
            len(in_store),
            missing_lines=max(missing, 0),
            missing_bytes=rest if missing > 0 else 0,
            doubled_lines=len(here) - len(set(here)),
        ),
    )


def _bytes(there: Iterable[int], subject: Subject) -> tuple[int, int]:
    """Bytes of the lines that are documents, and of those in quarantine: each ends where the next begins.

    What a missing line leaves counts to the line before it; what lies before the first one, or behind the
    end of an entry, to neither.
    """
    acknowledged = quarantined = 0
    following = subject.row.checkpoint
    for start in sorted({*there, *subject.kept_before}, reverse=True):
        if start in subject.kept:
            quarantined += min(subject.kept[start], following) - start
        else:
            acknowledged += following - start
        following = start
    return acknowledged, quarantined


def _start(document_id: str) -> int:
    return int(document_id.rpartition("-")[2], 16)

"""What is said of a file, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shippers.audit.ranges import Range


class State(StrEnum):
    """Where a file is."""

    THERE = "there"
    PACKED = "packed"
    GONE = "gone"
    NEW = "new"
    IGNORED = "ignored"


class Proof(StrEnum):
    """How the documents of a file were compared.

    Attributes:
        IDS: each line's id was asked for.
        LISTED: the file is gone; its ids were picked out of all ids of its stream, and their number compared.
        COUNT: a time series; the documents of its hosts and times were counted.
        NONE: not at all: nothing is expected, or nothing can be asked and the registry's word is taken.
    """

    IDS = "ids"
    LISTED = "listed"
    COUNT = "count"
    NONE = "none"


class Problem(StrEnum):
    """What does not add up.

    Attributes:
        MISSING: lines that should be in Elasticsearch are not.
        DOUBLED: an id is in more than one backing index.
        MISCOUNTED: the registry's acknowledged and quarantined lines are not the lines read, or the bytes of
            the documents found and of the entries in quarantine are not those before the checkpoint.
        TOO_FEW: a time-series stream has fewer documents of that host and time than lines.
        UNREADABLE: the file ends before its checkpoint, is damaged, or went on changing.
        LOST: bytes that were cut away before they were read.
        IGNORED: the file is never shipped: its name gives no data stream.
    """

    MISSING = "missing"
    DOUBLED = "doubled"
    MISCOUNTED = "miscounted"
    TOO_FEW = "too_few"
    UNREADABLE = "unreadable"
    LOST = "lost"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Found:
    """The documents of a file. `missing` and `doubled` name ranges; their numbers of lines are exact.

    Of a file that is gone no ranges are known.

    Attributes:
        expected: lines that should be documents.
        there: how many of these are, in the failure store too.
        failure_store: how many of those are only in the failure store.
        missing_bytes: bytes of the missing lines; of a file that is gone, those that nothing else names.
    """

    proof: Proof = Proof.NONE
    expected: int = 0
    there: int = 0
    failure_store: int = 0
    missing: Sequence[Range] = ()
    missing_lines: int = 0
    missing_bytes: int = 0
    doubled: Sequence[Range] = ()
    doubled_lines: int = 0


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file. Lines and bytes; `read` is what lies before the checkpoint.

    Attributes:
        path: where it lies, or lay, below home.
        id: its identity; None for a file that was not met yet.
        acknowledged: lines, as the registry counted them.
        quarantined: lines, as the registry counted them.
        kept: lines that have an entry in quarantine.
        redriven: lines that left the quarantine for Elasticsearch.
        acknowledged_bytes: bytes of the lines that Elasticsearch has; where it counts only (time series), or
            where nothing could be asked, of the lines read that have no entry in quarantine.
        quarantined_bytes: bytes that the entries in quarantine name.
        pending_bytes: of a file that is gone, what was seen behind the checkpoint and not told as lost.
        ignored: lines of a file that is never shipped; they are not pending.
        half_bytes: bytes behind the last line feed, among the pending.
        lost_bytes: bytes that were cut away before they were read, as the registry counted them.
    """

    path: str
    id: str | None
    stream: str | None
    state: State
    read: int = 0
    read_bytes: int = 0
    acknowledged: int = 0
    acknowledged_bytes: int = 0
    quarantined: int = 0
    quarantined_bytes: int = 0
    kept: int = 0
    redriven: int = 0
    pending: int = 0
    pending_bytes: int = 0
    ignored: int = 0
    ignored_bytes: int = 0
    half_bytes: int = 0
    lost_bytes: int = 0
    found: Found = Found()
    unreadable: str | None = None

    @property
    def expected(self) -> int:
        """Lines before the checkpoint that should be documents."""
        return self.read - self.kept

    @property
    def unproved(self) -> int:
        """Lines said to be in Elasticsearch of which nothing could be asked there: the registry's word."""
        return max(self.expected, 0) if self.found.proof is Proof.NONE and not self.unreadable else 0

    @property
    def unaccounted_bytes(self) -> int:
        """Bytes before the checkpoint, neither acknowledged, nor quarantined, nor of missing lines."""
        known = self.acknowledged_bytes + self.quarantined_bytes + self.found.missing_bytes
        return self.read_bytes - known

    @property
    def not_kept(self) -> int:
        """Quarantined lines that a full quarantine only counted: nobody knows which these are."""
        return max(self.quarantined - self.kept - self.redriven, 0)

    @property
    def problems(self) -> list[Problem]:
        """What does not add up; empty when all is well."""
        return list(self._problems())

    def _problems(self) -> Iterator[Problem]:
        found = self.found
        if self.unreadable:
            yield Problem.UNREADABLE
        elif self.read != self.acknowledged + self.quarantined or self.unaccounted_bytes:
            yield Problem.MISCOUNTED
        if found.missing_lines > self.not_kept:
            yield Problem.TOO_FEW if found.proof is Proof.COUNT else Problem.MISSING
        if found.doubled_lines:
            yield Problem.DOUBLED
        if self.lost_bytes:
            yield Problem.LOST
        if self.state is State.IGNORED:
            yield Problem.IGNORED

    def as_json(self) -> dict[str, Any]:
        """All of it, for `--json`."""
        found = self.found
        return {
            "path": self.path,
            "id": self.id,
            "stream": self.stream,
            "state": self.state,
            "problems": self.problems,
            "lines": {
                "read": self.read,
                "acknowledged": self.acknowledged,
                "quarantined": self.quarantined,
                "pending": self.pending,
                "ignored": self.ignored,
                "in_quarantine": self.kept,
                "redriven": self.redriven,
                "not_kept": self.not_kept,
            },
            "bytes": {
                "read": self.read_bytes,
                "acknowledged": self.acknowledged_bytes,
                "quarantined": self.quarantined_bytes,
                "pending": self.pending_bytes,
                "ignored": self.ignored_bytes,
                "missing": found.missing_bytes,
                "half_line": self.half_bytes,
                "lost": self.lost_bytes,
            },
            "elasticsearch": {
                "proof": found.proof,
                "expected": found.expected,
                "there": found.there,
                "failure_store": found.failure_store,
                "missing": found.missing_lines,
                "missing_ranges": [_range(each) for each in found.missing],
                "doubled": found.doubled_lines,
                "doubled_ranges": [_range(each) for each in found.doubled],
            },
            "unreadable": self.unreadable,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All files of a home folder. `notes` say what limits the proof."""

    files: Sequence[FileReport]
    lines: int
    seconds: float
    notes: Sequence[str] = field(default_factory=tuple)

    def wrong(self, *, allow_lost: bool) -> list[FileReport]:
        """The files that do not add up; `allow_lost` lets pass those that only lost bytes."""
        passed = {Problem.LOST} if allow_lost else set()
        return [each for each in self.files if set(each.problems) - passed]

    @property
    def unproved(self) -> tuple[int, int]:
        """How many files, and lines of them, are on the registry's word alone."""
        unproved = [each.unproved for each in self.files if each.unproved]
        return len(unproved), sum(unproved)

    @property
    def lines_per_second(self) -> int:
        """How many lines were compared in a second."""
        return int(self.lines / self.seconds) if self.seconds > 0 else 0

    def as_json(self, *, allow_lost: bool) -> dict[str, Any]:
        """All of it, for `--json`."""
        return {
            "complete": not self.wrong(allow_lost=allow_lost),
            "lines": self.lines,
            "unproved": dict(zip(("files", "lines"), self.unproved, strict=True)),
            "seconds": round(self.seconds, 3),
            "lines_per_second": self.lines_per_second,
            "notes": list(self.notes),
            "files": [each.as_json() for each in self.files],
        }


def _range(each: Range) -> dict[str, int]:
    return {"start": each.start, "end": each.end, "lines": each.lines}

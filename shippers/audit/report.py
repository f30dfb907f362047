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
    """How the documents of a file were compared."""

    IDS = "ids"
    COUNT = "count"
    NONE = "none"


class Problem(StrEnum):
    """What does not add up.

    Attributes:
        MISSING: lines that should be in Elasticsearch are not.
        DOUBLED: an id is in more than one backing index.
        MISCOUNTED: the registry's acknowledged and quarantined lines are not the lines read.
        TOO_FEW: a time-series stream has fewer documents of that time than lines.
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

    Attributes:
        expected: lines that should be documents.
        there: how many of these are, in the failure store too.
        failure_store: how many of those are only in the failure store.
    """

    proof: Proof = Proof.NONE
    expected: int = 0
    there: int = 0
    failure_store: int = 0
    missing: Sequence[Range] = ()
    missing_lines: int = 0
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
        acknowledged_bytes: bytes of the lines read that have no entry in quarantine.
        quarantined_bytes: bytes of those that have one.
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
        elif self.read != self.acknowledged + self.quarantined:
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
    def lines_per_second(self) -> int:
        """How many lines were compared in a second."""
        return int(self.lines / self.seconds) if self.seconds > 0 else 0

    def as_json(self, *, allow_lost: bool) -> dict[str, Any]:
        """All of it, for `--json`."""
        return {
            "complete": not self.wrong(allow_lost=allow_lost),
            "lines": self.lines,
            "seconds": round(self.seconds, 3),
            "lines_per_second": self.lines_per_second,
            "notes": list(self.notes),
            "files": [each.as_json() for each in self.files],
        }


def _range(each: Range) -> dict[str, int]:
    return {"start": each.start, "end": each.end, "lines": each.lines}

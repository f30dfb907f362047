"""All files of a home folder, while a shipper is at work there or not.

The order makes it sound: first the checkpoints, then the quarantine, then Elasticsearch. Everything before a
checkpoint was settled when the checkpoint was read, so whatever is settled meanwhile cannot look like a loss.
What moves meanwhile (a rotation, a redrive) can: so a file that does not add up is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from shippers import registry
from shippers.audit.file import Subject, audit_file, new_file
from shippers.audit.gone import audit_gone
from shippers.audit.report import FileReport, Proof, Report
from shippers.census import Census
from shippers.files.find import Place
from shippers.originals import UNREADABLE, Original, existing, listed, locate
from shippers.quarantine import Quarantine
from shippers.registry import Row
from shippers.settings import ShipperSettings

NO_REFRESH = (
    "A refresh was refused (right `maintenance`): documents were counted after the refresh interval instead."
)
BY_COUNT = (
    "Not verifiable by id: {streams} (time series, whose ids the server makes). Only the number of documents "
    "of the same host and time was compared."
)


@dataclass(frozen=True, slots=True)
class View:
    """What a home folder held at one moment."""

    subjects: list[Subject]
    strangers: list[Original]


class Audit:
    """Audits `home`. `wait` sleeps for seconds, `clock` gives seconds that only grow.

    Raises:
        HomeMissing: there is no such folder.
    """

    def __init__(
        self,
        home: Path,
        census: Census,
        settings: ShipperSettings,
        *,
        wait: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self._home, self._census, self._settings = existing(home), census, settings
        self._wait, self._clock = wait, clock
        self._notes: dict[str, None] = {}

    def run(self) -> Report:
        """Looks at every file, and up to `audit_tries` times at those that do not add up.

        Raises:
            elasticsearch.ApiError, elasticsearch.TransportError: Elasticsearch does not answer.
        """
        started = self._clock()
        view = self._view()
        strangers = [self._new(each) for each in view.strangers]
        reports = self._audited(view.subjects)
        for _ in range(self._settings.audit_tries - 1):
            wrong = {name for name, each in reports.items() if _may_pass(each)}
            if not wrong:
                break
            self._wait(self._settings.audit_settle_s)
            reports |= self._audited(each for each in self._view().subjects if each.row.id in wrong)
        files = [*reports.values(), *(each for each in strangers if each)]
        self._note_time_series(files)
        lines = sum(each.read for each in files if each.found.proof is not Proof.NONE)
        files.sort(key=lambda each: (each.path, each.id or ""))
        return Report(files, lines, self._clock() - started, tuple(self._notes))

    def _view(self) -> View:
        path = self._home / "registry.sqlite"
        rows, copies = (registry.rows(path), registry.copies(path)) if path.exists() else ([], {})
        originals = listed(self._home, self._settings.sources, rows)
        settings = self._settings
        found = locate(rows, originals, settings.line_bytes, settings.same_first_lines)
        kept, redriven = self._quarantined()
        none: Set[int] = frozenset()
        subjects = [
            Subject(row, each, self._told(row, each), kept.get(row.id, {}), redriven.get(row.id, none))
            for row, each in ((row, found.get(row.id)) for row in rows)
        ]
        strangers = _strangers(originals, found.values())
        return View(subjects, [each for each in strangers if not _is_copy(each, copies, rows)])

    def _told(self, row: Row, original: Original | None) -> str:
        return self._below(original) if original else row.path

    def _below(self, original: Original) -> str:
        return str(original.path).removeprefix(f"{self._home}/")

    def _quarantined(self) -> tuple[dict[str, dict[int, int]], dict[str, set[int]]]:
        folder = self._home / "quarantine"
        if not folder.exists():
            return {}, {}
        quarantine = Quarantine(folder, self._settings.quarantine_bytes, self._settings.quarantine_reasons)
        return quarantine.ranges(), quarantine.redriven()

    def _audited(self, subjects: Iterable[Subject]) -> dict[str, FileReport]:
        chosen = list(subjects)
        self._refresh({each.row.stream for each in chosen})
        reports = audit_gone((each for each in chosen if not each.original), self._census)
        there = (each for each in chosen if each.original)
        return reports | {each.row.id: audit_file(each, self._census, self._settings) for each in there}

    def _refresh(self, streams: Collection[str]) -> None:
        refused = [stream for stream in sorted(streams) if not self._census.refresh(stream)]
        if refused:
            self._notes[NO_REFRESH] = None
            self._wait(max(map(self._census.refresh_interval_s, refused)))

    def _new(self, original: Original) -> FileReport | None:
        try:
            return new_file(original, self._below(original))
        except UNREADABLE:  # it was renamed meanwhile
            return None

    def _note_time_series(self, files: Iterable[FileReport]) -> None:
        streams = {each.stream for each in files if each.found.proof is Proof.COUNT and each.stream}
        if streams:
            self._notes[BY_COUNT.format(streams=", ".join(sorted(streams)))] = None


def _may_pass(report: FileReport) -> bool:
    """Whether another look may find nothing wrong: what was cut away stays lost."""
    return bool(set(report.problems) - {"lost"})


def _is_copy(original: Original, copies: Mapping[Place, str], rows: Iterable[Row]) -> bool:
    """Whether the shipper holds it as a copy: its lines are those of its original, which is listed.

    What it begins with tells it from a new file that was given the place of a copy that is gone.
    """
    of = copies.get(original.place)
    return of is not None and any(row.id == of and original.begins_as(row) for row in rows)


def _strangers(originals: Iterable[Original], found: Iterable[Original]) -> Iterable[Original]:
    places = {each.place for each in found}
    return (each for each in originals if each.place not in places and (each.is_source or each.ignored))

"""Reads the quarantine, sends its lines again under their old ids, and takes out what arrived.

An entry leaves the disk only after its line is known to be in Elasticsearch. A kill in between leaves an
entry too many: the next redrive finds its line there. A shipper may be at work meanwhile.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager, nullcontext
from pathlib import Path

from shippers import registry
from shippers.batch import Segment
from shippers.delivery import Target
from shippers.errors import RedriveRunning
from shippers.files.check import Fault, fault_of
from shippers.originals import existing, listed, locate
from shippers.quarantine import Entry, Kept, Key, Quarantine, refused_entries
from shippers.redrive.delivery import RedriveDelivery, Verdicts
from shippers.redrive.lines import Lines
from shippers.redrive.outcome import Outcome
from shippers.registry import Row
from shippers.settings import ShipperSettings

UNFIT = frozenset({Fault.NUL, Fault.NOT_UTF8, Fault.NOT_AN_OBJECT})
"""Reasons that lie in the line itself: no setting and no server lets it pass."""


class Redrive:
    """Sends the lines in quarantine below `home` again.

    Args:
        target: takes the lines, and says which of them it has already.
        clock: seconds since 1970, for the new entries of lines refused again.
        wait: sleeps for seconds.
        draw: the source of jitter, numbers in [0, 1).

    Raises:
        HomeMissing: there is no such folder.
    """

    def __init__(
        self,
        home: Path,
        target: Target,
        settings: ShipperSettings,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], None],
        draw: Callable[[], float],
    ) -> None:
        self._home, self._settings, self._clock = existing(home), settings, clock
        self._delivery = RedriveDelivery(target, settings, wait=wait, draw=draw)
        self._quarantine = Quarantine(
            home / "quarantine", settings.quarantine_bytes, settings.quarantine_reasons, make=False
        )
        self.trouble = ""

    def reasons(self) -> list[str]:
        """The names of the quarantine's files."""
        return self._quarantine.reasons()

    def run(self, reason: str | None = None, *, dry_run: bool = False) -> list[Outcome]:
        """One outcome for each file of the quarantine, or for the one named `reason`.

        A dry run changes nothing on the disk and may run beside a redrive.
        `trouble` says afterwards why Elasticsearch gave no verdict on some lines; nothing more was sent then.

        Raises:
            RedriveRunning: another redrive is at work.
            OSError: the quarantine cannot be written; no entry is lost.
        """
        chosen = [each for each in self.reasons() if reason in (None, each)]
        with nullcontext() if dry_run else _alone(self._home / "redrive.lock"):
            rows = self._rows()
            outcomes = [self._redriven(each, rows, dry_run) for each in chosen]
            if not dry_run and rows:
                self._forget({row.id for row in rows})
        return outcomes

    def _forget(self, known: Set[str]) -> None:
        if gone := self._quarantine.redriven().keys() - known:
            self._quarantine.forget(gone)

    def _rows(self) -> list[Row]:
        path = self._home / "registry.sqlite"
        return registry.rows(path) if path.exists() else []

    def _redriven(self, reason: str, rows: Sequence[Row], dry_run: bool) -> Outcome:
        outcome, entries = Outcome(reason), self._entries(reason)
        outcome.unreadable = sum(kept is None for _, kept in self._quarantine.read(reason))
        outcome.entries = len(entries)
        settings = self._settings
        wanted = {each.source.id for each in entries}
        rows = [row for row in rows if row.id in wanted]
        there = listed(self._home, settings.sources, rows)
        originals = locate(rows, there, settings.line_bytes, settings.same_first_lines)
        lines = Lines(originals)
        arrived: set[Key] = set()
        refused: list[Entry] = []
        try:
            for batch in self._batches(entries, lines, outcome):
                if dry_run or self.trouble:
                    outcome.unanswered += 0 if dry_run else len(batch)
                    continue
                self._count(self._delivery.deliver(batch), outcome, arrived, refused)
        finally:  # what arrived is taken out, whatever stops the rest
            lines.close()
            if not dry_run:
                self._quarantine.replace(reason, [each for each in entries if each.key in arrived], refused)
        return outcome

    def _entries(self, reason: str) -> list[Kept]:
        """The entries of a file, each line once, in the order of files and offsets."""
        once = {kept.key: kept for _, kept in self._quarantine.read(reason) if kept}
        return [once[key] for key in sorted(once)]

    def _batches(self, entries: Sequence[Kept], lines: Lines, outcome: Outcome) -> Iterator[list[Segment]]:
        batch: list[Segment] = []
        size_bytes = 0
        for segment in self._segments(entries, lines, outcome):
            line_bytes = len(segment.lines[0])
            too_much = size_bytes + line_bytes > self._settings.batch_bytes
            if batch and (too_much or len(batch) >= self._settings.batch_lines):
                yield batch
                batch, size_bytes = [], 0
            batch.append(segment)
            size_bytes += line_bytes
        if batch:
            yield batch

    def _segments(self, entries: Sequence[Kept], lines: Lines, outcome: Outcome) -> Iterator[Segment]:
        """The lines that can be sent, one by one; the others are counted."""
        most = self._settings.line_bytes
        unfit = UNFIT | {Fault.NOT_JSON} if self._settings.validation == "full" else UNFIT
        for entry in entries:
            if entry.reason in unfit or entry.end - entry.start - 1 > most:
                outcome.unfit += 1
            elif (line := lines.line(entry)) is None:
                outcome.missing += 1
            elif fault_of(line, most):
                outcome.unfit += 1
            else:
                outcome.sent += 1
                yield Segment(entry.source, [line], [entry.start])

    def _count(self, verdicts: Verdicts, outcome: Outcome, arrived: set[Key], refused: list[Entry]) -> None:
        outcome.accepted += len(verdicts.accepted)
        outcome.present += len(verdicts.present)
        outcome.refused += len(verdicts.refused)
        outcome.unanswered += len(verdicts.unanswered)
        self.trouble = verdicts.trouble
        arrived |= {Key(each.source.id, each.offsets[0]) for each in (*verdicts.accepted, *verdicts.present)}
        now_s, most = self._clock(), self._settings.quarantine_body_bytes
        refused += refused_entries(verdicts.refused, now_s, most)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RedriveRunning(
                f"Another `cardwatch redrive` works on {path.parent}: wait until it has ended."
            ) from error
        yield

"""What the quarantine knows of the lines of one file: which were sent since, which are kept with their text.

Who deletes the file wants to know: of a line that is here without its text the file is the only copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from shippers.quarantine import redriven
from shippers.quarantine.entries import Kept
from shippers.quarantine.folder import Quarantine


@dataclass(frozen=True, slots=True)
class Bare:
    """Quarantined lines of which no text is kept. `size_bytes` is without those that a full quarantine only
    counted: nobody knows where they stand."""

    lines: int = 0
    size_bytes: int = 0


class Stock:
    """Reads the folder, which need not be there yet. `redriven` is read again only when it has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._quarantine = Quarantine(folder, 0, 1, make=False)
        self._seen: tuple[int, int] | None = None
        self._sent: dict[str, set[int]] = {}

    def sent(self, identity: str) -> Set[int]:
        """The lines of this file that left the quarantine for Elasticsearch, by their first byte."""
        seen = self._stamp()
        if seen != self._seen:
            self._sent, self._seen = self._quarantine.redriven(), seen
        return self._sent.get(identity, set())

    def bare(self, identity: str, quarantined: int) -> Bare:
        """Those of the file's `quarantined` lines that were not sent and are not kept with their text."""
        sent = self.sent(identity)
        kept = {each.start: each for each in self._kept(identity) if each.start not in sent}
        without = [each for each in kept.values() if each.body is None]
        lines = quarantined - len(sent) - (len(kept) - len(without))
        return Bare(max(lines, len(without)), sum(each.end - each.start for each in without))

    def _kept(self, identity: str) -> Iterator[Kept]:
        wanted = identity.encode()
        for reason in self._quarantine.reasons():
            for _, kept in self._quarantine.read(reason, wanted):
                if kept and kept.source.id == identity:
                    yield kept

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = (self._folder / redriven.NAME).stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size

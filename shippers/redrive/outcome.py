"""What became of the entries of one reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Outcome:
    """Numbers of entries of one file of the quarantine.

    Attributes:
        reason: the file's name.
        entries: looked at, each line once.
        unfit: no server takes them as they are: a NUL byte, no UTF-8, no object, longer than `line_bytes`.
        missing: neither the line's file nor its unmasked text is there.
        sent: sent, each line counted once.
        accepted: taken by Elasticsearch.
        present: were there already.
        refused: refused again.
        unanswered: to be sent, but Elasticsearch gave no verdict.
        unreadable: lines of the quarantine's file that say nothing; they stay.
    """

    reason: str
    entries: int = 0
    unfit: int = 0
    missing: int = 0
    sent: int = 0
    accepted: int = 0
    present: int = 0
    refused: int = 0
    unanswered: int = 0
    unreadable: int = 0

    @property
    def stays(self) -> int:
        """Entries that are still in quarantine."""
        return self.entries - self.accepted - self.present

    def as_json(self) -> dict[str, Any]:
        """All of it, for `--json`."""
        return {**asdict(self), "stays": self.stays}

"""What people are told of files: refusals once each, and losses always, with their bytes."""

from __future__ import annotations

import logging
from collections import Counter

from shippers.files.find import Place
from shippers.registry import Row

logger = logging.getLogger(__name__)

MOST_WARNED = 1000
"""Most files and reasons that are remembered as told of; beyond, nothing is said of further ones: what is
logged is shipped too, and a folder may be full of files that are none of ours."""

MOST_TOLD = 1000
"""Most losses that are remembered as told of, the latest ones, while the registry does not take them."""


class Losses:
    """Bytes lost by reason since the start, and the log's lines about them.

    Attributes:
        bytes: `truncated`, `gone`, `damaged`, `bound` -> bytes that were never read.
    """

    def __init__(self) -> None:
        self.bytes: Counter[str] = Counter()
        self._warned: set[tuple[str, str]] = set()
        self._told: dict[tuple[str, Place | None], None] = {}

    def ignored(self, name: str, reason: str) -> None:
        """A file cannot be shipped."""
        if (name, reason) in self._warned or len(self._warned) >= MOST_WARNED:
            return
        self._warned.add((name, reason))
        self._tell("file_ignored", f"{name} is not shipped: {reason}.", {})

    def truncated(
        self, row: Row, read_bytes: int, lost_bytes: int, unseen_s: float, copy: str | None
    ) -> None:
        """A file was cut short after `read_bytes`; `lost_bytes` were seen, not read, and are in no copy."""
        if not self._is_news(row):
            return
        name = row.path.rpartition("/")[2]
        kept = f"What was copied to {copy} is read on there" if copy else "No copy of it was found"
        self._lose("truncated", lost_bytes)
        self._tell(
            "file_truncated",
            f"{name} was cut short after {read_bytes} bytes had been read of it; it starts again as a new "
            f"file. {kept}; {lost_bytes} bytes that were seen are lost, and what was written in the last "
            f"{unseen_s:.1f} s before may be.",
            _fields(row, read_bytes, lost_bytes) | {"card.file.unseen_ms": 1000 * unseen_s},
        )

    def gone(self, row: Row, read_bytes: int, lost_bytes: int) -> None:
        """A file is gone with bytes that were seen and not read."""
        if not self._is_news(row):
            return
        name = row.path.rpartition("/")[2]
        self._lose("gone", lost_bytes)
        self._tell(
            "file_gone",
            f"{name} is gone; its last {lost_bytes} bytes were not shipped.",
            _fields(row, read_bytes, lost_bytes),
        )

    def damaged(self, row: Row, read_bytes: int, lost_bytes: int, reason: str) -> None:
        """A compressed file cannot be read to its end."""
        name = row.path.rpartition("/")[2]
        self._lose("damaged", lost_bytes)
        self._tell(
            "file_damaged",
            f"{name} cannot be read beyond {read_bytes} bytes of its content ({reason}); about {lost_bytes} "
            "bytes are lost. Put a sound copy in its place to have them shipped.",
            _fields(row, read_bytes, lost_bytes),
        )

    def deleted(
        self, row: Row, read_bytes: int, lost_bytes: int, lost_lines: int | None, reason: str
    ) -> None:
        """The shipper deleted a file, with `lost_bytes` that were not read."""
        name = row.path.rpartition("/")[2]
        self._lose("bound", lost_bytes)
        lost = f"{lost_bytes} bytes" + (f", {lost_lines} lines," if lost_lines is not None else "")
        what = f"{lost} of it were never shipped" if lost_bytes else "all of it had been settled"
        fields = _fields(row, read_bytes, lost_bytes)
        if lost_lines is not None:
            fields["card.file.lost_lines"] = lost_lines
        self._tell("file_deleted", f"{name} was deleted ({reason}); {what}.", fields, lost_bytes > 0)

    def _is_news(self, row: Row) -> bool:
        """Whether it was not told yet: until the registry takes it, a step is made again and again."""
        key = row.id, row.place
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > MOST_TOLD:
            del self._told[next(iter(self._told))]
        return True

    def _lose(self, reason: str, lost_bytes: int) -> None:
        if lost_bytes:
            self.bytes[reason] += lost_bytes

    def _tell(self, action: str, sentence: str, fields: dict[str, object], is_failure: bool = True) -> None:
        logger.log(
            logging.WARNING if is_failure else logging.INFO,
            sentence,
            extra={"event.action": action, "event.outcome": "failure" if is_failure else "success"} | fields,
        )


def _fields(row: Row, read_bytes: int, lost_bytes: int) -> dict[str, object]:
    return {
        "card.file.id": row.id,
        "card.file.path": row.path,
        "card.file.read_bytes": read_bytes,
        "card.file.lost_bytes": lost_bytes,
    }

"""Lines that will never become documents: one NDJSON file per reason, bounded.

An entry says which bytes of which file it is about and why, with a digest of the line. The text of a line
is kept only when Elasticsearch refused it, and masked: docs/specs/delivery.md.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from shippers.batch import Unfit
from shippers.delivery import Refused

OTHER = "other"
_UNSAFE = re.compile(r"[^a-z0-9_]+")
_NAME_CHARACTERS = 60
_REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of quarantine: the reason (names the file) and the fields."""

    reason: str
    fields: dict[str, Any]


class Quarantine:
    """The folder. `put` returns how many entries found no room; what it returned for is on the disk."""

    def __init__(self, folder: Path, most_bytes: int, most_reasons: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._most_bytes, self._most_reasons = folder, most_bytes, most_reasons

    def put(self, entries: Sequence[Entry]) -> int:
        """Appends the entries and waits until the disk has them.

        Raises:
            OSError: the disk does not take them; nothing may be checkpointed.
        """
        sizes = {path.stem: path.stat().st_size for path in self._folder.glob("*.ndjson")}
        room = self._most_bytes - sum(sizes.values())
        texts: dict[str, list[bytes]] = {}
        kept = 0
        for entry in entries:
            text = orjson.dumps(entry.fields, option=orjson.OPT_APPEND_NEWLINE)
            room -= len(text)
            if room < 0:
                break
            texts.setdefault(self._file(entry.reason, sizes.keys() | texts.keys()), []).append(text)
            kept += 1
        for name, lines in texts.items():
            self._append(self._folder / f"{name}.ndjson", b"".join(lines))
        return len(entries) - kept

    def _file(self, reason: str, present: set[str]) -> str:
        name = _UNSAFE.sub("_", reason.lower())[:_NAME_CHARACTERS] or OTHER
        return name if name in present or len(present) < self._most_reasons - 1 else OTHER

    def _append(self, path: Path, text: bytes) -> None:
        is_new = not path.exists()
        with path.open("a+b", buffering=0) as file:
            if _is_torn(file.fileno()):
                text = b"\n" + text
            _write_all(file.fileno(), text)
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(self._folder)


def _is_torn(fd: int) -> bool:
    """Whether the file ends within a line: the machine died while one was written."""
    end = os.fstat(fd).st_size
    return end > 0 and os.pread(fd, 1, end - 1) != b"\n"


def _write_all(fd: int, text: bytes) -> None:
    view = memoryview(text)
    while view:
        view = view[os.write(fd, view) :]


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


# Entries


def unfit_entries(unfit: Sequence[Unfit], now_s: float) -> Iterator[Entry]:
    """Entries for lines that may not travel; their text is not kept."""
    for each in unfit:
        fields = _fields(each.source.id, each.source.path, each.source.stream, each.start, each.end, now_s)
        yield Entry(each.fault, {**fields, "reason": each.fault, **_digest(each.line)})


def refused_entries(refused: Sequence[Refused], now_s: float, body_bytes: int) -> Iterator[Entry]:
    """Entries for lines that Elasticsearch refused; the masked text of those up to `body_bytes` is kept."""
    for each in refused:
        source, line, start = each.segment.source, each.segment.lines[0], each.segment.offsets[0]
        fields = _fields(source.id, source.path, source.stream, start, start + len(line) + 1, now_s)
        error = {"type": each.refusal.type, "reason": mask(each.refusal.reason)[:_REASON_CHARACTERS]}
        entry = {
            **fields,
            "reason": each.refusal.type,
            "id": source.document_id(start),
            "status": each.refusal.status,
            "error": error,
            **_digest(line),
        }
        yield Entry(each.refusal.type, entry | _body(line, body_bytes))


def _fields(identity: str, path: str, stream: str, start: int, end: int, now_s: float) -> dict[str, Any]:
    return {
        "@timestamp": datetime.fromtimestamp(now_s, UTC).isoformat(),
        "stream": stream,
        "source": {"file": identity, "path": path, "start": start, "end": end},
    }


def _digest(line: bytes) -> dict[str, str]:
    return {"sha256": hashlib.sha256(line).hexdigest()} if line else {}


def _body(line: bytes, most: int) -> dict[str, Any]:
    if len(line) > most:
        return {}
    text = line.decode()
    masked = mask(text)
    return {"body": masked, "masked": masked != text}


_IDENTITY = re.compile(r"(?<![0-9])[0-9]{6}(?:19|20)[0-9]{9}[0-9Xx](?![0-9])")
_RUN = re.compile(r"(?<![0-9A-Za-z])(?:[0-9][ -]?){10,}[0-9Xx]?(?![0-9A-Za-z])")
_PASSPORT = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{1,2}[0-9]{7,9}(?![0-9A-Za-z])")
_BLOB = re.compile(r"[0-9A-Za-z+/=_-]{200,}")


def mask(text: str) -> str:
    """Takes out what looks like a number of a document or a telephone, and encoded images."""
    for pattern in (_BLOB, _IDENTITY, _PASSPORT, _RUN):
        text = pattern.sub("***", text)
    return text

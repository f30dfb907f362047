"""A line that is refused or unfit -> an entry of the quarantine, and an entry -> what it says.

An entry says which bytes of which file it is about and why, with a digest of the line. The text of a line
is kept only when Elasticsearch refused it, and masked: docs/specs/delivery.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from shippers.batch import Source, Unfit
from shippers.delivery import Refused
from shippers.quarantine.mask import mask

_REASON_CHARACTERS = 500
"""Of what the server says: an error may repeat the line, of which only so much text is kept as was set."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of quarantine: the reason (names the file) and the fields."""

    reason: str
    fields: dict[str, Any]

    @property
    def key(self) -> Key:
        """Which line it is about."""
        return Key(self.fields["source"]["file"], self.fields["source"]["start"])

    def text(self) -> bytes:
        """The entry as it stands in a file, its line feed included."""
        return orjson.dumps(self.fields, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A line: the identity of its file and the offset of its first byte. Together they make its `_id`."""

    file: str
    start: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What an entry on the disk says.

    Attributes:
        reason: why the line is here.
        source: its file; `path` is where that lay when the line was read.
        start: offset of its first byte.
        end: offset after its line feed.
        sha256: digest of the line in hexadecimal; None where the line was too long to be held.
        body: the line itself, where it is kept and nothing was taken out of it.
    """

    reason: str
    source: Source
    start: int
    end: int
    sha256: str | None
    body: bytes | None

    @property
    def key(self) -> Key:
        """Which line it is about."""
        return Key(self.source.id, self.start)


def parse(text: bytes) -> Kept | None:
    """The entry in one line of a quarantine file; None when it is torn or not one of ours."""
    try:
        fields = orjson.loads(text)
        place = fields["source"]
        source = Source(str(place["file"]), str(fields["stream"]), str(place["path"]))
        body = fields.get("body") if fields.get("masked") is False else None
        return Kept(
            str(fields["reason"]),
            source,
            int(place["start"]),
            int(place["end"]),
            fields.get("sha256"),
            body.encode() if body is not None else None,
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def unfit_entries(unfit: Sequence[Unfit], now_s: float) -> Iterator[Entry]:
    """Entries for lines that may not travel; their text is not kept."""
    for each in unfit:
        fields = _fields(each.source, each.start, each.end, now_s)
        yield Entry(each.fault, {**fields, "reason": each.fault, **_digest(each.line)})


def refused_entries(refused: Sequence[Refused], now_s: float, body_bytes: int) -> Iterator[Entry]:
    """Entries for lines that Elasticsearch refused; the masked text of those up to `body_bytes` is kept."""
    for each in refused:
        source, line, start = each.segment.source, each.segment.lines[0], each.segment.offsets[0]
        error = {"type": each.refusal.type, "reason": mask(each.refusal.reason)[:_REASON_CHARACTERS]}
        entry = {
            **_fields(source, start, start + len(line) + 1, now_s),
            "reason": each.refusal.type,
            "id": source.document_id(start),
            "status": each.refusal.status,
            "error": error,
            **_digest(line),
        }
        yield Entry(each.refusal.type, entry | _body(line, body_bytes))


def _fields(source: Source, start: int, end: int, now_s: float) -> dict[str, Any]:
    return {
        "@timestamp": datetime.fromtimestamp(now_s, UTC).isoformat(),
        "stream": source.stream,
        "source": {"file": source.id, "path": source.path, "start": start, "end": end},
    }


def _digest(line: bytes) -> dict[str, str]:
    return {"sha256": hashlib.sha256(line).hexdigest()} if line else {}


def _body(line: bytes, most: int) -> dict[str, Any]:
    if len(line) > most:
        return {}
    text = line.decode()
    masked = mask(text)
    return {"body": masked, "masked": masked != text}

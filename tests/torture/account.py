"""What was written against what arrived, line for line."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.torture.lines import Kind, Line
from tests.torture.stores import Document

TRUNCATED = "file_truncated"
GONE = "file_gone"
FIRST_LOOK = "ship_start"
LOST_BYTES = "card.file.lost_bytes"
UNSEEN_MS = "card.file.unseen_ms"
PATH = "card.file.path"
CLOCK_S = 0.1
"""How far the times of a writer and of the shipper's log may lie apart."""

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Put:
    """A line of quarantine: where it stood, and the digest of its text (None: too long to be kept)."""

    file: str
    start: int
    sha256: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """Where a line of a deleted file was: the identity of the file, and the offset of the line's end."""

    file: str
    end: int


@dataclass(frozen=True, slots=True)
class Risk:
    """A line that may be lost: written at `at_s`, between the copy and the truncation of its file.

    Or one that had not arrived when its file was `deleted`: it may be lost only if the shipper ended since
    `at_s`, when it was seen to read that file.
    """

    line: Line
    dataset: str
    at_s: float
    deleted: Deleted | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """What the shipper said when a file was truncated or gone: bytes that it saw and has not, and since when
    it had not looked (`since_s` to `until_s`): what was written then it cannot know of."""

    path: str
    lost_bytes: int
    since_s: float
    until_s: float

    def covers(self, risk: Risk) -> bool:
        """Whether that line was written while nobody looked."""
        is_then = self.since_s - CLOCK_S <= risk.at_s <= self.until_s + CLOCK_S
        return is_then and not risk.deleted and self.is_of(risk.dataset)

    def is_of(self, dataset: str) -> bool:
        """Whether the file is one of that writer's."""
        return f"/{dataset}." in f"/{self.path}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The account of one run.

    Attributes:
        written: lines.
        documents: on the server, over all backing indices.
        quarantined: lines that are in the quarantine and nowhere else.
        missing: neither here nor there, and not lost.
        doubled_ids: documents too many under an id.
        doubled_lines: documents too many of a line, but for `one_line_copies`.
        one_line_copies: lines that were all of a file when it was copied, and are there twice, under two
            identities: the one case in which a copy may not be told from its original (delivery.md, 12).
        strange: documents that nobody wrote.
        lost: lines of a live copytruncate, or of a file deleted before a shipper ended that had it open, that
            are neither here nor there.
        lost_bytes: their bytes; `reported_bytes` is what the shipper said of them.
        unreported: lost lines of files of which more was lost than the shipper said of that writer's files,
            and that are not in a time that it told of, were written after it had looked for the first time,
            and, if their file was deleted, were seen by it.
        examples: some lines that are wrong, and where they are.
    """

    written: int
    documents: int
    quarantined: int
    missing: int = 0
    doubled_ids: int = 0
    doubled_lines: int = 0
    one_line_copies: int = 0
    strange: int = 0
    lost: int = 0
    lost_bytes: int = 0
    reported_bytes: int = 0
    unreported: int = 0
    examples: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether each line is where it belongs, once."""
        wrong = self.missing, self.doubled_ids, self.doubled_lines, self.strange, self.unreported
        return not any(wrong)


def verdict(
    lines: Iterable[Line],
    at_risk: Iterable[Risk],
    documents: Iterable[Document],
    puts: Iterable[Put],
    losses: Iterable[Loss],
    *,
    as_text: Callable[[bytes], bytes],
    looked_s: float = 0.0,
    ended_s: Iterable[float] = (),
    seen_bytes: Mapping[str, int] | None = None,
    alone: Iterable[bytes] = (),
) -> Verdict:
    """Compares. `as_text` brings a line to the form in which the store gives documents back.

    Args:
        looked_s: when the shipper had first looked: of what was lost before, nobody can know.
        ended_s: when it was killed or told to stop: only then may it let go of deleted files.
        seen_bytes: the identity of a file -> how many of its bytes the registry had seen.
        alone: lines that were all of a file when it was copied.
    """
    written, found = list(lines), list(documents)
    expected = Counter(_key(line, as_text) for line in written)
    arrived = Counter(document.text for document in found)
    last_end_s = max(ended_s, default=float("-inf"))
    risks = [each for each in at_risk if not each.deleted or each.at_s - CLOCK_S <= last_end_s]
    told = list(losses)
    risky = Counter(_key(risk.line, as_text) for risk in risks)
    aside = _aside(written, puts, as_text, risky)
    missing = expected - arrived - aside
    lost = missing & risky
    missing -= lost
    doubled = Counter({text: arrived[text] - count for text, count in expected.items()})
    doubled = +Counter({text: more for text, more in doubled.items() if more > 0})
    excused = _one_line_copies(doubled, {as_text(text) for text in alone}, found)
    doubled -= excused
    strange = Counter({text: count for text, count in arrived.items() if text not in expected})
    seen = seen_bytes or {}
    hidden = [each for each in risks if each.at_s >= looked_s and _key(each.line, as_text) in lost]
    hidden = [each for each in hidden if not any(loss.covers(each) for loss in told)]
    hidden = _beyond_what_was_told([each for each in hidden if _was_seen(each, seen)], told)
    lost_bytes = sum((len(text) + 1) * count for text, count in lost.items())
    reported_bytes = sum(loss.lost_bytes for loss in told)
    wrong = [*missing, *doubled, *strange, *(_key(each.line, as_text) for each in hidden)]
    return Verdict(
        written=len(written),
        documents=len(found),
        quarantined=((expected - arrived) & aside).total(),
        missing=missing.total(),
        doubled_ids=sum(count - 1 for count in Counter(document.id for document in found).values()),
        doubled_lines=doubled.total(),
        one_line_copies=excused.total(),
        strange=strange.total(),
        lost=lost.total(),
        lost_bytes=lost_bytes,
        reported_bytes=reported_bytes,
        unreported=len(hidden),
        examples=tuple(_shown(text, found) for text in wrong[:MOST_SHOWN]),
    )


def _beyond_what_was_told(risks: Sequence[Risk], told: Iterable[Loss]) -> list[Risk]:
    """Those lost lines of which the writer's files have more bytes than the shipper told of them."""
    room = Counter({each.dataset: 0 for each in risks})
    for loss in told:
        room.update({dataset: loss.lost_bytes for dataset in room if loss.is_of(dataset)})
    for each in risks:
        room[each.dataset] -= len(each.line.text) + 1
    return [each for each in risks if room[each.dataset] < 0]


def _was_seen(risk: Risk, seen_bytes: Mapping[str, int]) -> bool:
    """Of a deleted file, only what the registry had seen can be told by a shipper that starts anew."""
    return not risk.deleted or risk.deleted.end <= seen_bytes.get(risk.deleted.file, 0)


def _one_line_copies(
    doubled: Counter[bytes], alone: Container[bytes], found: Iterable[Document]
) -> Counter[bytes]:
    """Of the lines that are there too often, those that were alone in a file that was copied.

    They are the first lines of two files, so there are two ids with the offset 0, each once.
    """
    ids: dict[bytes, list[str]] = {text: [] for text, more in doubled.items() if more == 1 and text in alone}
    for document in found:
        if document.text in ids:
            ids[document.text].append(document.id)
    return Counter(text for text, each in ids.items() if len(set(each)) == 2 and all(map(_is_first, each)))


def _is_first(document_id: str) -> bool:
    return int(document_id.rpartition("-")[2], 16) == 0


def settled(lines: Sequence[Line], arrived: Iterable[bytes], puts: Iterable[Put]) -> bool:
    """Whether every line has arrived or is in quarantine, as far as can be seen while the run goes on."""
    expected = Counter(line.text for line in lines)
    return not expected - Counter(arrived) - _aside(lines, puts, bytes)


# What the shipper left behind


def quarantined(folder: Path) -> list[Put]:
    """The entries of all files below `folder`, each place once: a crash may write one twice."""
    puts: dict[tuple[str, int], Put] = {}
    for path in sorted(folder.glob("*.ndjson")):
        for text in path.read_bytes().split(b"\n"):
            if entry := _parsed(text):
                source = entry["source"]
                put = Put(source["file"], source["start"], entry.get("sha256"), entry["reason"])
                puts[put.file, put.start] = put
    return list(puts.values())


def losses(log: Path) -> list[Loss]:
    """What the shipper said of files that were truncated or are gone."""
    return [_loss(entry) for action in (TRUNCATED, GONE) for entry in _entries(log, action)]


def first_look_s(log: Path) -> float:
    """When the first of the shippers had looked at the files; without end if none came so far."""
    return min((float(entry["at_s"]) for entry in _entries(log, FIRST_LOOK)), default=float("inf"))


def _entries(log: Path, action: str) -> list[dict[str, Any]]:
    texts = log.read_bytes().split(b"\n") if log.exists() else []
    entries = [entry for text in texts if (entry := _parsed(text))]
    return [entry for entry in entries if entry.get("event.action") == action]


def _loss(entry: dict[str, Any]) -> Loss:
    at_s, unseen_s = float(entry["at_s"]), float(entry.get(UNSEEN_MS, 0)) / 1000
    return Loss(str(entry.get(PATH, "")), int(entry.get(LOST_BYTES, 0)), at_s - unseen_s, at_s)


def _parsed(text: bytes) -> dict[str, Any] | None:
    """The object of a line; None for half a line, which a kill or a write at work leaves."""
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _aside(
    lines: Sequence[Line],
    puts: Iterable[Put],
    as_text: Callable[[bytes], bytes],
    risky: Container[bytes] = (),
) -> Counter[bytes]:
    """The lines that are in quarantine, each as often as it is there.

    A line too long may be kept without a digest: as many as there are such entries are taken to be those
    long lines that no digest tells, those that may be lost last.
    """
    given = list(puts)
    names = {hashlib.sha256(line.text).hexdigest(): as_text(line.text) for line in lines}
    aside = Counter(names[put.sha256] for put in given if put.sha256 in names)
    nameless = sum(put.sha256 is None for put in given)
    long = sorted((as_text(line.text) for line in lines if line.kind is Kind.LONG), key=risky.__contains__)
    aside.update([text for text in long if text not in aside][:nameless])
    return aside


def _shown(text: bytes, documents: Iterable[Document]) -> str:
    """The beginning of a line that is wrong, and where it is."""
    places = [f"{each.index}/{each.id}" for each in documents if each.text == text]
    return " ".join([text.decode("utf-8", "replace")[:100], *places])


def _key(line: Line, as_text: Callable[[bytes], bytes]) -> bytes:
    return as_text(line.text)

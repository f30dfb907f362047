"""What was written against what arrived, line for line."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.torture.lines import Kind, Line
from tests.torture.stores import Document

TRUNCATED = "file_truncated"
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
class Risk:
    """A line that may be lost: written at `at_s`, between the copy and the truncation of its file."""

    line: Line
    dataset: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Loss:
    """What the shipper said when a file was truncated: bytes that it saw and has not, and since when it
    had not looked (`since_s` to `until_s`): what was written then it cannot know of."""

    path: str
    lost_bytes: int
    since_s: float
    until_s: float

    def covers(self, risk: Risk) -> bool:
        """Whether that line was written while nobody looked."""
        is_then = self.since_s - CLOCK_S <= risk.at_s <= self.until_s + CLOCK_S
        return is_then and f"/{risk.dataset}." in f"/{self.path}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The account of one run.

    Attributes:
        written: lines.
        documents: on the server, over all backing indices.
        quarantined: lines that are in the quarantine and nowhere else.
        missing: neither here nor there, and not lost.
        doubled_ids: documents too many under an id.
        doubled_lines: documents too many of a line.
        strange: documents that nobody wrote.
        lost: lines of a live copytruncate that are neither here nor there.
        lost_bytes: their bytes; `reported_bytes` is what the shipper said of them.
        unreported: lost lines that are neither among those bytes nor in a time that the shipper told of,
            and were written after it had looked for the first time.
        examples: some lines that are wrong, and where they are.
    """

    written: int
    documents: int
    quarantined: int
    missing: int = 0
    doubled_ids: int = 0
    doubled_lines: int = 0
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
) -> Verdict:
    """Compares. `as_text` brings a line to the form in which the store gives documents back.

    `looked_s` is when the shipper had first looked: of what was lost before, nobody can know.
    """
    written, found = list(lines), list(documents)
    expected = Counter(_key(line, as_text) for line in written)
    arrived = Counter(document.text for document in found)
    risks, told = list(at_risk), list(losses)
    risky = Counter(_key(risk.line, as_text) for risk in risks)
    aside = _aside(written, puts, as_text, risky)
    missing = expected - arrived - aside
    lost = missing & risky
    missing -= lost
    doubled = Counter({text: arrived[text] - count for text, count in expected.items()})
    doubled = +Counter({text: more for text, more in doubled.items() if more > 0})
    strange = Counter({text: count for text, count in arrived.items() if text not in expected})
    hidden = [each for each in risks if each.at_s >= looked_s and _key(each.line, as_text) in lost]
    hidden = [each for each in hidden if not any(loss.covers(each) for loss in told)]
    lost_bytes = sum((len(text) + 1) * count for text, count in lost.items())
    reported_bytes = sum(loss.lost_bytes for loss in told)
    hidden = hidden if lost_bytes > reported_bytes else []
    wrong = [*missing, *doubled, *strange, *(_key(each.line, as_text) for each in hidden)]
    return Verdict(
        written=len(written),
        documents=len(found),
        quarantined=((expected - arrived) & aside).total(),
        missing=missing.total(),
        doubled_ids=sum(count - 1 for count in Counter(document.id for document in found).values()),
        doubled_lines=doubled.total(),
        strange=strange.total(),
        lost=lost.total(),
        lost_bytes=lost_bytes,
        reported_bytes=reported_bytes,
        unreported=len(hidden),
        examples=tuple(_shown(text, found) for text in wrong[:MOST_SHOWN]),
    )


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
    """What the shipper said of truncated files."""
    return [_loss(entry) for entry in _entries(log, TRUNCATED)]


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

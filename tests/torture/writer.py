"""A thread that writes one file in bursts and rotates it."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path

from shippers.files import fingerprint
from tests.torture import rotate
from tests.torture.account import Deleted, Risk
from tests.torture.lines import HEADER, Kind, Line, line
from tests.torture.plan import FilePlan, Rotation

MOST_LATE = 6
SEEN_S = 3.0
"""How long a line may take to arrive until its file is not deleted after all."""

POLL_S = 0.005


class Writer(threading.Thread):
    """Writes what its plan says.

    Attributes:
        lines: what it wrote, in order.
        at_risk: those that it wrote between the copy and the truncation of a live copytruncate, and those
            that had not arrived when their file was deleted.
        alone: lines that were all of a file when it was copied.
        rotations: how often it rotated, by kind.
        error: what made it end early.
    """

    def __init__(self, plan: FilePlan, folder: Path, draw: random.Random, arrived: Set[bytes]) -> None:
        super().__init__(name=f"writer-{plan.dataset}", daemon=True)
        self.plan, self.lines, self.at_risk = plan, list[Line](), list[Risk]()
        self.alone: set[bytes] = set()
        self.rotations: Counter[Rotation] = Counter()
        self.error: BaseException | None = None
        self._path = folder / f"{plan.dataset}.ndjson"
        self._draw, self._arrived = draw, arrived
        self._next = plan.first
        self._old: dict[int, list[bytes]] = {}  # inode of a file of the chain -> its lines
        self._stopping = threading.Event()
        if plan.rotation is Rotation.COPYTRUNCATE_LIVE:
            self._path.touch()  # whether a file was cut short that no look ever found, nobody can say

    def stop(self) -> None:
        """Ends the writing after the burst at hand."""
        self._stopping.set()

    def run(self) -> None:
        try:
            self._write()
        except BaseException as error:  # noqa: BLE001 -- the run tells of it
            self.error = error

    def _write(self) -> None:
        plan, draw = self.plan, self._draw
        self._open()
        while self._left() and not self._stopping.is_set():
            self._burst(draw.randint(1, plan.burst))
            self._pause()
            if draw.random() < plan.rotate_odds:
                self._rotate()
        self._file.close()

    def _left(self) -> int:
        return self.plan.first + self.plan.lines - self._next

    def _pause(self) -> None:
        self._stopping.wait(self._draw.uniform(0, self.plan.pause_s))

    def _open(self) -> None:
        self._file = self._path.open("ab", buffering=0)
        self._here: list[bytes] = []
        if self.plan.rotation is Rotation.HEADERS:
            self._append([Line(-1, Kind.SOUND, HEADER)])

    def _burst(self, count: int) -> list[Line]:
        """Writes the next lines, sometimes with a pause in the middle of the last."""
        plan, draw = self.plan, self._draw
        count = min(count, self._left())
        burst = [line(self._next + n, draw, plan.unfit_odds) for n in range(count)]
        self._next += count
        self._append(burst, halved=draw.random() < plan.half_odds)
        return burst

    def _append(self, burst: list[Line], *, halved: bool = False) -> None:
        text = b"".join(each.text + b"\n" for each in burst)
        cut = len(text) - self._draw.randint(1, len(burst[-1].text)) if halved and burst else len(text)
        self._file.write(text[:cut])
        self.lines += burst
        self._here += [each.text for each in burst]
        if cut < len(text):
            self._pause()
            self._file.write(text[cut:])

    # Rotation

    def _rotate(self) -> None:
        kind = self.plan.rotation
        self.rotations[kind] += 1
        match kind:
            case Rotation.COPYTRUNCATE | Rotation.COPYTRUNCATE_LIVE:
                self._copy_and_truncate(live=kind is Rotation.COPYTRUNCATE_LIVE)
            case Rotation.COPYTRUNCATE_GZIP:
                copy = self._copy_and_truncate(live=False)
                self._pause()
                rotate.compressed(copy)
            case Rotation.DATED_GZIP:
                self._reopened_and_compressed(rotate.dated(self._path, self.rotations[kind]))
            case Rotation.OUTSIDE if self._is_met():
                rotate.moved_out(self._path, self.rotations[kind])
                self._reopen()
            case Rotation.OUTSIDE:
                self.rotations[kind] -= 1  # under that name, nobody would look for a file that was never met
            case Rotation.UNLINK:
                self._unlink()
            case Rotation.DATED | Rotation.HEADERS:
                rotate.dated(self._path, self.rotations[kind])
                self._reopen()
            case Rotation.DATEEXT:
                rotate.dated_after(self._path, self.rotations[kind])
                self._reopen()
            case Rotation.LATE:
                rotate.chained(self._path)
                self._finish_late()
            case Rotation.CHAIN | Rotation.DELETE:
                self._remember(rotate.chained(self._path))
                self._reopen()
                if kind is Rotation.DELETE:
                    self._delete()
            case Rotation.GZIP:
                self._reopened_and_compressed(rotate.chained(self._path))

    def _reopen(self) -> None:
        self._file.close()
        self._open()

    def _reopened_and_compressed(self, old: Path) -> None:
        self._reopen()
        self._pause()
        rotate.compressed(old)

    def _is_met(self) -> bool:
        """Whether the shipper knows the file: then one of its lines has arrived."""
        return any(text in self._arrived for text in self._here)

    def _unlink(self) -> None:
        """Deletes the old file as soon as the shipper is seen to read it, while it may have more to read."""
        old, since_s = rotate.chained(self._path), time.time()
        count, more = self._draw.randint(1, MOST_LATE), self._draw.randint(1, MOST_LATE)
        burst = self._burst(count)
        if self._comes([each.text for each in burst]):
            self._burst(more)
            here = self.lines[-len(self._here) :]
            old.unlink()
            self.at_risk += _deleted(here, self.plan.dataset, self._arrived, since_s)
        else:
            self.rotations[Rotation.UNLINK] -= 1
        self._reopen()

    def _comes(self, texts: Iterable[bytes]) -> bool:
        """Whether one of these arrives before long."""
        until, wanted = time.monotonic() + SEEN_S, set(texts)
        while wanted and time.monotonic() < until:
            if wanted & self._arrived:
                return True
            time.sleep(POLL_S)
        return False

    def _finish_late(self) -> None:
        """The new file is there, and the old one still grows: as a logger that is told by a signal does."""
        old = self._file
        self._path.touch()
        self._burst(self._draw.randint(1, MOST_LATE))
        old.close()
        self._open()

    def _copy_and_truncate(self, *, live: bool) -> Path:
        copy = rotate.copied(self._path)
        if len(self._here) == 1:
            self.alone.update(self._here)
        if live:
            lines, at_s = self._burst(self._draw.randint(1, MOST_LATE)), time.time()
            self.at_risk += [Risk(each, self.plan.dataset, at_s) for each in lines]
        rotate.truncated(self._path)
        self._here = []
        return copy

    def _remember(self, old: Path) -> None:
        self._old[old.stat().st_ino] = self._here

    def _delete(self) -> None:
        """Deletes the files of the chain of which the server has every line."""
        for _, old in list(rotate.chain(self._path)):
            if all(text in self._arrived for text in self._old.get(old.stat().st_ino, [b""])):
                old.unlink()


def _deleted(lines: Sequence[Line], dataset: str, arrived: Set[bytes], since_s: float) -> Iterator[Risk]:
    """Those of a deleted file's lines that have not arrived."""
    identity, offset = fingerprint.identity(lines[0].text, 0), 0
    for each in lines:
        offset += len(each.text) + 1
        if each.text not in arrived:
            yield Risk(each, dataset, since_s, deleted=Deleted(identity, offset))

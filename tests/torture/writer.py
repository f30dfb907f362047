"""A thread that writes one file in bursts and rotates it."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Set
from pathlib import Path

from tests.torture import rotate
from tests.torture.account import Risk
from tests.torture.lines import HEADER, Kind, Line, line
from tests.torture.plan import FilePlan, Rotation

MOST_LATE = 6


class Writer(threading.Thread):
    """Writes what its plan says.

    Attributes:
        lines: what it wrote, in order.
        at_risk: those that it wrote between the copy and the truncation of a live copytruncate.
        rotations: how often it rotated, by kind.
        error: what made it end early.
    """

    def __init__(self, plan: FilePlan, folder: Path, draw: random.Random, arrived: Set[bytes]) -> None:
        super().__init__(name=f"writer-{plan.dataset}", daemon=True)
        self.plan, self.lines, self.at_risk = plan, list[Line](), list[Risk]()
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
                old = rotate.chained(self._path)
                self._reopen()
                self._pause()
                rotate.compressed(old)

    def _reopen(self) -> None:
        self._file.close()
        self._open()

    def _finish_late(self) -> None:
        """The new file is there, and the old one still grows: as a logger that is told by a signal does."""
        old = self._file
        self._path.touch()
        self._burst(self._draw.randint(1, MOST_LATE))
        old.close()
        self._open()

    def _copy_and_truncate(self, *, live: bool) -> None:
        rotate.copied(self._path)
        if live:
            lines, at_s = self._burst(self._draw.randint(1, MOST_LATE)), time.time()
            self.at_risk += [Risk(each, self.plan.dataset, at_s) for each in lines]
        rotate.truncated(self._path)
        self._here = []

    def _remember(self, old: Path) -> None:
        self._old[old.stat().st_ino] = self._here

    def _delete(self) -> None:
        """Deletes the files of the chain of which the server has every line."""
        for _, old in list(rotate.chain(self._path)):
            if all(text in self._arrived for text in self._old.get(old.stat().st_ino, [b""])):
                old.unlink()

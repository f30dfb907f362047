"""Reads a home as the shipper does, with a clock that tests turn."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

from shippers.batch import Piece
from shippers.files.tail import Tail
from shippers.ledger import Settled
from shippers.registry import Registry
from shippers.settings import ShipperSettings

SETTINGS = ShipperSettings(line_bytes=64, fingerprint_bytes=64)

Lines = dict[str, bytes]


class Reader:
    """A tail on a home; `run` reads all there is, moves the checkpoints, and gives id -> line."""

    def __init__(self, home: Path, settings: ShipperSettings = SETTINGS) -> None:
        self.home, self.settings = home, settings
        self.now_s = 0.0
        self.pieces: list[Piece] = []
        self.start()

    def start(self) -> None:
        self.registry = Registry(self.home / "registry.sqlite")
        self.tail = Tail(
            self.home,
            "test",
            self.registry,
            self.settings,
            clock=lambda: self.now_s,
            wall=lambda: time.time() + self.now_s,
        )

    def stop(self) -> None:
        self.tail.close()
        self.registry.close()

    def kill(self) -> None:
        """Ends without a word to the registry."""
        self.registry.close()
        self.registry.save = lambda rows: None  # type: ignore[method-assign]
        self.tail.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def read(self) -> tuple[Lines, dict[str, Settled]]:
        lines: Lines = {}
        ends: dict[str, Settled] = {}
        for harvester in self.tail.harvesters():
            while piece := harvester.read(self.settings.read_bytes, self.settings.line_bytes):
                self.pieces.append(piece)
                for offset, line in zip(piece.offsets, piece.lines, strict=True):
                    name = piece.source.document_id(offset)
                    assert name not in lines
                    lines[name] = line
                ends[piece.source.id] = self.settled(piece, ends.get(piece.source.id))
        return lines, ends

    def settled(self, piece: Piece, before: Settled | None = None) -> Settled:
        return Settled(piece.end, (before.acknowledged if before else 0) + len(piece.lines))

    def later(self, seconds: float = 10.0) -> Lines:
        """Waits, then runs."""
        self.now_s += seconds
        return self.run()

    def open_files(self) -> int:
        return len(list(self.tail.harvesters()))

    def run(self) -> Lines:
        self.tail.look()
        lines, ends = self.read()
        self.tail.checkpoint(ends)
        return lines


def append(path: Path, *lines: str) -> None:
    with path.open("ab") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def compress(path: Path, packed: Path) -> None:
    """As programs do: the compressed file has the time of the plain one."""
    packed.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(packed, ns=(0, path.stat().st_mtime_ns))


def texts(lines: Lines) -> list[str]:
    return sorted(line.decode() for line in lines.values())

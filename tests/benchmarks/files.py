"""What looking at files costs: idle ticks with 100 files, and the first look at 10,000 known ones.

    python -m tests.benchmarks.files [--files N] [--known N] [--seconds S]

The tick is what the shipper does when nothing is written: `Tail.look`, then one read of each file, five times
a second. The load is what a start costs: the registry, and the first look at files that were settled before.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from pathlib import Path

from shippers.files.tail import Tail
from shippers.ledger import Settled
from shippers.registry import Registry
from shippers.settings import ShipperSettings

SETTINGS = ShipperSettings()


def write(home: Path, files: int) -> None:
    """`files` source files of three lines each."""
    (home / "log").mkdir()
    for number in range(files):
        line = f'{{"@timestamp":"2026-11-23T03:12:45Z","n":{number}}}\n'
        (home / "log" / f"f{number:05}.ndjson").write_text(line * 3)


def settle(tail: Tail) -> int:
    """Looks until every line of every file is settled; how many files that were."""
    settled: set[str] = set()
    while True:
        tail.look()
        ends = {}
        for harvester in tail.harvesters():
            while piece := harvester.read(SETTINGS.read_bytes, SETTINGS.line_bytes):
                ends[piece.source.id] = Settled(piece.end, len(piece.lines))
        if not ends:
            return len(settled)
        tail.checkpoint(ends)
        settled |= ends.keys()


def tick(tail: Tail) -> None:
    """What the shipper does when there is nothing to ship."""
    tail.look()
    for harvester in tail.harvesters():
        harvester.read(SETTINGS.read_bytes, SETTINGS.line_bytes)


def idle(files: int, seconds: float, poll_s: float) -> float:
    """Per cent of a core that ticks take with `files` idle files."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write(home, files)
        registry = Registry(home / "registry.sqlite")
        tail = Tail(home, "bench", registry, SETTINGS)
        settle(tail)
        time.sleep(3.0)  # the folder has changed lately, and is listed at each look until then
        used_s, until_s = 0.0, time.monotonic() + seconds
        while time.monotonic() < until_s:
            begin_s = time.thread_time()
            tick(tail)
            used_s += time.thread_time() - begin_s
            time.sleep(poll_s)
        tail.close()
        registry.close()
        return 100 * used_s / seconds


def load(files: int) -> tuple[float, float]:
    """Seconds that the registry takes, and the first look, with `files` that were settled before."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write(home, files)
        registry = Registry(home / "registry.sqlite")
        tail = Tail(home, "bench", registry, SETTINGS)
        if (settled := settle(tail)) != files:
            raise RuntimeError(f"{settled} of {files} files were settled")
        tail.close()
        registry.close()
        begin_s = time.perf_counter()
        registry = Registry(home / "registry.sqlite")
        loaded_s = time.perf_counter()
        tail = Tail(home, "bench", registry, SETTINGS)
        tail.look()
        looked_s = time.perf_counter()
        tail.close()
        registry.close()
        return loaded_s - begin_s, looked_s - loaded_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--known", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--poll", type=float, default=0.2)
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, {sys.platform}")
    share = idle(arguments.files, arguments.seconds, arguments.poll)
    print(f"{arguments.files} idle files, a look every {arguments.poll} s: {share:.2f} % of a core")
    registry_s, look_s = load(arguments.known)
    parts = f"registry {registry_s:.2f} s + first look {look_s:.2f} s"
    print(f"{arguments.known} known files: {parts} = {registry_s + look_s:.2f} s")


if __name__ == "__main__":
    main()

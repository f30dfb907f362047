"""How long a line takes to be acknowledged, and what 100 idle files cost."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.shipping.event import line
from tests.benchmarks.shipping.process import ended, running_sink, started, until
from tests.benchmarks.shipping.sides import OURS

TICK_S = 0.01
IDLE_LINES = 10


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from a line's writing to its acknowledgement."""

    lines: int
    p50_s: float
    p99_s: float
    most_s: float


def freshness(folder: Path, seconds: float, rate: int) -> Freshness:
    """Our shipper with its defaults, while `rate` lines a second are written."""
    home = folder / "fresh"
    path = home / "log" / "request.ndjson"
    path.parent.mkdir(parents=True)
    with running_sink() as sink:
        process = started(OURS.command(home, home, sink.url), folder / "said-fresh")
        lines = written(path, seconds, rate)
        until(sink.lines, lines)
        ages = sorted(sink.told()["ages_s"])
        ended(process)
    hundredths = statistics.quantiles(ages, n=100)
    return Freshness(len(ages), hundredths[49], hundredths[98], ages[-1])


def written(path: Path, seconds: float, rate: int) -> int:
    """Writes lines that say when; returns how many."""
    begun, number = time.monotonic(), 0
    with path.open("ab", buffering=0) as file:
        while (past := time.monotonic() - begun) < seconds:
            due = int(past * rate) - number
            stamp = time.time_ns()
            file.write(b"".join(line(number + n, f',"written_ns":{stamp}') for n in range(due)))
            number += due
            time.sleep(TICK_S)
    return number


def idle(folder: Path, files: int, seconds: float) -> float:
    """The share of a core that our shipper takes with so many files to which nobody writes."""
    home = folder / "idle"
    (home / "log").mkdir(parents=True)
    for number in range(files):
        text = b"".join(line(number * IDLE_LINES + n) for n in range(IDLE_LINES))
        (home / "log" / f"part{number}.ndjson").write_bytes(text)
    with running_sink() as sink:
        process = started(OURS.command(home, home, sink.url), folder / "said-idle")
        until(sink.lines, files * IDLE_LINES)
        time.sleep(1.0)  # the last checkpoint
        begun, before = time.monotonic(), cpu_s(process.pid)
        time.sleep(seconds)
        share = (cpu_s(process.pid) - before) / (time.monotonic() - begun)
        ended(process)
    return share


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)

"""A process until the sink has all lines: processor time and peak memory."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
POLL_S = 0.05
STALL_S = 20.0
"""A shipper that gets nothing acknowledged for so long has stopped."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took: seconds of processor time (user and system), peak resident bytes, seconds."""

    lines: int
    cpu_s: float
    peak_bytes: int
    wall_s: float

    @property
    def rate(self) -> float:
        """Lines per second of processor time."""
        return self.lines / self.cpu_s


def started(command: Sequence[str], said: Path) -> subprocess.Popen[bytes]:
    """Starts a process whose output goes to `said`."""
    with said.open("ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=ROOT)


def ended(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> Any:
    """Ends it and returns what the system counted of it."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def used(command: Sequence[str], said: Path, count: Callable[[], int], lines: int) -> Usage:
    """Runs it until `count` has grown by `lines`, then ends it politely."""
    before, begun = count(), time.monotonic()
    process = started(command, said)
    peaks = [0]

    def progress() -> int:
        peaks.append(peak(process.pid))
        return count() - before

    until(progress, lines)
    wall_s = time.monotonic() - begun
    usage = ended(process)
    return Usage(count() - before, usage.ru_utime + usage.ru_stime, max(peaks), wall_s)


def peak(pid: int) -> int:
    """The most bytes of memory that a process has held; not `ru_maxrss`, which counts its parent's.

    0 of one that has ended.
    """
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) * 1024 if found else 0


def until(count: Callable[[], int], lines: int, stall_s: float = STALL_S) -> None:
    """Waits for that many, or until nothing has come for `stall_s`."""
    last, grown_s = -1, time.monotonic()
    while (now := count()) < lines and time.monotonic() - grown_s < stall_s:
        if now != last:
            last, grown_s = now, time.monotonic()
        time.sleep(POLL_S)


class Sink:
    """The sink that only acknowledges, in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def told(self) -> dict[str, Any]:
        """What it has counted."""
        with urllib.request.urlopen(f"{self.url}/_sink", timeout=30) as reply:
            return dict(json.load(reply))

    def lines(self) -> int:
        """How many lines it has acknowledged."""
        return int(self.told()["lines"])


@contextlib.contextmanager
def running_sink() -> Iterator[Sink]:
    """A sink that lives as long as the block."""
    command = [sys.executable, "-m", "tests.acknowledger"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout
    try:
        yield Sink(f"http://127.0.0.1:{process.stdout.readline().strip()}")
    finally:
        process.communicate(timeout=30)

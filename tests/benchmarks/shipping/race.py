"""Documents per CPU-second against a sink that only acknowledges."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.shipping.event import write_file
from tests.benchmarks.shipping.process import Usage, running_sink, used
from tests.benchmarks.shipping.sides import OURS, Side, racing

STATE = ("registry.sqlite", "registry.sqlite-wal", "registry.sqlite-shm", "registry.lock")


def race(folder: Path, lines: int) -> Iterator[tuple[Side, Usage]]:
    """Each side ships the same file to the same sink, one after the other."""
    home = folder / "race"
    write_file(home, lines)
    with running_sink() as sink:
        for number, side in enumerate(racing()):
            forget(home)
            command = side.command(home, folder / f"kept-{number}", sink.url)
            yield side, used(command, folder / f"said-{number}", sink.lines, lines)
    shutil.rmtree(home)


def backlog(folder: Path, lines: int) -> Usage:
    """Our shipper alone on so many lines."""
    home = folder / "backlog"
    write_file(home, lines)
    with running_sink() as sink:
        usage = used(OURS.command(home, home, sink.url), folder / "said-backlog", sink.lines, lines)
    shutil.rmtree(home)
    return usage


def forget(home: Path) -> None:
    """Takes away what our shipper remembers."""
    for name in STATE:
        (home / name).unlink(missing_ok=True)

"""What each shipper loses and doubles: a tenth of the items refused for now, two kills and rollovers."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.shipping.event import NUMBER, write_file
from tests.benchmarks.shipping.process import ended, started, until
from tests.benchmarks.shipping.sides import Side, losing
from tests.torture.faults import Dealer
from tests.torture.plan import Fault
from tests.torture.proxy import Proxy, running
from tests.torture.stores import Memory

SEED = 20261123
REFUSED = 0.1
KILLS = 2
STALL_S = 8.0
SETTLE_S = 1.0
"""How long lines that come twice are waited for when all are there."""


class Tenth(Dealer):
    """429 for a tenth of the items of every request."""

    def __init__(self, seed: int) -> None:
        super().__init__([Fault.ITEM_429], 1.0, 0.0, random.Random(seed))
        self._tenths = random.Random(seed + 1)

    def items(self, lines: int) -> list[bool]:
        return [self._tenths.random() < REFUSED for _ in range(lines)]


@dataclass(frozen=True, slots=True)
class Loss:
    """Lines written, lines that never arrived, and documents too many."""

    lines: int
    lost: int
    doubled: int


def losses(folder: Path, lines: int) -> Iterator[tuple[Side, Loss]]:
    """Each side on the same file, each with a server of its own."""
    for number, side in enumerate(losing()):
        home = folder / f"loss-{number}"
        write_file(home, lines)
        with running(Memory(), Tenth(SEED)) as road:
            ship(side, home, folder, road, lines)
        yield side, counted(road, lines)
        shutil.rmtree(home)


def ship(side: Side, home: Path, folder: Path, road: Proxy, lines: int) -> None:
    """Kills it twice on its way, rolls the stream over each time, and lets the third one finish."""
    kept = folder / f"kept-{home.name}"
    command = side.command(home, kept, road.url)
    for kill in range(1, KILLS + 1):
        process = started(command, folder / f"said-{home.name}")
        until(lambda: len(road.arrived), lines * kill // (KILLS + 1), STALL_S)
        ended(process, signal.SIGKILL)
        road.roll_over_all()
        (kept / "pid").unlink(missing_ok=True)  # rsyslog's, left behind by the kill
    process = started(command, folder / f"said-{home.name}")
    until(lambda: len(road.arrived), lines, STALL_S)
    time.sleep(SETTLE_S)
    ended(process)


def counted(road: Proxy, lines: int) -> Loss:
    """By the number in each document, over all backing indices."""
    found = [NUMBER.search(document.text) for document in road.store.documents()]
    numbers = Counter(each[1] for each in found if each)
    return Loss(lines, lines - len(numbers), numbers.total() - len(numbers))

"""Which ranges of which files are under way, and up to where each file is settled (pure).

Batches are settled in any order. A checkpoint may only stand at the lowest byte of its file that is not
settled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

SPARSE = 16
"""So many settled ranges, and one for each that is not, may stand apart: joining costs a walk over all."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a checkpoint of a file says: up to `end` everything is settled.

    Attributes:
        end: offset in bytes; the file's new checkpoint.
        acknowledged: lines that the server acknowledged since the checkpoint before.
        quarantined: lines put into quarantine, or counted by a full one, since then.
    """

    end: int
    acknowledged: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch took of a file: `lines` lines, and with them everything up to the offset `end`."""

    end: int
    lines: int


@dataclass(slots=True)
class _Range:
    taken: Taken
    settled: bool = False
    quarantined: int = 0


class Ledger:
    """The ranges of each file in the order they were read.

    Those at the front go once they are settled; behind one that is not, neighbours become one.
    """

    def __init__(self) -> None:
        self._open: dict[str, deque[_Range]] = {}

    def open(self, taken: Mapping[str, Taken]) -> Ticket:
        """Notes what a batch took: identity of a file -> range. The next batch's ranges follow them."""
        ranges = {identity: _Range(each) for identity, each in taken.items()}
        for identity, each in ranges.items():
            self._open.setdefault(identity, deque()).append(each)
        return Ticket(ranges)

    def depth(self, identity: str) -> int:
        """How many ranges of a file are not settled."""
        return sum(not each.settled for each in self._open.get(identity, ()))

    def settle(self, ticket: Ticket, quarantined: Mapping[str, int]) -> dict[str, Settled]:
        """Closes the ranges of a batch; returns the checkpoints that move by it.

        `quarantined`: identity of a file -> how many of the batch's lines will never be documents.
        """
        for identity, each in ticket.ranges.items():
            each.settled, each.quarantined = True, quarantined.get(identity, 0)
        moved = ((identity, self._front(identity)) for identity in ticket.ranges)
        return {identity: settled for identity, settled in moved if settled}

    def _front(self, identity: str) -> Settled | None:
        ranges, settled = self._open[identity], None
        while ranges and ranges[0].settled:
            settled = _after(settled, ranges.popleft())
        if not ranges:
            del self._open[identity]
        elif len(ranges) > SPARSE + 2 * self.depth(identity):
            self._open[identity] = deque(_joined(ranges))
        return settled


@dataclass(frozen=True, slots=True)
class Ticket:
    """Names the ranges of one batch."""

    ranges: Mapping[str, _Range]

    def split(self, identities: Container[str]) -> tuple[Ticket, Ticket]:
        """Two tickets in its place: of the files with these identities, and of the others."""
        chosen = {name: each for name, each in self.ranges.items() if name in identities}
        return Ticket(chosen), Ticket({n: each for n, each in self.ranges.items() if n not in chosen})


def merged(checkpoints: Iterable[Mapping[str, Settled]]) -> dict[str, Settled]:
    """Several checkpoints of the same files, oldest first, as one."""
    found: dict[str, Settled] = {}
    for each in checkpoints:
        for identity, later in each.items():
            before = found.get(identity, Settled(0))
            found[identity] = Settled(
                later.end,
                before.acknowledged + later.acknowledged,
                before.quarantined + later.quarantined,
            )
    return found


def _joined(ranges: Iterable[_Range]) -> Iterator[_Range]:
    """The same ranges, with one in place of settled neighbours."""
    before: _Range | None = None
    for each in ranges:
        if before and before.settled and each.settled:
            lines = before.taken.lines + each.taken.lines
            each = _Range(Taken(each.taken.end, lines), True, before.quarantined + each.quarantined)
        elif before:
            yield before
        before = each
    if before:
        yield before


def _after(before: Settled | None, front: _Range) -> Settled:
    counted = before or Settled(0)
    return Settled(
        front.taken.end,
        counted.acknowledged + front.taken.lines - front.quarantined,
        counted.quarantined + front.quarantined,
    )

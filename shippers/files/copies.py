"""Copies of files that are read: nothing of them is shipped unless their original is cut short or gone.

A program that rotates by copy and truncation copies a file and then empties it. Between the two the
same lines are there twice; afterwards those that were not read yet are in the copy alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shippers.files.content import Content
from shippers.files.find import Found, Place
from shippers.files.fingerprint import digest
from shippers.files.harvest import Harvester
from shippers.registry import Registry, Row

CHUNK_BYTES = 1024 * 1024
"""How much of a copy is compared at once; it is in memory twice."""

STEP_BYTES = 16 * CHUNK_BYTES
"""Most bytes compared at one look; a longer copy is held meanwhile."""


@dataclass(slots=True)
class Copy:
    """A file whose content is the beginning of another's, as far as it was compared."""

    found: Found
    content: Content
    of: str
    compared: int = 0

    def agrees(self, original: Content) -> bool:
        """Compares on; whether nothing was found to differ."""
        for _ in range(STEP_BYTES // CHUNK_BYTES):
            mine = self.content.read(CHUNK_BYTES, self.compared)
            if not mine:
                break
            if original.read(len(mine), self.compared) != mine:
                return False
            self.compared += len(mine)
        return True


def moved(row: Row, harvester: Harvester, copy: Copy) -> Row:
    """`row` of a file whose content lies in `copy` from now on."""
    first = copy.content.read(min(row.head_bytes, len(harvester.head)), 0)
    return replace(
        row,
        place=copy.found.place,
        path=copy.found.told,
        head_bytes=len(first),
        head_digest=digest(first),
        size_bytes=copy.content.size(),
        changed_ns=copy.content.changed_ns,
    )


class Copies:
    """All copies that are held. The registry notes them: a copy that a crash left behind stays one."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.held: dict[Place, Copy] = {}

    def hold(self, copy: Copy) -> None:
        """From now on this is a copy.

        Raises:
            sqlite3.OperationalError: the registry does not take it; it is not held.
        """
        self._registry.keep_copy(copy.found.place, copy.of)
        self.held[copy.found.place] = copy

    def of(self, identity: str) -> list[Copy]:
        """The copies of this file, the longest first."""
        copies = [each for each in self.held.values() if each.of == identity]
        return sorted(copies, key=lambda each: each.content.size(), reverse=True)

    def let_go(self, place: Place) -> Copy | None:
        """Not a copy any more; whoever asks has the content now.

        Raises:
            sqlite3.OperationalError: the registry does not take it; it is still held.
        """
        self._registry.keep_copy(place, None)
        return self.held.pop(place, None)

    def release(self, place: Place) -> None:
        """Holds it no more, and leaves it noted; whoever asks has the content now."""
        del self.held[place]

    def forget_unlisted(self, listed: Iterable[Place]) -> None:
        """Lets go of copies that are not there any more."""
        for place in (self.held.keys() | self._registry.copies()) - set(listed):
            if copy := self.let_go(place):
                copy.content.close()

    def close(self) -> None:
        """Closes all files."""
        for copy in self.held.values():
            copy.content.close()
        self.held.clear()


def is_remainder(content: Content, harvester: Harvester) -> bool:
    """Whether `content` is what the harvester's file was before it was cut short: same begin, same tail.

    Where the copy ends before what was read, all of it that can still be told was read.
    """
    first = content.read(len(harvester.head), 0)
    if not first or not harvester.head.startswith(first):
        return False
    tail = content.read(len(harvester.tail), harvester.position - len(harvester.tail))
    return len(tail) < len(harvester.tail) or tail == harvester.tail

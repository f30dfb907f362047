"""Copies of files that are read: nothing of them is shipped unless their original is cut short or gone.

A program that rotates by copy and truncation copies a file and then empties it. Between the two the
same lines are there twice; afterwards those that were not read yet are in the copy alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from shippers.files.adopt import opened
from shippers.files.content import Content, Plain
from shippers.files.find import Found, Place
from shippers.files.fingerprint import digest
from shippers.files.harvest import Harvester
from shippers.registry import Registry, Row

CHUNK_BYTES = 1024 * 1024
"""How much of a copy is compared at once; it is in memory twice."""

STEP_BYTES = 16 * CHUNK_BYTES
"""Most bytes compared at one look; a longer copy is held meanwhile."""


class Closed:
    """A file that is opened for each read: nothing of a copy is read unless its original changes."""

    ended = False
    damage = None

    def __init__(self, found: Found, content: Content) -> None:
        self.found = found
        self.changed_ns, self.stored_bytes = content.changed_ns, content.stored_bytes
        self._was = (content.changed_ns, content.stored_bytes)

    def is_another(self) -> bool:
        """Whether it was written anew since it was closed, or its place was given to a new file."""
        status = self._status()
        return status is not None and (status.st_mtime_ns, status.st_size) != self._was

    def size(self) -> int:
        """Its size; 0 where another file lies by now."""
        status = self._status()
        if status is None:
            return 0
        self.changed_ns, self.stored_bytes = status.st_mtime_ns, status.st_size
        return self.stored_bytes

    def _status(self) -> os.stat_result | None:
        """None where it is not there, or another file lies by now: the next listing tells."""
        try:
            status = os.lstat(self.found.path)
        except OSError:
            return None
        return status if Place.at(status) == self.found.place else None

    def read(self, count: int, offset: int) -> bytes:
        """At most `count` bytes from `offset`; none where another file lies by now."""
        if (content := reopened(self.found)) is None:
            return b""
        with closing(content):
            return content.read(count, offset)

    def still(self, head: bytes, tail: bytes, end: int) -> bool:
        """Whether it begins with `head` and has `tail` before `end`."""
        return self.read(len(head), 0) == head and self.read(len(tail), end - len(tail)) == tail

    def before(self, end: int) -> bytes:
        """Not asked for before it is opened again."""
        return b""

    def close(self) -> None:
        """It is."""


def reopened(found: Found) -> Content | None:
    """Opens it again; None where that cannot be, or another file lies by now."""
    try:
        return opened(found)
    except OSError:
        return None


@dataclass(slots=True)
class Copy:
    """A file whose content is the beginning of another's, as far as it was compared."""

    found: Found
    content: Content
    of: str
    compared: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it takes the place of an open file."""
        return not isinstance(self.content, Closed)

    def rest(self) -> bool:
        """Closes it if it was wholly compared; a compressed one would have to be read anew each time."""
        if not isinstance(self.content, Plain) or self.compared != self.content.size():
            return False
        self.content.close()
        self.content = Closed(self.found, self.content)
        return True

    def wake(self) -> bool:
        """Opens it again for good; False where it is not there any more."""
        if not self.is_open:
            content = reopened(self.found)
            self.content = content or self.content
        return self.is_open

    def name(self, found: Found) -> None:
        """Takes over where it was listed."""
        self.found = found
        if isinstance(self.content, Closed):
            self.content.found = found

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

    @property
    def open_files(self) -> int:
        """How many of them are open."""
        return sum(copy.is_open for copy in self.held.values())

    def rest(self) -> int:
        """Closes those that need not be open; how many."""
        return sum(copy.rest() for copy in self.held.values())

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

    def release(self, place: Place) -> Copy:
        """Holds it no more, and leaves it noted; whoever asks has the content now."""
        return self.held.pop(place)

    def listed(self, files: Mapping[Place, Found]) -> None:
        """Takes over where they were found; lets go of those that are not there any more.

        One that was closed may be gone too, though a file lies at its place: a new one.
        """
        for place in (self.held.keys() | self._registry.copies()) - files.keys():
            if copy := self.let_go(place):
                copy.content.close()
        for place, copy in list(self.held.items()):
            copy.name(files[place])
            if isinstance(copy.content, Closed) and copy.content.is_another():
                self.let_go(place)

    def close(self) -> None:
        """Closes all files."""
        for copy in self.held.values():
            copy.content.close()
        self.held.clear()


def holds_all(content: Content, harvester: Harvester) -> bool:
    """Whether `content` has all that was read of the harvester's file, as far as that can still be told."""
    reaches = bool(harvester.tail and content.read(1, harvester.position - 1))
    return reaches and is_remainder(content, harvester)


def is_remainder(content: Content, harvester: Harvester) -> bool:
    """Whether `content` is what the harvester's file was before it was cut short: same begin, same tail.

    Where the copy ends before what was read, all of it that can still be told was read.
    """
    first = content.read(len(harvester.head), 0)
    if not first or not harvester.head.startswith(first):
        return False
    tail = content.read(len(harvester.tail), harvester.position - len(harvester.tail))
    return len(tail) < len(harvester.tail) or tail == harvester.tail

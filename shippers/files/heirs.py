"""Which copy a file is read on in, once it is cut short or gone."""

from __future__ import annotations

from collections.abc import Callable

from shippers.files.content import Content
from shippers.files.copies import Copies, Copy, holds_all, is_remainder, moved
from shippers.files.harvest import Harvester
from shippers.files.known import Known
from shippers.files.strangers import Strangers
from shippers.registry import Registry, Row

Fits = Callable[[Content, Harvester], bool]


class Heirs:
    """Chooses among the copies that are held, and rotated files for which there was no room so far."""

    def __init__(self, registry: Registry, known: Known, copies: Copies, strangers: Strangers) -> None:
        self._registry, self._known = registry, known
        self._copies, self._strangers = copies, strangers

    def of_cut(self, harvester: Harvester) -> Copy | None:
        """The longest copy of what a file was before it was cut short. It is the harvester's from now on.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        return self._held(harvester, is_remainder) or self._waiting(harvester, is_remainder)

    def of_gone(self, harvester: Harvester) -> Copy | None:
        """The longest copy of a file that is gone, one that has all that was read of it where there is one.

        It is the harvester's from now on.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        if not self._copies.of(harvester.source.id):
            return None
        whole = self._held(harvester, holds_all) or self._waiting(harvester, holds_all)
        return whole or self._held(harvester, lambda content, harvester: True)

    def move(self, row: Row, harvester: Harvester, copy: Copy) -> None:
        """Reads the file of `row` on in a copy of it.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        self._registry.save([moved(row, harvester, copy)])
        self._known.move(harvester, copy.content, copy.found)

    def _held(self, harvester: Harvester, fits: Fits) -> Copy | None:
        """The longest copy that is held, fits, and can be opened."""
        for copy in self._copies.of(harvester.source.id):
            if fits(copy.content, harvester) and copy.wake():
                self._copies.let_go(copy.found.place)
                return copy
        return None

    def _waiting(self, harvester: Harvester, fits: Fits) -> Copy | None:
        """The longest rotated file that waits and fits."""
        waiting = self._strangers.candidates(harvester.found.group)
        found = [each for each in waiting if fits(each.content, harvester)]
        if not found:
            return None
        longest = max(found, key=lambda each: each.content.size())
        self._strangers.harvested(longest)
        return Copy(longest.found, longest.content, harvester.source.id)

"""Which copy a file is read on in, once it is cut short or gone."""

from __future__ import annotations

from collections.abc import Callable

from shippers.files.content import Content
from shippers.files.copies import Copies, Copy, holds_all, is_remainder
from shippers.files.harvest import Harvester
from shippers.files.strangers import Strangers


class Heirs:
    """Chooses among the copies that are held, and rotated files for which there was no room so far."""

    def __init__(self, copies: Copies, strangers: Strangers) -> None:
        self._copies, self._strangers = copies, strangers

    def of_cut(self, harvester: Harvester) -> Copy | None:
        """The longest copy of what a file was before it was cut short. It is the harvester's from now on.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        copies = [each for each in self._held(harvester) if is_remainder(each.content, harvester)]
        return self._taken(copies[0]) if copies else self._waiting(harvester, is_remainder)

    def of_gone(self, harvester: Harvester) -> Copy | None:
        """The longest copy of a file that is gone, one that has all that was read of it where there is one.

        It is the harvester's from now on.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        copies = self._held(harvester)
        if not copies:
            return None
        longer = None if holds_all(copies[0].content, harvester) else self._waiting(harvester, holds_all)
        return longer or self._taken(copies[0])

    def _held(self, harvester: Harvester) -> list[Copy]:
        """The longest first."""
        return [each for each in self._copies.of(harvester.source.id) if each.wake()]

    def _taken(self, copy: Copy) -> Copy:
        self._copies.let_go(copy.found.place)
        return copy

    def _waiting(self, harvester: Harvester, fits: Callable[[Content, Harvester], bool]) -> Copy | None:
        """The longest rotated file that waits and fits."""
        waiting = self._strangers.candidates(harvester.found.group)
        found = [each for each in waiting if fits(each.content, harvester)]
        if not found:
            return None
        longest = max(found, key=lambda each: each.content.size())
        self._strangers.harvested(longest)
        return Copy(longest.found, longest.content, harvester.source.id)

"""The files that are known: those that are read, and those that rest because they are wholly settled."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from shippers.files.content import Content
from shippers.files.find import Found, Place
from shippers.files.harvest import Harvester


@dataclass(frozen=True, slots=True)
class Rest:
    """A settled file that is not held open: who it is, and its size on the disk and time of change then."""

    id: str
    size_bytes: int
    changed_ns: int

    def has_changed(self, path: str) -> bool:
        """Whether the file there is seen to be another by now."""
        try:
            status = os.lstat(path)
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) != (self.size_bytes, self.changed_ns)


class Known:
    """Harvesters by place and by identity, and files that rest."""

    def __init__(self) -> None:
        self.harvesters: dict[Place, Harvester] = {}
        self.by_id: dict[str, Harvester] = {}
        self.resting: dict[Place, Rest] = {}
        self.uncertain_to: dict[str, int] = {}
        """Of files met in this run: lines that begin before may have been sent by an earlier one."""

        self.read_to: dict[str, int] = {}
        """Of files that were cut short and have no copy so far: up to where they were handed out."""

    def __contains__(self, place: Place) -> bool:
        return place in self.harvesters or place in self.resting

    def add(self, harvester: Harvester) -> None:
        """A file is read from now on."""
        self.uncertain_to.setdefault(harvester.source.id, harvester.uncertain_to)
        self.resting.pop(harvester.place, None)
        self.harvesters[harvester.place] = harvester
        self.by_id[harvester.source.id] = harvester

    def drop(self, harvester: Harvester) -> None:
        """A file is not read any more."""
        harvester.close()
        del self.harvesters[harvester.place]
        del self.by_id[harvester.source.id]

    def move(self, harvester: Harvester, content: Content, found: Found) -> None:
        """A file is read on in its copy."""
        del self.harvesters[harvester.place]
        harvester.move(content, found)
        self.harvesters[found.place] = harvester

    def rests(self, identity: str, place: Place | None) -> bool:
        """Whether this file rests there."""
        rest = self.resting.get(place) if place else None
        return rest is not None and rest.id == identity

    def rest(self, place: Place, rest: Rest) -> None:
        """A settled file is left until it changes."""
        if harvester := self.harvesters.get(place):
            self.drop(harvester)
        self.uncertain_to.setdefault(rest.id, 0)
        self.resting[place] = rest

    def forget(self, ids: Iterable[str]) -> None:
        """Rows of files that are gone were removed."""
        for each in ids:
            self.read_to.pop(each, None)
            self.uncertain_to.pop(each, None)

    def wake(self, place: Place) -> None:
        """A file that rested has changed, or is gone."""
        self.resting.pop(place, None)

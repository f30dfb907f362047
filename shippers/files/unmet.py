"""Files that have no row of the registry yet: since when they are there, and which of them are copies.

A file that is written to may be written, copied and cut short before anything of it is read. Then only its
copy tells of it: a rotated file that appears while the file that is written to stays where it was is no
renamed one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from shippers.files.find import Found, Place
from shippers.files.unread import Unread
from shippers.registry import Registry, Unmet


class Waiting:
    """What the registry remembers of these files.

    Attributes:
        copied: rotated files that are such copies -> when what they were copied from was last seen, seconds
            since 1970.
        beside: all rotated files that appeared while the file that is written to stayed where it was.

    Args:
        wall: seconds since 1970.
    """

    def __init__(self, registry: Registry, unread: Unread, wall: Callable[[], float]) -> None:
        self._registry, self._unread, self._wall = registry, unread, wall
        self._seen_s = {place: each.since_s for place, each in registry.unmet.items()}
        self.copied = {place: each.since_s for place, each in registry.unmet.items() if each.is_copy}
        self.beside: set[Place] = set()

    def listed(
        self,
        new: Iterable[Found],
        before: Collection[Place],
        paths: Mapping[str, Found],
        waiting: Collection[Place],
    ) -> None:
        """Tells copies among those that are `new` in their folders; those that do not wait are forgotten."""
        self.copied = {place: since_s for place, since_s in self.copied.items() if place in waiting}
        self.beside &= set(waiting)
        for found in new:
            base = paths.get(found.group)
            if not found.rotated or base is None or found.place in self._seen_s:
                continue
            if base.place in self._seen_s:
                self.copied[found.place] = self._seen_s[base.place]
            if base.place in before or base.place in self._seen_s or self._registry.at(base.place):
                self.beside.add(found.place)

    def note(self, waiting: Iterable[Place]) -> None:
        """Remembers, at the end of a look, which files wait.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        now_s, places = self._wall(), [each for each in waiting if self._registry.at(each) is None]
        self._unread.keep(places)
        self._registry.keep_unmet({place: self._unmet(place, now_s) for place in places})
        self._seen_s = dict.fromkeys(places, now_s)

    def _unmet(self, place: Place, now_s: float) -> Unmet:
        before = self._registry.unmet.get(place)
        unmet, copied_s = before or Unmet(now_s, is_copy=False), self.copied.get(place)
        if copied_s is not None and not unmet.is_copy:
            unmet = Unmet(copied_s, is_copy=True)
        size = self._unread.size(place)
        return replace(unmet, path=size.path, size_bytes=size.size_bytes, changed_ns=size.changed_ns)

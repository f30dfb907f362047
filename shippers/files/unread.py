"""Files that went before anybody opened them: their size, as last listed, is all that is known of them.

As many wait unopened as there is no room for (`open_files`). What is told is an upper bound: of such a file
nobody can say whether its lines are elsewhere, unless the name or the time of another file says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from shippers.files.find import Found, Place
from shippers.files.gzipped import is_handed_on
from shippers.files.loss import Losses
from shippers.files.siblings import forms
from shippers.registry import Registry, Row

GZ = ".gz"
SIZED_S = 1.0
"""Sizes are asked for when a file is new in its folder, and at most this often: very many files may wait."""


@dataclass(frozen=True, slots=True)
class Size:
    """A file on the disk, as last listed: its path below home, its size, its time of change."""

    path: str
    size_bytes: int
    changed_ns: int


class Unread:
    """The sizes of files that wait and have no row of the registry.

    Args:
        wall: seconds since 1970.
    """

    def __init__(self, registry: Registry, losses: Losses, wall: Callable[[], float]) -> None:
        self._registry, self._losses, self._wall = registry, losses, wall
        self._sizes = {
            place: Size(each.path, each.size_bytes, each.changed_ns)
            for place, each in registry.unmet.items()
            if each.path
        }
        self._sized_s = float("-inf")
        self._lost: dict[str, Row] = {}

    def size(self, place: Place) -> Size:
        """What was last seen of the file that waits at this place."""
        return self._sizes.get(place, Size("", 0, 0))

    def miss(
        self,
        files: Mapping[Place, Found],
        new: Collection[Found],
        opened: Collection[Place],
        copies: Collection[Place],
    ) -> None:
        """Finds files that are not there any more, or in whose place another lies.

        Args:
            files: what is listed now.
            new: those of them that came since the last time; none at a start, when nobody knows.
            opened: these are read though they are gone.
            copies: these repeat a file that is written to, or repeated it.
        """
        missed = [
            (place, size)
            for place, size in self._sizes.items()
            if place not in opened and (place not in files or _is_another(files[place], size))
        ]
        there = {each.told: each for each in files.values()} if missed else {}
        for place, size in missed:
            self.forget(place)
            if not _lives_on(size, there, new, place in copies):
                self._lose(place, size)

    def measure(
        self,
        waiting: Mapping[Place, Found],
        new: Iterable[Found],
        opened: Collection[Place],
        copied: Collection[str],
    ) -> None:
        """Asks for sizes. A file that has become shorter unread is lost, unless its group was `copied`."""
        now_s = self._wall()
        is_due = not 0 <= now_s - self._sized_s < SIZED_S
        self._sized_s = now_s if is_due else self._sized_s
        for found in list(waiting.values()) if is_due else new:
            place, before = found.place, self.size(found.place)
            if place in opened and found.path.endswith(GZ):
                self.forget(place)  # it repeats another, or is read as soon as its first line is whole
            elif place in waiting and not self._registry.at(place) and (now := _size(found)):
                if now.size_bytes < before.size_bytes and place not in opened and found.group not in copied:
                    self._lose(place, before)
                self._sizes[place] = now

    def keep(self, places: Iterable[Place]) -> None:
        """Only these have no row by now."""
        self._sizes = {place: size for place in places if (size := self._sizes.get(place))}

    def forget(self, place: Place) -> None:
        """What happens to this file is told elsewhere."""
        self._sizes.pop(place, None)

    def tell(self) -> None:
        """Tells of what is lost.

        Raises:
            sqlite3.OperationalError: the registry does not take it; nothing is told twice.
        """
        for row in self._lost.values():
            self._losses.gone(row, 0, row.lost_bytes)
        if self._lost:
            self._registry.save(self._lost.values())
            self._lost.clear()

    def _lose(self, place: Place, size: Size) -> None:
        if size.size_bytes:
            row = unread_row(place, size.path, size.size_bytes, self._wall())
            self._lost[row.id] = row


def unread_row(place: Place, path: str, size_bytes: int, now_s: float) -> Row:
    """The row of a file that is gone and was never opened: no first line is known that would name it."""
    name = f"unread-{place.device:x}-{place.inode:x}-{int(now_s * 1e6):x}"
    row = Row(name, None, 0, b"", 0, "", path, size_bytes=size_bytes, lost_bytes=size_bytes)
    return replace(row, gone_s=now_s, family=name)


def _is_another(found: Found, size: Size) -> bool:
    """Whether a file that is written to lies where a rotated one lay: its place was used again."""
    return found.told != size.path and not found.rotated and bool(_names(size.path)[1:])


def _lives_on(size: Size, there: Mapping[str, Found], new: Collection[Found], is_copy: bool) -> bool:
    """Whether its content is in another file: compressed or decompressed from it, or its original."""
    plain = size.path.removesuffix(GZ)
    if (plain if plain != size.path else f"{plain}{GZ}") in there:
        return True
    folder = size.path.rpartition("/")[0]
    packed = [each for path, each in there.items() if path.endswith(GZ) and path.rpartition("/")[0] == folder]
    if any(_is_packed_from(size, each, is_new=each in new) for each in packed):
        return True
    original = there.get("/".join(filter(None, (folder, _names(size.path)[-1]))))
    now = _size(original) if is_copy and original else None
    return now is not None and now.size_bytes >= size.size_bytes


def _names(path: str) -> list[str]:
    """Its name with all suffixes of rotation, with one less, ..., with none."""
    name = path.rpartition("/")[2]
    return [name, *(form for form, _ in forms(name))]


def _is_packed_from(size: Size, packed: Found, *, is_new: bool) -> bool:
    """Whether a compressed file has the file's time: programs that compress hand it on.

    The file may have grown since it was last looked at: one that has come since, of the same group, may have
    a later time.
    """
    now = _size(packed)
    if now is None:
        return False
    is_kin = is_new and _names(packed.told)[-1] == _names(size.path)[-1]
    is_later = is_kin and now.changed_ns >= size.changed_ns
    return is_later or is_handed_on(now.changed_ns, size.changed_ns)


def _size(found: Found) -> Size | None:
    try:
        status = os.lstat(found.path)
    except OSError:
        return None
    return Size(found.told, status.st_size, status.st_mtime_ns)

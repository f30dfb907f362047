"""Which files are there now. A folder is listed only when it may have changed."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shippers.files.names import Glob, Kin, below, kin_of

MARGIN_NS = 2_000_000_000
"""A folder changed less than this before it was listed is listed again: clocks of disks are coarse."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies on its disk; stays the same when it is renamed, may be reused when it is deleted."""

    device: int
    inode: int

    @property
    def text(self) -> str:
        """As it is kept: an inode number may not fit into SQLite's signed integers."""
        return f"{self.device}:{self.inode}"

    @classmethod
    def at(cls, status: os.stat_result) -> Place:
        """The place of the file that has this status."""
        return cls(status.st_dev, status.st_ino)

    @classmethod
    def of(cls, text: str) -> Place:
        """The place of this text."""
        device, _, inode = text.partition(":")
        return cls(int(device), int(inode))


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file that was there when its folder was listed.

    Attributes:
        path: where it is.
        told: its path below home, for people.
        kin: what its name makes it; None for a name that is nothing to the sources.
        rotated: whether its name says that nothing more is written to it.
    """

    place: Place
    path: str
    told: str
    kin: Kin | None
    rotated: bool

    @property
    def name(self) -> str:
        """Its name."""
        return self.path.rpartition("/")[2]

    @property
    def group(self) -> str:
        """The path that it and its rotated siblings have in common; its own for other names."""
        return self.path[: len(self.path) - len(self.name)] + (self.kin.base if self.kin else self.name)


@dataclass(slots=True)
class Folder:
    """One folder as it was last listed.

    That is done at least every `relist_s`: a network disk may not tell when a folder has changed.
    """

    path: str
    told: str
    sources: list[Glob]
    relist_s: float
    files: dict[Place, Found] = field(default_factory=dict)
    _kin: dict[str, Kin | None] = field(default_factory=dict)
    _changed_ns: int = -1
    _is_settled: bool = False
    _listed_s: float = 0.0
    _at: Path = field(init=False)

    def __post_init__(self) -> None:
        self._at = Path(self.path)

    def refresh(self, force: bool) -> bool:
        """Lists the folder if it may have changed; whether it was listed."""
        now_s = time.monotonic()
        try:
            status = self._at.stat()
        except OSError:
            was_there, self.files, self._changed_ns = bool(self.files), {}, -1
            return was_there
        is_due = force or not self._is_settled or now_s - self._listed_s > self.relist_s
        if not is_due and status.st_mtime_ns == self._changed_ns:
            return False
        self._is_settled = time.time_ns() - status.st_mtime_ns > MARGIN_NS
        self._changed_ns, self._listed_s = status.st_mtime_ns, now_s
        self._list(status.st_dev)
        return True

    def _list(self, device: int) -> None:
        try:
            with os.scandir(self.path) as entries:
                inodes = {each.name: each.inode() for each in entries if each.is_file(follow_symlinks=False)}
        except OSError:
            self._changed_ns = -1
            return
        before = self._kin
        self._kin = {name: before[name] if name in before else kin_of(name, self.sources) for name in inodes}
        latest = self._latest(inodes)
        old, self.files = self.files, {}
        for name, inode in inodes.items():
            place = Place(device, inode)
            self.files[place] = self._found(place, name, latest, old.get(place))

    def _latest(self, names: dict[str, int]) -> dict[str, str]:
        """Base -> the last of the names that may be the one written to, where no file is named so."""
        latest: dict[str, str] = {}
        for name, kin in self._kin.items():
            if kin and kin.rotated is None and kin.base not in names:
                latest[kin.base] = max(name, latest.get(kin.base, ""))
        return latest

    def _found(self, place: Place, name: str, latest: dict[str, str], old: Found | None) -> Found:
        kin = self._kin[name]
        is_rotated = kin is None or (kin.rotated if kin.rotated is not None else latest.get(kin.base) != name)
        if old and old.rotated == is_rotated and old.name == name:
            return old
        return Found(place, f"{self.path}/{name}", f"{self.told}/{name}".lstrip("/"), kin, is_rotated)


class Folders:
    """All folders of the sources.

    Args:
        home: relative folders are below it.
        sources: what is looked for; a folder's name with wildcards stands for all that match.
        relist_s: a folder is listed at least this often.
    """

    def __init__(self, home: str, sources: Sequence[Glob], relist_s: float) -> None:
        self._home, self._relist_s = home, relist_s
        self._sources = [below(home, each) for each in sources]
        self._folders: dict[str, Folder] = {}
        self._has_magic = any(glob.has_magic(each.folder) for each in self._sources)
        self.files: dict[Place, Found] = {}
        self._expand()

    def refresh(self, force: bool = False) -> bool:
        """Brings `files` up to date; whether anything was listed."""
        is_listed = self._has_magic and self._expand()
        for folder in self._folders.values():
            is_listed = folder.refresh(force) or is_listed
        if is_listed:
            self.files = {}
            for folder in self._folders.values():
                self.files.update(folder.files)
        return is_listed

    def _expand(self) -> bool:
        """The folders that are there now; whether they are others than before."""
        wanted: dict[str, list[Glob]] = {}
        for source in self._sources:
            for name in folders(source.folder):
                wanted.setdefault(os.path.normpath(name), []).append(source)
        before, old = self._folders.keys(), self._folders
        self._folders = {
            path: old.get(path) or Folder(path, self._told(path), sources, self._relist_s)
            for path, sources in wanted.items()
        }
        return self._folders.keys() != before

    def _told(self, path: str) -> str:
        inside = os.path.normpath(self._home)
        if path == inside:
            return ""
        return path.removeprefix(f"{inside}/")


def folders(pattern: str) -> list[str]:
    """The folders that match; the one of that name, there or not, where it holds no wildcard."""
    return sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]  # noqa: PTH207 -- absolute too

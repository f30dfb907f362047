"""Which files are there now."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shippers.files.names import FOLDERS, is_source


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies on its disk; stays the same when it is renamed, may be reused when it is deleted."""

    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was there when the folder was listed. `size_bytes` and `changed_ns`, when it was
    last written to, are of that moment."""

    path: Path
    folder: str
    place: Place
    size_bytes: int
    changed_ns: int

    @property
    def stamp(self) -> tuple[int, int]:
        """What changes when something is written to the file."""
        return self.size_bytes, self.changed_ns

    @property
    def told(self) -> str:
        """The path below home, for people."""
        return f"{self.folder}/{self.path.name}"


def find(home: Path) -> list[Found]:
    """The source files below `home`, in the order of their inodes, each place once.

    A folder that is not there yet holds none; a file that vanishes meanwhile is left out.
    """
    places = {found.place: found for folder in FOLDERS for found in _listed(home, folder)}
    return sorted(places.values(), key=lambda found: (found.place.device, found.place.inode))


def _listed(home: Path, folder: str) -> Iterator[Found]:
    try:
        entries = list(os.scandir(home / folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if is_source(entry.name) and (found := _found(entry, folder)):
            yield found


def _found(entry: os.DirEntry[str], folder: str) -> Found | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Found(
        Path(entry.path), folder, Place(status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns
    )

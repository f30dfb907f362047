"""The quarantine's files: one per reason, bounded together, changed by one process at a time.

The shipper appends while `cardwatch redrive` takes entries out: both hold a lock on the folder itself while
they write. A file is taken apart by writing it anew beside the old one, so a kill leaves the old or the new.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shippers.quarantine import redriven
from shippers.quarantine.entries import Entry, Kept, Key, parse

OTHER = "other"
_SUFFIX = ".ndjson"
_UNSAFE = re.compile(r"[^a-z0-9_]+")
_NAME_CHARACTERS = 60
"""Of a reason in the name of its file, which may be about four times as long."""
_MODE = 0o640
_FOLDER_MODE = 0o750
"""Texts of lines stand here: like the logs they come from, nobody but the owner and its group reads them."""


class Quarantine:
    """The folder. `put` returns how many entries found no room; what it returned for is on the disk.

    Args:
        folder: made when it is not there.
        most_bytes: most bytes of all files together.
        most_reasons: most files; further reasons share `other`.
        disk_free_bytes: nothing is written while the disk has less than this left.
        make: False for those who only read or take out: then nothing is made.
    """

    def __init__(
        self, folder: Path, most_bytes: int, most_reasons: int, disk_free_bytes: int = 0, *, make: bool = True
    ) -> None:
        if make:
            _make(folder)
        self._folder, self._most_bytes, self._most_reasons = folder, most_bytes, most_reasons
        self._disk_free_bytes = disk_free_bytes

    def put(self, entries: Sequence[Entry]) -> int:
        """Appends the entries and waits until the disk has them.

        Raises:
            OSError: the disk does not take them, or has too little left; nothing may be checkpointed.
        """
        self._check_disk()
        with self._locked():
            room = self._most_bytes - self.size_bytes()
            kept = self._append(entries, room)
        return len(entries) - kept

    def size_bytes(self) -> int:
        """How many bytes the folder holds."""
        paths = [*self._folder.glob(f"*{_SUFFIX}"), self._folder / redriven.NAME]
        return sum(path.stat().st_size for path in paths if path.exists())

    def reasons(self) -> list[str]:
        """The names of its files, sorted."""
        return sorted(path.stem for path in self._folder.glob(f"*{_SUFFIX}"))

    def read(self, reason: str, holding: bytes = b"") -> Iterator[tuple[bytes, Kept | None]]:
        """The lines of the file of this name, each with what it says; None where it cannot be read.

        Only those with the bytes `holding` anywhere in them.
        """
        try:
            with self._path(reason).open("rb") as file:
                for text in file:
                    if holding in text and text.strip():
                        yield text, parse(text)
        except FileNotFoundError:
            return

    def replace(self, reason: str, sent: Collection[Kept], refused: Sequence[Entry]) -> None:
        """Takes the entries `sent` out of a file, and puts those refused again in with their new reply.

        Entries that are there twice are there once afterwards. What is sent is told by `redriven`, what is
        refused stands in its own file, both on the disk, before the old entry is gone.

        Raises:
            OSError: the disk does not take it; no entry is lost.
        """
        with self._locked():
            present = set(self.reasons())
            here = {each.key: each for each in refused if self._file(each.reason, present) == reason}
            moved = [each for each in refused if each.key not in here]
            self._tell(redriven.text(sent))
            self._append(moved, sum(len(each.text()) for each in moved))
            gone = {each.key for each in sent} | {each.key for each in moved}
            self._rewrite(self._path(reason), self._left(reason, gone, here))

    def forget(self, gone: Collection[str]) -> None:
        """Drops what `redriven` says of files that nobody knows any more (their identities)."""
        with self._locked():
            if any(key.file in gone for key in redriven.read(self._folder)):
                self._rewrite(self._folder / redriven.NAME, redriven.without(self._folder, gone))

    def ranges(self) -> dict[str, dict[int, int]]:
        """The lines that are in quarantine: identity of their file -> where they begin -> where they end."""
        found: dict[str, dict[int, int]] = {}
        with self._locked():
            for kept in (kept for reason in self.reasons() for _, kept in self.read(reason)):
                if kept:
                    found.setdefault(kept.source.id, {})[kept.start] = kept.end
        return found

    def redriven(self) -> dict[str, set[int]]:
        """The lines that left it for Elasticsearch: identity of their file -> where they begin."""
        return _by_file(redriven.read(self._folder))

    def _left(self, reason: str, gone: set[Key], here: dict[Key, Entry]) -> Iterator[bytes]:
        """What stays of a file; the lines that cannot be read, too."""
        seen: set[Key] = set()
        for text, kept in self.read(reason):
            if kept is None:
                yield text.rstrip(b"\n") + b"\n"
            elif kept.key not in gone and kept.key not in seen:
                seen.add(kept.key)
                yield here[kept.key].text() if kept.key in here else text

    def _append(self, entries: Sequence[Entry], room: int) -> int:
        """Appends those that fit into `room` bytes, in order, and returns how many."""
        texts: dict[str, list[bytes]] = {}
        kept, present = 0, set(self.reasons())
        for entry in entries:
            text = entry.text()
            room -= len(text)
            if room < 0:
                break
            texts.setdefault(self._file(entry.reason, present | texts.keys()), []).append(text)
            kept += 1
        for name, lines in texts.items():
            _append_durably(self._path(name), b"".join(lines))
        return kept

    def _tell(self, text: bytes) -> None:
        if text:
            _append_durably(self._folder / redriven.NAME, text)

    def _rewrite(self, path: Path, lines: Iterable[bytes]) -> None:
        """The file with these lines, or not at all; a file without any is removed."""
        beside = path.with_suffix(".new")
        with open(beside, "wb", opener=_private) as file:
            file.writelines(lines)
            size_bytes = file.tell()
            file.flush()
            os.fsync(file.fileno())
        if size_bytes:
            beside.rename(path)
        else:
            path.unlink(missing_ok=True)
            beside.unlink()
        _sync_folder(self._folder)

    def _file(self, reason: str, present: set[str]) -> str:
        name = _UNSAFE.sub("_", reason.lower())[:_NAME_CHARACTERS] or OTHER
        return name if name in present or len(present) < self._most_reasons - 1 else OTHER

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _check_disk(self) -> None:
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize
        if free < self._disk_free_bytes:
            raise OSError(
                errno.ENOSPC,
                f"The disk of quarantine/ has {free} bytes left, less than the {self._disk_free_bytes} of "
                "disk_free_bytes: make room; lines wait in their files meanwhile",
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else writes meanwhile. The lock ends with the process, whatever ends that."""
        fd = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _by_file(keys: Iterable[Key]) -> dict[str, set[int]]:
    starts: dict[str, set[int]] = {}
    for key in keys:
        starts.setdefault(key.file, set()).add(key.start)
    return starts


def _make(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(_FOLDER_MODE, exist_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, _MODE)


def _append_durably(path: Path, text: bytes) -> None:
    is_new = not path.exists()
    with open(path, "a+b", buffering=0, opener=_private) as file:
        if _is_torn(file.fileno()):
            text = b"\n" + text
        _write_all(file.fileno(), text)
        os.fsync(file.fileno())
    if is_new:
        _sync_folder(path.parent)


def _is_torn(fd: int) -> bool:
    """Whether the file ends within a line: the machine died while one was written."""
    end = os.fstat(fd).st_size
    return end > 0 and os.pread(fd, 1, end - 1) != b"\n"


def _write_all(fd: int, text: bytes) -> None:
    view = memoryview(text)
    while view:
        view = view[os.write(fd, view) :]


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

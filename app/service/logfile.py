"""One log file that several threads and processes append whole lines to.

Every line is one write(2) to a descriptor opened with O_APPEND, under an flock(2) that the processes share.
Under that lock the file is rotated by size, and a line that did not fit whole is taken back. Nothing here
raises into the caller: a line that cannot be written is counted.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

Reason = Literal["disk_full", "too_large", "locked", "io_error", "unreadable"]

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_MODE = 0o640
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RETRY_S = 0.0005
_STAMP = "%Y%m%dT%H%M%S%f"
_STAMPED = "[0-9]" * 8 + "T" + "[0-9]" * 12


class LogFile:
    """The file at `path` with its rotated siblings `<stem>-<UTC time>.ndjson`.

    Attributes:
        on_removed: called, outside of all locks, with each rotated sibling that was removed because there
            were more than `kept`, and its size in bytes: nobody here knows whether it was shipped.

    Args:
        path: file to append to; its folder must exist.
        max_bytes: the file is rotated before a line would make it larger; also the longest line.
        kept: how many rotated siblings stay; the oldest ones beyond are removed.
        lock_timeout_s: longest wait for another process that holds the lock.
        on_line: called after each line with None when it was written, else with the reason of its loss.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        kept: int,
        lock_timeout_s: float = 5.0,
        on_line: Callable[[Reason | None], None] | None = None,
    ) -> None:
        self.path = path
        self._name = os.fspath(path)
        self.written = 0
        self.dropped: Counter[Reason] = Counter()
        self.failing: Reason | None = None
        self.on_line = on_line
        self.on_removed: Callable[[Path, int], None] | None = None
        self._removed: list[tuple[Path, int]] = []
        self._max_bytes = max_bytes
        self._kept = kept
        self._lock_timeout_s = lock_timeout_s
        self._threads = threading.Lock()
        self._lock_fd = -1
        self._fd = -1
        self._identity = (0, 0)
        os.register_at_fork(after_in_child=self._after_fork)

    def append(self, line: bytes) -> bool:
        """Writes one line with its end; False when it was lost, which is counted by reason."""
        with self._threads:
            try:
                reason = self._append(line)
            except OSError as error:
                reason = "disk_full" if error.errno in _NO_SPACE else "io_error"
            self._count(reason)
            removed, self._removed = self._removed, []
        for old, size_bytes in removed:
            self._tell(old, size_bytes)
        return reason is None

    def lose(self, reason: Reason) -> None:
        """Counts a line that never became one."""
        with self._threads:
            self._count(reason)

    def close(self) -> None:
        """Gives the descriptors back; the next line opens them again."""
        with self._threads:
            self._close()

    def _append(self, line: bytes) -> Reason | None:
        if len(line) > self._max_bytes:
            return "too_large"
        if not self._lock():
            return "locked"
        try:
            self._write(line)
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
        return None

    def _count(self, reason: Reason | None) -> None:
        self.failing = reason
        if reason is None:
            self.written += 1
        else:
            self.dropped[reason] += 1
        if self.on_line is not None:
            try:
                self.on_line(reason)
            except Exception:  # noqa: BLE001 - whoever counts along must not stop the line or its writer
                self.on_line = None

    def _tell(self, old: Path, size_bytes: int) -> None:
        if self.on_removed is not None:
            with contextlib.suppress(Exception):  # whoever is told must not stop the line or its writer
                self.on_removed(old, size_bytes)

    def _lock(self) -> bool:
        if self._lock_fd < 0:
            self._lock_fd = os.open(
                self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE
            )
        until = 0.0
        while True:
            try:
                fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                until = until or time.monotonic() + self._lock_timeout_s
                if time.monotonic() > until:
                    return False
                time.sleep(_RETRY_S)
            else:
                return True

    def _write(self, line: bytes) -> None:
        size = self._size()
        if size and size + len(line) > self._max_bytes:
            self._rotate()
            size = self._size()
        try:
            written = os.write(self._fd, line)
        except OSError:
            self._take_back(size)
            raise
        if written != len(line):
            self._take_back(size)
            raise OSError(errno.ENOSPC, "the line did not fit")

    def _take_back(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            self._close_file()  # opened again, it is looked at for a torn end
            raise

    def _size(self) -> int:
        """Size of the file at the path, which another process may have rotated or removed meanwhile."""
        if self._fd >= 0:
            try:
                there = os.stat(self._name)  # noqa: PTH116 - once per line, and a Path's own takes longer
            except FileNotFoundError:
                there = None
            if there and (there.st_dev, there.st_ino) == self._identity:
                return there.st_size
            self._close_file()
        self._fd = os.open(self.path, _FLAGS, _MODE)
        try:
            return self._mend_end()
        except OSError:
            self._close_file()
            raise

    def _mend_end(self) -> int:
        """Ends a line that a crash of the machine left torn, so that the next is whole; returns the size."""
        opened = os.fstat(self._fd)
        self._identity = opened.st_dev, opened.st_ino
        size = opened.st_size
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            size += os.write(self._fd, b"\n")
        return size

    def _rotate(self) -> None:
        siblings = self.rotated()
        self.path.rename(self._free_name(siblings))
        self._close_file()
        for old in siblings[: max(0, len(siblings) + 1 - self._kept)]:
            with contextlib.suppress(OSError):  # gone already, or tried again at the next rotation
                size_bytes = old.stat().st_size
                old.unlink()
                self._removed.append((old, size_bytes))

    def _free_name(self, siblings: list[Path]) -> Path:
        """A name with the time of now, later than all older ones even if the clock was set back."""
        moment = datetime.fromtimestamp(time.time(), UTC)
        if siblings:
            latest = siblings[-1].stem.removeprefix(f"{self.path.stem}-")
            moment = max(
                moment, datetime.strptime(f"{latest}+0000", f"{_STAMP}%z") + timedelta(microseconds=1)
            )
        return self.path.with_name(f"{self.path.stem}-{moment.strftime(_STAMP)}{self.path.suffix}")

    def rotated(self) -> list[Path]:
        """The rotated siblings, oldest first."""
        return sorted(self.path.parent.glob(f"{self.path.stem}-{_STAMPED}{self.path.suffix}"))

    def _close_file(self) -> None:
        fd, self._fd = self._fd, -1  # forgotten first: a fork while it is being closed finds none
        if fd >= 0:
            os.close(fd)

    def _close(self) -> None:
        self._close_file()
        fd, self._lock_fd = self._lock_fd, -1
        if fd >= 0:
            os.close(fd)

    def _after_fork(self) -> None:
        """A child starts with its own lock: an flock belongs to the description that fork shares."""
        self._threads = threading.Lock()
        self._close()
        self._removed.clear()
        self.written = 0
        self.dropped.clear()

"""One spool file: whole lines in one write, rotated by size, bounded in number; what is lost is counted."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from shippers.metricsets.errors import SpoolInUse

logger = logging.getLogger(__name__)

_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_MODE: Final = 0o640
_STAMP: Final = "%Y%m%dT%H%M%S%f"
_STAMPED: Final = "[0-9]" * 8 + "T" + "[0-9]" * 12
_CHUNK: Final = 1024 * 1024


class Spool:
    """The file at `path` (`NAME.ndjson`) and its rotated siblings `NAME-<UTC time>.ndjson`.

    Args:
        path: file to append to; its folder is made if it is not there.
        file_bytes: the file is rotated before a write would make it larger; a larger write gets its own file.
        files: rotated siblings that stay; the oldest beyond are removed, counted and reported.
        clock: seconds since 1970.

    Raises:
        SpoolInUse: another sampler writes this file.
    """

    def __init__(self, path: Path, *, file_bytes: int, files: int, clock: Callable[[], float]) -> None:
        self.path = path
        self.written_lines = 0
        self.lost_lines = 0
        self.removed_lines = 0
        self._file_bytes = file_bytes
        self._files = files
        self._clock = clock
        self._failing_since_lines: int | None = None
        self._fd = -1
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_fd = self._locked()

    def append(self, lines: Sequence[bytes]) -> bool:
        """Writes whole lines, all or none; False when they were lost, which is counted and told once."""
        if not lines:
            return True
        try:
            self._append(b"".join(lines))
        except OSError as error:
            self._failed(error)
            self.lost_lines += len(lines)
            return False
        self.written_lines += len(lines)
        self._works_again()
        return True

    def close(self) -> None:
        """Gives the descriptors and the lock back."""
        self._close_file()
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    def rotated(self) -> list[Path]:
        """The rotated siblings, oldest first."""
        return sorted(self.path.parent.glob(f"{self.path.stem}-{_STAMPED}{self.path.suffix}"))

    def _locked(self) -> int:
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise SpoolInUse(
                f"Another sampler writes {self.path}. Stop it, or give this one another folder with --home."
            ) from None
        return descriptor

    def _append(self, chunk: bytes) -> None:
        size = self._size()
        if size and size + len(chunk) > self._file_bytes:
            self._rotate()
            size = self._size()
        try:
            written = os.write(self._fd, chunk)
            if written != len(chunk):
                raise OSError(errno.ENOSPC, "the lines did not fit")
        except OSError:
            self._take_back(size)
            raise

    def _size(self) -> int:
        """Size of the file at the path, opened (again) if it was moved or removed."""
        if self._fd >= 0:
            opened = os.fstat(self._fd)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(self.path.stat(), opened):
                    return opened.st_size
            self._close_file()
        self._fd = os.open(self.path, _FLAGS, _MODE)
        return self._mended()

    def _mended(self) -> int:
        """Ends a line that a crash left torn, so that the next one is whole; returns the size."""
        size = os.fstat(self._fd).st_size
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            size += os.write(self._fd, b"\n")
        return size

    def _take_back(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            self._close_file()  # opened again, its end is mended

    def _rotate(self) -> None:
        self.path.rename(self._free_name())
        self._close_file()
        for old in self.rotated()[: -self._files]:
            self._remove(old)

    def _free_name(self) -> Path:
        """A name with the time of now, later than all older ones even if the clock was set back."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        if siblings := self.rotated():
            latest = siblings[-1].stem.removeprefix(f"{self.path.stem}-")
            after = datetime.strptime(f"{latest}+0000", f"{_STAMP}%z") + timedelta(microseconds=1)
            moment = max(moment, after)
        return self.path.with_name(f"{self.path.stem}-{moment.strftime(_STAMP)}{self.path.suffix}")

    def _remove(self, old: Path) -> None:
        try:
            size, lines = old.stat().st_size, _lines(old)
            old.unlink()
        except OSError:
            return  # the shipper was faster, or it is tried again at the next rotation
        self.removed_lines += lines
        logger.info(
            f"{old.name} with {lines} samples ({size} bytes) was removed: the spool keeps {self._files}"
            f" rotated files ({self.removed_lines} samples removed so far). What was not shipped by then is"
            " lost: `cardwatch audit` tells. CARDWATCH_SAMPLE_FILES keeps more.",
            extra={"event.action": "samples_removed", "event.outcome": "unknown"},
        )

    def _failed(self, error: OSError) -> None:
        if self._failing_since_lines is not None:
            return
        self._failing_since_lines = self.lost_lines
        logger.warning(
            f"Samples cannot be written to {self.path.name} and are lost: {error.strerror}.",
            extra={
                "event.action": "spool_failed",
                "event.outcome": "failure",
                "error.type": type(error).__name__,
                "error.message": str(error.strerror),
            },
        )

    def _works_again(self) -> None:
        if self._failing_since_lines is None:
            return
        lost, self._failing_since_lines = self.lost_lines - self._failing_since_lines, None
        logger.info(
            f"Samples are written to {self.path.name} again; {lost} were lost.",
            extra={"event.action": "spool_recovered", "event.outcome": "success"},
        )

    def _close_file(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK), b""))

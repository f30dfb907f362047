"""Acknowledged operations on disk before the answer, so that a kill loses none of them.

A log is a row of files `<number>.log`. A record is `<length: u32><crc32: u32><payload>`, little endian.
The last file may end in a torn record after a crash: it is cut there. A new file begins with each commit
of the engine, and the older ones are removed after it.
"""

from __future__ import annotations

import os
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

from elastic.node.errors import StorageFailed
from elastic.node.files import sync_folder

_HEAD = struct.Struct("<II")
MAX_RECORD_BYTES = 1 << 30  # a longer length is a torn head


def framed(payload: bytes) -> bytes:
    """One record."""
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def records(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The payload of every whole record, and where in `data` it ends; stops at the first torn one."""
    position = 0
    while position + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, position)
        end = position + _HEAD.size + length
        payload = data[position + _HEAD.size : end]
        if length > MAX_RECORD_BYTES or end > len(data) or zlib.crc32(payload) != checksum:
            return
        position = end
        yield payload, end


class Translog:
    """`append` in the order of the operations, then `sync`; many threads share one fsync."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._number = max(self._numbers(), default=0)
        self._file = self._open(self._number)
        self._size = os.fstat(self._file).st_size
        self._written = self._synced = 0  # bytes over all files of this process
        self._broken = False
        self._syncing = threading.Lock()

    def replay(self) -> Iterator[bytes]:
        """All records, oldest first; cuts the torn end of the last file."""
        for number in sorted(self._numbers()):
            path = self._path(number)
            data, whole = path.read_bytes(), 0
            for payload, end in records(data):
                whole = end
                yield payload
            if whole < len(data) and number == self._number:
                os.ftruncate(self._file, whole)
                os.fsync(self._file)
                self._size = whole

    def append(self, data: bytes) -> int:
        """Writes framed records and returns the position to `sync`. The caller serialises appends.

        Raises:
            StorageFailed: the disk refused; nothing was kept.
        """
        if self._broken:
            raise StorageFailed("the translog failed before; restart the node")
        try:
            self._write(data)
        except OSError as error:
            self._cut()
            raise StorageFailed(f"the translog cannot be written: {error.strerror}") from error
        self._size += len(data)
        self._written += len(data)
        return self._written

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def _cut(self) -> None:
        try:
            os.ftruncate(self._file, self._size)
        except OSError:
            self._broken = True

    def sync(self, position: int) -> None:
        """Returns when everything up to `position` is on disk.

        Raises:
            StorageFailed: the disk refused; from now on every write is refused, as what it holds is unknown.
        """
        if self._synced >= position and not self._broken:
            return
        with self._syncing:
            if self._synced >= position and not self._broken:
                return
            if self._broken:
                raise StorageFailed("the translog failed before; restart the node")
            reached = self._written
            try:
                os.fdatasync(self._file)
            except OSError as error:
                self._broken = True
                raise StorageFailed(f"the translog cannot be written: {error.strerror}") from error
            self._synced = reached

    @property
    def position(self) -> int:
        """Where the last append ended."""
        return self._written

    def roll(self) -> None:
        """Begins a new file. The caller holds off appends."""
        with self._syncing:
            os.fdatasync(self._file)
            self._synced = self._written
            os.close(self._file)
            self._number += 1
            self._file = self._open(self._number)
            self._size = 0
            sync_folder(self._folder)

    def trim(self) -> None:
        """Removes the files before the current one: a commit of the engine holds what they say."""
        for number in self._numbers():
            if number < self._number:
                self._path(number).unlink()

    def close(self) -> None:
        """Makes everything durable."""
        with self._syncing:
            os.fdatasync(self._file)
            os.close(self._file)

    def _numbers(self) -> list[int]:
        return [int(path.stem) for path in self._folder.glob("*.log")]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}.log"

    def _open(self, number: int) -> int:
        return os.open(self._path(number), os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)

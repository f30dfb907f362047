"""Files that a crash leaves either old or new, never torn."""

from __future__ import annotations

import os
from pathlib import Path

from elastic.node.errors import StorageFailed


def write_whole(path: Path, data: bytes) -> None:
    """Replaces the file and returns when the new one is on disk.

    Raises:
        StorageFailed: the disk refused; the old file stands.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageFailed(f"{path.name} cannot be written: {error.strerror}") from error


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

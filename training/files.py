"""Files that are whole or not there: what is broken off half-way leaves the one before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Replaces a file in one step."""
    with replaced(path) as fresh:
        fresh.write_bytes(data)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path to write to, whose file replaces another when the block ends; where it fails nothing is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)

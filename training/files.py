"""Files that are whole or not there: what is broken off half-way leaves the one before."""

from __future__ import annotations

from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Replaces a file in one step."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(data)
    fresh.replace(path)

"""Which files may or must be deleted (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shippers.files.find import Found


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on the disk.

    Attributes:
        found: where it lies.
        size_bytes: its size on the disk.
        changed_ns: when it was last written to, nanoseconds since 1970.
        is_settled: all of it was acknowledged or quarantined, and nothing will follow.
    """

    found: Found
    size_bytes: int
    changed_ns: int
    is_settled: bool


def settled_before(files: Sequence[Kept], changed_ns: int) -> Iterator[Kept]:
    """Rotated files that are settled and were last written to before this time."""
    return (each for each in files if each.found.rotated and each.is_settled and each.changed_ns < changed_ns)


def beyond(files: Sequence[Kept], most_bytes: int) -> Iterator[Kept]:
    """Rotated files to delete so that all together take at most `most_bytes`: settled ones, then the oldest.

    The file that is written to stays, even if it alone takes more.
    """
    over = sum(each.size_bytes for each in files) - most_bytes
    rotated = (each for each in files if each.found.rotated)
    for each in sorted(rotated, key=lambda kept: (not kept.is_settled, kept.changed_ns)):
        if over <= 0:
            return
        over -= each.size_bytes
        yield each

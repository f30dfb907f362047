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
        is_acknowledged: it is settled, and the server has every line.
    """

    found: Found
    size_bytes: int
    changed_ns: int
    is_settled: bool
    is_acknowledged: bool


def acknowledged_before(files: Sequence[Kept], changed_ns: int) -> Iterator[Kept]:
    """Rotated files that the server has and that were last written to before this time."""
    rotated = (each for each in files if each.found.rotated)
    return (each for each in rotated if each.is_acknowledged and each.changed_ns < changed_ns)


def beyond(files: Sequence[Kept], most_bytes: int) -> Iterator[Kept]:
    """Rotated files to delete so that all together take at most `most_bytes`, in this order: those that the
    server has, those of which lines are in quarantine, then the others; of each kind the oldest first.

    The file that is written to stays, even if it alone takes more.
    """
    over = sum(each.size_bytes for each in files) - most_bytes
    rotated = (each for each in files if each.found.rotated)
    for each in sorted(rotated, key=_worth):
        if over <= 0:
            return
        over -= each.size_bytes
        yield each


def _worth(kept: Kept) -> tuple[bool, bool, int]:
    return not kept.is_acknowledged, not kept.is_settled, kept.changed_ns

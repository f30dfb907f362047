"""Which ranges of which files are under way, and up to where each file is settled (pure).

Batches are settled in any order. A checkpoint may only stand at the lowest byte of a file that is not settled.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settled:
    """What a checkpoint of a file says: up to `end` everything is settled.

    Attributes:
        end: offset in bytes; the file's new checkpoint.
        acknowledged: lines that the server acknowledged since the checkpoint before.
        quarantined: lines that were put into quarantine, or counted by a full one, since the checkpoint before.
    """

    end: int
    acknowledged: int = 0
    quarantined: int = 0

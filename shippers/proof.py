"""Proof that the server takes lines, so that a refusal is the fault of the line that is refused."""

from __future__ import annotations

import threading


class Proof:
    """Shared by all threads. One line may be given up for each proof: where the server refuses everything,
    for a reason that no line has to do with, at most one is."""

    def __init__(self) -> None:
        self._is_given = False
        self._lock = threading.Lock()

    def give(self) -> None:
        """Lines were taken."""
        self._is_given = True

    def spend(self) -> bool:
        """Whether lines were taken since this was last asked."""
        with self._lock:
            was_given, self._is_given = self._is_given, False
            return was_given

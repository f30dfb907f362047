"""Lets requests that write finish before one that looks, or that rolls a data stream over, goes on.

A request whose client has given it up may still be at work in the server. If it took its lines after they
were looked up and the stream was rolled over, they would be there twice, and no client could know. The
proxy keeps such a request out of the way, so that what a run finds is the shipper's doing.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Gate:
    """Many may write together; who looks is alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._writing, self._looking, self._waiting = 0, False, 0

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """A block that writes."""
        with self._changed:
            self._changed.wait_for(lambda: not self._looking and not self._waiting)
            self._writing += 1
        try:
            yield
        finally:
            with self._changed:
                self._writing -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """A block that must see everything that was written before."""
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: not self._looking and not self._writing)
            self._waiting -= 1
            self._looking = True
        try:
            yield
        finally:
            with self._changed:
                self._looking = False
                self._changed.notify_all()

"""An entry of the quarantine -> the line it is about, byte for byte.

The line is read where it was written: the file is found by its identity, renamed or gzipped. The text in
the quarantine serves only where nothing was masked in it. Either must have the entry's digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from typing import BinaryIO

from shippers.originals import UNREADABLE, Original
from shippers.quarantine import Kept


class Lines:
    """Reads originals; entries of one file should come in the order of their offsets. Close after use."""

    def __init__(self, originals: Mapping[str, Original]) -> None:
        self._originals = originals
        self._open: tuple[str, BinaryIO] | None = None
        self._stack = ExitStack()

    def line(self, entry: Kept) -> bytes | None:
        """The line without its line feed; None when neither its file nor its text has it any more."""
        line = self._from_file(entry)
        if line is None and entry.body is not None and _is_it(entry.body, entry):
            return entry.body
        return line

    def close(self) -> None:
        """Closes the file that was read last."""
        self._open = None
        self._stack.close()

    def _from_file(self, entry: Kept) -> bytes | None:
        try:
            file = self._file(entry.source.id)
            if file is None:
                return None
            before = min(entry.start, 1)
            file.seek(entry.start - before)
            text = file.read(entry.end - entry.start + before)
        except UNREADABLE:
            return None
        return _cut(text, before, entry)

    def _file(self, identity: str) -> BinaryIO | None:
        if self._open and self._open[0] == identity:
            return self._open[1]
        self.close()
        original = self._originals.get(identity)
        if original is None:
            return None
        self._open = identity, self._stack.enter_context(original.opened())
        return self._open[1]


def _cut(text: bytes, before: int, entry: Kept) -> bytes | None:
    """The line in `text`, which begins `before` bytes early; None when there is another line by now.

    Without a digest the line feeds around it must tell. With one they need not: what was added to a line
    that had been taken without its line feed is a line of its own, right behind it.
    """
    if before and entry.sha256 is None and not text.startswith(b"\n"):
        return None
    line = text[before:].removesuffix(b"\n")
    size_bytes = entry.end - entry.start
    is_whole = len(line) in (size_bytes - 1, size_bytes)  # the last line of a file may lack its line feed
    return line if is_whole and b"\n" not in line and _is_it(line, entry) else None


def _is_it(line: bytes, entry: Kept) -> bool:
    """Whether the digest agrees; a line that was too long to be held has none."""
    return entry.sha256 is None or hashlib.sha256(line).hexdigest() == entry.sha256

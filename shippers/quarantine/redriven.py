"""Which lines left the quarantine for Elasticsearch: `quarantine/.redriven`, one range per line.

The registry goes on counting such a line as quarantined; the audit needs to know that it is to be found in
Elasticsearch. A line here is `IDENTITY START END`; it is on the disk before its entry leaves the quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from shippers.quarantine.entries import Kept, Key

NAME = ".redriven"
_LINE = re.compile(r"([0-9a-f-]+) (\d+) (\d+)")


def text(entries: Iterable[Kept]) -> bytes:
    """The lines that say of these entries that they were sent."""
    return b"".join(f"{each.source.id} {each.start} {each.end}\n".encode() for each in entries)


def read(folder: Path) -> Iterator[Key]:
    """The lines sent again and taken; a torn one is left out."""
    try:
        lines = (folder / NAME).read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        if found := _LINE.fullmatch(line):
            yield Key(found[1], int(found[2]))


def without(folder: Path, gone: Collection[str]) -> Iterator[bytes]:
    """The file's lines without those of the files `gone` (identities)."""
    with (folder / NAME).open("rb") as lines:
        for line in lines:
            if line.partition(b" ")[0].decode("ascii", "replace") not in gone:
                yield line

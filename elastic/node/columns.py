"""How values lie in the engine: names of columns, entries of the inverted index.

Strings in columns begin with MARK, so that the engine takes none of them for a date or a number.
"""

from __future__ import annotations

import re
from functools import lru_cache

MARK = "="
SEPARATOR = "\0"  # between the path and the value of an entry
PRESENT = "\1"  # before the path of a field that has a value but no column

_ESCAPES = {".": "_d", "_": "_u"}


@lru_cache(maxsize=8192)
def encoded(path: str) -> str:
    """A path as a name of letters, digits and underscores; no two paths share one."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: _ESCAPES.get(found[0], f"_x{ord(found[0]):x}_"), path)


def entry(path: str, text: str) -> str:
    """The entry of the inverted index for a word or a value of a field."""
    return f"{path}{SEPARATOR}{text}"

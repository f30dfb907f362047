"""Rotated siblings: `request.ndjson.1` and `request-20261123.ndjson.gz` belong to `request.ndjson` (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STAMP = r"[-._](?:\d{4}-\d\d-\d\d|\d{8})(?:-\d{9,10}|[T_.-]?\d\d[-.:]?\d\d(?:[-.:]?\d\d)?[.,]?\d*Z?)?"
_SUFFIX = re.compile(rf"(?P<certain>\.gz|\.\d{{1,10}})$|{_STAMP}$|{_STAMP}(?=\.[A-Za-z]\w*$)")


def forms(name: str) -> Iterator[tuple[str, bool]]:
    """`name` with one rotation suffix less each time: `.gz`, `.N`, or a date with or without a time.

    The flag says that what was taken off is a rotation for certain: a date may also be the way in which a
    program names the file that it writes to.
    """
    certain = False
    while found := _SUFFIX.search(name, 1):
        name = name[: found.start()] + name[found.end() :]
        certain = certain or found["certain"] is not None
        yield name, certain

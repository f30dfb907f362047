"""Who a file is, told from its first bytes alone.

The identity is part of every document's `_id`. It is made from content, so that a lost registry gives the
same ids again: docs/specs/delivery.md.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import blake2b

_TIMESTAMP = re.compile(rb'"@timestamp"\s*:\s*"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)')
TAIL_BYTES = 1024
"""How many bytes before a checkpoint are remembered, to tell a file that grew from one written anew."""

_DIGEST_BYTES = 8
MOST_PREFIXES = 64
"""Most beginnings of a file that are remembered."""

_LATEST = 2**32 - 1


def identity(first_line: bytes, ordinal: int = 0) -> str:
    """`SSSSSSSS-DDDDDDDDDDDDDDDD`: seconds of the line's `@timestamp` and a digest, in hexadecimal.

    `ordinal` tells apart files with the same first line: 0, 1, 2 ... in the order they were met. Time zones
    are not looked at, the seconds only keep ids of one time together; without a timestamp they are 0.
    """
    salt = b"" if ordinal == 0 else b"\n%d" % ordinal
    return f"{_seconds(first_line):08x}-{blake2b(first_line + salt, digest_size=_DIGEST_BYTES).hexdigest()}"


def has_time(identity: str) -> bool:
    """Whether the first line of this file has a `@timestamp`: then hardly another file begins with it."""
    return not identity.startswith("00000000-")


def first_line(head: bytes, limit: int) -> bytes | None:
    """The first line of a file without its end; None while it is not whole yet.

    A line longer than `limit` bytes counts as whole, cut there: it never becomes a document.
    """
    end = head.find(b"\n", 0, limit + 1)
    if end >= 0:
        return head[:end]
    return head[:limit] if len(head) > limit else None


def digest(part: bytes) -> bytes:
    """Fingerprint of the first bytes of a file, or of those before its checkpoint, 16 bytes long."""
    return blake2b(part, digest_size=16).digest()


def prefix(part: bytes) -> bytes:
    """Fingerprint of a beginning that ends with a line, 8 bytes long."""
    return blake2b(part, digest_size=_DIGEST_BYTES).digest()


def prefixes(head: bytes, fingerprint_bytes: int) -> bytes:
    """Fingerprints of all beginnings of `head` that end with a line, one after the other.

    Very short lines are passed over: ends lie at least `fingerprint_bytes` / 64 apart.
    """
    found, end, gap = [], 0, max(fingerprint_bytes // MOST_PREFIXES, 1)
    while end := head.find(b"\n", end and end + gap - 1) + 1:
        found.append(prefix(head[:end]))
    return b"".join(found[:MOST_PREFIXES])


def has_prefix(known: bytes, part: bytes) -> bool:
    """Whether `part` is one of the beginnings of which `known` are the fingerprints."""
    wanted = prefix(part)
    return any(known.startswith(wanted, at) for at in range(0, len(known), _DIGEST_BYTES))


def _seconds(line: bytes) -> int:
    found = _TIMESTAMP.search(line)
    if not found:
        return 0
    try:
        year, month, day, hour, minute, second = map(int, found.groups())
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return 0
    return min(max(int(moment.timestamp()), 0), _LATEST)

"""Request ids: the client's own where it is safe to log and to return, else a UUIDv7."""

from __future__ import annotations

import re
import uuid

from app.service.redaction import redact

RANDOM_BYTES = 10
_SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def uuid7(unix_ms: int, random_bytes: bytes) -> str:
    """A UUID that sorts by time (RFC 9562, section 5.7).

    Args:
        unix_ms: milliseconds since 1970, at most 48 bits.
        random_bytes: RANDOM_BYTES of them; 74 of their 80 bits are used.
    """
    value = bytearray(unix_ms.to_bytes(6, "big") + random_bytes)
    value[6] = 0x70 | (value[6] & 0x0F)
    value[8] = 0x80 | (value[8] & 0x3F)
    return str(uuid.UUID(bytes=bytes(value)))


def accepted(header: str | None) -> str | None:
    """The client's id if it is a safe token that holds nothing to redact, else None."""
    if header is None or not _SAFE.fullmatch(header) or redact(header) != header:
        return None
    return header

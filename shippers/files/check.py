"""May this line travel: cheap checks of every line, and a parser for those who ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import orjson

BLANKS = b" \t\r"
"""JSON's white space (RFC 8259, section 2) that a line may begin and end with; it travels as it is."""


class Fault(StrEnum):
    """Why a line stays here; the value is the reason in quarantine."""

    TOO_LONG = "too_long"
    NUL = "nul_byte"
    NOT_UTF8 = "not_utf8"
    NOT_AN_OBJECT = "not_an_object"
    NOT_JSON = "not_json"


def fault_of(line: bytes, limit: int) -> Fault | None:
    """What is wrong with a line (without its line feed) of at most `limit` bytes; None when nothing is.

    White space around the object is none: a file with CRLF has a carriage return before each line feed.
    """
    if len(line) > limit:
        return Fault.TOO_LONG
    if b"\0" in line:
        return Fault.NUL
    if not _is_utf8(line):
        return Fault.NOT_UTF8
    inner = line.strip(BLANKS)
    return None if inner.startswith(b"{") and inner.endswith(b"}") else Fault.NOT_AN_OBJECT


def all_sound(block: bytes, lines: Sequence[bytes], limit: int) -> bool:
    """Whether no line has a fault, told from the whole block at once; False may also mean "look closer".

    Args:
        block: the lines joined by line feeds.
        lines: the same, apart; at least one.
    """
    return (
        block.startswith(b"{")
        and block.endswith(b"}")
        and block.count(b"}\n{") == len(lines) - 1
        and b"\0" not in block
        and max(map(len, lines)) <= limit
        and _is_utf8(block)
    )


def unparsable(line: bytes) -> Fault | None:
    """What a JSON parser has against a line that begins and ends as an object does; None when nothing."""
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return Fault.NOT_JSON
    return None


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True

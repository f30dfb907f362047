"""Numbered lines as a service writes them, and lines that may not travel (pure)."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from enum import StrEnum

HEADER = b'{"@timestamp":"2026-11-23T03:00:00.000000Z","message":"a file begins","n":-1}'
"""The same first line in every file of a writer that writes headers."""

TOO_LONG = 2500
"""More bytes than a line may have in any plan."""


class Kind(StrEnum):
    """What becomes of a line."""

    SOUND = "sound"  # a document
    BROKEN = "broken"  # looks like an object, and the server refuses it
    TEXT = "text"  # no object
    NUL = "nul"
    LATIN = "latin"  # invalid UTF-8
    LONG = "long"


UNFIT = tuple(kind for kind in Kind if kind is not Kind.SOUND)


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its line feed."""

    number: int
    kind: Kind
    text: bytes


def line(number: int, draw: random.Random, unfit_odds: float) -> Line:
    """The line of this number."""
    kind = draw.choice(UNFIT) if draw.random() < unfit_odds else Kind.SOUND
    pad = "x" * draw.choice([0, 20, 150, 600])
    return Line(number, kind, _text(number, kind, pad, draw.randrange(24 * 3600)))


def canonical(text: bytes) -> bytes:
    """A line in one form, whatever the order of its names and its escapes; itself when it is no JSON."""
    try:
        return json.dumps(json.loads(text), sort_keys=True).encode()
    except ValueError:
        return text


def _text(number: int, kind: Kind, pad: str, second: int) -> bytes:
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    sound = (
        f'{{"@timestamp":"2026-11-23T{clock}.{number % 10**6:06}Z","message":"request {number} été 卡",'
        f'"event":{{"action":"request_success","duration":{number * 1000}}},"n":{number},"pad":"{pad}"}}'
    ).encode()
    match kind:
        case Kind.SOUND:
            return sound
        case Kind.BROKEN:
            return b'{"n":%d, %s}' % (number, pad.encode())
        case Kind.TEXT:
            return b"%d: Traceback (most recent call last)" % number
        case Kind.NUL:
            return b'{"n":%d,"\0":1}' % number
        case Kind.LATIN:
            return b'{"n":%d,"caf\xe9":1}' % number
        case Kind.LONG:
            return b'{"n":%d,"pad":"%s"}' % (number, b"y" * TOO_LONG)

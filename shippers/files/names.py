"""The name of a file says whether it is a source, and which data stream its lines belong to (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import join, split

from shippers.files.siblings import forms

_SOURCE = re.compile(r"([a-z][a-z0-9_]*)=(.+)")
_DATASET = re.compile(r"[a-z0-9_]{1,100}(?=[-.])")


@dataclass(frozen=True, slots=True)
class Glob:
    """Where lines of one type come from: names in a folder. Both may hold `*`, `?` and `[...]`."""

    type: str
    folder: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Kin:
    """What the name of a source tells.

    Attributes:
        type: type of its data stream.
        base: its name without the suffixes of rotation; the name of the file that is written to.
        rotated: it was rotated; None when only its neighbours can tell.
    """

    type: str
    base: str
    rotated: bool | None


def globs(sources: str) -> tuple[Glob, ...]:
    """`logs=log/*.ndjson,metrics=spool/*.ndjson` -> its globs.

    Raises:
        ValueError: it is not of this form; the text says what is wrong.
    """
    found = []
    for text in filter(None, map(str.strip, sources.split(","))):
        matched = _SOURCE.fullmatch(text)
        if not matched:
            raise ValueError(f"{text!r} is no source: write TYPE=GLOB, such as logs=log/*.ndjson")
        folder, pattern = split(matched[2])
        if not pattern or "**" in matched[2]:
            raise ValueError(f"{text!r} names no files of one folder: write TYPE=FOLDER/PATTERN without **")
        found.append(Glob(matched[1], folder, pattern))
    if not found:
        raise ValueError("no source is named: write TYPE=GLOB, such as logs=log/*.ndjson")
    return tuple(found)


def below(home: str, source: Glob) -> Glob:
    """The same with its folder below `home`, unless that is absolute."""
    return Glob(source.type, join(home, source.folder) if source.folder else home, source.pattern)


def kin_of(name: str, sources: Sequence[Glob]) -> Kin | None:
    """What `name` is to the first of these sources that knows it; None when it is nothing to them."""
    if name.startswith("."):
        return None
    shorter = list(forms(name))
    for source in sources:
        for base, certain in reversed(shorter):
            if fnmatchcase(base, source.pattern):
                return Kin(source.type, base, True if certain else None)
        if fnmatchcase(name, source.pattern):
            return Kin(source.type, name, False)
    return None


def stream_of(kind: str, name: str, namespace: str) -> str | None:
    """`logs`, `request-0001.ndjson` -> `logs-card.request-<namespace>`.

    What stands before the first `-` or `.` counts, so that rotated siblings keep their stream. None where
    that part is no name for a data stream (small letters, digits and `_`).
    """
    dataset = _DATASET.match(name)
    return f"{kind}-card.{dataset[0]}-{namespace}" if dataset else None

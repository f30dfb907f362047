"""Takes out what names a person: numbers of documents and telephones, encoded images."""

from __future__ import annotations

import re

_BLOB = re.compile(r"[0-9A-Za-z+/=_-]{200,}")
_IDENTITY = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)")
_PASSPORT = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{1,2}\d{7,9}(?![0-9A-Za-z])")
_RUN = re.compile(r"(?<![0-9A-Za-z])(?:\d[ -]?){10,}[\dXx]?(?![0-9A-Za-z])")
MASK = "***"


def mask(text: str) -> str:
    """`text` without what looks like a number of a document or a telephone, and without encoded images.

    Digits of all scripts count (Chinese texts use full-width ones). Hexadecimal ids and times stay.
    """
    for pattern in (_BLOB, _IDENTITY, _MOBILE, _PASSPORT, _RUN):
        text = pattern.sub(MASK, text)
    return text

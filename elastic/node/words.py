"""Splits a text into words as Elasticsearch's standard analyzer does for what logs hold.

Letters, digits and underscores make a word; a dot, an apostrophe or a colon between letters and a dot or
a comma between digits do not end it; each Chinese character is a word of its own. Words are lower case.
Source: Unicode Standard Annex #29, word boundaries.
"""

from __future__ import annotations

import re

MAX_WORD = 255  # a longer run is cut into pieces of this many characters

_IDEOGRAPH = r"\u2e80-\u2fff\u3005\u3007\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(
    rf"[{_IDEOGRAPH}]"
    rf"|[^\W{_IDEOGRAPH}]+(?:(?:(?<=[^\W\d_])[.:'’·](?=[^\W\d_])|(?<=\d)[.,;'](?=\d))[^\W{_IDEOGRAPH}]+)*"
)


def split(text: str) -> list[str]:
    """The words of `text` in order, lower case."""
    found = [word.lower() for word in _WORD.findall(text) if word.strip("_")]
    if len(text) <= MAX_WORD:
        return found
    return [piece for word in found for piece in _pieces(word)]


def _pieces(word: str) -> list[str]:
    return [word[start : start + MAX_WORD] for start in range(0, len(word), MAX_WORD)]

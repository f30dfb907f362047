"""Takes identity numbers, passport numbers and telephone numbers out of a text.

One regular expression is scanned from left to right. What must survive (UUIDs, digests, dates, amounts
with a unit) stands first in it and is put back as it was; what must not is replaced by MARK.
"""

from __future__ import annotations

import re

MARK = "[redacted]"

# The fewest digits of anything sensitive, near one another; or the filler of a machine-readable zone.
_SUSPECT = re.compile(r"(?:\d\D{0,3}){6}|<<")

# What most suspects are: the ids and digests of every event. Known at a glance, for speed only.
_IDENTIFIER = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:\.\d{1,3})?|(?=\d{0,63}[a-f])[0-9a-f]{64}"
)

_ALONE = r"(?<![0-9A-Za-z])"
_ENDS = r"(?![0-9A-Za-z])"
_GAP = r"[ \t\u00a0\u3000.\-_]{0,2}"
_MONTH = rf"(?:0{_GAP}[1-9]|1{_GAP}[0-2])"
_DAY = rf"(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])"
_UNIT = r"(?:ns|us|µs|μs|ms|s|sec|seconds?|bytes?|[kKMGT]i?B|B|px|pixels?)"

_KEPT = (
    _ALONE + r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}" + _ENDS,
    _ALONE + r"(?=\d{0,63}[a-fA-F])(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32})" + _ENDS,
    r"(?<!\d)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
    r"(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d)",
    r"(?<![\d.+])\d{1,15}(?:\.\d{1,20})?[ \u00a0]?" + _UNIT + _ENDS,
    r"(?<![\d.])0\.\d+(?:[eE]-?\d+)?(?!\d)",
)

_SENSITIVE = (
    # 18-digit identity number, written together
    r"(?<!\d)\d{17}[\dXxＸｘ](?!\d)",
    # the same in groups; the birthday in it must be one
    rf"(?<!\d)[1-9](?:{_GAP}\d){{5}}{_GAP}(?:1{_GAP}[89]|2{_GAP}[01]){_GAP}\d{_GAP}\d{_GAP}{_MONTH}{_GAP}{_DAY}"
    rf"(?:{_GAP}\d){{3}}{_GAP}[\dXxＸｘ](?!\d)",
    # 15-digit identity number of old
    rf"(?<!\d)[1-9]\d{{5}}{_GAP}\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_GAP}\d{{3}}(?!\d)",
    # lines of a machine-readable zone (ICAO 9303): with fillers, or the data line by its structure
    r"(?<![A-Z0-9<])(?=[A-Z0-9<]{20})[A-Z0-9<]*<<[A-Z0-9<]*",
    r"(?<![A-Z0-9<])[A-Z0-9<]{9}[\d<][A-Z<]{3}\d{6}[\d<][MFX<]\d{6}[\d<][A-Z0-9<]{2,16}(?![A-Z0-9<])",
    # passports and travel permits: E12345678, EA1234567, G 12345678, K1234567
    _ALONE + r"(?:[A-Za-z]\d{8}|[A-Za-z]{2}\d{7}|[A-Z]\d{7}|[A-Z]{2}\d{6}|[A-Z]{1,2}[ -]\d{7,8})" + _ENDS,
    # Chinese mobile numbers, alone or after +86, 86, 0086
    r"(?<!\d)(?:(?:\(?\+|00)?86\)?[ .\-]{0,3})?1[3-9]\d"
    r"(?:(?:[ .\-\u00a0]{0,3}\d{4}){2}|\d[ \-\u00a0](?:\d{4}[ \-\u00a0]\d{3}|\d{3}[ \-\u00a0]\d{4}))(?!\d)",
    # numbers in + form, and Chinese fixed lines
    r"(?<![0-9A-Za-z+])\+[1-9](?:[ .\-()\u00a0]{0,2}\d){7,14}(?!\d)",
    r"(?<![0-9A-Za-z-])0\d{2,3}-\d{7,8}(?!\d)",
)

_PATTERN = re.compile(f"(?P<kept>{'|'.join(_KEPT)})|(?:{'|'.join(_SENSITIVE)})")


def redact(text: str) -> str:
    """`text` with MARK in the place of every number that looks like a person's document or telephone.

    UUIDs, SHA-256 digests, ISO dates and times, durations and byte counts with their unit stay as they are.
    Redacting twice changes nothing more.
    """
    if _IDENTIFIER.fullmatch(text) or not _SUSPECT.search(text):
        return text
    # A number may end where the next one starts, so that only a second look sees it. Every pass that
    # changes something takes digits or fillers away, so the loop ends.
    while (cleaned := _PATTERN.sub(_keep_or_mark, text)) != text:
        text = cleaned
    return text


def _keep_or_mark(found: re.Match[str]) -> str:
    return found[0] if found["kept"] is not None else MARK

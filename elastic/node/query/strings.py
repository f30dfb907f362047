"""Regular expressions for ranges, prefixes and wildcards of strings, in the engine's dialect.

The engine has no range over words, but it has automata: a range of strings is a regular language.
"""

from __future__ import annotations

ANY = r"[\x00-\x{10FFFF}]*"
LAST = 0x10FFFF


def literal(text: str) -> str:
    """A regular expression that matches exactly `text`."""
    return "".join(char if char.isascii() and char.isalnum() else f"\\x{{{ord(char):X}}}" for char in text)


def prefix(text: str) -> str:
    """Matches what begins with `text`."""
    return literal(text) + ANY


def wildcard(pattern: str) -> str:
    """Matches Elasticsearch's wildcards: `*` any text, `?` one character, a backslash escapes."""
    found, position = "", 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            position += 1
            found += literal(pattern[position])
        elif char in "*?":
            found += ANY if char == "*" else ANY[:-1]
        else:
            found += literal(char)
        position += 1
    return found


def between(low: str, high: str | None) -> str | None:
    """Matches every string s with low <= s < high, by code points; None when there is no such string."""
    if high is None:
        return _at_least(low)
    if low >= high:
        return None
    same = next(
        (i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high))
    )
    head, low, high = literal(low[:same]), low[same:], high[same:]
    if not low:
        return head + _below(high)
    middle = _chars(ord(low[0]) + 1, ord(high[0]) - 1)
    choices = [literal(low[0]) + _at_least(low[1:]), literal(high[0]) + _below(high[1:])]
    if middle:
        choices.append(middle + ANY)
    return head + _either(choices)


def _at_least(low: str) -> str:
    choices = [prefix(low)]
    for position, char in enumerate(low):
        greater = _chars(ord(char) + 1, LAST)
        if greater:
            choices.append(literal(low[:position]) + greater + ANY)
    return _either(choices)


def _below(high: str) -> str:
    """Matches every string less than `high`; nothing at all when `high` is empty."""
    choices = []
    for position, char in enumerate(high):
        choices.append(literal(high[:position]))
        less = _chars(0, ord(char) - 1)
        if less:
            choices.append(literal(high[:position]) + less + ANY)
    return _either(choices) if choices else NEVER


NEVER = r"[^\x00-\x{10FFFF}]"


def _either(choices: list[str]) -> str:
    return "(" + "|".join(choices) + ")"


def _chars(low: int, high: int) -> str:
    return f"[\\x{{{low:X}}}-\\x{{{high:X}}}]" if low <= high else ""

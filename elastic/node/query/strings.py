"""Regular expressions for prefixes and wildcards of strings, in the engine's dialect."""

from __future__ import annotations

ANY = r"[\x00-\x{10FFFF}]*"


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

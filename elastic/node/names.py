"""Names of indices: which are allowed, and which ones an expression such as `logs-*,-logs-old` means."""

from __future__ import annotations

from collections.abc import Iterable

from elastic.node.errors import InvalidName
from elastic.node.templates import fits

FORBIDDEN = '\\/*?"<>| ,#:'
MAX_BYTES = 255
BACKING = ".ds-"


def check(name: str) -> None:
    """Refuses what Elasticsearch refuses as the name of an index.

    Raises:
        InvalidName: with the reason.
    """
    reason = _fault(name)
    if reason:
        raise InvalidName(f"Invalid index name [{name}], {reason}", index_uuid="_na_", index=name)


def _fault(name: str) -> str | None:
    if not name or name in (".", ".."):
        return "must not be '.' or '..'"
    if name != name.lower():
        return "must be lowercase"
    if any(char in FORBIDDEN or ord(char) < 32 for char in name):
        return f"must not contain the following characters {list(FORBIDDEN)}"
    if name[0] in "-_+":
        return "must not start with '_', '-', or '+'"
    if len(name.encode()) > MAX_BYTES:
        return f"index name is too long, ({len(name.encode())} > {MAX_BYTES})"
    return None


def backing(stream: str, day: str, generation: int) -> str:
    """The name of a backing index; `day` as yyyy.MM.dd."""
    return f"{BACKING}{stream}-{day}-{generation:06d}"


def is_pattern(part: str) -> bool:
    """Whether a part of an expression may mean several names."""
    return "*" in part or part == "_all" or part == ""


def matching(pattern: str, names: Iterable[str], *, hidden: bool) -> list[str]:
    """The names that a pattern means, sorted; names with a dot in front only if asked for."""
    wanted = "*" if pattern in ("_all", "") else pattern
    dotted = hidden or wanted.startswith(".")
    return sorted(name for name in names if fits([wanted], name) and (dotted or not name.startswith(".")))


def parts(expression: str) -> list[str]:
    """The parts of an expression."""
    return [part.strip() for part in expression.split(",")] if expression else ["_all"]

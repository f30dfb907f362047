"""Which files begin with the same line (pure): what that gives as identity with number 0 is their family."""

from __future__ import annotations

from collections.abc import Collection

from shippers.files.fingerprint import has_time

UNKNOWN = ""
"""Of rows that an older schema wrote."""


class Families:
    """Identities of files by their family."""

    def __init__(self) -> None:
        self._members: dict[str, set[str]] = {}

    def add(self, family: str, identity: str) -> None:
        """A file is known."""
        self._members.setdefault(family, set()).add(identity)

    def remove(self, family: str, identity: str) -> None:
        """It is not known any more."""
        members = self._members[family]
        members.discard(identity)
        if not members:
            del self._members[family]

    def members(self, family: str) -> Collection[str]:
        """The identities of all files of this family."""
        return self._members.get(family, ())

    def may_grow(self, family: str) -> bool:
        """Whether another file may begin with the same line: where one did, or the line has no time."""
        return family != UNKNOWN and (not has_time(family) or len(self.members(family)) > 1)

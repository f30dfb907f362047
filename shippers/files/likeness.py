"""Whether a file that nobody reads yet repeats another: a copy of it, or compressed from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing

from shippers.files.adopt import Newcomer
from shippers.files.content import Content
from shippers.files.copies import Copies, Copy, reopened
from shippers.files.find import Found, Place
from shippers.files.gzipped import is_handed_on
from shippers.files.harvest import Harvester
from shippers.files.known import Known
from shippers.registry import Registry, Row

COMPARED_BYTES = 8192
"""How much of a compressed file is compared with the plain one beside it."""


class Likeness:
    """Compares newcomers with what is there.

    Attributes:
        files: what was listed, by place.
        paths: the same by path.
    """

    def __init__(self, registry: Registry, known: Known, copies: Copies) -> None:
        self._registry, self._known, self._copies = registry, known, copies
        self.files: Mapping[Place, Found] = {}
        self.paths: Mapping[str, Found] = {}

    def listed(self, files: Mapping[Place, Found]) -> None:
        """Takes over what was found in the folders."""
        self.files = files
        self.paths = {each.path: each for each in files.values()}

    def is_twin(self, newcomer: Newcomer) -> bool:
        """Whether it is compressed from a file that is still there."""
        plain = self.paths.get(newcomer.found.path.removesuffix(".gz"))
        if not newcomer.is_gzip or plain is None or plain is newcomer.found:
            return False
        content = reopened(plain)
        if content is None:
            return _is_elsewhere(plain)  # the next look tells
        with closing(content):
            mine = newcomer.content.read(COMPARED_BYTES, 0)
            is_twin = content.read(len(mine), 0) == mine
        if is_twin and (copy := self._copies.held.get(plain.place)):
            self._registry.keep_copy(newcomer.found.place, copy.of)
        return is_twin

    def is_beginning(self, newcomer: Newcomer, base: Found) -> bool:
        """Whether the file of this path, which is not read, begins with all of it."""
        content = reopened(base)
        if content is None:
            return False
        with closing(content):
            return Copy(newcomer.found, newcomer.content, "").agrees(content)

    def is_copy(self, newcomer: Newcomer, row: Row, *, is_copied: bool) -> bool | None:
        """Whether it is a copy of the file of `row`, which is there, or may be; it is held then.

        `is_copied`: it appeared while the file that is written to stayed where it was. None when the file of
        `row` has changed since it was last looked at: the next look tells more.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        harvester = self._known.by_id.get(row.id)
        found = harvester.found if harvester else self.files.get(row.place) if row.place else None
        if found is None or not self._may_be_copy(newcomer, row, found):
            return False
        content = harvester.content if harvester else reopened(found)
        if content is None:
            return None if _is_elsewhere(found) else False
        try:
            content.size()
            copy = Copy(newcomer.found, newcomer.content, row.id)
            if not copy.agrees(content):
                return None if _is_changed(row, content, harvester) else False
            if not is_copied and not self._is_plausible(newcomer, row, found, content.changed_ns):
                return False
        finally:
            if not harvester:
                content.close()
        self._copies.hold(copy)
        return True

    def _may_be_copy(self, newcomer: Newcomer, row: Row, original: Found) -> bool:
        """Whether their names allow it."""
        if not newcomer.found.rotated:
            return False
        was_copy = self._registry.copy_at(newcomer.found.place) == row.id
        is_sibling = newcomer.is_kin(row) if original.kin is None else original.group == newcomer.found.group
        return was_copy or is_sibling

    def _is_plausible(self, newcomer: Newcomer, row: Row, original: Found, original_changed_ns: int) -> bool:
        """Whether a file that begins another is a copy of it.

        A file of one line may be one of its own that was rotated when another began with the same line. It is
        a copy if its original was met before it, or was last written to before it; and it is compressed from
        a file that is gone if it has its time, which all programs that compress hand on.
        """
        if newcomer.size_bytes > len(newcomer.line or b"") + 1:
            return True
        changed_ns = newcomer.content.changed_ns
        is_gone = original.place not in self.files
        if newcomer.is_gzip and is_gone and is_handed_on(changed_ns, original_changed_ns):
            return True
        return not original.rotated and (newcomer.met_with != row.id or changed_ns > original_changed_ns)


def _is_elsewhere(found: Found) -> bool:
    """Whether no file lies there any more, or another: it was deleted or renamed since it was listed."""
    try:
        status = os.lstat(found.path)
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return Place.at(status) != found.place


def _is_changed(row: Row, content: Content, harvester: Harvester | None) -> bool:
    """Whether the file of `row`, which was there a moment ago, is not what it was."""
    if harvester:
        harvester.check()
        return harvester.replaced
    return not row.begins_as(content.read(row.head_bytes, 0))

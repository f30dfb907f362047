"""From time to time: rows of files that are gone, settled files that may go, files over the bound."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from shippers.files.adopt import opened
from shippers.files.bounds import Kept, beyond, settled_before
from shippers.files.content import Content
from shippers.files.copies import Copies
from shippers.files.find import Found, Place
from shippers.files.known import Known
from shippers.files.loss import Losses
from shippers.files.strangers import Strangers
from shippers.registry import Registry, Row
from shippers.settings import ShipperSettings

ROWS_PER_STEP = 1000
"""How many rows are looked at, at one look: reading must not wait where very many are known."""

NO_TIME = "00000000-"
"""Begin of identities without a time. Their rows are kept: another file may begin with the same line."""


class Sweep:
    """Tidies up behind the shipper.

    Args:
        wall: seconds since 1970.
    """

    def __init__(
        self,
        registry: Registry,
        settings: ShipperSettings,
        known: Known,
        copies: Copies,
        strangers: Strangers,
        losses: Losses,
        wall: Callable[[], float],
    ) -> None:
        self._registry, self._settings = registry, settings
        self._known, self._copies, self._strangers = known, copies, strangers
        self._losses, self._wall = losses, wall
        self._ids: list[str] | None = None
        self._is_first = True

    def step(self, files: Mapping[Place, Found]) -> bool:
        """One step; True when a round is complete.

        Raises:
            sqlite3.OperationalError: the registry does not take it; the step is made again.
        """
        if self._ids is None:
            self._delete(files)
            self._ids = self._registry.ids()
        ids = self._ids[-ROWS_PER_STEP:]
        self._gone(
            [row for each in ids if (row := self._registry.get(each)) and not self._is_there(row)], files
        )
        del self._ids[-ROWS_PER_STEP:]
        if self._ids:
            return False
        self._ids, self._is_first = None, False
        return True

    # Rows

    def _is_there(self, row: Row) -> bool:
        if row.id in self._known.by_id:
            return True
        rest = self._known.resting.get(row.place) if row.place else None
        return rest is not None and rest.id == row.id

    def _gone(self, rows: list[Row], files: Mapping[Place, Found]) -> None:
        """Notes that files are gone, tells of bytes that are gone with them, and forgets old rows."""
        now_s = self._wall()
        new = [row for row in rows if not row.gone_s or (self._is_first and row.missing_bytes)]
        for row in new:
            if row.missing_bytes:
                self._tell(row, files, now_s)
        if new:
            self._registry.save(
                replace(row, gone_s=row.gone_s or now_s, lost_bytes=row.lost_bytes + row.missing_bytes)
                for row in new
            )
        oldest_s = now_s - self._settings.registry_keep_s
        old = [row.id for row in rows if 0 < row.gone_s < oldest_s and not row.id.startswith(NO_TIME)]
        if old:
            self._registry.forget(old)
            self._known.forget(old)

    def _tell(self, row: Row, files: Mapping[Place, Found], now_s: float) -> None:
        if row.place in files:
            unseen_s = max(now_s - row.changed_ns / 1e9, 0.0)
            self._losses.truncated(row, row.checkpoint, row.missing_bytes, unseen_s, None)
        else:
            self._losses.gone(row, row.checkpoint, row.missing_bytes)

    # Files

    def _delete(self, files: Mapping[Place, Found]) -> None:
        settings = self._settings
        if not settings.delete_acknowledged and not settings.disk_bytes:
            return
        kept = list(self._kept(files))
        if settings.delete_acknowledged:
            before_ns = int((self._wall() - settings.delete_after_s) * 1e9)
            for each in list(settled_before(kept, before_ns)):
                self._remove(each, f"it was settled and is older than {settings.delete_after_s:g} s")
                kept.remove(each)
        if settings.disk_bytes:
            for each in beyond(kept, settings.disk_bytes):
                self._remove(each, f"all files together may take {settings.disk_bytes} bytes")

    def _kept(self, files: Mapping[Place, Found]) -> Iterator[Kept]:
        for place, found in files.items():
            if found.kin is None and place not in self._known:
                continue
            try:
                status = os.lstat(found.path)
            except OSError:
                continue
            if (status.st_dev, status.st_ino) == (place.device, place.inode):
                yield Kept(found, status.st_size, status.st_mtime_ns, self._is_settled(place, status))

    def _is_settled(self, place: Place, status: os.stat_result) -> bool:
        if harvester := self._known.harvesters.get(place):
            return harvester.is_done() and harvester.content.damage is None
        if rest := self._known.resting.get(place):
            return (rest.size_bytes, rest.changed_ns) == (status.st_size, status.st_mtime_ns)
        if copy := self._copies.held.get(place):
            row = self._registry.get(copy.of)
            return row is not None and copy.compared == status.st_size <= row.checkpoint
        return False

    def _remove(self, kept: Kept, reason: str) -> None:
        """Deletes a file; what was not read of it is counted and told."""
        found = kept.found
        harvester = self._known.harvesters.get(found.place)
        content = harvester.content if harvester else None
        position, own = harvester.position if harvester else 0, None
        if not kept.is_settled and content is None:
            content = own = _content(found)
            row = self._registry.at(found.place)
            position = row.checkpoint if row and not row.gone_s else 0
        lost_bytes = max(content.size() - position, 0) if content and not kept.is_settled else 0
        lines = (
            _lines(content, position, lost_bytes, self._settings.count_bytes) if content and lost_bytes else 0
        )
        try:
            Path(found.path).unlink()
        except OSError as error:
            self._losses.ignored(found.name, f"it cannot be deleted: {error.strerror}")
            return
        finally:
            if own:
                own.close()
        self._count(found, position, lost_bytes, lines, reason)

    def _count(self, found: Found, position: int, lost_bytes: int, lines: int | None, reason: str) -> None:
        harvester = self._known.harvesters.get(found.place)
        row = self._registry.get(harvester.source.id) if harvester else self._registry.at(found.place)
        if row is None:
            row = Row("", found.place, 0, b"", 0, "", found.told)
        elif lost_bytes:
            lost = row.lost_bytes + lost_bytes
            size_bytes = max(row.size_bytes, position + lost_bytes)
            self._registry.save([replace(row, lost_bytes=lost, size_bytes=size_bytes, gone_s=self._wall())])
        if harvester and lost_bytes:
            self._known.drop(harvester)
        self._strangers.forget(found.place)
        self._losses.deleted(row, position, lost_bytes, lines, reason)


def _content(found: Found) -> Content | None:
    try:
        return opened(found)
    except OSError:
        return None


def _lines(content: Content, position: int, lost_bytes: int, most_bytes: int) -> int | None:
    """Line feeds in what is lost; None where that is more than may be read for it."""
    if lost_bytes > most_bytes:
        return None
    lines, end = 0, position + lost_bytes
    while position < end and (part := content.read(min(1024 * 1024, end - position), position)):
        lines += part.count(b"\n")
        position += len(part)
    return lines

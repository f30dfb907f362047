"""Rotated files that may be deleted, because the server has all of them, and those that must be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from shippers.files.adopt import opened
from shippers.files.bounds import Kept, acknowledged_before, beyond
from shippers.files.content import Content
from shippers.files.copies import Copies
from shippers.files.find import Found, Place
from shippers.files.known import Known
from shippers.files.loss import Losses
from shippers.files.strangers import Strangers
from shippers.files.unread import unread_row
from shippers.quarantine.stock import Bare, Stock
from shippers.registry import Registry, Row
from shippers.settings import ShipperSettings

CHUNK_BYTES = 1024 * 1024


class Deletions:
    """Deletes files; what is lost with one is counted and told.

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
        stock: Stock,
        wall: Callable[[], float],
    ) -> None:
        self._registry, self._settings = registry, settings
        self._known, self._copies, self._strangers = known, copies, strangers
        self._losses, self._stock, self._wall = losses, stock, wall

    def make(self, files: Mapping[Place, Found]) -> None:
        """Deletes those of `files` that the settings say.

        Raises:
            sqlite3.OperationalError: the registry does not take what was lost with one.
        """
        settings = self._settings
        if not settings.delete_acknowledged and not settings.disk_bytes:
            return
        kept = list(self._kept(files))
        if settings.delete_acknowledged:
            before_ns = int((self._wall() - settings.delete_after_s) * 1e9)
            for each in list(acknowledged_before(kept, before_ns)):
                self._remove(each, f"it was acknowledged and is older than {settings.delete_after_s:g} s")
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
            if Place.at(status) == place:
                row = self._settled(place, status)
                is_acknowledged = row is not None and self._is_acknowledged(row)
                yield Kept(found, status.st_size, status.st_mtime_ns, row is not None, is_acknowledged)

    def _settled(self, place: Place, status: os.stat_result) -> Row | None:
        """The row of a file that is settled to its last byte, or of what it is a copy of; None for others."""
        if harvester := self._known.harvesters.get(place):
            is_settled = harvester.is_done() and harvester.content.damage is None
            return self._registry.get(harvester.source.id) if is_settled else None
        if rest := self._known.resting.get(place):
            is_settled = (rest.size_bytes, rest.changed_ns) == (status.st_size, status.st_mtime_ns)
            return self._registry.get(rest.id) if is_settled else None
        copy = self._copies.held.get(place)
        row = self._registry.get(copy.of) if copy else None
        return row if copy and row and copy.compared == status.st_size <= row.checkpoint else None

    def _is_acknowledged(self, row: Row) -> bool:
        """Whether the server has every line that was settled: those of the quarantine were redriven."""
        return not row.quarantined or len(self._stock.sent(row.id)) >= row.quarantined

    def _remove(self, kept: Kept, reason: str) -> None:
        """Deletes a file; what was not read of it, and of its lines in quarantine, is counted and told."""
        found, row = kept.found, self._row(kept.found)
        harvester = self._known.harvesters.get(found.place)
        content = harvester.content if harvester else None
        position, own = harvester.position if harvester else 0, None
        if not kept.is_settled and content is None:
            content = own = _content(found)
            if row and (row.gone_s or not (content and row.begins_as(content.read(row.head_bytes, 0)))):
                row = None  # that of another file, which lay there before
            position = row.checkpoint if row else 0
        is_repeated = found.place in self._copies.held and row is None
        size_bytes = content.size() if content else kept.size_bytes
        lost_bytes = 0 if kept.is_settled or is_repeated else max(size_bytes - position, 0)
        lines = _lines(content, position, lost_bytes, self._settings.count_bytes) if lost_bytes else 0
        bare = self._bare(row)
        try:
            Path(found.path).unlink()
        except OSError as error:
            self._losses.ignored(found.name, f"it cannot be deleted: {error.strerror}")
            return
        finally:
            if own:
                own.close()
        self._count(found, row, position, lost_bytes, bare)
        row = row or unread_row(found.place, found.told, lost_bytes, self._wall())
        self._losses.deleted(row, position, lost_bytes, lines, bare, reason)

    def _row(self, found: Found) -> Row | None:
        harvester = self._known.harvesters.get(found.place)
        return self._registry.get(harvester.source.id) if harvester else self._registry.at(found.place)

    def _bare(self, row: Row | None) -> Bare:
        """What is in quarantine without its text, and in no file once this one is deleted."""
        if row is None or not row.quarantined or self._copies.of(row.id):
            return Bare()
        return self._stock.bare(row.id, row.quarantined)

    def _count(self, found: Found, row: Row | None, position: int, lost_bytes: int, bare: Bare) -> None:
        if row is None and lost_bytes:
            self._registry.save([unread_row(found.place, found.told, lost_bytes, self._wall())])
        elif row and (lost_bytes or bare.size_bytes):
            lost = row.lost_bytes + lost_bytes + bare.size_bytes
            size_bytes = max(row.size_bytes, position + lost_bytes)
            self._registry.save([replace(row, lost_bytes=lost, size_bytes=size_bytes, gone_s=self._wall())])
        harvester = self._known.harvesters.get(found.place)
        if harvester and lost_bytes:
            self._known.drop(harvester)
        self._strangers.deleted(found.place)


def _content(found: Found) -> Content | None:
    try:
        return opened(found)
    except OSError:
        return None


def _lines(content: Content | None, position: int, lost_bytes: int, most_bytes: int) -> int | None:
    """Line feeds in what is lost; None where that cannot be read, or is more than may be read for it."""
    if content is None or lost_bytes > most_bytes:
        return None
    lines, end = 0, position + lost_bytes
    while position < end and (part := content.read(min(CHUNK_BYTES, end - position), position)):
        lines += part.count(b"\n")
        position += len(part)
    return lines

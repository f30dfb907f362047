"""From time to time: rows of files that are gone, which are noted as such and in the end forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from shippers.files.find import Found, Place
from shippers.files.fingerprint import has_time
from shippers.files.known import Known
from shippers.files.loss import Losses
from shippers.registry import Registry, Row
from shippers.settings import ShipperSettings

ROWS_PER_STEP = 1000
"""How many rows are looked at, at one look: reading must not wait where very many are known."""


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
        losses: Losses,
        wall: Callable[[], float],
    ) -> None:
        self._registry, self._settings = registry, settings
        self._known, self._losses, self._wall = known, losses, wall
        self._ids: list[str] | None = None
        self._is_first = True

    def step(self, files: Mapping[Place, Found]) -> bool:
        """One step; True when a round is complete.

        Raises:
            sqlite3.OperationalError: the registry does not take it; the step is made again.
        """
        if self._ids is None:
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
        old = [row.id for row in rows if 0 < row.gone_s < oldest_s and (row.family or has_time(row.id))]
        if old:
            self._registry.forget(old)
            self._known.forget(old)

    def _tell(self, row: Row, files: Mapping[Place, Found], now_s: float) -> None:
        if row.place in files:
            unseen_s = max(now_s - row.changed_ns / 1e9, 0.0)
            self._losses.truncated(row, row.checkpoint, row.missing_bytes, unseen_s, None)
        else:
            self._losses.gone(row, row.checkpoint, row.missing_bytes)

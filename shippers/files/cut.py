"""Files that were cut short: what was copied before is read on, and what is or may be lost is told.

It is told before the registry notes it: after a crash between the two it is told again, and never not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shippers.files.adopt import Adopted
from shippers.files.harvest import Harvester
from shippers.files.heirs import Heirs
from shippers.files.known import Known
from shippers.files.loss import Losses
from shippers.files.siblings import forms
from shippers.files.strangers import Strangers
from shippers.registry import Registry, Row


class Cuts:
    """Tells of each file that was cut short, once.

    Args:
        clock: seconds, for ages.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        registry: Registry,
        known: Known,
        heirs: Heirs,
        strangers: Strangers,
        losses: Losses,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._registry, self._known, self._heirs = registry, known, heirs
        self._strangers, self._losses = strangers, losses
        self._clock, self._wall = clock, wall

    def go_on(self, harvester: Harvester) -> None:
        """Goes on in a copy that was made before the file was cut short; without one it is let go.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        place = harvester.place
        row = self._registry.get(harvester.source.id)
        if row is None:
            return
        copy = self._heirs.of_cut(harvester)
        size_bytes = copy.content.size() if copy else 0
        lost = max(harvester.most_bytes - max(harvester.position, size_bytes), 0)
        row = replace(
            row, lost_bytes=row.lost_bytes + lost, size_bytes=max(harvester.most_bytes, row.size_bytes)
        )
        name, unseen_s = copy.found.name if copy else None, self._clock() - harvester.seen_s
        self._losses.truncated(row, harvester.position, lost, unseen_s, name)
        if copy is None:
            self._registry.save([replace(row, place=None, gone_s=self._wall(), tail_digest=b"")])
            self._known.read_to[row.id] = harvester.read_to
            self._known.drop(harvester)
        else:
            self._heirs.move(row, harvester, copy)
        self._strangers.left[place] = row.id
        self._strangers.returned(place)

    def met(self, adopted: Adopted, before: Row | None) -> Adopted:
        """A rotated file was met: perhaps a copy of one that was cut short while nobody looked.

        `before` is the row as the registry has it; without one, this may be a copy of a file that was never
        read. Returns `adopted` with what was lost.
        """
        found = adopted.newcomer.found
        if before is None:
            self._tell_of_unmet(adopted)
            return adopted
        if before.place == found.place or not self._is_displaced(before):
            return adopted
        kept_bytes = max(adopted.newcomer.size_bytes, before.checkpoint)
        lost = 0 if adopted.newcomer.is_gzip else max(before.size_bytes - kept_bytes, 0)
        self._strangers.cut.discard(before.id)
        self._tell(before, lost, found.name)
        return replace(adopted, row=replace(adopted.row, lost_bytes=before.lost_bytes + lost))

    def tell(self) -> None:
        """Tells of files that were cut short while nobody looked, and of which no copy was found.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        cut = [row for each in self._strangers.cut if (row := self._registry.get(each))]
        gone = [row for row in cut if row.id not in self._known.by_id]
        now_s = self._wall()
        for row in gone:
            self._tell(row, row.missing_bytes, None)
        if gone:
            self._registry.save(
                replace(row, place=None, gone_s=now_s, lost_bytes=row.lost_bytes + row.missing_bytes)
                for row in gone
            )
        self._strangers.cut.clear()

    def _is_displaced(self, row: Row) -> bool:
        """Whether something else lies where the file of this row lay."""
        return row.id in self._strangers.cut or self._strangers.lies_at(row.place)

    def _tell(self, row: Row, lost: int, copy: str | None) -> None:
        """Tells of a file that was cut short while nobody looked.

        One that was rotated before was not written to: it was deleted, and its place was used again.
        """
        is_rotated = any(is_certain for _, is_certain in forms(row.path.rpartition("/")[2]))
        if lost or not is_rotated:
            unseen_s = max(self._wall() - row.changed_ns / 1e9, 0.0)  # its last look was no earlier
            self._losses.truncated(row, row.checkpoint, lost, unseen_s, copy)

    def _tell_of_unmet(self, adopted: Adopted) -> None:
        found, row = adopted.newcomer.found, adopted.row
        seen_s = self._strangers.copied_s(found.place)
        if seen_s is not None:
            path = f"{found.told[: -len(found.name)]}{found.group.rpartition('/')[2]}"
            self._losses.truncated(replace(row, path=path), 0, 0, max(self._wall() - seen_s, 0.0), found.name)

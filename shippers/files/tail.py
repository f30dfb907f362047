"""All source files below home: adopts new ones, follows renames, lets go of those that are gone."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from shippers.batch import Source
from shippers.files.adopt import Newcomer, opened, row_by_content
from shippers.files.find import Found, Place, find
from shippers.files.fingerprint import digest, first_line
from shippers.files.harvest import Harvester
from shippers.files.names import stream_of
from shippers.ledger import Settled
from shippers.registry import Registry, Row
from shippers.settings import ShipperSettings

logger = logging.getLogger(__name__)

MOST_WARNED = 1000
"""Most file names that are remembered as told of; beyond, nothing is said of further ones."""


class Tail:
    """The harvesters of all files that are there, and the registry that remembers them."""

    def __init__(self, home: Path, namespace: str, registry: Registry, settings: ShipperSettings) -> None:
        self._home, self._namespace = home, namespace
        self._registry, self._settings = registry, settings
        self._harvesters: dict[Place, Harvester] = {}
        self._unripe: dict[Place, int] = {}  # no whole first line yet, and its size when looked at
        self._left: dict[Place, str] = {}  # an identity that the file at this place no longer has
        self._warned: set[Path] = set()
        self._turn = 0

    def look(self) -> None:
        """Lists the folders and brings the harvesters up to date. New files are in the registry then.

        Raises:
            sqlite3.OperationalError: the registry takes no new file; they are met again at the next look.
        """
        found = {each.place: each for each in find(self._home)}
        self._follow(found)
        self._unripe = {place: size for place, size in self._unripe.items() if place in found}
        self._left = {place: name for place, name in self._left.items() if place in found}
        newcomers = list(self._newcomers(found))
        try:
            self._adopt(newcomers, found)
        finally:
            for newcomer in newcomers:
                if newcomer.found.place not in self._harvesters:
                    os.close(newcomer.fd)

    def harvesters(self) -> Iterator[Harvester]:
        """Those to read from, each time beginning with another one."""
        places = list(self._harvesters)
        self._turn += 1
        for number in range(len(places)):
            harvester = self._harvesters[places[(self._turn + number) % len(places)]]
            if harvester.is_open:
                yield harvester

    def checkpoint(self, settled: Mapping[str, Settled]) -> None:
        """Moves checkpoints: identity of a file -> up to where it is settled.

        Raises:
            sqlite3.OperationalError: the disk does not take it; no checkpoint has moved.
        """
        moved = [each for each in self._harvesters.values() if each.source.id in settled]
        self._registry.save(self._row(each, settled[each.source.id].end) for each in moved)
        for harvester in moved:
            harvester.checkpoint = settled[harvester.source.id].end

    def waiting_bytes(self) -> int:
        """How many bytes of the files that are there have not been read."""
        return sum(harvester.waiting_bytes() for harvester in self._harvesters.values())

    def close(self) -> None:
        """Closes all files."""
        for harvester in self._harvesters.values():
            harvester.rest()
        self._harvesters.clear()

    # Files that are known

    def _follow(self, found: Mapping[Place, Found]) -> None:
        for place, harvester in list(self._harvesters.items()):
            harvester.listed = place in found
            if harvester.listed:
                self._see(harvester, found[place])
            if harvester.replaced:
                self._let_go_of_replaced(harvester)
            elif not harvester.listed and harvester.is_idle():
                self._let_go_of_gone(harvester)
        self._rest_idle()

    def _see(self, harvester: Harvester, found: Found) -> None:
        """Takes over what was listed; opens a file that rests and has been written to."""
        if harvester.path != found.path:
            harvester.path = found.path
            harvester.source = replace(harvester.source, path=found.told)
        if harvester.is_open:
            harvester.stamp = found.stamp
        elif found.stamp != harvester.stamp and self._room() > 0:
            try:
                harvester.wake()
            except OSError as error:
                self._warn_once(harvester.path, error.strerror or str(error))

    def _rest_idle(self) -> None:
        """Closes files with nothing to read when other files may need their place."""
        if self._room() > 0:
            return
        for harvester in self._harvesters.values():
            if harvester.listed and harvester.is_idle():
                harvester.rest()

    def _room(self) -> int:
        return self._settings.open_files - sum(each.is_open for each in self._harvesters.values())

    def _let_go_of_gone(self, harvester: Harvester) -> None:
        half = harvester.waiting_bytes()
        self._drop(harvester)
        if half:
            logger.warning(
                f"{harvester.path.name} is gone; its last {half} bytes, half a line, were not shipped.",
                extra={"event.action": "file_gone", "event.outcome": "failure"},
            )

    def _let_go_of_replaced(self, harvester: Harvester) -> None:
        self._drop(harvester)
        self._left[harvester.place] = harvester.source.id
        self._warn_of_cut(harvester.path, harvester.position)

    def _drop(self, harvester: Harvester) -> None:
        harvester.rest()
        del self._harvesters[harvester.place]

    # Files that are new here

    def _newcomers(self, found: Mapping[Place, Found]) -> Iterator[Newcomer]:
        room = self._room()
        for place, each in found.items():
            known = place in self._harvesters or self._unripe.get(place) == each.size_bytes
            if room > 0 and not known and (newcomer := self._opened(each)):
                room -= 1
                yield newcomer

    def _opened(self, found: Found) -> Newcomer | None:
        stream = stream_of(found.folder, found.path.name, self._namespace)
        if stream is None:
            self._warn_once(found.path, "what stands before the first - or . names no data stream")
            return None
        try:
            return opened(found, stream, self._settings.line_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn_once(found.path, error.strerror or str(error))
            return None

    def _adopt(self, newcomers: list[Newcomer], found: Mapping[Place, Found]) -> None:
        """Gives each file its row: first the one of its place, then, to the strangers, one by content."""
        strangers = [each for each in newcomers if not self._recognised(each)]
        elsewhere = found.keys() - {each.found.place for each in strangers}
        taken = {row.id for place in elsewhere if (row := self._registry.at(place))}
        taken |= {each.source.id for each in self._harvesters.values()}
        rows = []
        for newcomer in strangers:
            if row := self._row_for(newcomer, taken):
                taken.add(row.id)
                rows.append((newcomer, row))
        if rows:
            self._registry.save(row for _, row in rows)
        for newcomer, row in rows:
            self._harvest(newcomer, row)

    def _recognised(self, newcomer: Newcomer) -> bool:
        place = newcomer.found.place
        row = self._registry.at(place)
        if row is None or row.id == self._left.get(place):
            return False
        if newcomer.is_row(row):
            self._harvest(newcomer, row)
            return True
        if newcomer.begins_as(row):
            self._warn_of_cut(newcomer.found.path, row.checkpoint)
            self._left[place] = row.id
        return False

    def _row_for(self, newcomer: Newcomer, taken: set[str]) -> Row | None:
        line = first_line(newcomer.head, self._settings.line_bytes)
        place = newcomer.found.place
        if line is None:
            self._unripe[place] = newcomer.size_bytes
            return None
        left = {self._left[place]} if place in self._left else set()
        row = row_by_content(newcomer, line, self._registry, taken | left, self._settings)
        if row is None:
            self._warn_once(newcomer.found.path, "too many files have the same first line")
        return row

    def _harvest(self, newcomer: Newcomer, row: Row) -> None:
        place, path = newcomer.found.place, newcomer.found.path
        self._unripe.pop(place, None)
        self._left.pop(place, None)
        is_ours = row.stream.endswith(f"-{self._namespace}")
        stream = row.stream if is_ours else newcomer.stream  # the setting was changed
        self._harvesters[place] = Harvester(
            newcomer.fd,
            Source(row.id, stream, newcomer.found.told),
            place,
            path,
            newcomer.first(row.head_bytes),
            self._settings.fingerprint_bytes,
            row.checkpoint,
        )

    def _row(self, harvester: Harvester, checkpoint: int) -> Row:
        head = harvester.head[: min(checkpoint, self._settings.fingerprint_bytes)]
        source = harvester.source
        return Row(
            source.id, harvester.place, len(head), digest(head), checkpoint, source.stream, source.path
        )

    # What people are told

    def _warn_once(self, path: Path, reason: str) -> None:
        if path not in self._warned and len(self._warned) < MOST_WARNED:
            self._warned.add(path)
            logger.warning(
                f"{path.name} is not shipped: {reason}.",
                extra={"event.action": "file_ignored", "event.outcome": "failure"},
            )

    def _warn_of_cut(self, path: Path, read_bytes: int) -> None:
        logger.warning(
            f"{path.name} was cut short after {read_bytes} bytes had been read of it; it starts again as a "
            "new file. Lines that were cut before they were read are lost.",
            extra={"event.action": "file_truncated", "event.outcome": "failure"},
        )

"""All source files: adopts new ones, follows renames, lets go of those that are gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from shippers.batch import Source
from shippers.files.adopt import Adopted
from shippers.files.copies import Copies
from shippers.files.cut import Cuts
from shippers.files.deletions import Deletions
from shippers.files.find import Folders
from shippers.files.gzipped import Gzipped
from shippers.files.harvest import Harvester
from shippers.files.heirs import Heirs
from shippers.files.known import Known, Rest
from shippers.files.loss import Losses
from shippers.files.names import globs
from shippers.files.strangers import Strangers
from shippers.files.sweep import Sweep
from shippers.ledger import Settled
from shippers.quarantine.stock import Stock
from shippers.registry import Registry, Row
from shippers.settings import ShipperSettings

RESTING_ROUND_S = 0.8
"""Files that rest are each looked at once in this time (once a second is promised),"""

RESTING_LEAST = 100
"""and at least so many of them at each look: these few are no burden."""


class Tail:
    """The harvesters of all files that are there, and the registry that remembers them.

    Attributes:
        losses: bytes that were lost since the start, by reason.

    Args:
        clock: seconds, for ages; never set back.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        home: Path,
        namespace: str,
        registry: Registry,
        settings: ShipperSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._namespace, self._registry, self._settings = namespace, registry, settings
        self._clock, self._wall = clock, wall
        self.losses = Losses()
        self._folders = Folders(str(home.absolute()), globs(settings.sources), settings.relist_s)
        self._known, self._copies = Known(), Copies(registry)
        self._looked_s = clock()
        self._strangers = Strangers(
            namespace, registry, settings, self._known, self._copies, self.losses, clock, wall
        )
        self._heirs = Heirs(registry, self._known, self._copies, self._strangers)
        self._cuts = Cuts(registry, self._known, self._heirs, self._strangers, self.losses, clock, wall)
        stock = Stock(home / "quarantine")
        self._deletions = Deletions(
            registry, settings, self._known, self._copies, self._strangers, self.losses, stock, wall
        )
        self._sweep = Sweep(registry, settings, self._known, self.losses, wall)
        self._deleted_s = self._swept_s = clock() - settings.sweep_s + settings.done_s
        self._turn = 0

    def look(self) -> None:
        """Brings the harvesters up to date. New files are in the registry then.

        Raises:
            sqlite3.OperationalError: the registry takes no new file; they are met again at the next look.
        """
        now_s = self._clock()
        before_s, self._looked_s = self._looked_s, now_s
        self._glance()
        replaced = [each for each in self._known.harvesters.values() if each.replaced]
        if self._folders.refresh(force=bool(replaced)):  # their copies were there before they were cut short
            self._follow()
        for each in replaced:
            self._cuts.go_on(each)
        self._check_copies()
        self._let_go()
        self._look_at_resting(now_s - before_s)
        if not self._strangers.is_idle and self._adopt(self._strangers.adopted(self._room())):
            self._adopt(self._strangers.adopted(self._room()))  # copies of those, before anything is read
        if self._strangers.cut and self._strangers.is_settled:
            self._cuts.tell()
        self._strangers.note()
        if now_s - self._deleted_s >= self._settings.sweep_s:  # a bound holds whatever waits
            self._deletions.make(self._folders.files)
            self._deleted_s = now_s
        if now_s - self._swept_s >= self._settings.sweep_s and self._strangers.is_settled:
            self._swept_s = now_s if self._sweep.step(self._folders.files) else self._swept_s

    def harvesters(self) -> Iterator[Harvester]:
        """Those to read from, each time beginning with another one."""
        harvesters = list(self._known.harvesters.values())
        self._turn = (self._turn + 1) % max(len(harvesters), 1)
        yield from harvesters[self._turn :]
        yield from harvesters[: self._turn]

    def checkpoint(self, settled: Mapping[str, Settled]) -> None:
        """Moves checkpoints: identity of a file -> up to where it is settled. Counts lines in the same step.

        Files that are gone by now are among them.

        Raises:
            sqlite3.OperationalError: the disk does not take it; no checkpoint has moved.
        """
        rows = [
            self._settled(row, each) for name, each in settled.items() if (row := self._registry.get(name))
        ]
        self._registry.save(rows)
        for row in rows:
            if harvester := self._known.by_id.get(row.id):
                harvester.checkpoint = row.checkpoint

    def waiting_bytes(self) -> int:
        """How many bytes of the files that are read are not settled."""
        return sum(harvester.waiting_bytes() for harvester in self._known.harvesters.values())

    def close(self) -> None:
        """Closes all files. The registry notes up to where lines were handed out.

        Raises:
            sqlite3.OperationalError: the disk does not take it; more lines than needed are looked up then.
        """
        rows = [
            replace(each.described(row, row.checkpoint), sent=each.handed_out)
            for each in self._known.harvesters.values()
            if not each.replaced and (row := self._registry.get(each.source.id))
        ]
        try:
            if rows:
                self._registry.save(rows)
        finally:
            for harvester in list(self._known.harvesters.values()):
                self._known.drop(harvester)
            self._strangers.close()
            self._copies.close()

    # Rows

    def _settled(self, row: Row, settled: Settled) -> Row:
        row = replace(
            row,
            acknowledged=row.acknowledged + settled.acknowledged,
            quarantined=row.quarantined + settled.quarantined,
        )
        checkpoint = max(row.checkpoint, settled.end)
        harvester = self._known.by_id.get(row.id)
        if harvester and not harvester.replaced:
            return harvester.described(row, checkpoint)
        return replace(row, checkpoint=checkpoint, tail_digest=b"")

    def _reserve(self, name: str, end: int, head: bytes) -> int:
        """Notes that lines up to `end`, and some more, may be sent from now on, and how their file begins."""
        row = self._registry.get(name)
        if row is None:
            return end
        sent = row.sent if end <= row.sent else end + self._settings.ahead_bytes
        row = replace(row, sent=sent)
        if len(head) > row.head_bytes:
            row = row.beginning(head, self._settings.fingerprint_bytes)
        self._registry.save([row])
        return sent

    # Files that are known

    def _follow(self) -> None:
        files, known = self._folders.files, self._known
        for place, harvester in known.harvesters.items():
            harvester.listed = place in files
            if harvester.listed:
                harvester.name(files[place])
        for place in known.resting.keys() - files.keys():
            known.wake(place)
        self._strangers.listed(files)

    def _glance(self) -> None:
        for harvester in self._known.harvesters.values():
            try:
                harvester.glance()
            except OSError as error:
                harvester.trouble = error.strerror or str(error)

    def _check_copies(self) -> None:
        """Compares on what is held; a copy that goes its own way is a file of its own."""
        for place, copy in list(self._copies.held.items()):
            original = self._known.by_id.get(copy.of)
            if original is None or copy.compared == copy.content.size():
                continue
            original.check()
            if not original.replaced and not copy.agrees(original.content):
                original.check()
                if not original.replaced and self._copies.let_go(place):
                    copy.content.close()
                    self._strangers.returned(place)

    def _let_go(self) -> None:
        for harvester in list(self._known.harvesters.values()):
            if harvester.trouble:
                self.losses.ignored(harvester.found.name, harvester.trouble)
                harvester.trouble = None
            if harvester.replaced:
                continue  # the next look lists its copies first
            if isinstance(harvester.content, Gzipped):
                self._look_at_compressed(harvester, harvester.content)
            if not harvester.listed and harvester.is_done():
                self._let_go_of_gone(harvester)

    def _let_go_of_gone(self, harvester: Harvester) -> None:
        """A file that is gone and settled; a copy, or what it was compressed to, stands for it now."""
        row = self._registry.get(harvester.source.id)
        copy = self._heirs.of_gone(harvester) if row else None
        if row and copy:
            self._heirs.move(row, harvester, copy)
            return
        if row:
            self._registry.save([replace(row, gone_s=self._wall())])
        self._known.drop(harvester)

    def _look_at_compressed(self, harvester: Harvester, content: Gzipped) -> None:
        """Gives a file up that ends too early, and tells once of one that is damaged."""
        if harvester.is_stuck():
            content.give_up()
        if content.damage is None or harvester.told or harvester.position < content.produced:
            return
        row = self._registry.get(harvester.source.id)
        if row is None:
            return
        lost = max(harvester.expected_bytes - harvester.position, content.unread_bytes())
        self._registry.save([replace(row, lost_bytes=row.lost_bytes + lost)])
        harvester.told = True
        self.losses.damaged(row, harvester.position, lost, content.damage)

    # Files that rest

    def _look_at_resting(self, elapsed_s: float) -> None:
        """Looks at some of them; one that has changed is met anew."""
        resting = self._known.resting
        if not resting:
            return
        share = len(resting) * min(elapsed_s / RESTING_ROUND_S, 1.0)
        for place in list(islice(resting, max(int(share) + 1, RESTING_LEAST))):
            rest = resting.pop(place)
            found = self._folders.files.get(place)
            if found and rest.has_changed(found.path):
                self._strangers.returned(place)
            else:
                resting[place] = rest  # behind the others

    def _room(self) -> int:
        """How many more files may be open. Lets settled files rest when there is none."""
        taken = len(self._known.harvesters) + self._copies.open_files + self._strangers.open_files
        if taken < self._settings.open_files:
            return self._settings.open_files - taken
        idle = [each for each in self._known.harvesters.values() if each.listed and each.is_restful()]
        rows = [
            replace(each.described(row, row.checkpoint), sent=row.checkpoint)
            for each in idle
            if (row := self._registry.get(each.source.id))
        ]
        if rows:
            self._registry.save(rows)
        for each in idle:
            rest = Rest(each.source.id, each.content.stored_bytes, each.content.changed_ns)
            self._known.rest(each.place, rest)
        room = self._settings.open_files - taken + len(idle)
        return room if room > 0 else room + self._copies.rest()

    # Files that are new here

    def _adopt(self, adopted: list[Adopted]) -> bool:
        """Whether others waited for these."""
        new = [each for each in adopted if not each.is_known]
        before = {each.row.id: self._registry.get(each.row.id) for each in new}
        met = [
            self._cuts.met(each, before[each.row.id])
            if each.row.id in before and each.newcomer.found.rotated
            else each
            for each in adopted
        ]
        if new:
            self._registry.save(each.row for each in met if not each.is_known)
        for each in met:
            is_new = before.get(each.row.id, each.row) is None
            self._harvest(each, is_certain=is_new and not self._registry.is_new)
        return bool(adopted) and self._strangers.is_unsure

    def _harvest(self, adopted: Adopted, is_certain: bool) -> None:
        newcomer, row = adopted.newcomer, adopted.row
        wanted = min(self._settings.fingerprint_bytes, max(row.checkpoint, row.head_bytes))
        head = newcomer.content.read(max(wanted, row.head_bytes), 0)
        if not row.begins_as(head):
            return  # written anew since it was recognised; the next look tells what it is now
        most = newcomer.size_bytes if not newcomer.is_gzip else row.sent
        uncertain_to = 0 if is_certain else min(row.sent, most)
        harvester = Harvester(
            newcomer.content,
            row,
            Source(row.id, row.stream, row.path),
            newcomer.found,
            head[:wanted],
            self._settings,
            uncertain_to=self._known.uncertain_to.get(row.id, uncertain_to),
            reserve=self._reserve,
            clock=self._clock,
        )
        harvester.go_on_at(self._known.read_to.pop(row.id, 0))
        harvester.listed = newcomer.found.place in self._folders.files
        self._strangers.harvested(newcomer)
        self._known.add(harvester)
        self._registry.keep_copy(newcomer.found.place, None)  # its row says now what it is

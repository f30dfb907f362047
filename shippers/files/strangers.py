"""Files that were found and are not read yet: which row of the registry is theirs, or that they wait."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping

from shippers.files.adopt import Adopted, Newcomer, may_be, opened, precedence, ranked
from shippers.files.content import Content
from shippers.files.copies import Copies, Copy
from shippers.files.find import Found, Place
from shippers.files.fingerprint import identity
from shippers.files.known import Known, Rest
from shippers.files.likeness import Likeness
from shippers.files.loss import Losses
from shippers.files.names import stream_of
from shippers.files.unmet import Waiting
from shippers.files.unread import Unread
from shippers.registry import Registry, Row
from shippers.settings import ShipperSettings


class Strangers:
    """Found files that have no harvester and do not rest.

    Attributes:
        left: place -> an identity that the file there no longer has.
        cut: identities of files that were cut short while nobody looked, and of which nothing was told yet.

    Args:
        wall: seconds since 1970.
    """

    def __init__(
        self,
        namespace: str,
        registry: Registry,
        settings: ShipperSettings,
        known: Known,
        copies: Copies,
        losses: Losses,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._namespace, self._registry, self._settings = namespace, registry, settings
        self._known, self._copies, self._losses, self._clock = known, copies, losses, clock
        self._files: Mapping[Place, Found] = {}
        self._likeness = Likeness(registry, known, copies)
        self._room = 0
        self._found: dict[Place, Found] = {}
        self._waiting: dict[Place, Newcomer] = {}
        self._unsure: set[Place] = set()
        self._unopened: set[Place] = set()
        self._late: set[Place] = set()
        self.left: dict[Place, str] = {}
        self.cut = registry.displaced()
        self._unread = Unread(registry, losses, wall)
        self._unmet = Waiting(registry, self._unread, wall)

    @property
    def found(self) -> Mapping[Place, Found]:
        """The files that wait for something: a first line, room, or another file's end."""
        return self._found

    @property
    def is_idle(self) -> bool:
        """Whether none waits, and all copies that are held are of files that are read or rest."""
        return not self._found and all(map(self._is_original_known, self._copies.held.values()))

    @property
    def is_settled(self) -> bool:
        """Whether every found file that may have a row of the registry has it by now."""
        return not self._unopened and not self._unsure

    @property
    def is_unsure(self) -> bool:
        """Whether some wait for others to be read."""
        return bool(self._unsure)

    @property
    def open_files(self) -> int:
        """How many of them are open."""
        return len(self._waiting)

    def listed(self, files: Mapping[Place, Found]) -> None:
        """Takes over what was found in the folders.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        before, self._files = self._files, files
        self._likeness.listed(files)
        self._copies.listed(files)
        self._found = {place: each for place, each in files.items() if self._is_stranger(place, each)}
        lasting = [place for place in self.left if place in files and not files[place].path.endswith(".gz")]
        self.left = {place: self.left[place] for place in lasting}  # compressed: a new file
        new = [files[place] for place in files.keys() - before.keys()]
        copies = self._unmet.copied.keys() | self._unmet.beside
        self._unread.miss(files, new if before else (), self._waiting, copies)
        self._unmet.listed(new, before, self._likeness.paths, self._found)
        copied = {files[place].group for place in self._unmet.copied if place in files}
        self._unread.measure(self._found, new, self._waiting, copied)
        for place, newcomer in list(self._waiting.items()):
            if place in files:
                newcomer.found = files[place]
            elif newcomer.size_bytes and not newcomer.is_gzip:
                self._found[place] = newcomer.found  # gone with half a line, which is still to be shipped
            else:
                self.forget(place)

    def note(self) -> None:
        """Has the registry remember, at the end of a look, which files have no row yet, and what is lost.

        Raises:
            sqlite3.OperationalError: the registry does not take it.
        """
        self._unread.tell()
        self._unmet.note(self._found)

    def copied_s(self, place: Place) -> float | None:
        """Of a copy of a file of which nothing was read: when that was last seen, seconds since 1970."""
        return self._unmet.copied.get(place)

    def returned(self, place: Place) -> None:
        """A file that rested has changed, or one that was read was written anew."""
        if found := self._files.get(place):
            self._found[place] = found

    def deleted(self, place: Place) -> None:
        """The shipper itself deleted a file."""
        self._unread.forget(place)
        self.forget(place)

    def forget(self, place: Place) -> None:
        """Lets go of a file that waits."""
        self._found.pop(place, None)
        if newcomer := self._waiting.pop(place, None):
            newcomer.content.close()

    def adopted(self, room: int) -> list[Adopted]:
        """Those that have a row by now, with it; `room` is how many more may be opened.

        Raises:
            sqlite3.OperationalError: the registry takes no copy; all are met again at the next look.
        """
        self._room = room
        for places in (self._unopened, self._late, self._unsure):
            places.clear()
        opened_now = [each for found in self._in_order() if (each := self._opened(found))]
        open_ones = [each for each in opened_now if not self._likeness.is_twin(each)]
        for newcomer in open_ones:
            if newcomer.line is not None:
                self._registry.sort_in(newcomer.line, self._settings.same_first_lines)
        result: list[Adopted] = []
        strangers = []
        for newcomer in open_ones:
            if adopted := self._at_its_place(newcomer):
                result.append(adopted)
            elif newcomer.found.place not in self._unsure:
                strangers.append(newcomer)
        taken = {each.row.id: each.row for each in result}
        strangers += [each for each in self._orphans(taken) if not self._likeness.is_twin(each)]
        # Copies are told by the file that is written to; of several copies the longest is its heir.
        for newcomer in sorted(strangers, key=precedence):
            if newcomer.line is None:
                continue
            if adopted := self._by_content(newcomer, taken):
                taken[adopted.row.id] = adopted.row
                result.append(adopted)
        return result

    def harvested(self, newcomer: Newcomer) -> None:
        """A file that waited is read from now on."""
        place = newcomer.found.place
        self._found.pop(place, None)
        self._waiting.pop(place, None)
        self.left.pop(place, None)

    def lies_at(self, place: Place | None) -> bool:
        """Whether a file lies at this place."""
        return place in self._files

    def candidates(self, group: str) -> Iterator[Newcomer]:
        """Rotated files that wait and belong to the file of this path."""
        for found in list(self._found.values()):
            if found.rotated and found.group == group:
                self._room = max(self._room, 1)  # what is lost otherwise is worth one file more
                if newcomer := self._opened(found):
                    yield newcomer

    def close(self) -> None:
        """Closes all files."""
        for place in list(self._waiting):
            self.forget(place)

    # Met

    def _is_stranger(self, place: Place, found: Found) -> bool:
        if place in self._known or place in self._copies.held:
            return False
        row = self._registry.at(place)
        if found.kin is None:
            return row is not None or self._registry.copy_at(place) is not None
        if row is None and stream_of(found.kin.type, found.name, self._namespace) is None:
            self._losses.ignored(found.name, "what stands before the first - or . names no data stream")
            return False
        return True

    def _in_order(self) -> list[Found]:
        """By inode: files with the same first line are numbered in this order."""
        return sorted(self._found.values(), key=lambda each: (each.place.device, each.place.inode))

    def _opened(self, found: Found) -> Newcomer | None:
        if newcomer := self._waiting.get(found.place):
            newcomer.look(listed=found.place in self._files)
            if newcomer.content.stored_bytes or found.place not in self._files:
                return newcomer
            self.forget(found.place)  # emptied before its first line was whole
            self._found[found.place] = found
            return None
        try:
            return self._open(found)
        except FileNotFoundError:
            self._unsure.add(found.place)  # renamed since it was listed
            return None
        except OSError as error:
            self._unopened.add(found.place)
            self._losses.ignored(found.name, error.strerror or str(error))
            return None

    def _open(self, found: Found) -> Newcomer | None:
        row = self._registry.at(found.place)
        may_rest = row is not None and 0 < row.size_bytes <= row.checkpoint
        if self._room <= 0 and not may_rest:
            self._unopened.add(found.place)
            return None
        status = os.lstat(found.path)
        if Place.at(status) != found.place:
            self._unsure.add(found.place)
            return None
        if not status.st_size:
            return None
        if may_rest and row and self._rests(found, row, status):
            return None
        if self._room <= 0:
            self._unopened.add(found.place)
            return None
        content = opened(found)
        if content is None:
            self._unsure.add(found.place)
            return None
        self._room -= 1
        return self._met(found, content)

    def _met(self, found: Found, content: Content) -> Newcomer:
        stream = stream_of(found.kin.type, found.name, self._namespace) if found.kin else None
        newcomer = Newcomer(found, content, stream or "", self._settings, self._clock)
        newcomer.is_beside = found.place in self._unmet.beside
        self._waiting[found.place] = newcomer
        return newcomer

    def _rests(self, found: Found, row: Row, status: os.stat_result) -> bool:
        """Leaves a file alone that is as the registry last saw it, and was settled then."""
        is_plain = not found.path.endswith(".gz")
        if status.st_mtime_ns != row.changed_ns or (is_plain and status.st_size != row.size_bytes):
            return False
        if found.told != row.path or row.gone_s or self.left.get(found.place) == row.id:
            return False
        self._known.rest(found.place, Rest(row.id, status.st_size, status.st_mtime_ns))
        self._found.pop(found.place)
        return True

    # Recognised

    def _at_its_place(self, newcomer: Newcomer) -> Adopted | None:
        place = newcomer.found.place
        row = self._registry.at(place)
        if row is None or row.id == self.left.get(place) or row.id in self._known.by_id:
            return None
        match newcomer.is_row(row):
            case None:
                self._unsure.add(place)
            case True:
                return newcomer.known_row(row, self._namespace, self._registry.copy_at(place))
            case False if newcomer.begins_as(row) or self._is_written_anew(newcomer.found, row):
                self.left[place] = row.id
                self.cut.add(row.id)
        return None

    def _is_written_anew(self, found: Found, row: Row) -> bool:
        """Whether it has the name of a file that lay at its place, and is written to."""
        return not row.gone_s and row.path == found.told and not found.rotated

    def _by_content(self, newcomer: Newcomer, taken: Mapping[str, Row]) -> Adopted | None:
        """The row of a file that has none at its place: one that it moved away from, else a new one.

        `taken` are the rows that were found or given at this look.
        """
        line, place, noted = newcomer.line, newcomer.found.place, self._registry.copy_at(newcomer.found.place)
        assert line is not None
        family = identity(line)
        same = {row.number: row for row in self._registry.family(family)}
        given = {row.number for row in taken.values() if row.family == family}
        for number in ranked(same, given, noted):
            name, row = identity(line, number), same.get(number)
            if name in taken and newcomer.found.rotated:  # compared when the other is read
                newcomer.met_with = newcomer.met_with if row else name
                self._unsure.add(place)
                return None
            if row is None:
                continue
            if name in taken or name == self.left.get(place) or self._is_there(row):
                match self._likeness.is_copy(newcomer, row, is_copied=place in self._unmet.copied):
                    case None:
                        self._unsure.add(place)
                        return None
                    case True:
                        self.harvested(newcomer)
                        return None
                continue
            match newcomer.is_row(row, noted):
                case None:
                    self._unsure.add(place)
                    return None
                case True:
                    return newcomer.known_row(row, self._namespace, noted)
        if self._gives_way(newcomer):
            return None
        there = sum(not row.gone_s for row in same.values()) + len(given - same.keys())
        if there < self._settings.same_first_lines:
            number = self._registry.free_number(line, given)
            new = newcomer.new_row(number, self._registry.is_new)
            return Adopted(newcomer, new) if new else None
        self._losses.ignored(newcomer.found.name, "too many files that are there have the same first line")
        return None

    def _orphans(self, taken: Collection[str]) -> list[Newcomer]:
        """Copies of files that went while they rested or had no room: they stand for them now."""
        found = []
        for place, copy in list(self._copies.held.items()):
            row = self._registry.get(copy.of)
            if row is None or row.id in taken or self._is_there(row):
                continue
            self._copies.release(place)
            self._found[place] = copy.found
            if copy.wake():
                found.append(self._met(copy.found, copy.content))
        return found

    def _is_original_known(self, copy: Copy) -> bool:
        row = self._registry.get(copy.of)
        return row is None or row.id in self._known.by_id or self._known.rests(row.id, row.place)

    def _gives_way(self, newcomer: Newcomer) -> bool:
        """Whether a rotated file waits until the one that is written to is met: it is the beginning of that.

        Otherwise the copy would be taken for a file of its own, and then the original for another that begins
        alike.
        """
        found = newcomer.found
        base = self._likeness.paths.get(found.group)
        if base is None or not found.rotated or found.place not in self._files:
            return False
        if not self._is_ahead(base) or not self._likeness.is_beginning(newcomer, base):
            return False
        self._unsure.add(found.place)
        if base.place in self._unopened:
            self._swap(newcomer, base)
        return True

    def _is_ahead(self, base: Found) -> bool:
        """Whether the file that is written to is not the one that was read there, and is yet to be met."""
        if harvester := self._known.harvesters.get(base.place):
            harvester.check()
            return harvester.replaced
        if (rest := self._known.resting.get(base.place)) and rest.has_changed(base.path):
            self._known.wake(base.place)
            self.returned(base.place)
            self._unopened.add(base.place)
        return base.place in self._unopened or base.place in self._late

    def _swap(self, newcomer: Newcomer, base: Found) -> None:
        """Opens `base` in the place of `newcomer`, which is opened again when there is room."""
        room, self._room = self._room, 1
        if self._opened(base):
            self._unopened.discard(base.place)
            self._late.add(base.place)
            self.forget(newcomer.found.place)
            self._found[newcomer.found.place] = newcomer.found
        self._room = room

    def _is_there(self, row: Row) -> bool:
        """Whether the file of this row is there, or may be for all that is known yet."""
        if row.id in self._known.by_id or row.place is None:
            return row.id in self._known.by_id
        if self._known.rests(row.id, row.place) or row.place in self._unsure:
            return True
        if row.place not in self._unopened:
            return False
        return may_be(row, self._found[row.place], self._settings, self._clock)

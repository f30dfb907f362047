"""Where the lines of a file lie now: in the file itself, under whatever name, or in its gzipped form.

A file is recognised as the shipper recognises it (`files.adopt`, `files.strangers`): by its place and the
fingerprint of its first bytes, else by the fingerprint alone. The shipper asks for more, waits, and follows
copies, because it must be sure before it sends; those who look here compare the lines themselves afterwards.
Read only; a shipper may be at work.
"""

from __future__ import annotations

import errno
import gzip
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from shippers.errors import HomeMissing
from shippers.files.content import GZIP_MAGIC, Plain
from shippers.files.find import Place, folders
from shippers.files.fingerprint import first_line, identity
from shippers.files.gzipped import Gzipped
from shippers.files.names import Glob, below, globs, kin_of, stream_of
from shippers.registry import Row

GZ = ".gz"
_LEFT_OUT = (".lock", ".tmp")
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_BUFFER_BYTES = 256 * 1024
"""Read ahead in a file: lines are asked for one after the other."""
UNREADABLE = (OSError, EOFError, zlib.error)
"""What reading an original may raise: gone, damaged, or not wholly written yet."""


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it lies on the disk now.

    Attributes:
        path: its name.
        place: where it lies.
        size_bytes: those on the disk.
        packed: it is gzipped.
        is_source: its name says that the shipper reads it.
        ignored: a source would be of that name, but it gives no data stream: the shipper leaves it out.
    """

    path: Path
    place: Place
    size_bytes: int
    packed: bool
    is_source: bool
    ignored: bool = False

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Its content, unpacked, from the first byte; offsets are those of the file as it was written.

        Raises:
            FileNotFoundError: another file has its name by now.
            OSError: it cannot be opened.
        """
        with _opened(self.path) as file:
            status = os.fstat(file.fileno())
            if Place.at(status) != self.place:
                raise FileNotFoundError(errno.ENOENT, "it was renamed or replaced", str(self.path))
            if self.packed:
                with gzip.open(file) as unpacked:
                    yield cast("BinaryIO", unpacked)
            else:
                yield file

    def is_file_of(self, row: Row) -> bool:
        """Whether it begins as `row` says and holds all that was read of it; False if it cannot be read."""
        if not self.packed and self.size_bytes < row.checkpoint:
            return False
        return self.begins_as(row)

    def begins_as(self, row: Row) -> bool:
        """Whether its first bytes are those of `row`; False if it cannot be read."""
        return row.begins_as(self._head(row.head_bytes))

    def first_line(self, limit: int) -> bytes | None:
        """Its first line, as far as `limit`; None when it is not whole or cannot be read."""
        return first_line(self._head(limit + 1), limit)

    def _head(self, size_bytes: int) -> bytes:
        """Its first bytes, as many as can be read: a gzipped file may end too early."""
        try:
            fd = os.open(self.path, _READ)
            with closing(Gzipped(fd) if self.packed else Plain(fd)) as content:
                return content.read(size_bytes, 0)
        except OSError:
            return b""


def existing(home: Path) -> Path:
    """The same folder.

    Raises:
        HomeMissing: there is none of that name.
    """
    if not home.is_dir():
        raise HomeMissing(
            f"There is no folder {home.absolute()}: name the one that `cardwatch ship` works on with --home."
        )
    return home


def listed(home: Path, sources: str, rows: Iterable[Row] = ()) -> list[Original]:
    """The files in the folders of the sources and beside the last known paths of `rows`, by their names."""
    wanted = [below(str(home), each) for each in globs(sources)]
    places = {Path(name) for each in wanted for name in folders(each.folder)}
    places |= {(home / row.path).parent for row in rows}
    entries = (entry for folder in places for entry in _entries(folder))
    return sorted((each for e in entries if (each := _original(e, wanted))), key=lambda each: each.path)


def locate(
    rows: Iterable[Row], originals: Iterable[Original], line_bytes: int, most: int
) -> dict[str, Original]:
    """Identity of a row -> its file, for those whose file is there.

    Args:
        rows: what the registry knows.
        originals: the files that are there.
        line_bytes: longest first line.
        most: most files with the same first line that are told apart.
    """
    known = {row.id: row for row in rows}
    at = {row.place: row for row in known.values() if row.place}
    found: dict[str, Original] = {}
    strangers = []
    for each in originals:
        row = at.get(each.place)
        if row and each.is_file_of(row):
            found[row.id] = each
        else:
            strangers.append(each)
    families: dict[str, list[Row]] = {}
    for row in sorted(known.values(), key=lambda row: row.number):
        families.setdefault(row.family, []).append(row)
    for each in strangers:
        if row := _by_content(each, known, families, found, line_bytes, most):
            found[row.id] = each
    return found


def _by_content(
    original: Original,
    known: Mapping[str, Row],
    families: Mapping[str, Sequence[Row]],
    found: Mapping[str, Original],
    line_bytes: int,
    most: int,
) -> Row | None:
    """The row that has no file yet and begins as this one; ids of one first line differ by a number.

    Rows of an older schema do not say what their first line is: they are looked for by number.
    """
    line = original.first_line(line_bytes)
    if line is None:
        return None
    same = families.get(identity(line), ())
    older = (known.get(identity(line, number)) for number in range(most)) if "" in families else ()
    rows = (row for row in chain(same, older) if row and row.id not in found)
    return next((row for row in rows if original.is_file_of(row)), None)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        yield from os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return


def _original(entry: os.DirEntry[str], sources: Sequence[Glob]) -> Original | None:
    if entry.name.startswith(".") or entry.name.endswith(_LEFT_OUT):
        return None
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    path, place = Path(entry.path), Place.at(status)
    kin = kin_of(entry.name, sources)
    ignored = kin is not None and stream_of(kin.type, entry.name, "") is None
    is_source = kin is not None and not ignored and not entry.name.endswith(GZ)
    return Original(path, place, status.st_size, _is_packed(path), is_source, ignored)


def _is_packed(path: Path) -> bool:
    """Told by the first bytes: a file of any name may be gzipped, and one called .gz still be empty."""
    try:
        with closing(Plain(os.open(path, _READ))) as content:
            return content.read(len(GZIP_MAGIC), 0) == GZIP_MAGIC
    except OSError:
        return False


def _opened(path: Path) -> BinaryIO:
    return open(os.open(path, _READ), "rb", _BUFFER_BYTES)  # noqa: PTH123

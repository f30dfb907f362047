"""The ways to rotate a file, as loggers and logrotate do it.

A rotated file of a chain is `x.ndjson.1`, the one before `x.ndjson.2`, and so on, compressed or not.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

COPY_BYTES = 4096


def shifted(path: Path) -> Path:
    """Makes room for `x.ndjson.1` by moving the others up; returns that name."""
    for number, old in sorted(chain(path), reverse=True):
        old.rename(old.with_name(old.name.replace(f"{path.name}.{number}", f"{path.name}.{number + 1}")))
    return path.with_name(f"{path.name}.1")


def chain(path: Path) -> Iterator[tuple[int, Path]]:
    """The rotated files of `path` and their numbers."""
    name = re.compile(re.escape(path.name) + r"\.(\d+)(\.gz)?")
    for old in path.parent.iterdir():
        if found := name.fullmatch(old.name):
            yield int(found[1]), old


def chained(path: Path) -> Path:
    """x.ndjson -> x.ndjson.1 -> x.ndjson.2."""
    first = shifted(path)
    path.rename(first)
    return first


def dated(path: Path, ordinal: int) -> Path:
    """x.ndjson -> x-20261123T0312-<ordinal>.ndjson."""
    target = path.with_name(f"{path.stem}-20261123T0312-{ordinal:04}.ndjson")
    path.rename(target)
    return target


def dated_after(path: Path, ordinal: int) -> Path:
    """x.ndjson -> x.ndjson-20261123-<seconds since 1970>, logrotate's dateext."""
    target = path.with_name(f"{path.name}-20261123-{1_795_403_520 + ordinal}")
    path.rename(target)
    return target


def moved_out(path: Path, ordinal: int) -> Path:
    """x.ndjson -> old-x-<ordinal>.bak, in the same folder."""
    target = path.with_name(f"old-{path.stem}-{ordinal:04}.bak")
    path.rename(target)
    return target


def copied(path: Path) -> Path:
    """The first half of copytruncate: x.ndjson copied to x.ndjson.1, piece by piece as logrotate does."""
    first = shifted(path)
    with path.open("rb") as source, first.open("wb", buffering=0) as target:
        shutil.copyfileobj(source, target, COPY_BYTES)
    return first


def truncated(path: Path) -> None:
    """The second half of copytruncate."""
    os.truncate(path, 0)


def compressed(path: Path) -> Path:
    """x.ndjson.1 -> x.ndjson.1.gz, written beside the old file, which goes when it is whole."""
    target = path.with_name(f"{path.name}.gz")
    with path.open("rb") as source, gzip.open(target, "wb", compresslevel=1) as sink:
        shutil.copyfileobj(source, sink, COPY_BYTES)
    status = path.stat()
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    path.unlink()
    return target

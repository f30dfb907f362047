"""The pictures without a card that the figures are measured on, gathered from the packages that hold them."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Iterator
from pathlib import Path

from training.errors import PictureMissing

LIST = Path(__file__).with_name("card-free.txt")


def gather(root: Path, folder: Path, listed: Path = LIST) -> Iterator[int]:
    """Copies the listed pictures into a folder as NNN-name, in the list's order; yields how many there are.

    Those of an earlier list go.

    Args:
        root: where Debian's packages are installed or unpacked; files of Python packages are found alone.
        folder: made if it is not there.
        listed: a package and a path in each line; `#` begins a remark.

    Raises:
        PictureMissing: one is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("[0-9][0-9][0-9]-*"):
        old.unlink()
    lines = [line for line in listed.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    for number, line in enumerate(lines):
        package, _, name = line.partition(" ")
        source = _located(root, package, name)
        if not source.is_file():
            raise PictureMissing(
                f"{source} is not there; install {package}, or unpack it and name that folder."
            )
        shutil.copyfile(source, folder / f"{number:03}-{source.name}")
        yield number + 1


def _located(root: Path, package: str, name: str) -> Path:
    """Where a package's file lies: a Python package's beside its code, another's below the root."""
    try:
        return Path(str(importlib.metadata.distribution(package).locate_file(name)))
    except importlib.metadata.PackageNotFoundError:
        return root / name

"""A home with its log folder, and a reader of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reader import Reader


@pytest.fixture
def log(home: Path) -> Path:
    folder = home / "log"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def reader(home: Path, log: Path) -> Iterator[Reader]:
    reader = Reader(home)
    yield reader
    reader.stop()

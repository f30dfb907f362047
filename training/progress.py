"""A progress bar around anything that is gone through one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")


def shown(words: str, items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
    """The same items; a bar shows how many there were, and of how many."""
    with _bar(words) as bar:
        yield from bar.track(items, total, description=words)


def watch(words: str, counts: Iterator[int], total: int | None = None) -> None:
    """Runs through a step that yields how much of it is done; what an earlier run did counts as done."""
    with _bar(words) as bar:
        task = bar.add_task(words, total=total)
        for done in counts:
            bar.update(task, completed=done)


def _bar(words: str) -> Progress:
    return Progress(TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

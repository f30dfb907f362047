"""Processes that carry out runs beside one another, each with its own nest of shippers."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

from tests.torture.nest import Nest
from tests.torture.plan import Scope, Server, plan
from tests.torture.run import Outcome, run

MIX = (*[Server.NODE] * 15, *[Server.ELASTICSEARCH] * 10)
"""The servers of 25 runs. The stand-in in memory is for quick rounds while one works on the shipper."""

SLOW_FIRST = (Server.ELASTICSEARCH, Server.NODE, Server.MEMORY)

_nest: Nest | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One run: its seed, its server and that server's address."""

    seed: int
    server: Server
    url: str | None
    scope: Scope
    keep: bool = False


def tasks(
    seed: int, servers: Sequence[Server], urls: Mapping[Server, str], scope: Scope, *, keep: bool = False
) -> list[Task]:
    """A run per server, with seeds that follow one another."""
    return [Task(seed + n, each, urls.get(each), scope, keep) for n, each in enumerate(servers)]


def carry_out(task: Task) -> Outcome:
    """Inside a process of the crew."""
    assert _nest
    return run(plan(task.seed, task.server, task.scope), _nest, task.url, keep=task.keep)


@contextlib.contextmanager
def crew(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes for `submit(carry_out, task)`; what has not begun at the end of the block never does."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def submitted(pool: ProcessPoolExecutor, given: Sequence[Task]) -> list[Future[Outcome]]:
    """All of them, the slow servers first, in the order given."""
    slow_first = sorted(range(len(given)), key=lambda n: SLOW_FIRST.index(given[n].server))
    futures = {n: pool.submit(carry_out, given[n]) for n in slow_first}
    return [futures[n] for n in range(len(given))]


def _prepare() -> None:
    """One nest for the life of the process: it ends when the process does."""
    global _nest
    _nest = Nest().__enter__()

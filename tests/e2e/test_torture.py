"""A sample of the random runs of `make torture`, and proof that a run which loses or doubles fails."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from tests.bulk_proxy import Item, Pair
from tests.torture.crew import MIX, crew, submitted, tasks
from tests.torture.nest import Nest
from tests.torture.plan import Fault, Rotation, Scope, Server, plan
from tests.torture.run import Outcome, run
from tests.torture.stores import Memory
from tests.torture.summary import summary

SEED = int(os.environ.get("CARDWATCH_TORTURE_SEED") or random.SystemRandom().randrange(2**31))
"""Of the first run; the others follow. Drawn anew each time: every check sees other runs."""

LEFT_OUT = Rotation.COPYTRUNCATE_LIVE
CERTAIN = Scope(rotations=tuple(each for each in Rotation if each is not LEFT_OUT))
"""What must never fail. A writer that goes on between copy and truncation loses lines whatever anybody does,
and whether each loss is told depends on the moment of a kill: `make torture` draws that too."""

AGAIN = (
    "CARDWATCH_TORTURE_SEED={seed} gives the same plans again (what is written, rotated, killed and refused; "
    "not when, which is left to the machine)"
)

QUIET = Scope(faults=(), rotations=(Rotation.CHAIN,), kills=False)


@pytest.fixture(scope="module")
def sample(request: pytest.FixtureRequest) -> Iterator[list[Future[Outcome]]]:
    """The runs, two at a time, while the tests wait for one after the other. Says its seed in any case."""
    urls = {Server(name): request.getfixturevalue(name).url for name in ("node", "elasticsearch")}
    say(request.config, f"torture: seeds {SEED} to {SEED + len(MIX) - 1}; {AGAIN.format(seed=SEED)}")
    begun = time.monotonic()
    with crew(2) as pool:
        runs = submitted(pool, tasks(SEED, MIX, urls, CERTAIN))
        yield runs
        outcomes = [each.result() for each in runs if each.done() and not each.exception()]
        say(request.config, f"torture: seed {SEED}: {summary(outcomes, time.monotonic() - begun)}")


def say(config: pytest.Config, sentence: str) -> None:
    """A line for those who look at a run that passed, too."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        print(f"\n{sentence}", flush=True)


@pytest.mark.elasticsearch
@pytest.mark.parametrize("number", range(len(MIX)))
def test_nothing_is_lost_and_nothing_doubled(sample: list[Future[Outcome]], number: int) -> None:
    outcome = sample[number].result()
    plan = outcome.plan
    again = f"--runs 1 --seed {plan.seed} --server {plan.server} --without {LEFT_OUT} --keep"
    assert outcome.ok, f"{outcome}\nAlone: python -m tests.torture {again}\nAll: {AGAIN.format(seed=SEED)}"


# The harness itself


@pytest.fixture(scope="module")
def nest() -> Iterator[Nest]:
    with Nest() as running:
        yield running


class Lossy(Memory):
    """Says that it took every line, and drops one."""

    dropped = False

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        items = super().create(pairs if self.dropped else pairs[1:])
        if not self.dropped:
            self.dropped = True
            return [{"create": {"status": 201}}, *items]
        return items


class Doubling(Memory):
    """Rolls over and takes each line of a request again."""

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        items = super().create(pairs)
        for stream in {pair.index for pair in pairs}:
            self.roll_over(stream)
        super().create(pairs)
        return items


def test_a_quiet_run_is_in_order(nest: Nest) -> None:
    outcome = run(plan(1, Server.MEMORY, QUIET), nest)
    assert outcome.ok, outcome
    assert outcome.verdict.documents > 0


def test_a_store_that_drops_a_line_is_found_out(nest: Nest) -> None:
    outcome = run(plan(1, Server.MEMORY, QUIET), nest, store=Lossy())
    assert (outcome.ok, outcome.verdict.missing, outcome.verdict.doubled_ids) == (False, 1, 0)


def test_a_store_that_takes_lines_twice_is_found_out(nest: Nest) -> None:
    outcome = run(plan(1, Server.MEMORY, QUIET), nest, store=Doubling())
    assert (outcome.ok, outcome.verdict.missing) == (False, 0)
    assert outcome.verdict.doubled_ids == outcome.verdict.doubled_lines == outcome.verdict.documents // 2


def test_a_checkpoint_that_runs_ahead_is_found_out(nest: Nest) -> None:
    def ahead(home: Path) -> None:
        with closing(sqlite3.connect(home / "registry.sqlite")) as database, database:
            for status in map(Path.stat, (home / "log").iterdir()):
                place = f"{status.st_dev}:{status.st_ino}"
                database.execute("UPDATE files SET checkpoint = ? WHERE place = ?", (status.st_size, place))

    scope = Scope(faults=(Fault.KILL,), rotations=(Rotation.CHAIN,))
    outcome = run(plan(8, Server.MEMORY, scope), nest, between=ahead, drain_s=3)
    assert not outcome.ok
    assert outcome.verdict.missing > 0

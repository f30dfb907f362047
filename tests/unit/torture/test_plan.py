"""A seed decides everything, and within its scope."""

from __future__ import annotations

import random

import pytest

from tests.torture.crew import MIX
from tests.torture.faults import Dealer
from tests.torture.lines import Kind, line
from tests.torture.plan import Fault, Rotation, Scope, Server, plan

EVERYTHING = Scope(tuple(Fault), tuple(Rotation))


@pytest.mark.parametrize("server", Server)
def test_a_seed_gives_the_same_plan_again(server: Server) -> None:
    assert plan(7, server, EVERYTHING) == plan(7, server, EVERYTHING)
    assert plan(7, server, EVERYTHING) != plan(8, server, EVERYTHING)


def test_actors_draw_from_sources_of_their_own() -> None:
    plans = [plan(7, Server.MEMORY, scope) for scope in (Scope(faults=()), Scope())]
    assert plans[0].files == plans[1].files
    assert plans[0].blows == plans[1].blows
    assert plans[0].source("faults").random() != plans[0].source("part0").random()


def test_every_rotation_and_every_end_of_the_shipper_is_drawn() -> None:
    plans = [plan(seed, Server.MEMORY, EVERYTHING) for seed in range(100)]
    assert {file.rotation for each in plans for file in each.files} == set(Rotation)
    assert {blow.polite for each in plans for blow in each.blows} == {True, False}


def test_what_a_scope_leaves_out_is_not_drawn() -> None:
    scope = Scope((Fault.KILL, Fault.ROLLOVER), (Rotation.CHAIN,), kills=False)
    for seed in range(20):
        drawn = plan(seed, Server.NODE, scope)
        assert (drawn.faults, drawn.blows) == ((Fault.ROLLOVER,), ())
        assert {file.rotation for file in drawn.files} == {Rotation.CHAIN}


@pytest.mark.parametrize(
    ("rotation", "setting", "value"),
    [
        (Rotation.COPYTRUNCATE_GZIP, "fingerprint_bytes", 4096),
        (Rotation.COPYTRUNCATE_LIVE, "fingerprint_bytes", 4096),
        (Rotation.UNLINK, "open_files", 512),
    ],
)
def test_a_rotation_has_the_settings_that_it_needs(rotation: Rotation, setting: str, value: int) -> None:
    plans = [plan(seed, Server.NODE, Scope(rotations=(rotation,))) for seed in range(20)]
    assert {each.settings[setting] for each in plans} == {value}


def test_runs_meet_the_embedded_node_and_the_real_elasticsearch_unless_asked_otherwise() -> None:
    assert (len(MIX), set(MIX)) == (25, {Server.NODE, Server.ELASTICSEARCH})


def test_the_numbers_of_lines_are_of_one_file_alone() -> None:
    files = plan(3, Server.MEMORY).files
    numbers = [n for file in files for n in range(file.first, file.first + file.lines)]
    assert len(numbers) == len(set(numbers))


def test_every_kind_of_line_is_written_and_none_twice() -> None:
    draw = random.Random(1)
    lines = [line(n, draw, 0.5) for n in range(500)]
    assert {each.kind for each in lines} == set(Kind)
    assert len({each.text for each in lines}) == 500


def test_every_fault_is_dealt_and_none_after_the_stop() -> None:
    dealer = Dealer(list(Fault), 1.0, 1.0, random.Random(1))
    dealt = {dealer.sending() for _ in range(2000)} | {dealer.looking() for _ in range(200)}
    assert dealer.rolls_over(None)
    assert dealt | {Fault.ROLLOVER} == {*Fault, None}  # None: of some there are only so many in a run
    dealer.stop()
    assert dealer.sending() is dealer.looking() is None
    assert not dealer.rolls_over(Fault.SLOW)

"""Rates of counters that grow, fall, vanish and come back are never negative and never made up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shippers.metricsets.rates import Rates, shares

COUNTERS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 10**15).map(float))
TICKS = st.lists(st.tuples(st.floats(0, 10, allow_nan=False), COUNTERS), max_size=12)


@given(TICKS)
def test_a_rate_is_what_the_counter_grew_by_since_the_tick_before(
    ticks: list[tuple[float, dict[str, float]]],
) -> None:
    rates, at_s = Rates(), 100.0
    before: dict[str, float] = {}
    for passed_s, counters in ticks:
        at_s_before, at_s = at_s, at_s + passed_s
        found = rates.per_second(counters, at_s)
        grew = {name for name in counters if name in before and counters[name] >= before[name]}
        assert set(found) == (grew if at_s > at_s_before else set())
        for name, rate in found.items():
            assert rate >= 0
            assert abs(rate * (at_s - at_s_before) - (counters[name] - before[name])) <= 1e-6 * (
                1 + counters[name]
            )
        before = counters


def test_a_counter_that_was_away_starts_anew() -> None:
    rates = Rates()
    rates.grown({"eth0": 1000.0})
    rates.grown({})
    assert rates.grown({"eth0": 5000.0}) == {}
    assert rates.grown({"eth0": 5400.0}) == {"eth0": 400.0}


def test_a_counter_that_was_reset_gives_nothing_for_one_tick() -> None:
    rates = Rates()
    rates.per_second({"eth0": 1000.0}, 0.0)
    assert rates.per_second({"eth0": 10.0}, 1.0) == {}
    assert rates.per_second({"eth0": 30.0}, 3.0) == {"eth0": 10.0}


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9)), min_size=1, max_size=8))
def test_shares_are_parts_of_one(times: list[tuple[float, float]]) -> None:
    found = shares([one for one, _ in times], [two for _, two in times])
    if found is None:
        assert all(two <= one for one, two in times)
    else:
        assert all(0 <= share <= 1 for share in found)
        assert abs(sum(found) - 1) < 1e-4

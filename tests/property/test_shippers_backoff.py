"""The wait before a retry stays within its bounds, for ever."""

from hypothesis import given
from hypothesis import strategies as st

from shippers.backoff import bound_s, wait_s

SECONDS = st.floats(0.001, 3600)


@given(st.integers(0, 10**9), SECONDS, SECONDS, st.floats(0, 1, exclude_max=True))
def test_a_wait_lies_between_zero_and_its_bound_and_the_cap(
    attempt: int, first_s: float, cap_s: float, drawn: float
) -> None:
    wait = wait_s(attempt, first_s, cap_s, lambda: drawn)
    assert 0 <= wait <= bound_s(attempt, first_s, cap_s) <= cap_s


@given(st.integers(0, 200), SECONDS, SECONDS)
def test_bounds_double_until_the_cap(attempt: int, first_s: float, cap_s: float) -> None:
    this, following = bound_s(attempt, first_s, cap_s), bound_s(attempt + 1, first_s, cap_s)
    assert following in (cap_s, this * 2) or this == first_s * 2.0**64


def test_the_whole_range_is_drawn_from() -> None:
    assert wait_s(3, 1.0, 60.0, lambda: 0.0) == 0.0
    assert wait_s(3, 1.0, 60.0, lambda: 0.5) == 4.0

"""Pure parts of the search by request id."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from elastic.search import in_order, nearest, value

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_value_reads_nested_and_dotted_names() -> None:
    assert value({"event": {"action": "a"}}, "event.action") == "a"
    assert value({"event.action": "a"}, "event.action") == "a"
    assert value({"card": {"stage": {"infer.ms": 2}}}, "card.stage.infer.ms") == 2
    assert value({"event": "text"}, "event.action", "none") == "none"


def test_events_are_ordered_by_microseconds_then_by_their_number() -> None:
    late = {"@timestamp": "2026-11-23T03:12:45.123457Z", "event": {"id": "r.1"}}
    tenth = {"@timestamp": "2026-11-23T03:12:45.123456Z", "event": {"id": "r.10"}}
    second = {"@timestamp": "2026-11-23T03:12:45.123456Z", "event": {"id": "r.2"}}
    assert in_order([late, tenth, second]) == [second, tenth, late]


@given(st.lists(st.tuples(st.integers(-20, 30), st.sampled_from("ab")), max_size=20, unique=True))
def test_of_each_gpu_the_neighbours_of_a_request_and_all_within_it(moments: list[tuple[int, str]]) -> None:
    samples = [
        {"@timestamp": (NOON + timedelta(seconds=s)).isoformat(), "gpu": {"labels": {"uuid": gpu}}, "s": s}
        for s, gpu in moments
    ]
    around = nearest(samples, NOON, NOON + timedelta(seconds=10))
    found = [(one["s"], one["gpu"]["labels"]["uuid"]) for one in around]
    expected = {(s, gpu) for s, gpu in moments if 0 <= s <= 10}
    for gpu in "ab":
        own = [s for s, other in moments if other == gpu]
        expected |= {(s, gpu) for s in own if s == max((one for one in own if one < 0), default=None)}
        expected |= {(s, gpu) for s in own if s == min((one for one in own if one > 10), default=None)}
    assert set(found) == expected
    assert len(found) == len(expected)

"""Pure parts of the search by request id."""

from elastic.search import in_order, value


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

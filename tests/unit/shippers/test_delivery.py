"""One batch against scripted replies: what is sent again, what is given up, what waits."""

import threading
from collections.abc import Callable, Sequence

import pytest

from shippers.batch import Segment, Source
from shippers.bulk import Answered, Rejected, Reply, Unanswered
from shippers.counters import Counters
from shippers.delivery import Delivery, Refused
from shippers.outage import Outage
from shippers.settings import ShipperSettings

SOURCE = Source("00000000-0123456789abcdef", "logs-card.request-test", "log/request.ndjson")
SETTINGS = ShipperSettings(backoff_first_s=0.001, backoff_cap_s=0.002)
UNAVAILABLE = Rejected(503, "unavailable", "")
Script = Callable[[list[int]], Reply]


class Scripted:
    """Replies by script; when it is used up, takes everything."""

    def __init__(self, *replies: Reply | Script) -> None:
        self.replies = list(replies)
        self.sent: list[list[int]] = []

    def send(self, segments: Sequence[Segment]) -> Reply:
        offsets = [offset for segment in segments for offset in segment.offsets]
        self.sent.append(offsets)
        reply = self.replies.pop(0) if self.replies else answer(*[201] * len(offsets))
        return reply(offsets) if callable(reply) else reply


def answer(*statuses: int) -> Answered:
    return Answered([{"status": s, "error": {"type": f"type_{s}", "reason": ""}} for s in statuses])


def lines(count: int) -> list[Segment]:
    """One line per offset, over two segments."""
    half = count // 2
    parts = [range(half), range(half, count)]
    return [Segment(SOURCE, [b"{}"] * len(part), list(part)) for part in parts if part]


def settle(
    target: Scripted, count: int, stop: threading.Event | None = None
) -> tuple[list[Refused] | None, Counters]:
    counters = Counters()
    outage = Outage("Elasticsearch", lambda: 0.0, 60)
    delivery = Delivery(target, SETTINGS, counters, outage, lambda: 0.5)
    return delivery.settle(lines(count), stop or threading.Event(), lambda: 0), counters


def test_only_the_lines_that_ask_for_it_are_sent_again() -> None:
    target = Scripted(answer(201, 429, 409, 503, 400, 201), answer(429, 201))
    refused, counters = settle(target, 6)
    assert target.sent == [[0, 1, 2, 3, 4, 5], [1, 3], [1]]
    assert refused
    assert [(each.segment.offsets[0], each.refusal.status) for each in refused] == [(4, 400)]
    assert (counters.acknowledged, counters.duplicates, counters.retries) == (5, 1, 3)


@pytest.mark.parametrize(
    "trouble",
    [
        UNAVAILABLE,
        Rejected(429, "es_rejected_execution_exception", ""),
        Rejected(401, "security_exception", ""),
        Rejected(403, None, ""),
        Rejected(400, None, "not from Elasticsearch"),
        Unanswered("ConnectionError", "", unknown=False),
        Unanswered("ConnectionTimeout", "", unknown=True),
    ],
)
def test_trouble_that_says_nothing_about_the_lines_costs_none(trouble: Reply) -> None:
    target = Scripted(*[trouble] * 20)
    refused, counters = settle(target, 4)
    assert refused == []
    assert target.sent == [[0, 1, 2, 3]] * 21
    assert (counters.acknowledged, counters.retries) == (4, 80)


def test_a_request_too_large_is_halved_until_it_fits_in_order() -> None:
    target = Scripted()
    whole = target.send

    def limited(segments: Sequence[Segment]) -> Reply:
        reply = whole(segments)
        return Rejected(413, None, "") if len(target.sent[-1]) > 2 else reply

    target.send = limited  # type: ignore[method-assign]
    refused, counters = settle(target, 7)
    assert refused == []
    assert [offset for sent in target.sent if len(sent) <= 2 for offset in sent] == list(range(7))
    assert counters.acknowledged == 7


def test_a_single_line_too_large_is_refused_and_the_others_go_on() -> None:
    def too_large(offsets: list[int]) -> Reply:
        return Rejected(413, None, "") if 2 in offsets else answer(*[201] * len(offsets))

    refused, counters = settle(Scripted(*[too_large] * 20), 8)
    assert refused
    assert [each.segment.offsets for each in refused] == [[2]]
    assert (refused[0].refusal.type, counters.acknowledged) == ("HTTP 413", 7)


def test_a_line_that_spoils_its_whole_request_is_found() -> None:
    def spoiled(offsets: list[int]) -> Reply:
        bad = Rejected(400, "illegal_argument_exception", "")
        return bad if 5 in offsets else answer(*[201] * len(offsets))

    refused, counters = settle(Scripted(*[spoiled] * 20), 8)
    assert refused
    assert [each.segment.offsets for each in refused] == [[5]]
    assert counters.acknowledged == 7


def test_after_a_stop_nothing_is_sent_again_and_nothing_is_settled() -> None:
    stop = threading.Event()

    def stopping(offsets: list[int]) -> Reply:
        stop.set()
        return UNAVAILABLE

    target = Scripted(stopping)
    refused, counters = settle(target, 4, stop)
    assert refused is None
    assert len(target.sent) == 1
    assert counters.acknowledged == 0


def test_a_stop_lets_the_answer_in_flight_count() -> None:
    stop = threading.Event()

    def stopping(offsets: list[int]) -> Reply:
        stop.set()
        return answer(*[201] * len(offsets))

    refused, counters = settle(Scripted(stopping), 4, stop)
    assert refused == []
    assert counters.acknowledged == 4


def test_no_lines_need_no_request() -> None:
    target = Scripted()
    assert settle(target, 0)[0] == []
    assert target.sent == []

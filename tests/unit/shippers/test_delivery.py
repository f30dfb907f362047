"""One batch against scripted replies: what is sent again, what is given up, what waits."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from shippers.batch import Segment, Source, size
from shippers.bulk import Answered, Found, Rejected, Remedy, Reply, Unanswered
from shippers.counters import Counters
from shippers.delivery import Delivery, Refused, Settlement
from shippers.outage import Outages
from shippers.proof import Proof
from shippers.quiet import Quiet
from shippers.settings import ShipperSettings
from shippers.streams import Streams

SOURCE = Source("00000000-0123456789abcdef", "logs-card.request-test", "log/request.ndjson")
SETTINGS = ShipperSettings(backoff_first_s=0.001, backoff_cap_s=0.002)
UNAVAILABLE = Rejected(503, "unavailable", "")
Script = Callable[[list[int]], Reply]


class Waits(threading.Event):
    """Notes how long it is waited for, and lets that time pass on a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.now_s = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        self.now_s += timeout or 0.0
        return False


class Scripted:
    """Replies by script; when it is used up, takes everything. Look-ups find the ids that are `there`."""

    def __init__(self, *replies: Reply | Script, there: Sequence[int] = ()) -> None:
        self.replies = list(replies)
        self.there = frozenset(SOURCE.document_id(offset) for offset in there)
        self.lookups: list[Found | Rejected | Unanswered] = []
        self.sent: list[list[int]] = []
        self.empty: set[str] = set()
        self.streams: list[set[tuple[str, bool]]] = []
        self.looked_up: list[tuple[str, int]] = []

    def send(self, segments: Sequence[Segment]) -> Reply:
        offsets = [offset for segment in segments for offset in segment.offsets]
        self.sent.append(offsets)
        self.streams.append({(each.source.stream, each.source.named) for each in segments})
        reply = self.replies.pop(0) if self.replies else answer(*[201] * len(offsets))
        return reply(offsets) if callable(reply) else reply

    def is_empty(self, stream: str) -> bool:
        return stream in self.empty

    def lookup(self, stream: str, ids: Sequence[str]) -> Found | Rejected | Unanswered:
        self.looked_up.append((stream, len(ids)))
        return self.lookups.pop(0) if self.lookups else Found(self.there & set(ids))


def answer(*statuses: int) -> Answered:
    return Answered([{"status": s, "error": {"type": f"type_{s}", "reason": ""}} for s in statuses])


def lines(count: int) -> list[Segment]:
    """One line per offset, over two segments."""
    half = count // 2
    parts = [range(half), range(half, count)]
    return [Segment(SOURCE, [b"{}"] * len(part), list(part)) for part in parts if part]


def deliver(
    target: Scripted,
    counters: Counters | None = None,
    streams: Streams | None = None,
    quiet: Quiet | None = None,
    proof: Proof | None = None,
    draw: float = 0.5,
    settings: ShipperSettings = SETTINGS,
    outages: Outages | None = None,
) -> Delivery:
    return Delivery(
        target,
        settings,
        counters or Counters(),
        outages or Outages(lambda: 0.0, 60, lambda: 0),
        streams or Streams(),
        quiet or Quiet(lambda: 0.0),
        proof or Proof(),
        lambda: draw,
    )


def settle(
    target: Scripted,
    count: int,
    stop: threading.Event | None = None,
    segments: list[Segment] | None = None,
) -> tuple[list[Refused] | None, Counters]:
    counters = Counters()
    delivery = deliver(target, counters)
    refused: list[Refused] = []
    rest = segments or lines(count)
    while rest:
        is_first = not target.sent
        settlement = delivery.settle(rest, stop or threading.Event(), is_first=is_first)
        if settlement is None:
            return None, counters
        refused, rest = refused + settlement.refused, settlement.rest
    return refused, counters


def test_only_the_lines_that_ask_for_it_are_sent_again() -> None:
    target = Scripted(answer(201, 429, 409, 403, 400, 201), answer(429, 201))
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
        Rejected(403, "security_exception", ""),
        Rejected(404, None, ""),
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


# What something on the way says

GATEWAYS = [
    Rejected(400, None, ""),
    Rejected(403, None, ""),
    Rejected(500, None, ""),
    Rejected(503, None, ""),
]


@pytest.mark.parametrize("trouble", GATEWAYS)
def test_a_gateway_that_is_down_costs_no_line_and_few_requests_afterwards(trouble: Reply) -> None:
    target = Scripted(*[trouble] * 100)
    refused, counters = settle(target, 2000)
    assert refused == []
    assert target.sent[:2] == [list(range(2000))] * 2
    assert counters.acknowledged == 2000
    assert len(target.sent) < 100 + 20
    assert sorted(offset for sent in target.sent[100:] for offset in sent) == list(range(2000))


@pytest.mark.parametrize("trouble", GATEWAYS)
def test_a_line_that_something_on_the_way_does_not_like_waits_alone(trouble: Rejected) -> None:
    def firewall(offsets: list[int]) -> Reply:
        return trouble if 700 in offsets else answer(*[201] * len(offsets))

    counters = Counters()
    target = Scripted(*[firewall] * 50)
    settlement = deliver(target, counters).settle(lines(2000), threading.Event())
    assert settlement
    assert settlement.refused == []
    assert [list(each.offsets) for each in settlement.rest] == [[700]]
    assert (counters.acknowledged, counters.acknowledged_bytes) == (1999, 3 * 1999)
    assert len(target.sent) < 30
    again = deliver(target).settle(settlement.rest, threading.Event(), is_first=False)
    assert again
    assert [list(each.offsets) for each in again.rest] == [[700]], "alone, it holds up no thread"


# What Elasticsearch says of a whole request


def test_where_the_server_refuses_every_request_no_line_is_given_up() -> None:
    stop = Waits()
    trouble = Rejected(400, "media_type_header_exception", "")
    target, counters, proof = Scripted(*[trouble] * 60), Counters(), Proof()
    settlement = deliver(target, counters, proof=proof).settle(lines(500), stop)
    assert settlement
    assert settlement.refused == []
    assert counters.acknowledged == 500 - size(settlement.rest)
    assert len(stop.waits) > 40, "nearly every try is followed by a wait"
    assert max(stop.waits) == SETTINGS.backoff_cap_s / 2


def test_one_line_at_most_is_given_up_for_each_proof_that_the_server_takes_others() -> None:
    trouble, proof = Rejected(400, "media_type_header_exception", ""), Proof()
    proof.give()
    settlement = deliver(Scripted(*[trouble] * 100), proof=proof).settle(lines(50), Waits())
    assert settlement
    assert len(settlement.refused) == 1


def test_two_neighbours_that_spoil_their_request_are_both_found() -> None:
    def spoiled(offsets: list[int]) -> Reply:
        bad = Rejected(400, "illegal_argument_exception", "")
        return bad if {4, 5} & set(offsets) else answer(*[201] * len(offsets))

    refused, counters = settle(Scripted(*[spoiled] * 40), 8)
    assert refused
    assert sorted(each.segment.offsets[0] for each in refused) == [4, 5]
    assert counters.acknowledged == 6


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


# Lines whose fate is unknown


@pytest.mark.parametrize(
    "trouble",
    [Unanswered("ConnectionTimeout", "", unknown=True), Rejected(502, None, ""), Rejected(504, None, "")],
)
def test_lines_whose_fate_is_unknown_are_looked_up_and_only_the_missing_ones_sent_again(
    trouble: Reply,
) -> None:
    target = Scripted(trouble, there=[0, 2, 3])
    refused, counters = settle(target, 5)
    assert refused == []
    assert target.sent == [[0, 1, 2, 3, 4], [1, 4]]
    assert target.looked_up == [(SOURCE.stream, 5)]
    assert (counters.acknowledged, counters.duplicates, counters.looked_up) == (5, 3, 5)


def test_items_that_a_server_failed_at_are_looked_up_and_others_are_not() -> None:
    target = Scripted(answer(201, 503, 429, 500), there=[3])
    settle(target, 4)
    assert sorted(target.sent) == [[0, 1, 2, 3], [1], [2]]
    assert target.looked_up == [(SOURCE.stream, 2)]


def test_lines_that_were_never_sent_are_not_looked_up() -> None:
    target = Scripted(Unanswered("ConnectionError", "", unknown=False), Rejected(429, "busy", ""))
    settle(target, 3)
    assert target.looked_up == []


def test_uncertain_lines_are_looked_up_before_the_first_try_stream_by_stream() -> None:
    other = replace(SOURCE, stream="logs-card.service-test")
    segments = [
        Segment(SOURCE, [b"{}"] * 2, [0, 1], uncertain=True),
        Segment(other, [b"{}"], [2], uncertain=True),
        Segment(SOURCE, [b"{}"], [3]),
    ]
    target = Scripted(there=[0, 1, 2])
    _, counters = settle(target, 0, segments=segments)
    assert sorted(target.looked_up) == [("logs-card.request-test", 2), ("logs-card.service-test", 1)]
    assert target.sent == [[3]]
    assert (counters.acknowledged, counters.duplicates) == (4, 3)


@pytest.mark.parametrize("trouble", [UNAVAILABLE, Unanswered("ConnectionError", "", unknown=False)])
def test_a_lookup_that_fails_is_tried_again_before_anything_is_sent(trouble: Rejected | Unanswered) -> None:
    target = Scripted(there=[0])
    target.lookups = [trouble, trouble]
    settle(target, 0, segments=[Segment(SOURCE, [b"{}"] * 2, [0, 1], uncertain=True)])
    assert len(target.looked_up) == 3
    assert target.sent == [[1]]


def test_where_lookups_are_forbidden_the_lines_are_sent_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    target = Scripted(UNAVAILABLE, UNAVAILABLE)
    target.lookups = [Rejected(403, "security_exception", "no")] * 2
    refused, counters = settle(target, 2)
    assert refused == []
    assert target.sent == [[0, 1]] * 3
    assert [r.message for r in caplog.records if "maintenance" in r.message] != []
    assert sum("maintenance" in r.message for r in caplog.records) == 1
    assert counters.acknowledged == 2


def test_the_waits_grow_although_look_ups_are_answered() -> None:
    stop, settings = Waits(), ShipperSettings(backoff_first_s=1, backoff_cap_s=60)
    target = Scripted(*[UNAVAILABLE] * 8)
    deliver(target, settings=settings).settle(lines(2), stop)
    assert len(target.looked_up) == 8
    assert stop.waits == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_server_that_takes_nothing_is_not_said_to_take_lines_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    outages = Outages(lambda: 0.0, 0, lambda: 0)
    delivery = deliver(Scripted(UNAVAILABLE, answer(429, 429), answer(201, 429)), outages=outages)
    delivery.settle(lines(2), threading.Event())
    assert outages.server.active
    assert outages.of(SOURCE.stream).active
    delivery.settle(lines(2), threading.Event(), is_first=False)
    assert not outages.server.active
    assert [(getattr(r, "event.action"), r.message.split(" take")[0]) for r in caplog.records] == [
        ("outage_start", "Elasticsearch does not"),
        ("outage_start", f"The data stream {SOURCE.stream} does not"),
        ("outage_end", "Elasticsearch"),
    ]


def test_the_server_is_left_alone_by_all_for_as_long_as_it_asks_for() -> None:
    stop = Waits()
    quiet = Quiet(lambda: stop.now_s)
    target = Scripted(Rejected(429, "busy", "", 7.0), Rejected(503, None, "", 10_000.0))
    first, second = (deliver(target, quiet=quiet, draw=0.0) for _ in range(2))
    assert first.settle(lines(2), stop) == Settlement([], [])
    assert stop.waits == [0, 7.0, 0, SETTINGS.retry_after_cap_s]
    quiet.ask(3.0)
    assert second.settle(lines(2), stop) == Settlement([], [])
    assert stop.waits[4:] == [3.0]


def test_lines_that_are_not_taken_are_given_back_and_all_others_are_settled() -> None:
    target = Scripted(answer(201, 403, 201, 429, 400, 503))
    settlement = deliver(target).settle(lines(6), threading.Event())
    assert settlement
    assert [each.segment.offsets for each in settlement.refused] == [[4]]
    assert [(list(each.offsets), each.uncertain) for each in settlement.rest] == [
        ([1], False),
        ([3], False),
        ([5], True),
    ]
    assert len(target.sent) == 1


def test_lines_of_an_earlier_run_are_not_looked_up_where_the_stream_was_empty() -> None:
    target = Scripted(Unanswered("ConnectionTimeout", "", unknown=True), there=[0, 1])
    target.empty = {SOURCE.stream}
    _, counters = settle(target, 0, segments=[Segment(SOURCE, [b"{}"] * 2, [0, 1], uncertain=True)])
    assert target.sent == [[0, 1]]
    assert target.looked_up == [(SOURCE.stream, 2)], "those that this run sent are looked up all the same"
    assert counters.duplicates == 2


# Time series

NAMED = {
    "type": "document_parsing_exception",
    "reason": "failed to parse: _id must be unset or set to [x] but was [y] because "
    "[.ds-metrics-card.gpu-test-2026.11.24-000001] is in time_series mode",
}
OUTSIDE = {
    "type": "illegal_argument_exception",
    "reason": "the document timestamp [2026-11-20T00:00:00.000Z] is outside of ranges of currently writable "
    "indices [[2026-11-24T01:00:00.000Z,2026-11-24T05:00:00.000Z]]",
}
SAMPLES = Source("00000000-0123456789abcdef", "metrics-card.gpu-test", "spool/gpu.ndjson")


def refusing(error: dict[str, str], refused: set[int]) -> Script:
    """400 with this error for the lines at these offsets."""

    def reply(offsets: list[int]) -> Reply:
        item = {"status": 400, "error": error}
        return Answered([item if offset in refused else {"status": 201} for offset in offsets])

    return reply


def test_a_time_series_stream_gets_its_lines_without_ids_and_late_ones_go_to_its_plain_stream() -> None:
    target = Scripted(refusing(NAMED, {0, 1, 2, 3}), refusing(OUTSIDE, {1, 3}))
    segments = [Segment(SAMPLES, [b"{}"] * 4, [0, 1, 2, 3])]
    refused, counters = settle(target, 0, segments=segments)
    assert refused == []
    assert target.sent == [[0, 1, 2, 3], [0, 1, 2, 3], [1, 3]]
    stream = "metrics-card.gpu-test"
    assert target.streams == [{(stream, True)}, {(stream, False)}, {("metrics-card.gpu_late-test", True)}]
    assert (counters.acknowledged, counters.late) == (4, 2)


def test_a_time_series_stream_is_remembered_and_its_lines_are_never_looked_up() -> None:
    streams = Streams()
    segment = Segment(SAMPLES, [b"{}"] * 2, [0, 1])
    streams.resent(segment, Remedy.UNNAMED)
    target = Scripted(Unanswered("ConnectionTimeout", "", unknown=True), answer(409, 201))
    assert deliver(target, streams=streams).settle([segment], threading.Event()) == Settlement([], [])
    assert target.looked_up == []
    assert target.streams == [{(SAMPLES.stream, False)}] * 2


def test_an_uncertain_sample_that_comes_too_late_is_looked_up_in_the_plain_stream() -> None:
    target = Scripted(refusing(NAMED, {0, 1}), refusing(OUTSIDE, {0, 1}), there=[0])
    settle(target, 0, segments=[Segment(SAMPLES, [b"{}"] * 2, [0, 1], uncertain=True)])
    assert target.sent[-1] == [1]


def test_a_refusal_that_no_remedy_helps_against_does_not_go_round_in_circles() -> None:
    plain = replace(SAMPLES, stream="metrics-card.gpu_late-test")
    unnamed = replace(SAMPLES, named=False)
    for source, error in ((plain, OUTSIDE), (unnamed, NAMED)):
        refused, _ = settle(Scripted(refusing(error, {0})), 0, segments=[Segment(source, [b"{}"], [0])])
        assert refused
        assert refused[0].refusal.status == 400


def test_items_that_a_server_failed_at_are_looked_up_even_where_the_stream_was_empty() -> None:
    target = Scripted(answer(201, 503), there=[0])
    target.empty = {SOURCE.stream}
    settle(target, 0, segments=[Segment(SOURCE, [b"{}"] * 2, [0, 1], uncertain=True)])
    assert target.sent == [[0, 1], [1]]
    assert target.looked_up == [(SOURCE.stream, 1)]

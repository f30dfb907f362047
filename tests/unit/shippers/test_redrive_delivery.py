"""What becomes of lines of the quarantine for each answer, and how often they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shippers.batch import Segment, Source, size
from shippers.bulk import Answered, Found, Rejected, Reply, Unanswered
from shippers.redrive.delivery import RedriveDelivery
from shippers.settings import ShipperSettings

SOURCE = Source("00000000-0123456789abcdef", "metrics-card.gpu-test", "spool/gpu.ndjson")
SETTINGS = ShipperSettings(redrive_tries=3, backoff_first_s=1, backoff_cap_s=4)
NAMED = "_id must be unset or set to [x] but was [y] because [i] is in time_series mode"
LATE = "the document timestamp [x] is outside of ranges of currently writable indices [[a,b]]"


class Server:
    """Answers as it is told; keeps what it was sent."""

    def __init__(self, *replies: Reply, there: Sequence[str] = (), lookups: Sequence[Any] = ()) -> None:
        self.replies, self.there, self.lookups = list(replies), frozenset(there), list(lookups)
        self.sent: list[list[Segment]] = []
        self.asked: list[tuple[str, list[str]]] = []

    def send(self, segments: Sequence[Segment]) -> Reply:
        self.sent.append(list(segments))
        return self.replies.pop(0) if self.replies else answer(*[201] * size(segments))

    def lookup(self, stream: str, ids: Sequence[str]) -> Found | Rejected | Unanswered:
        self.asked.append((stream, list(ids)))
        return self.lookups.pop(0) if self.lookups else Found(self.there & set(ids))


def answer(*statuses: int, reason: str = "why") -> Answered:
    return Answered([{"status": s, "error": {"type": "t", "reason": reason}} for s in statuses])


def lines(count: int) -> list[Segment]:
    return [Segment(SOURCE, [b"{}"], [offset]) for offset in range(0, count * 3, 3)]


def delivered(server: Server, count: int = 4) -> tuple[Any, list[float]]:
    waits: list[float] = []
    delivery = RedriveDelivery(server, SETTINGS, wait=waits.append, draw=lambda: 1.0)
    return delivery.deliver(lines(count)), waits


def numbers(chosen: Sequence[Segment]) -> list[int]:
    return [offset // 3 for segment in chosen for offset in segment.offsets]


def test_each_line_gets_the_verdict_of_its_status() -> None:
    server = Server(answer(201, 409, 400, 429))
    verdicts, waits = delivered(server)
    assert numbers(verdicts.accepted) == [0, 3]
    assert numbers(verdicts.present) == [1]
    assert [each.refusal.status for each in verdicts.refused] == [400]
    assert waits == [1.0]
    assert [size(each) for each in server.sent] == [4, 1]


def test_what_the_stream_has_in_any_backing_index_is_not_sent() -> None:
    server = Server(there=[SOURCE.document_id(3), SOURCE.document_id(9)])
    verdicts, _ = delivered(server)
    assert (numbers(verdicts.present), numbers(verdicts.accepted)) == ([1, 3], [0, 2])
    assert numbers(server.sent[0]) == [0, 2]


def test_lines_of_unknown_fate_are_looked_up_again_before_they_are_sent_again() -> None:
    server = Server(Unanswered("ConnectionTimeout", "slow", unknown=True))
    verdicts, waits = delivered(server)
    assert (len(server.asked), len(server.sent), len(waits)) == (2, 2, 1)
    assert numbers(verdicts.accepted) == [0, 1, 2, 3]


def test_a_body_too_large_is_halved_and_one_line_too_large_is_refused() -> None:
    too_large = Rejected(413, None, "too large")
    server = Server(too_large, too_large, too_large)
    verdicts, waits = delivered(server)
    assert [size(each) for each in server.sent] == [4, 2, 1, 1, 2]
    assert numbers(verdicts.accepted) == [1, 2, 3]
    assert [each.refusal.type for each in verdicts.refused] == ["HTTP 413"]
    assert waits == []


def test_a_server_without_a_verdict_is_given_up_after_some_tries_in_a_row() -> None:
    down = Rejected(503, None, "down")
    server = Server(down, down, answer(201, 429, 429, 429), down, down, down, down)
    verdicts, waits = delivered(server)
    assert numbers(verdicts.accepted) == [0]
    assert numbers(verdicts.unanswered) == [1, 2, 3]
    assert verdicts.trouble == "HTTP 503: down"
    assert len(server.sent) == 5  # an answer that settles something starts the count again
    assert waits == [1.0, 2.0, 1.0, 2.0]


def test_without_the_right_to_look_up_nothing_is_sent() -> None:
    forbidden = Rejected(403, "security_exception", "no read")
    server = Server(lookups=[forbidden] * 3)
    verdicts, _ = delivered(server)
    assert (server.sent, numbers(verdicts.unanswered)) == ([], [0, 1, 2, 3])
    assert verdicts.trouble == "security_exception: no read"


def test_a_time_series_stream_gets_them_without_ids_and_its_sibling_what_is_late() -> None:
    server = Server(answer(400, reason=NAMED), answer(400, reason=LATE))
    verdicts, _ = delivered(server, 1)
    assert numbers(verdicts.accepted) == [0]
    sources = [segment.source for (segment,) in server.sent]
    assert [(each.stream, each.named) for each in sources] == [
        (SOURCE.stream, True),
        (SOURCE.stream, False),
        ("metrics-card.gpu_late-test", True),
    ]
    assert [stream for stream, _ in server.asked] == [SOURCE.stream, "metrics-card.gpu_late-test"]

"""One request through the official client, against a server with faults on order."""

import logging
import socket
from collections.abc import Callable, Iterator

import pytest
from elasticsearch import Elasticsearch

from shippers.batch import Segment, Source
from shippers.bulk import Answered, Found, Rejected, Unanswered
from shippers.sink import Sink
from tests.bulk_proxy import (
    Fault,
    Garbage,
    Memory,
    Nameless,
    Proxy,
    Reset,
    Stall,
    Status,
    Torn,
    running,
)

SOURCE = Source("00000000-0123456789abcdef", "logs-card.request-test", "log/request.ndjson")
LINES = [Segment(SOURCE, [b'{"n":1}', b'{"n":2}'], [0, 8])]

Connect = Callable[[str], Elasticsearch]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with running(Memory()) as server:
        yield server


def test_lines_arrive_byte_for_byte_under_their_ids(proxy: Proxy, connect: Connect) -> None:
    reply = Sink(connect(proxy.url), 10).send(LINES)
    assert isinstance(reply, Answered)
    assert reply.statuses == [201, 201]
    assert proxy.store.documents == {
        (SOURCE.stream, f"{SOURCE.id}-0000000000"): b'{"n":1}',
        (SOURCE.stream, f"{SOURCE.id}-0000000008"): b'{"n":2}',
    }


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            Status(429, "es_rejected_execution_exception"),
            (429, "es_rejected_execution_exception", "on order"),
        ),
        (Status(413, None), (413, None, "<html>from a proxy</html>")),
        (Status(503), (503, "some_exception", "on order")),
        (Status(401, "security_exception"), (401, "security_exception", "on order")),
    ],
)
def test_a_refused_request_is_told_by_its_status(
    proxy: Proxy, connect: Connect, fault: Status, expected: tuple[int, str | None, str]
) -> None:
    proxy.faults.append(fault)
    assert Sink(connect(proxy.url), 10).send(LINES) == Rejected(*expected)
    assert len(proxy.sizes) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Reset(after=True),
        Reset(after=False),
        Garbage(b"not json"),
        Garbage(b"[]"),
        Garbage(b"{}"),
        Garbage(b'{"items":[{"create":{"status":201}}]}'),
        Garbage(b'{"items":[{"create":{}},{"create":{}}]}'),
        Garbage(b'{"items":[1,2]}'),
    ],
)
def test_an_answer_that_says_nothing_leaves_the_fate_unknown(
    proxy: Proxy, connect: Connect, fault: Reset | Garbage
) -> None:
    proxy.faults.append(fault)
    reply = Sink(connect(proxy.url), 10).send(LINES)
    assert isinstance(reply, Unanswered)
    assert reply.unknown


def test_a_timeout_leaves_the_fate_unknown(proxy: Proxy, connect: Connect) -> None:
    import threading

    release = threading.Event()
    proxy.faults.append(Stall(release))
    reply = Sink(connect(proxy.url), 0.2).send(LINES)
    release.set()
    assert isinstance(reply, Unanswered)
    assert (reply.kind, reply.unknown) == ("ConnectionTimeout", True)


def test_a_connection_that_was_never_made_took_nothing(connect: Connect) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        reply = Sink(connect(f"http://127.0.0.1:{held.getsockname()[1]}"), 5).send(LINES)
    assert isinstance(reply, Unanswered)
    assert (reply.kind, reply.unknown) == ("ConnectionError", False)


def test_a_server_that_is_not_elasticsearch_gets_nothing_acknowledged(connect: Connect) -> None:
    from tests import bulk_proxy

    class Other(bulk_proxy.Handler):
        def send_header(self, keyword: str, value: str) -> None:
            if keyword != "x-elastic-product":
                super().send_header(keyword, value)

    with running(Memory()) as proxy:
        proxy.RequestHandlerClass = Other
        reply = Sink(connect(proxy.url), 5).send(LINES)
    assert isinstance(reply, Unanswered)
    assert reply.kind == "UnsupportedProductError"


@pytest.mark.parametrize(
    "fault", [Garbage(b"<html>busy</html>"), Garbage(b'{"hits":[]}'), Torn(), Nameless(), Reset(after=True)]
)
def test_a_node_whose_answers_are_none_is_left_alone(fault: Fault) -> None:
    with running(Memory()) as well, running(Memory()) as ill:
        ill.faults.extend([fault] * 100)
        sink = Sink(Elasticsearch([ill.url, well.url], randomize_nodes_in_pool=False), 5)
        for _ in range(20):
            sink.send(LINES)
    assert len(ill.sizes) == 1
    assert len(well.sizes) == 19


def test_nothing_is_believed_of_a_stream_that_was_refreshed_in_part(proxy: Proxy, connect: Connect) -> None:
    sink = Sink(connect(proxy.url), 5)
    sink.send(LINES)
    proxy.failing_shards = 1
    assert sink.lookup(SOURCE.stream, [SOURCE.document_id(0)]) == Unanswered(
        "PartialRefresh", f"Not all of {SOURCE.stream} can be searched now.", unknown=True
    )
    assert not sink.is_empty("logs-card.other-test")
    proxy.failing_shards = 0
    assert sink.lookup(SOURCE.stream, [SOURCE.document_id(0)]) == Found(frozenset([SOURCE.document_id(0)]))
    assert sink.is_empty("logs-card.other-test")


def test_the_client_logs_no_line_per_request(
    proxy: Proxy, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sink = Sink(connect(proxy.url), 5)
    proxy.faults.append(Reset(after=True))
    sink.send(LINES)
    sink.send(LINES)
    assert not caplog.records

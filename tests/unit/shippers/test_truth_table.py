"""The truth table of docs/specs/delivery.md, row by row, through the whole shipper and real sockets.

Each row is one answer to the first request; from then on the server is well. Rows of the page without a case
here, and cases without a row, fail.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from shippers.pipeline import Pipeline
from shippers.settings import ShipperSettings
from tests.bulk_proxy import (
    Fault,
    Garbage,
    Items,
    Memory,
    Nameless,
    Reset,
    Stall,
    Status,
    Taken,
    Torn,
    running,
)
from tests.servers import free_port

PAGE = Path(__file__).parents[3] / "docs" / "specs" / "delivery.md"
LINES = 8
SETTINGS = ShipperSettings(
    batch_lines=LINES, in_flight=1, poll_s=0.01, backoff_first_s=0.001, backoff_cap_s=0.002, timeout_s=5
)


@dataclass(frozen=True)
class Row:
    """A row of the page: is anything looked up, and where do the lines end."""

    looked_up: bool
    end: str


def rows() -> dict[str, Row]:
    """The rows of the page by their first column."""
    kinds = "item|request|no |TLS|timeout|reset|reply"
    line = rf"^\| ((?:{kinds}).*?) \| .* \| (yes|no) \| (.*?) \|$"
    cells = re.findall(line, PAGE.read_text("utf-8"), re.MULTILINE)
    return {answer.replace("`", ""): Row(looked_up == "yes", end) for answer, looked_up, end in cells}


NEVER = threading.Event()
CASES: dict[str, Fault | None] = {
    "item 200": Taken((("status", 200),)),
    "item 201": None,
    "item 201, failure_store: used": Taken((("failure_store", "used"),)),
    "item 409": Taken((("status", 409),)),
    **{f"item {code}": Items(code) for code in (429, 401, 403, 500, 503, 400, 404, 406, 413)},
    "request 413": None,  # as long as one certain line is in the request
    "request 400, Elasticsearch's own words": None,  # the same
    "request 400, other words": Status(400, None),
    "request 429": Status(429, "es_rejected_execution_exception"),
    "request 401": Status(401, "security_exception"),
    "request 403": Status(403, "security_exception"),
    "request 404": Status(404, None),
    "request 406": Status(406, "media_type_header_exception"),
    "request 301": Status(301, None),
    **{f"request {code}": Status(code, None) for code in (500, 502, 503, 504)},
    "no connection": None,
    "TLS failure": None,
    "timeout, lines not taken": Stall(NEVER, taken=False),
    "timeout, lines taken": Stall(NEVER),
    "reset, lines not taken": Reset(after=False),
    "reset, lines taken": Reset(after=True),
    "reply cut short": Torn(),
    "reply that is not JSON": Garbage(b"<html>busy</html>"),
    "reply that is not one of _bulk": Garbage(b'{"hits":[]}'),
    "reply without X-Elastic-Product": Nameless(),
}
ELSEWHERE = {"no connection", "TLS failure"}
POISON = {
    "request 413": Status(413, None),
    "request 400, Elasticsearch's own words": Status(400, "x_exception"),
}
UNSEEN = {
    "timeout, lines taken", "reset, lines taken", "reply cut short", "reply that is not JSON",
    "reply that is not one of _bulk", "reply without X-Elastic-Product",
}  # fmt: skip
"""The server took the lines, and the shipper did not learn of it."""


@pytest.fixture(autouse=True)
def _written(home: Path) -> None:
    (home / "log").mkdir(parents=True)
    lines = (b'{"@timestamp":"2026-11-23T03:12:45Z","n":%d}\n' % n for n in range(LINES))
    (home / "log" / "request.ndjson").write_bytes(b"".join(lines))


@pytest.fixture
def make(home: Path) -> Iterator[Callable[[str, float], Pipeline]]:
    made: list[Pipeline] = []

    def pipeline(url: str, timeout_s: float = 5) -> Pipeline:
        settings = SETTINGS.model_copy(update={"timeout_s": timeout_s})
        options = {"verify_certs": False, "ssl_show_warn": False} if url.startswith("https") else {}
        made.append(Pipeline(settings, home=home, namespace="test", client=Elasticsearch(url, **options)))
        return made[-1]

    yield pipeline
    for each in made:
        each.close()


def quarantined(home: Path) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in (home / "quarantine").glob("*.ndjson"))


def test_the_page_and_the_cases_have_the_same_rows() -> None:
    assert rows().keys() == CASES.keys()


@pytest.mark.parametrize("answer", [name for name in CASES if name not in ELSEWHERE])
def test_row(answer: str, home: Path, make: Callable[[str, float], Pipeline]) -> None:
    row, store, fault = rows()[answer], Memory(), CASES[answer]
    with running(store) as proxy:
        timeout_s = 0.3 if isinstance(fault, Stall) else 5
        if answer in POISON:
            proxy.poison, proxy.poison_status = b'"n":5}', POISON[answer]
        proxy.faults.append(fault)
        pipeline = make(proxy.url, timeout_s)
        assert pipeline.drain() == LINES
        counters = pipeline.counters
        assert bool(proxy.lookups) == row.looked_up
    refused = {"document": 0, "quarantine": LINES // 2, "poison in quarantine": 1}[row.end]
    assert (len(store.documents), quarantined(home)) == (LINES - refused, refused)
    assert counters.read == counters.acknowledged + counters.quarantined.total() == LINES
    assert counters.failure_store == (LINES if "failure_store" in answer else 0)
    assert counters.duplicates == (LINES if answer in UNSEEN | {"item 409"} else 0)


def test_no_connection(make: Callable[[str, float], Pipeline]) -> None:
    port, store = free_port(), Memory()
    pipeline = make(f"http://127.0.0.1:{port}", 5)
    done = threading.Thread(target=pipeline.drain)
    done.start()
    with running(store, port) as proxy:
        done.join(30)
        assert proxy.lookups == []
    assert len(store.documents) == LINES
    assert rows()["no connection"] == Row(False, "document")


def test_tls_failure(home: Path, make: Callable[[str, float], Pipeline]) -> None:
    store, stop = Memory(), threading.Event()
    with running(store) as proxy:
        stop.set()
        pipeline = make(proxy.url.replace("http:", "https:"), 5)
        assert pipeline.drain(stop) == 0
        assert pipeline.counters.errors
        assert (len(store.documents), quarantined(home)) == (0, 0)
        pipeline.close()
        assert make(proxy.url, 5).drain() == LINES
    assert rows()["TLS failure"].end == "document"


def test_retry_after_is_honoured(make: Callable[[str, float], Pipeline]) -> None:
    store = Memory()
    with running(store) as proxy:
        proxy.faults.append(Status(429, "busy", (("retry-after", "1"),)))
        pipeline = make(proxy.url, 5)
        waits: list[float] = []
        wait = pipeline._abort.wait

        def note(timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return wait(timeout)

        pipeline._abort.wait = note  # type: ignore[method-assign]  # the seam where time passes
        assert pipeline.drain() == LINES
    assert 0.9 < max(waits) <= 1

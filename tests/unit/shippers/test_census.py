"""What the audit asks, of a server that lacks rights or has what no server of the tests can do."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from elasticsearch import ApiError, Elasticsearch

from shippers.audit.home import NO_REFRESH, Audit
from shippers.census import Census
from shippers.settings import ShipperSettings
from tests.stand_in import Connection, StandIn, serving

STREAM = "logs-card.request-test"
FORBIDDEN = 403, {"error": {"type": "security_exception", "reason": "no maintenance"}, "status": 403}

Route = Callable[[dict[str, Any]], tuple[int, Any]]


class Server(StandIn):
    """Answers by the end of the path; `asked` are the paths."""

    def __init__(self, routes: dict[str, Route]) -> None:
        self.routes, self.asked = routes, list[str]()
        super().__init__(Handler)


class Handler(Connection):
    server: Server

    def take(self) -> None:
        """Answers as the route says."""
        body = json.loads(self.body() or b"{}")
        path = unquote(self.path.partition("?")[0])
        self.server.asked.append(path)
        name = next(name for name in self.server.routes if path.endswith(name))
        status, answer = self.server.routes[name](body)
        self.answer(status, json.dumps(answer).encode())


@contextlib.contextmanager
def census(routes: dict[str, Route]) -> Iterator[tuple[Census, Server]]:
    with serving(Server(routes)) as server, Elasticsearch(server.url, max_retries=0) as client:
        yield Census(client), server


def settings(interval: str | None) -> Route:
    found = {"index.refresh_interval": interval} if interval else {}
    return lambda _: (200, {".ds-1": {"settings": found}})


@pytest.mark.parametrize(
    ("interval", "seconds"), [("30s", 30.0), ("1m", 60.0), ("200ms", 0.2), ("-1", 1.0), (None, 1.0)]
)
def test_without_the_right_to_refresh_the_interval_is_waited_for(
    tmp_path: Path, interval: str | None, seconds: float
) -> None:
    routes: dict[str, Route] = {"_refresh": lambda _: FORBIDDEN, "_settings": settings(interval)}
    with census(routes) as (asked, _):
        assert not asked.refresh(STREAM)
        assert asked.refresh_interval_s(STREAM) == seconds
        waits: list[float] = []
        audit = Audit(tmp_path, asked, ShipperSettings(), wait=waits.append, clock=lambda: 0.0)
        audit._refresh({STREAM})
        assert waits == [seconds]
        assert audit.run().notes == (NO_REFRESH,)


def test_a_right_that_is_missing_altogether_is_an_error() -> None:
    with census({"_count": lambda _: FORBIDDEN}) as (asked, _), pytest.raises(ApiError):
        asked.are_there_once(STREAM, ["a"])


def test_documents_in_the_failure_store_are_found_by_the_id_they_were_sent_with() -> None:
    def failures(body: dict[str, Any]) -> tuple[int, Any]:
        chosen = [each for each in body["query"]["terms"]["document.id"] if each != "c"]
        hits = [{"_id": "own", "_index": ".fs-1", "_source": {"document": {"id": each}}} for each in chosen]
        return 200, {"hits": {"hits": hits}}

    with census({f"{STREAM}::failures/_search": failures}) as (asked, server):
        assert asked.in_failure_store(STREAM, ["a", "b", "c"]) == {"a", "b"}
        assert server.asked == [f"/{STREAM}::failures/_search"]


def test_documents_in_the_failure_store_are_found_by_the_identity_of_a_file_that_is_gone() -> None:
    def failures(body: dict[str, Any]) -> tuple[int, Any]:
        beginning = body["query"]["prefix"]["document.id"]
        hits = [{"_id": "own", "_source": {"document": {"id": f"{beginning}0000000000"}}}]
        return 200, {"hits": {"hits": hits}}

    with census({f"{STREAM}::failures/_search": failures}) as (asked, _):
        assert asked.failures_of(STREAM, "a-b-") == {"a-b-0000000000"}


def test_a_server_without_failure_stores_has_nothing_in_one() -> None:
    error = 400, {"error": {"type": "invalid_index_name_exception", "reason": "no ::"}, "status": 400}
    with census({"_search": lambda _: error}) as (asked, _):
        assert asked.in_failure_store(STREAM, ["a"]) == set()


def test_a_count_is_believed_only_where_all_ids_are_in_one_backing_index() -> None:
    held = {".ds-1": {"a", "b"}, ".ds-2": {"b", "c"}}

    def resolve(_: dict[str, Any]) -> tuple[int, Any]:
        return 200, {"data_streams": [{"name": STREAM, "backing_indices": list(held)}]}

    def counted(*names: str) -> Route:
        def count(body: dict[str, Any]) -> tuple[int, Any]:
            ids = set(body["query"]["ids"]["values"])
            return 200, {"count": sum(len(held[name] & ids) for name in names)}

        return count

    routes: dict[str, Route] = {
        f"_resolve/index/{STREAM}": resolve,
        f"{STREAM}/_count": counted(*held),
        ".ds-1/_count": counted(".ds-1"),
        ".ds-2/_count": counted(".ds-2"),
    }
    with census(routes) as (asked, _):
        assert not asked.are_there_once(STREAM, ["a", "b", "missing"])  # three documents, but not these
        assert asked.are_there_once(STREAM, ["c"])
        assert not asked.are_there_once(STREAM, ["a", "c"])  # over two indices: looked at one by one
        assert asked.are_there_once(STREAM, [])

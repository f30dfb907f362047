"""Fixtures that every test may ask for; servers start only when a test wants them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from hypothesis import settings

from tests.servers import Server, ServerUnavailable, running_elasticsearch, running_node

settings.register_profile("same", derandomize=True)  # a change is judged by what it changes, not by luck
settings.load_profile("same")


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[Server]:
    """The real Elasticsearch, one per run. Without a JDK the test skips, unless REQUIRE_ELASTICSEARCH=1."""
    try:
        with running_elasticsearch() as server:
            yield server
    except ServerUnavailable as error:
        if os.environ.get("REQUIRE_ELASTICSEARCH") == "1":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The embedded node, one per run."""
    with running_node(tmp_path_factory.mktemp("node")) as server:
        yield server


@pytest.fixture(params=["node", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def server(request: pytest.FixtureRequest) -> str:
    """The base URL of each server in turn: the same test must pass on both."""
    running: Server = request.getfixturevalue(request.param)
    return running.url


@pytest.fixture
def connect() -> Iterator[Callable[[str], Elasticsearch]]:
    """Makes official clients that never retry, and closes them after the test."""
    clients: list[Elasticsearch] = []

    def connect_to(url: str) -> Elasticsearch:
        clients.append(Elasticsearch(url, max_retries=0, retry_on_timeout=False, request_timeout=60))
        return clients[-1]

    yield connect_to
    for client in clients:
        client.close()


@pytest.fixture
def client(server: str, connect: Callable[[str], Elasticsearch]) -> Elasticsearch:
    """The official client, connected to each server in turn."""
    return connect(server)


@pytest.fixture
def unique() -> str:
    """A word of small letters and digits that no other test uses, for names of indices and templates."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder for the state of processes."""
    return tmp_path / "home"

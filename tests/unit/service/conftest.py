from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.service.api import Parts, create_app
from app.service.ecs import EcsFormatter, ServiceIdentity
from app.service.engine import Engine
from app.service.logs import REQUESTS
from app.service.metrics import Metrics
from app.service.settings import ServiceSettings
from tests.unit.service.fake_detector import FakeDetector

FORMATTER = EcsFormatter("card.request", ServiceIdentity("cardwatch-serve", "1", "testing", "here:1"), "here")


class Events(logging.Handler):
    """The request events as the documents that the log would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.documents: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.documents.append(FORMATTER.format_to_ecs(record))

    @property
    def actions(self) -> list[str]:
        return [document["event"]["action"] for document in self.documents]

    @property
    def last(self) -> dict[str, Any]:
        return self.documents[-1]


@pytest.fixture
def told() -> Iterator[Events]:
    logger, handler = logging.getLogger(REQUESTS), Events()
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)
    logger.propagate = propagate


@pytest.fixture
def detector() -> FakeDetector:
    return FakeDetector()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def wait_until(done: Callable[[], bool], deadline_s: float = 10.0) -> None:
    until = time.monotonic() + deadline_s
    while not done():
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.fixture
def engine() -> Engine:
    return Engine(0.0, on_ready=lambda model: None, on_failure=lambda error: None)


@pytest.fixture
def unready(engine: Engine, metrics: Metrics, told: Events) -> FlaskClient:
    """A client of the service before its model is loaded."""
    settings = ServiceSettings(max_body_bytes=4096, queue_timeout_s=0.01)
    return create_app(Parts(settings, engine, metrics, "1.2.3", time.monotonic())).test_client()


@pytest.fixture
def client(unready: FlaskClient, engine: Engine, detector: FakeDetector) -> FlaskClient:
    """A client of the service on the fake detector."""
    engine.start(lambda: detector)
    wait_until(lambda: engine.ready)
    return unready

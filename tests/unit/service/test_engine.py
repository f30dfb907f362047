from __future__ import annotations

import threading

import pytest

from app.detection.errors import ModelError
from app.service.engine import Engine
from app.service.errors import NotReady
from app.service.health import Models
from tests.unit.service.conftest import wait_until
from tests.unit.service.fake_detector import FakeDetector


class Heard:
    """What the engine reported."""

    def __init__(self) -> None:
        self.ready: list[Models] = []
        self.failed: list[Exception] = []
        self.engine = Engine(0.0, self.ready.append, self.failed.append)


def test_it_is_ready_only_after_the_warm_up() -> None:
    heard, detector = Heard(), FakeDetector(warm=threading.Event())
    engine = heard.engine
    engine.start(lambda: detector)

    with pytest.raises(NotReady):
        engine.detector(0.02)
    assert (engine.ready, engine.models, engine.inference_ok()) == (False, None, False)
    assert detector.warm is not None
    detector.warm.set()
    assert engine.detector(10) is detector
    assert (engine.ready, engine.models, engine.inference_ok()) == (True, detector, True)
    assert heard.ready == [detector]


def test_a_model_that_cannot_be_loaded_is_reported() -> None:
    heard = Heard()
    error = ModelError("There is no such file.")

    def build() -> FakeDetector:
        raise error

    heard.engine.start(build)
    wait_until(lambda: heard.failed == [error])
    assert not heard.engine.ready

"""A detector for the tests of the routes: real errors and types, no model."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

import numpy as np

from app.detection.detector import Card, Detection
from app.detection.errors import NotAnImage
from app.detection.images import ImageFacts


@dataclass(slots=True)
class FakeModel:
    name: str = "fake"
    version: str = "9f86d081884c"
    provider: str = "CPUExecutionProvider"
    requested_provider: str = "auto"
    fallback: bool = False
    types: tuple[str, ...] = ("id_card", "passport")


@dataclass(slots=True)
class FakeDetector:
    """Finds one id_card on whatever starts with `photo`; raises what the test put into `error`."""

    model: FakeModel = field(default_factory=FakeModel)
    classifier: FakeModel | None = None
    error: Exception | None = None
    test_error: Exception | None = None
    tests: int = 0
    warm: Event | None = None
    seen: list[tuple[bytes, float | None]] = field(default_factory=list)

    def inspect(self, body: bytes) -> ImageFacts:
        if not body.startswith(b"photo"):
            raise NotAnImage("These bytes are no photograph.")
        return ImageFacts(640, 480, "jpeg", 6)

    def detect(self, body: bytes, facts: ImageFacts, min_score: float | None = None) -> Detection:
        self.seen.append((body, min_score))
        if self.error is not None:
            raise self.error
        quad = np.array([[10, 20], [300.1234, 20], [300, 200], [10, 200]], np.float32)
        timings = {"decode": 1.5, "preprocess": 0.25, "infer": 10.0, "queue": 0.0, "postprocess": 0.125}
        return Detection((Card("id_card", 0.97654, quad),), facts, timings)  # type: ignore[arg-type]

    def self_test(self) -> None:
        if self.warm is not None:
            assert self.warm.wait(10)
        self.tests += 1
        if self.test_error is not None:
            raise self.test_error

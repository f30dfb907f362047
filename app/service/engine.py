"""The detector of one worker: built and warmed in the background, then handed to every request."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from app.service.errors import NotReady
from app.service.health import Models, SelfTest

if TYPE_CHECKING:  # ONNX Runtime, which they bring along, must not be loaded before the fork
    from app.detection.detector import Detection
    from app.detection.images import ImageFacts

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 2.0


class Detector(Models, Protocol):
    """What the service asks of a detector; app.detection.detector.Detector is one."""

    def inspect(self, body: bytes) -> ImageFacts: ...
    def detect(self, body: bytes, facts: ImageFacts, min_score: float | None = None) -> Detection: ...
    def self_test(self) -> None: ...


class Engine:
    """Holds the detector once it is ready.

    Args:
        fresh_s: how long a health inference counts.
        on_ready: called with the models when they are loaded and warm.
        on_failure: called with the error when it cannot be.
    """

    def __init__(
        self,
        fresh_s: float,
        on_ready: Callable[[Models], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._fresh_s = fresh_s
        self._on_ready = on_ready
        self._on_failure = on_failure
        self._ready = threading.Event()
        self._detector: Detector | None = None
        self._test: SelfTest | None = None

    def start(self, build: Callable[[], Detector]) -> None:
        """Loads the model in a thread of its own, so that /livez and /readyz answer meanwhile."""
        threading.Thread(target=self._load, args=(build,), name="model-loader", daemon=True).start()

    def _load(self, build: Callable[[], Detector]) -> None:
        try:
            detector = build()
            detector.self_test()  # warms it up
            self._on_ready(detector)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no model
            self._on_failure(error)
            return
        self._detector = detector
        self._test = SelfTest(detector.self_test, self._fresh_s, time.monotonic)
        self._ready.set()

    def detector(self, timeout_s: float) -> Detector:
        """The detector, as soon as it is ready.

        Raises:
            NotReady: not within `timeout_s` seconds.
        """
        if not self._ready.wait(timeout_s) or self._detector is None:
            raise NotReady("The model is still loading: try again in a moment.")
        return self._detector

    @property
    def ready(self) -> bool:
        """Whether the model is loaded and warm."""
        return self._ready.is_set()

    @property
    def models(self) -> Models | None:
        """The models, once they are ready."""
        return self._detector if self.ready else None

    def inference_ok(self) -> bool:
        """Whether a real inference works, at most a few seconds ago."""
        return self._test is not None and self._test.ok()

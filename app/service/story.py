"""One request as it happens: writes its events and counts it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.service import events
from app.service.ecs import FIELDS_ATTRIBUTE, error_type
from app.service.logs import REQUESTS
from app.service.metrics import Metrics

if TYPE_CHECKING:  # ONNX Runtime, which it brings along, must not be loaded before the fork
    from app.detection.detector import Detection

logger = logging.getLogger(REQUESTS)


class Story:
    """The events of one request to /v1/detect, from its start to its answer.

    Args:
        incoming: what is known at the start.
        models: the models, once there are any.
        metrics: counts what the events tell.
        clock_ns: nanoseconds that only grow.
    """

    def __init__(
        self,
        incoming: events.Incoming,
        models: events.ModelsFacts | None,
        metrics: Metrics,
        clock_ns: Callable[[], int],
    ) -> None:
        self.photograph = events.Photograph()
        self._request = incoming.fields()
        self._joint: events.Fields = {"http.request.id": incoming.request_id}
        self._numbered = events.Numbered(incoming.request_id)
        self._models = events.models(models) if models is not None else {}
        self._metrics = metrics
        self._clock_ns = clock_ns
        self._started_ns = clock_ns()
        self._write("A request has come.", {**self._request, **events.request_start()})

    def body_read(self, size_bytes: int) -> None:
        """The whole body has come."""
        self._request["http.request.body.bytes"] = size_bytes

    def image_found(self, image: bytes) -> None:
        """The photograph has been taken out of the body."""
        self.photograph.size_bytes = len(image)
        self.photograph.sha256 = hashlib.sha256(image).hexdigest()
        self._metrics.image(len(image))

    def succeeded(self, status: int, detection: Detection) -> None:
        """The detector has answered."""
        for card in detection.cards:
            self._write(
                f"A card: {card.type}.", {**self._joint, **self._models, **events.detection_result(card)}
            )
        duration_ns = self._clock_ns() - self._started_ns
        count = len(detection.cards)
        self._write(
            f"{count} {'card' if count == 1 else 'cards'} in {duration_ns / 1e6:.0f} ms.",
            self._end(events.request_success(status, duration_ns, detection)),
        )
        self._metrics.detection(detection)

    def failed(self, status: int, code: str, detail: str, error: BaseException) -> None:
        """The request is answered with a problem; the stack trace is written for what is our fault."""
        duration_ns = self._clock_ns() - self._started_ns
        ours = status >= 500 and code not in ("model_busy", "not_ready")
        failure = events.request_failure(status, duration_ns, code, error_type(error), str(error) or detail)
        self._write(
            f"{code}: {detail}",
            self._end(failure),
            level=logging.ERROR if ours else logging.INFO,
            error=error if ours else None,
        )

    def _end(self, fields: events.Fields) -> events.Fields:
        """The last event tells all that is known by then."""
        return {**self._request, **self._models, **self.photograph.fields(), **fields}

    def _write(
        self,
        sentence: str,
        fields: events.Fields,
        *,
        level: int = logging.INFO,
        error: BaseException | None = None,
    ) -> None:
        fields.update(self._numbered.fields())
        logger.log(level, sentence, exc_info=error, extra={FIELDS_ATTRIBUTE: fields})

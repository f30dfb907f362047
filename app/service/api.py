"""The routes, and problem+json for whatever goes wrong on them."""

from __future__ import annotations

import logging
import math
import os
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from app.detection.errors import DetectionError, ModelBusy
from app.service import events, health, ids, logs, problems, uploads
from app.service.ecs import current_request
from app.service.engine import RETRY_AFTER_S, Engine
from app.service.errors import NotReady, RequestRefused
from app.service.metrics import CONTENT_TYPE, Metrics
from app.service.settings import ServiceSettings
from app.service.story import Story

if TYPE_CHECKING:  # ONNX Runtime, which they bring along, must not be loaded before the fork
    from app.detection.detector import Card, Detection

logger = logging.getLogger(__name__)

REQUEST_ID = "X-Request-ID"
DETECT = "/v1/detect"
ROUTES = {
    f"POST {DETECT}": "Finds the cards on a photograph: multipart field `image`, an image/* body, or JSON.",
    "GET /health": "A real inference, the models, their provider, the log; 503 when requests would fail.",
    "GET /livez": "The process answers.",
    "GET /readyz": "The model is loaded and warm.",
    "GET /metrics": "Numbers for Prometheus.",
    "GET /": "This list.",
}
PATHS = frozenset(route.split()[1] for route in ROUTES)

_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes work with.

    Attributes:
        settings: of the service.
        engine: has the detector.
        metrics: of this worker.
        version: of Cardwatch.
        started_s: when this worker started, on the monotonic clock.
    """

    settings: ServiceSettings
    engine: Engine
    metrics: Metrics
    version: str
    started_s: float


def create_app(parts: Parts) -> Flask:
    """The WSGI application of one worker."""
    app = Flask(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    routes = Routes(parts)
    app.add_url_rule(DETECT, view_func=routes.detect, methods=["POST"])
    for path, view in {
        "/": routes.index,
        "/health": routes.health,
        "/livez": routes.livez,
        "/readyz": routes.readyz,
        "/metrics": routes.metrics,
    }.items():
        app.add_url_rule(path, view_func=view)
    frame = Frame(parts)
    app.before_request(frame.begin)
    app.after_request(frame.finish)
    app.teardown_request(frame.end)
    app.register_error_handler(Exception, frame.problem)
    return app


class Routes:
    """One method for each route."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def detect(self) -> Response:
        """A photograph in, its cards out."""
        story: Story = g.story
        min_score = uploads.min_score(request.args.get("min_score"))
        image = self._image(story)
        detector = self._parts.engine.detector(self._parts.settings.queue_timeout_s)
        story.photograph.facts = facts = detector.inspect(image)
        detection = detector.detect(image, facts, min_score)
        self._count_provider(detector)
        story.succeeded(HTTPStatus.OK, detection)
        return _json(detected(g.request_id, detector, detection))

    def _image(self, story: Story) -> bytes:
        uploads.check_media_type(request.mimetype)
        body = uploads.read_body(
            get_input_stream(request.environ),  # Flask's own would hide how a connection ended
            request.content_length,
            max_bytes=self._parts.settings.max_body_bytes,
            timeout_s=self._parts.settings.body_timeout_s,
            clock=time.monotonic,
            connection=request.environ.get("gunicorn.socket"),
        )
        story.body_read(len(body))
        image = uploads.photograph(body, request.mimetype, request.mimetype_params)
        story.image_found(image)
        return image

    def _count_provider(self, models: health.Models) -> None:
        """CUDA may be lost while the service runs: what the sessions say now goes to the metrics."""
        model = models.model
        self._parts.metrics.provider(model.provider, model.requested_provider, health.fallback(models))

    def health(self) -> Response:
        """200 where requests are served, else 503."""
        parts = self._parts
        inference_ok = parts.engine.inference_ok()
        if (models := parts.engine.models) is not None:
            self._count_provider(models)
        body = health.report(
            models,
            inference_ok,
            health.log_state(logs.files(), parts.metrics.dropped_lines()),
            version=parts.version,
            uptime_s=time.monotonic() - parts.started_s,
        )
        failing = body["status"] == "failing"
        return _json(body, HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK)

    def livez(self) -> Response:
        return _json({"status": "ok"})

    def readyz(self) -> Response:
        if self._parts.engine.ready:
            return _json({"status": "ok"})
        return _json({"status": "failing", "failing": ["model_loaded"]}, HTTPStatus.SERVICE_UNAVAILABLE)

    def metrics(self) -> Response:
        return Response(self._parts.metrics.render(), content_type=CONTENT_TYPE)

    def index(self) -> Response:
        return _json({"name": "Cardwatch", "version": self._parts.version, "routes": ROUTES})


class Frame:
    """What happens around every route: the request's id, its events, its numbers, its problems."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def begin(self) -> None:
        g.started_ns = time.perf_counter_ns()
        g.request_id = ids.accepted(request.headers.get(REQUEST_ID)) or ids.uuid7(
            time.time_ns() // 1_000_000, os.urandom(ids.RANDOM_BYTES)
        )
        g.current = current_request.set(g.request_id)
        self._parts.metrics.active.inc()
        if request.path == DETECT:
            g.story = Story(
                incoming(g.request_id), self._parts.engine.models, self._parts.metrics, time.perf_counter_ns
            )

    def finish(self, response: Response) -> Response:
        response.headers[REQUEST_ID] = g.request_id
        response.headers["Cache-Control"] = "no-store"
        rule = request.path if request.path in PATHS else "unmatched"
        method = request.method if request.method in _METHODS else "other"
        duration_s = (time.perf_counter_ns() - g.started_ns) / 1e9
        self._parts.metrics.answered(rule, method, response.status_code, duration_s)
        return response

    def end(self, _error: BaseException | None) -> None:
        self._parts.metrics.active.dec()
        current_request.reset(g.current)

    def problem(self, error: Exception) -> Response:
        """Whatever went wrong as problem+json; without internals where it is our fault."""
        code = code_of(error)
        status = problems.PROBLEMS[code].status
        detail = detail_of(error, code)
        self._parts.metrics.problem(code)
        if (story := g.get("story")) is not None:
            story.failed(status, code, detail, error)
        elif status == HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.error("%s: %s", code, detail, exc_info=error, extra={"error.code": code})
        response = _json(problems.body(code, detail, g.request_id), status, problems.MIME_TYPE)
        if (wait_s := retry_after_s(error)) is not None:
            response.headers["Retry-After"] = str(wait_s)
        if isinstance(error, HTTPException) and (allowed := getattr(error, "valid_methods", None)):
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response


def incoming(request_id: str) -> events.Incoming:
    """What the current request tells before its body is read."""
    return events.Incoming(
        request_id=request_id,
        method=request.method,
        path=request.path,
        mime_type=request.mimetype,
        source_ip=request.remote_addr,
        user_agent=request.headers.get("User-Agent", ""),
        body_bytes=request.content_length,
    )


def code_of(error: Exception) -> str:
    """The stable code of a failure."""
    if isinstance(error, RequestRefused | DetectionError):
        return error.code if error.code in problems.PROBLEMS else "internal_error"
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return _CODES.get(error.code, "bad_request")
    return "internal_error"


def detail_of(error: Exception, code: str) -> str:
    """One sentence for the client: the error's own where it is meant for one."""
    told = isinstance(error, RequestRefused | DetectionError) and problems.PROBLEMS[code].status != 500
    return str(error) if told and str(error) else problems.PROBLEMS[code].meaning


def retry_after_s(error: Exception) -> int | None:
    """When it is worth another try, in whole seconds."""
    if isinstance(error, ModelBusy):
        return max(1, math.ceil(error.retry_after_s))
    return math.ceil(RETRY_AFTER_S) if isinstance(error, NotReady) else None


def detected(request_id: str, models: health.Models, detection: Detection) -> dict[str, Any]:
    """The body of a successful answer; without a classifier it names none."""
    timings = events.stages_ms(detection.timings_ms)
    return {
        "request_id": request_id,
        "model": _model(models.model),
        **({"classifier": _model(models.classifier)} if models.classifier is not None else {}),
        "image": {
            "width": detection.facts.width,
            "height": detection.facts.height,
            "format": detection.facts.format,
        },
        "cards": [_card(card) for card in detection.cards],
        "timings_ms": timings,
    }


def _model(model: health.Model) -> dict[str, str]:
    return {"name": model.name, "version": model.version, "provider": model.provider}


def _card(card: Card) -> dict[str, Any]:
    return {
        "type": card.type,
        "score": round(card.score, 4),
        "box": [round(float(side), 2) for side in card.box],
        "quad": [[round(float(x), 2), round(float(y), 2)] for x, y in card.quad],
    }


def _json(body: object, status: int = HTTPStatus.OK, mime_type: str = "application/json") -> Response:
    return Response(orjson.dumps(body), status=status, content_type=mime_type)

"""What happened to a request -> ECS fields. Pure: the caller has the clock and the logger.

A request is told as `request_start`, one `detection_result` for each card, and `request_success` or
`request_failure`, all joined by http.request.id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # ONNX Runtime, which they bring along, must not be loaded before the fork
    from app.detection.detector import Card, Detection, Stage
    from app.detection.images import ImageFacts

Fields = dict[str, object]
Action = Literal["request_start", "detection_result", "request_success", "request_failure"]

STAGES: tuple[Stage, ...] = ("decode", "preprocess", "queue", "infer", "postprocess")
USER_AGENT_CHARS = 256
MIME_TYPE_CHARS = 100


class ModelFacts(Protocol):
    """What the events say of a model."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def provider(self) -> str: ...


class ModelsFacts(Protocol):
    """What the events say of the models."""

    @property
    def model(self) -> ModelFacts: ...
    @property
    def classifier(self) -> ModelFacts | None: ...


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is known of a request before its body is read; no query string, no file name."""

    request_id: str
    method: str
    path: str
    mime_type: str
    source_ip: str | None
    user_agent: str
    body_bytes: int | None

    def fields(self) -> Fields:
        return {
            "http.request.id": self.request_id,
            "http.request.method": self.method,
            "http.request.mime_type": self.mime_type[:MIME_TYPE_CHARS] or None,
            "http.request.body.bytes": self.body_bytes,
            "url.path": self.path,
            "source.ip": self.source_ip,
            "user_agent.original": self.user_agent[:USER_AGENT_CHARS] or None,
        }


@dataclass(slots=True)
class Photograph:
    """What has been learnt of the photograph so far; a failure tells as much as is known."""

    size_bytes: int | None = None
    sha256: str | None = None
    facts: ImageFacts | None = None

    def fields(self) -> Fields:
        facts = self.facts
        return {
            "card.image.bytes": self.size_bytes,
            "card.image.sha256": self.sha256,
            "card.image.width": facts and facts.width,
            "card.image.height": facts and facts.height,
            "card.image.format": facts and facts.format,
        }


@dataclass(slots=True)
class Numbered:
    """Gives the events of one request their ids: `<request id>.<number>`."""

    request_id: str
    last: int = field(default=0)

    def fields(self) -> Fields:
        self.last += 1
        return {"event.id": f"{self.request_id}.{self.last}"}


def request_start() -> Fields:
    """A request has come."""
    return _event("request_start", ["access"], "unknown")


def request_success(status: int, duration_ns: int, detection: Detection) -> Fields:
    """The request was answered with what was found."""
    return {
        **_event("request_success", ["access"], "success"),
        "http.response.status_code": status,
        "event.duration": duration_ns,
        "card.count": len(detection.cards),
        "card.type": types(detection.cards),
        "card.batch.size": detection.batch_size,
        **{f"card.stage.{stage}.ms": value for stage, value in stages_ms(detection.timings_ms).items()},
    }


def request_failure(status: int, duration_ns: int, code: str, error_type: str, message: str) -> Fields:
    """The request was answered with a problem."""
    return {
        **_event("request_failure", ["access", "error"], "failure"),
        "http.response.status_code": status,
        "event.duration": duration_ns,
        "error.code": code,
        "error.type": error_type,
        "error.message": message,
    }


def detection_result(card: Card) -> Fields:
    """A card was found."""
    return {
        **_event("detection_result", ["info"], "success"),
        "card.type": card.type,
        "card.score": round(card.score, 4),
        "card.quad": [round(float(number), 2) for number in card.quad.ravel()],
    }


def models(facts: ModelsFacts) -> Fields:
    """The model that did it, and the classifier where there is one."""
    return {
        "card.model.name": facts.model.name,
        "card.model.version": facts.model.version,
        "card.model.provider": facts.model.provider,
        **(_classifier(facts.classifier) if facts.classifier is not None else {}),
    }


def _classifier(facts: ModelFacts) -> Fields:
    return {
        "card.classifier.name": facts.name,
        "card.classifier.version": facts.version,
        "card.classifier.provider": facts.provider,
    }


def _event(action: Action, kinds: list[str], outcome: str) -> Fields:
    return {
        "event.action": action,
        "event.category": ["web"],
        "event.type": kinds,
        "event.outcome": outcome,
    }


def types(cards: Iterable[Card]) -> Sequence[str]:
    """The types found, each once, in the order of their best card."""
    return list(dict.fromkeys(card.type for card in cards))


def stages_ms(timings_ms: Mapping[Stage, float]) -> dict[Stage, float]:
    """Milliseconds of each stage, rounded to a microsecond, in the order of the work."""
    return {stage: round(timings_ms[stage], 3) for stage in STAGES if stage in timings_ms}

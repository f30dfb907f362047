"""The fields that a log line may carry, with their types: what elastic/fields.yml says of the log streams.

The packages meet in that file only; tests/unit/service/test_fields.py compares it with this table. A field
that does not stand here is left out of the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["keyword", "text", "date", "long", "double", "boolean", "ip"]

ECS_VERSION = "9.2.0"

FIELDS: Mapping[str, Kind] = {
    "@timestamp": "date",
    "ecs.version": "keyword",
    "message": "text",
    "event.kind": "keyword",
    "event.category": "keyword",
    "event.type": "keyword",
    "event.action": "keyword",
    "event.outcome": "keyword",
    "event.duration": "long",
    "event.dataset": "keyword",
    "event.id": "keyword",
    "http.request.id": "keyword",
    "http.request.method": "keyword",
    "http.request.mime_type": "keyword",
    "http.request.body.bytes": "long",
    "http.response.status_code": "long",
    "url.path": "keyword",
    "source.ip": "ip",
    "user_agent.original": "keyword",
    "service.name": "keyword",
    "service.version": "keyword",
    "service.environment": "keyword",
    "service.node.name": "keyword",
    "host.name": "keyword",
    "process.pid": "long",
    "process.thread.name": "keyword",
    "log.level": "keyword",
    "log.logger": "keyword",
    "error.type": "keyword",
    "error.message": "text",
    "error.stack_trace": "keyword",
    "error.code": "keyword",
    "card.file.id": "keyword",
    "card.file.path": "keyword",
    "card.file.size_bytes": "long",
    "card.file.read_bytes": "long",
    "card.file.lost_bytes": "long",
    "card.file.lost_lines": "long",
    "card.file.unseen_ms": "double",
    "card.model.name": "keyword",
    "card.model.version": "keyword",
    "card.model.provider": "keyword",
    "card.image.width": "long",
    "card.image.height": "long",
    "card.image.format": "keyword",
    "card.image.bytes": "long",
    "card.image.sha256": "keyword",
    "card.count": "long",
    "card.type": "keyword",
    "card.score": "double",
    "card.quad": "double",
    "card.stage.decode.ms": "double",
    "card.stage.preprocess.ms": "double",
    "card.stage.queue.ms": "double",
    "card.stage.infer.ms": "double",
    "card.stage.postprocess.ms": "double",
    "card.batch.size": "long",
    "card.ship.received_events": "long",
    "card.ship.sent_events": "long",
    "card.ship.sent_bytes": "long",
    "card.ship.discarded_events": "long",
    "card.ship.unwritten_events": "long",
    "card.ship.in_flight_events": "long",
    "card.ship.lost_bytes": "long",
    "card.ship.duplicate_events": "long",
    "card.ship.looked_up_events": "long",
    "card.ship.failure_store_events": "long",
    "card.ship.late_events": "long",
    "card.ship.retried_events": "long",
    "card.ship.requests": "long",
}

"""What one request event costs to log, in microseconds of CPU, beside ecs_logging's own formatter.

    python -m tests.benchmarks.logging [--events N]

Both loggers get the same records in turns, in one run; the ratio of their best rounds is the result.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import logging
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import ecs_logging

from app.service import ids, logs
from app.service.ecs import FIELDS_ATTRIBUTE

ROUNDS = 7
REQUEST = {
    "event.category": ["web"],
    "http.request.id": "019aafc2-1f70-7c55-9d3e-5a1c0c7be7aa",
    "http.request.method": "POST",
    "http.request.mime_type": "image/jpeg",
    "http.request.body.bytes": 2_650_112,
    "url.path": "/v1/detect",
    "source.ip": "127.0.0.1",
    "user_agent.original": "python-requests/2.34.2",
}
MODEL = {
    "card.model.name": "card-detector",
    "card.model.version": "9f86d081884c",
    "card.model.provider": "CPUExecutionProvider",
    "card.classifier.name": "card-classifier",
    "card.classifier.version": "2c26b46b68ff",
    "card.classifier.provider": "CPUExecutionProvider",
}
START = {"event.action": "request_start", "event.type": ["access"], **REQUEST}
CARD = {
    "event.action": "detection_result",
    "event.category": ["web"],
    "event.type": ["info"],
    "event.id": "019aafc2-1f70-7c55-9d3e-5a1c0c7be7aa.2",
    "http.request.id": "019aafc2-1f70-7c55-9d3e-5a1c0c7be7aa",
    "card.type": "id_card",
    "card.score": 0.973,
    "card.quad": [10.5, 20.0, 610.0, 24.5, 605.0, 400.0, 12.0, 396.0],
    **MODEL,
}
SUCCESS = {
    "event.action": "request_success",
    "event.type": ["access"],
    "event.outcome": "success",
    "event.duration": 38_000_000,
    "event.id": "019aafc2-1f70-7c55-9d3e-5a1c0c7be7aa.3",
    "http.response.status_code": 200,
    "card.image.width": 4000,
    "card.image.height": 3000,
    "card.image.format": "jpeg",
    "card.image.bytes": 2_650_000,
    "card.image.sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "card.count": 2,
    "card.type": ["id_card", "passport"],
    "card.stage.decode.ms": 24.1,
    "card.stage.preprocess.ms": 1.9,
    "card.stage.queue.ms": 0.0,
    "card.stage.infer.ms": 17.8,
    "card.stage.postprocess.ms": 0.4,
    "card.batch.size": 1,
    **REQUEST,
    **MODEL,
}
EVENTS = (START, CARD, CARD, SUCCESS)  # one request with two cards


Log = Callable[[dict[str, object]], None]


def ours(folder: Path) -> Log:
    identity = logs.ServiceIdentity("cardwatch-serve", "0.1.0", "development", "edge-7:8000")
    logs.install(folder, identity, file_bytes=64 * 1024 * 1024, files=2)
    logger = logging.getLogger(logs.REQUESTS)
    return lambda fields: logger.info("%d cards in %d ms", 2, 38, extra={FIELDS_ATTRIBUTE: fields})


def stock(folder: Path) -> Log:
    handler = logging.FileHandler(folder / "stock.json")
    handler.setFormatter(ecs_logging.StdlibFormatter())
    logger = logging.getLogger("stock")
    logger.propagate = False
    logger.addHandler(handler)
    return lambda fields: logger.info("%d cards in %d ms", 2, 38, extra=fields)


def cpu_us(log: Log, events: int) -> float:
    """Microseconds of CPU for one event, user and system, the call of the logger included."""
    stories = [story() for _ in range(events // len(EVENTS))]
    started = time.process_time_ns()
    for fields in itertools.chain.from_iterable(stories):
        log(fields)
    return (time.process_time_ns() - started) / events / 1000


def story() -> list[dict[str, object]]:
    """The events of one request, with an id of their own."""
    request_id = ids.uuid7(time.time_ns() // 1_000_000, os.urandom(ids.RANDOM_BYTES))
    own = [
        {"http.request.id": request_id, "event.id": f"{request_id}.{n}"} for n in range(1, len(EVENTS) + 1)
    ]
    return [{**event, **names} for event, names in zip(EVENTS, own, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=4000, help="events of one round")
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        log = {"cardwatch": ours(Path(folder)), "ecs_logging": stock(Path(folder))}
        rounds = [{name: cpu_us(one, events) for name, one in log.items()} for _ in range(ROUNDS)]
    best = {name: min(measured[name] for measured in rounds) for name in log}
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"ecs-logging {importlib.metadata.version('ecs-logging')}"
    )
    for name, cost in best.items():
        print(f"{name:12} {cost:7.1f} us of CPU per event (best of {ROUNDS} rounds of {events})")
    print(f"ratio        {best['ecs_logging'] / best['cardwatch']:7.1f} times as fast")


if __name__ == "__main__":
    main()

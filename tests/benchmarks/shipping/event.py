"""Lines of about 800 bytes, as the service writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

NUMBER = re.compile(rb"019aafc2-[0-9a-f]{4}-7[0-9a-f]{3}-9d3e-([0-9a-f]{12})")
"""Finds the number of a line, however the line was written anew."""

CHUNK_LINES = 10_000
GOLDEN = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio: multiples of it look random, so that lines compress as real ones do."""

EVENT: dict[str, Any] = {
    "@timestamp": "2026-11-23T%02d:%02d:%02d.%06dZ",
    "ecs.version": "9.2.0",
    "message": "2 cards in %d ms",
    "event": {"kind": "event", "category": ["web"], "type": ["access"], "action": "request_success"}
    | {"outcome": "success", "duration": "%d000", "dataset": "card.request"},
    "http": {
        "request": {
            "id": "019aafc2-%04x-7%03x-9d3e-%012x",
            "method": "POST",
            "mime_type": "image/jpeg",
            "body": {"bytes": "%d"},
        },
        "response": {"status_code": 200},
    },
    "url": {"path": "/v1/detect"},
    "source": {"ip": "10.0.%d.%d"},
    "user_agent": {"original": "python-requests/2.34.2"},
    "service": {"name": "cardwatch-serve", "version": "0.1.0", "environment": "production"},
    "host": {"name": "edge-7"},
    "process": {"pid": 4711, "thread": {"name": "ThreadPoolExecutor-0_%d"}},
    "log": {"level": "info", "logger": "app.service.events"},
    "card": {"count": 2, "model": {"name": "card-detector", "version": "9f86d081884c"}},
}
"""A `request_success`, with a place for what differs from line to line."""

FORM = re.sub(r'"(%d(?:000)?)"', r"\1", json.dumps(EVENT, separators=(",", ":")))


def line(number: int, more: str = "") -> bytes:
    """One line with its line feed; `more` are further fields, as JSON that begins with a comma."""
    return f"{_text(number)[:-1]}{more}}}\n".encode()


def write_file(home: Path, lines: int) -> Path:
    """`log/request.ndjson` below `home` with so many lines."""
    path = home / "log" / "request.ndjson"
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        for first in range(0, lines, CHUNK_LINES):
            numbers = range(first, min(first + CHUNK_LINES, lines))
            file.write("\n".join([*map(_text, numbers), ""]))
    return path


def _text(number: int) -> str:
    """The line of this number."""
    mixed = number * GOLDEN % 2**64
    micros = mixed % 1_000_000
    clock = number // 3600 % 24, number // 60 % 60, number % 60, micros
    took_us = 20_000 + mixed // 7 % 80_000
    request = mixed >> 48, mixed >> 36 & 0xFFF, number, 200_000 + mixed // 11 % 900_000
    return FORM % (*clock, took_us // 1000, took_us, *request, mixed >> 8 & 255, mixed >> 16 & 255, mixed & 7)

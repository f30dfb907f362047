"""Lines of about 800 bytes, as the service writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

NUMBER = re.compile(rb"019aafc2-1f70-7c55-9d3e-([0-9a-f]{12})")
"""Finds the number of a line, however the line was written anew."""

CHUNK_LINES = 10_000


def event(number: str, second: str) -> dict[str, Any]:
    """A `request_success`; `number` is twelve hexadecimal digits, `second` is `HH:MM:SS`."""
    return {
        "@timestamp": f"2026-11-23T{second}.123456Z",
        "ecs.version": "9.2.0",
        "message": "2 cards in 38 ms",
        "event": {"kind": "event", "category": ["web"], "type": ["access"], "action": "request_success"}
        | {"outcome": "success", "duration": 38_000_000, "dataset": "card.request"},
        "http": {
            "request": {
                "id": f"019aafc2-1f70-7c55-9d3e-{number}",
                "method": "POST",
                "mime_type": "image/jpeg",
            },
            "response": {"status_code": 200},
        },
        "url": {"path": "/v1/detect"},
        "source": {"ip": "127.0.0.1"},
        "user_agent": {"original": "python-requests/2.34.2"},
        "service": {"name": "cardwatch-serve", "version": "0.1.0", "environment": "production"},
        "host": {"name": "edge-7"},
        "process": {"pid": 4711, "thread": {"name": "ThreadPoolExecutor-0_3"}},
        "log": {"level": "info", "logger": "app.service.events"},
        "card": {"count": 2, "model": {"name": "card-detector", "version": "9f86d081884c"}},
    }


def line(number: int, **more: Any) -> bytes:
    """One line with its line feed; `more` are further fields."""
    second = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    text = json.dumps(event(f"{number:012x}", second) | more, separators=(",", ":"))
    return text.encode() + b"\n"


def write_file(home: Path, lines: int) -> Path:
    """`log/request.ndjson` below `home` with so many lines."""
    path = home / "log" / "request.ndjson"
    path.parent.mkdir(parents=True)
    form = json.dumps(event("%012x", "%02d:%02d:%02d"), separators=(",", ":")) + "\n"
    with path.open("w") as file:
        for first in range(0, lines, CHUNK_LINES):
            numbers = range(first, min(first + CHUNK_LINES, lines))
            file.write("".join([form % (n // 3600 % 24, n // 60 % 60, n % 60, n) for n in numbers]))
    return path

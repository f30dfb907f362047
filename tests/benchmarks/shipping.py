"""Documents per CPU-second of the shipper itself, beside `elasticsearch.helpers.streaming_bulk`.

    python -m tests.benchmarks.shipping [--lines N]

Both ship the same file of about 800 bytes a line to the same sink, which only acknowledges, in processes of
their own, with ids and gzip on. Their user and system time counts, from before the first byte is read until
the last line is acknowledged (and, for the shipper, checkpointed on the disk).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch, __versionstr__
from elasticsearch.helpers import streaming_bulk

from shippers.pipeline import Pipeline
from shippers.settings import ShipperSettings

ROOT = Path(__file__).parents[2]


def event(number: int) -> dict[str, Any]:
    """A `request_success` as the service writes it, about 800 bytes."""
    return {
        "@timestamp": f"2026-11-23T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.123456Z",
        "ecs.version": "9.2.0",
        "message": f"2 cards in {number % 97} ms",
        "event": {"kind": "event", "category": ["web"], "type": ["access"], "action": "request_success"}
        | {"outcome": "success", "duration": 38_000_000 + number, "dataset": "card.request"},
        "http": {
            "request": {
                "id": f"019aafc2-1f70-7c55-9d3e-{number:012x}",
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


def write_file(home: Path, lines: int) -> Path:
    """The file that both ship."""
    path = home / "log" / "request.ndjson"
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        file.writelines(json.dumps(event(number), separators=(",", ":")) + "\n" for number in range(lines))
    return path


def ship(home: Path, url: str) -> int:
    """Our shipper."""
    client = Elasticsearch(url, max_retries=0)
    pipeline = Pipeline(ShipperSettings(), home=home, namespace="default", client=client)
    lines = pipeline.drain()
    pipeline.close()
    return lines


def stream(home: Path, url: str) -> int:
    """The official helper, given what it is best at: lines as bytes and orjson for the rest."""
    from elasticsearch import OrjsonSerializer

    client = Elasticsearch(url, http_compress=True, serializer=OrjsonSerializer())
    path = home / "log" / "request.ndjson"

    def actions() -> Iterator[tuple[dict[str, Any], bytes]]:
        offset = 0
        with path.open("rb") as file:
            for line in file:
                yield {"create": {"_index": "logs-card.request-default", "_id": f"id-{offset:010x}"}}, line
                offset += len(line)

    results = streaming_bulk(
        client, actions(), chunk_size=2000, expand_action_callback=lambda action: action, yield_ok=True
    )
    return sum(1 for _ in results)


def measured(way: str, home: Path, url: str) -> dict[str, float]:
    """CPU seconds and lines of one way, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.shipping",
        "--way",
        way,
        "--home",
        str(home),
        "--url",
        url,
    ]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    return dict(json.loads(answer.stdout))


def run_way(way: str, home: Path, url: str) -> None:
    """Inside that process."""
    begun, wall = os.times(), time.monotonic()
    lines = {"ship": ship, "stream": stream}[way](home, url)
    spent = os.times()
    cpu_s = spent.user + spent.system - begun.user - begun.system
    print(json.dumps({"lines": lines, "cpu_s": cpu_s, "wall_s": time.monotonic() - wall}))


def compare(lines: int) -> None:
    """Both ways on the same file and sink, then the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        path = write_file(home, lines)
        sink_program = [sys.executable, "-m", "tests.acknowledger"]
        sink = subprocess.Popen(
            sink_program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert sink.stdin
        assert sink.stdout
        url = f"http://127.0.0.1:{sink.stdout.readline().strip()}"
        ours, theirs = measured("ship", home, url), measured("stream", home, url)
        sink.stdin.close()
        sink.wait(10)
        report(ours, theirs, path.stat().st_size / lines)


def report(ours: dict[str, float], theirs: dict[str, float], line_bytes: float) -> None:
    """One line per way and the ratio."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"elasticsearch {__versionstr__}, {line_bytes:.0f} bytes a line, ids, gzip")  # fmt: skip
    rates = [each["lines"] / each["cpu_s"] for each in (ours, theirs)]
    for name, rate, each in zip(("shippers.pipeline", "streaming_bulk"), rates, (ours, theirs), strict=True):
        print(f"{name:18} {each['lines']:.0f} lines, {rate:9,.0f} a CPU-second, {each['wall_s']:.1f} s")
    print(f"ratio {rates[0] / rates[1]:.1f}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--way", choices=["ship", "stream"], help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        run_way(given.way, given.home, given.url)
    else:
        compare(given.lines)


if __name__ == "__main__":
    main()

"""Documents per second of `_bulk` and `_search`, the embedded node next to Elasticsearch in one run.

    python -m tests.benchmarks.node [--documents 40000] [--clients 2]

Each document is about 800 bytes of a request's log line and goes into a data stream of Cardwatch.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import psutil
from elasticsearch import Elasticsearch

from elastic.install import apply, choose, plan
from elastic.templates import committed
from tests.servers import Server, ServerUnavailable, running_elasticsearch, running_node

BATCH = 1000
STREAM = "logs-card.request-benchmark"
ROUNDS = 30


def document(number: int) -> dict[str, Any]:
    """A request's event of about 800 bytes."""
    clock = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    return {
        "@timestamp": f"2026-11-23T{clock}.{number % 10**6:06}Z",
        "ecs": {"version": "9.2.0"},
        "message": f"{number % 4} cards in {number % 90 + 10} ms",
        "event": {
            "kind": "event",
            "category": ["web"],
            "type": ["access"],
            "action": "request_success",
            "outcome": "success",
            "duration": (number % 90 + 10) * 1_000_000,
            "dataset": "card.request",
            "id": f"{number:032x}.2",
        },
        "http": {
            "request": {
                "id": f"{number:032x}",
                "method": "POST",
                "mime_type": "image/jpeg",
                "body": {"bytes": number},
            },
            "response": {"status_code": 200},
        },
        "service": {
            "name": "cardwatch",
            "version": "0.1.0",
            "environment": "demo",
            "node": {"name": "worker-1"},
        },
        "host": {"name": "bench"},
        "source": {"ip": "127.0.0.1"},
        "url": {"path": "/v1/detect"},
        "process": {"pid": 4242},
        "log": {"level": "info", "logger": "app.service.events"},
        "card": {
            "count": number % 4,
            "model": {"name": "cards", "version": "a1b2c3d4", "provider": "CPUExecutionProvider"},
            "image": {
                "width": 4000,
                "height": 3000,
                "format": "jpeg",
                "bytes": 2_400_000,
            },
            "stage": {"infer": {"ms": 30.25 + number % 7}},
        },
    }


def bodies(documents: int) -> list[bytes]:
    """`_bulk` bodies of BATCH documents each."""
    lines = [
        b"%s\n%s\n" % (orjson.dumps({"create": {"_id": f"{number:08x}"}}), orjson.dumps(document(number)))
        for number in range(documents)
    ]
    return [b"".join(lines[start : start + BATCH]) for start in range(0, documents, BATCH)]


def index(url: str, prepared: list[bytes], clients: int) -> float:
    """Seconds until every document is acknowledged."""
    queue, failures = list(reversed(prepared)), []

    def send() -> None:
        client = Elasticsearch(url, max_retries=0, request_timeout=120)
        while queue:
            try:
                body = queue.pop()
            except IndexError:
                return
            if client.bulk(index=STREAM, operations=body, filter_path="errors")["errors"]:
                failures.append(body)

    started = time.perf_counter()
    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    return time.perf_counter() - started


def median_ms(call: Callable[[], Any]) -> float:
    """Median of ROUNDS calls."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def searches(client: Elasticsearch, documents: int) -> dict[str, Callable[[], Any]]:
    """What users of Cardwatch ask."""
    one = {"term": {"http.request.id": f"{documents // 2:032x}"}}
    slow = {"range": {"event.duration": {"gte": 90_000_000}}}
    return {
        "one request by id": lambda: client.search(
            index="logs-card.*", query=one, sort=[{"@timestamp": "asc"}]
        ),
        "newest 100": lambda: client.search(index="logs-card.*", sort=[{"@timestamp": "desc"}], size=100),
        "slow ones, counted": lambda: client.count(index="logs-card.*", query=slow),
    }


def measure(name: str, server: Server, prepared: list[bytes], documents: int, clients: int) -> None:
    """Prints one server's figures."""
    client = Elasticsearch(server.url, max_retries=0, request_timeout=120)
    apply(client, plan(client, choose(client, committed(), "auto").wanted))
    processes = [
        psutil.Process(server.process.pid),
        *psutil.Process(server.process.pid).children(recursive=True),
    ]
    before = sum(sum(process.cpu_times()[:2]) for process in processes)
    seconds = index(server.url, prepared, clients)
    cpu = sum(sum(process.cpu_times()[:2]) for process in processes) - before
    client.indices.refresh(index=STREAM)
    assert client.count(index=STREAM)["count"] == documents
    print(f"{name:14} bulk {documents / seconds:9,.0f} documents/s, {documents / cpu:9,.0f} per CPU second")
    for label, call in searches(client, documents).items():
        print(f"{'':14} {label}: {median_ms(call):.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=40_000)
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--only-node", action="store_true")
    arguments = parser.parse_args()
    prepared = bodies(arguments.documents)
    size = sum(map(len, prepared)) / arguments.documents
    print(
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()},"
        f" {size:.0f} bytes a document"
    )
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        node = stack.enter_context(running_node(Path(home)))
        measure("node", node, prepared, arguments.documents, arguments.clients)
        if arguments.only_node:
            return
        try:
            real = stack.enter_context(running_elasticsearch())
        except ServerUnavailable as error:
            print(f"Elasticsearch: {error}")
            return
        measure("Elasticsearch", real, prepared, arguments.documents, arguments.clients)


if __name__ == "__main__":
    main()

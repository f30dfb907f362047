"""The local stack as a real process tree on free ports, for end-to-end tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.servers import free_port

ROOT = Path(__file__).parents[2]
PHOTOS = ROOT / "tests" / "data" / "photos"
READY_S, FIND_S, STOP_S = 120.0, 60.0, 60.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A running `cardwatch up`: its process, its environment, where it answers."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    service: str
    server: str
    home: Path

    def run(self, *words: str, timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Runs another `cardwatch` command with the stack's settings."""
        return subprocess.run(
            [sys.executable, "-m", "app.commands", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def events(self, request_id: str, at_least: int) -> list[dict[str, Any]]:
        """The events of a request as `cardwatch search --json` gives them, once there are enough."""
        found: list[dict[str, Any]] = []

        def complete() -> bool:
            said = self.run("search", request_id, "--json")
            found[:] = json.loads(said.stdout) if said.returncode == 0 else []
            return len(found) >= at_least

        assert poll(complete, FIND_S), f"{len(found)} of {at_least} events of {request_id} were found"
        return found

    def stop(self) -> int:
        """Presses Ctrl-C and returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_S)


def poll(condition: Callable[[], bool], limit_s: float) -> bool:
    """Whether the condition came true within the limit."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a stack on free ports, without settings of the machine."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CARDWATCH_")}
    ports = {f"CARDWATCH_{part}_PORT": str(free_port()) for part in ("SERVE", "NODE", "SHIP_METRICS")}
    return inherited | ports | {"CARDWATCH_HOME": str(home), "CARDWATCH_SERVE_WORKERS": "1"} | settings


@contextlib.contextmanager
def running_stack(home: Path, **settings: str) -> Iterator[Stack]:
    """`cardwatch up` until the block ends; ready when it is entered."""
    variables = environment(home, **settings)
    home.mkdir(parents=True, exist_ok=True)
    log = home / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.commands", "up"], env=variables, stdout=output, stderr=output
        )
    service = f"http://127.0.0.1:{variables['CARDWATCH_SERVE_PORT']}"
    server = variables.get("CARDWATCH_ELASTICSEARCH", f"http://127.0.0.1:{variables['CARDWATCH_NODE_PORT']}")
    stack = Stack(process, variables, service, server, home)
    try:
        assert poll(lambda: process.poll() is not None or answers(f"{service}/readyz"), READY_S), (
            log.read_text()
        )
        assert process.poll() is None, log.read_text()
        yield stack
    finally:
        if process.poll() is None:
            stack.stop()


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False

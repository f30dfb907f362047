"""Which processes are our own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shippers.metricsets.processes import Processes, subcommand
from shippers.metricsets.settings import SamplerSettings

WAIT = "import sys; sys.stdin.read()"
CHILD = (
    "import subprocess, sys;"
    "child = subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()']);"
    "print(child.pid, flush=True); sys.stdin.read(); child.kill()"
)


@contextmanager
def running(script: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.communicate("", timeout=10)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["python", "-m", "app.commands", "serve", "--port", "1"], "serve"),
        (["python3.11", "-X", "dev", "-m", "app.commands", "ship"], "ship"),
        (["/opt/venv/bin/python", "/opt/venv/bin/cardwatch", "node"], "node"),
        (["cardwatch", "up"], "up"),
        (["cardwatch"], None),
        (["cardwatch", "--help"], None),
        (["vim", "docs", "cardwatch", "serve"], None),
        (["python", "-m", "http.server"], None),
        (["sh", "-c", "exec python -m app.commands serve"], None),
        ([], None),
    ],
)
def test_a_command_line_of_ours(words: list[str], name: str | None) -> None:
    assert subcommand(words) == name


def test_processes_come_and_go_with_their_roles() -> None:
    processes = Processes(SamplerSettings())
    with running(WAIT, "-m", "app.commands", "node") as node, running(WAIT, "-m", "http.server") as other:
        roles = processes.roles()
        assert roles[node.pid] == "node"
        assert other.pid not in roles
        with running(CHILD, "-m", "app.commands", "serve") as serve:
            assert serve.stdout is not None
            worker = int(serve.stdout.readline())
            roles = processes.roles()
            assert roles[serve.pid] == "serve"
            assert roles[worker] == "serve-worker"
        assert serve.pid not in processes.roles()
    assert node.pid not in processes.roles()


def test_what_a_process_costs_is_sampled_and_its_share_from_the_second_sample_on() -> None:
    processes = Processes(SamplerSettings())
    with running(WAIT, "-m", "app.commands", "node") as node:

        def one() -> dict[str, object]:
            return dict(next(d for d in processes.documents() if d["process.pid"] == node.pid))

        first, second = one(), one()
    assert first["system.process.cpu.total.pct"] is None
    assert isinstance(second["system.process.cpu.total.pct"], float)
    assert second["system.process.cpu.total.pct"] >= 0
    assert second["card.process.role"] == "node"
    assert isinstance(second["system.process.memory.rss.bytes"], int)
    assert second["system.process.memory.rss.bytes"] > 1024 * 1024
    assert second["system.process.num_threads"] == 1
    assert second["system.process.fd.open"] is not None


def test_no_more_processes_than_the_setting_allows() -> None:
    with running(WAIT, "-m", "app.commands", "node"), running(WAIT, "-m", "app.commands", "node"):
        assert len(Processes(SamplerSettings(processes=1)).roles()) == 1

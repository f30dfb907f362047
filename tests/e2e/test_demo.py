"""`cardwatch demo`, which `make demo` runs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.e2e.stacks import PHOTOS, STOP_S, answers, environment, poll


def demo(variables: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.commands", "demo", *words],
        env=variables | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """The smallest sample photograph, in a folder of its own."""
    folder = tmp_path / "images"
    folder.mkdir()
    smallest = min(
        (p for p in PHOTOS.glob("*.jpg") if p.stem != "broken"), key=lambda path: path.stat().st_size
    )
    shutil.copy(smallest, folder)
    return folder


def test_it_shows_the_line_moves_from_a_taken_port_and_stops_what_it_started(
    images: Path, home: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = demo(environment(home, CARDWATCH_SERVE_PORT=port), "--images", str(images))
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"Port {port} is taken by" in said.stdout
    assert said.stdout.count("agrees") == 4
    assert "image_truncated" in said.stdout
    assert "request_success" in said.stdout
    left = [
        p
        for p in psutil.process_iter(["environ"])
        if (p.info["environ"] or {}).get("CARDWATCH_HOME") == str(home)
    ]
    assert not left


def test_keep_leaves_the_stack_running(images: Path, home: Path) -> None:
    variables = environment(home)
    said = demo(variables, "--images", str(images), "--keep")
    assert said.returncode == 0, said.stdout + said.stderr
    pid = int((home / "up.pid").read_text())
    service = f"http://127.0.0.1:{variables['CARDWATCH_SERVE_PORT']}"
    try:
        assert answers(f"{service}/livez")
        assert f"kill $(cat {home / 'up.pid'})" in said.stdout
    finally:
        os.kill(pid, signal.SIGTERM)
    assert poll(lambda: not answers(f"{service}/livez"), STOP_S)
    assert poll(lambda: not psutil.pid_exists(pid), STOP_S)


def test_a_folder_without_photographs_is_a_clear_sentence(home: Path, tmp_path: Path) -> None:
    said = demo(environment(home), "--images", str(tmp_path))
    assert said.returncode == 1
    assert "holds no photograph" in said.stderr

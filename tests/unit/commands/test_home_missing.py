"""A home that does not exist is an error that says what to do, and nothing is made there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shippers.registry import Registry

ROOT = Path(__file__).parents[3]
COMMANDS = (("audit",), ("redrive",), ("redrive", "--dry-run"), ("redrive", "--reason", "not_json"))


def cardwatch(*words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COLUMNS": "200"}
    command = [sys.executable, "-m", "app.commands", *words, "--elasticsearch", "http://127.0.0.1:9"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("words", COMMANDS)
def test_a_home_that_is_not_there_is_told_and_not_made(words: tuple[str, ...], tmp_path: Path) -> None:
    home = tmp_path / "typo"
    said = cardwatch(*words, "--home", str(home))
    assert said.returncode == 1
    assert said.stderr.startswith(f"cardwatch: There is no folder {home}: name the one")
    assert said.stderr.endswith("[home_missing]\n")
    assert not home.exists()


def test_an_empty_folder_is_not_said_to_add_up(tmp_path: Path) -> None:
    said = cardwatch("audit", "--home", str(tmp_path))
    assert "is this the right --home?" in said.stdout
    assert "Everything adds up" not in said.stdout


@pytest.mark.parametrize("has_registry", [False, True])
def test_a_dry_run_creates_no_file(has_registry: bool, tmp_path: Path) -> None:
    if has_registry:
        Registry(tmp_path / "registry.sqlite").close()
    before = sorted(tmp_path.rglob("*"))
    said = cardwatch("redrive", "--dry-run", "--home", str(tmp_path))
    assert (said.returncode, said.stdout) == (0, "The quarantine is empty.\n")
    assert sorted(tmp_path.rglob("*")) == before

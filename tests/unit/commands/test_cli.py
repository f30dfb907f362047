"""The command line as a user meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.cli import COMMANDS


def cardwatch(*words: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.commands", *words],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        env={"PATH": "", "CARDWATCH_HOME": str(home), **environment},
        timeout=60,
        check=False,
    )


def test_help_lists_every_command_with_its_line(tmp_path: Path) -> None:
    said = cardwatch("--help", home=tmp_path).stdout
    for name, line in COMMANDS.items():
        assert name in said
        assert line in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, tmp_path: Path) -> None:
    said = cardwatch(name, "--help", home=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "--elasticsearch" in said.stdout


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    said = cardwatch("search", "x", "--elasticsearch", "http://127.0.0.1:9", home=tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith("cardwatch: No answer from Elasticsearch")
    assert "Traceback" not in said.stderr


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    said = cardwatch("node", home=tmp_path, CARDWATCH_NODE_PORT="many")
    assert said.returncode == 2
    assert "CARDWATCH_NODE_PORT" in said.stderr
    assert "Traceback" not in said.stderr


def test_an_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    assert cardwatch("fly", home=tmp_path).returncode == 2


def test_a_secret_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    said = cardwatch("search", "x", "--elasticsearch-api-key-file", "nowhere", home=tmp_path)
    assert said.returncode == 1
    assert said.stderr == "cardwatch: nowhere cannot be used: No such file or directory.\n"


def test_a_broken_settings_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("port = \n", "utf-8")
    said = cardwatch("search", "x", "--config", str(tmp_path / "broken.toml"), home=tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith("cardwatch: The settings file is not valid TOML")

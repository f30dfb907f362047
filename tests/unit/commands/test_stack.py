"""The processes of the local stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands import stack
from app.commands.settings import load

ROOT = Path(__file__).parents[3]


def test_the_procfile_says_the_same_as_up() -> None:
    lines = (ROOT / "Procfile").read_text("utf-8").splitlines()
    assert lines == [f"{name}: cardwatch {words}" for name, words in stack.PARTS.items()]


def test_a_named_server_leaves_the_embedded_node_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "node" in stack.parts(load())
    monkeypatch.setenv("CARDWATCH_ELASTICSEARCH", "http://127.0.0.1:9299")
    assert "node" not in stack.parts(load())
    assert [listener.part for listener in stack.listeners(load())] == ["service", "shipper's counters"]

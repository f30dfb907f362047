"""Ports that are taken, and by what."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from app.commands import ports, stack
from app.commands.errors import PortTaken
from app.commands.settings import load


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_names_its_owner_and_the_setting(taken: int) -> None:
    assert not ports.is_free("127.0.0.1", taken)
    with pytest.raises(PortTaken, match=f"process {os.getpid()}.*CARDWATCH_SERVE_PORT"):
        ports.claim("127.0.0.1", taken, "service", "CARDWATCH_SERVE_PORT")


def test_a_free_port_may_be_claimed() -> None:
    port = ports.free("127.0.0.1")
    ports.claim("127.0.0.1", port, "service", "CARDWATCH_SERVE_PORT")
    assert ports.is_free("127.0.0.1", port)  # for whoever claimed it


def test_auto_replaces_only_what_is_taken(
    taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARDWATCH_SERVE_PORT", str(taken))
    for part in ("NODE", "SHIP_METRICS"):
        monkeypatch.setenv(f"CARDWATCH_{part}_PORT", str(ports.free("127.0.0.1")))
    chosen = stack.pick_ports(load())
    assert list(chosen) == ["CARDWATCH_SERVE_PORT"]
    assert ports.is_free("127.0.0.1", int(chosen["CARDWATCH_SERVE_PORT"]))
    assert f"Port {taken} is taken by" in capsys.readouterr().out

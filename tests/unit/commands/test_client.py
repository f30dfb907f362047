"""What the client is told of the server: who asks, and which certificate to trust."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from app.commands.client import check, connect
from app.commands.errors import UnusableSettings
from app.commands.settings import load


@pytest.fixture(autouse=True)
def secured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CARDWATCH_ELASTICSEARCH", "https://es.example:9200")
    return tmp_path


def secret(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / name
    path.write_text(f"{text}\n", "utf-8")
    monkeypatch.setenv(f"CARDWATCH_ELASTICSEARCH_{name.upper()}_FILE", str(path))


def test_an_api_key_from_a_file_is_sent(secured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret(secured, "api_key", "a2V5", monkeypatch)
    with connect(load()) as client:
        assert client._headers["authorization"] == "ApiKey a2V5"


def test_a_user_and_a_password_from_files_are_sent(secured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret(secured, "user", "shipper", monkeypatch)
    secret(secured, "password", "pass word", monkeypatch)
    with connect(load()) as client:
        expected = base64.b64encode(b"shipper:pass word").decode()
        assert client._headers["authorization"] == f"Basic {expected}"


def test_the_ca_file_is_the_one_that_is_trusted(secured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDWATCH_ELASTICSEARCH_CA_FILE", str(secured / "ca.pem"))
    with connect(load()) as client:
        assert client.transport.node_pool.get().config.ca_certs == str(secured / "ca.pem")


def test_without_secrets_nothing_is_sent() -> None:
    with connect(load()) as client:
        assert "authorization" not in client._headers


def test_a_ca_file_for_a_server_without_tls_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, secured: Path
) -> None:
    monkeypatch.setenv("CARDWATCH_ELASTICSEARCH", "http://es.example:9200")
    monkeypatch.setenv("CARDWATCH_ELASTICSEARCH_CA_FILE", str(secured / "ca.pem"))
    with pytest.raises(UnusableSettings, match="Write https://"):
        connect(load())


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_without_a_certificate_is_refused(
    monkeypatch: pytest.MonkeyPatch, secured: Path, content: str | None
) -> None:
    path = secured / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("CARDWATCH_ELASTICSEARCH_CA_FILE", str(path))
    with pytest.raises(UnusableSettings, match="CARDWATCH_ELASTICSEARCH_CA_FILE"):
        check(load())


def test_a_refused_password_is_not_shown(secured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret(secured, "user", "shipper", monkeypatch)
    secret(secured, "password", "gehüim", monkeypatch)
    with pytest.raises(UnusableSettings) as refused:
        connect(load())
    assert "ü" not in str(refused.value)
    assert "xfc" not in str(refused.value)

"""Settings: which source wins, secrets from files, clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from app.commands import options
from app.commands.errors import settings_sentences
from app.commands.settings import Settings, load


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults_are_loopback_and_the_embedded_node() -> None:
    settings = load()
    assert settings.embedded
    assert settings.server == "http://127.0.0.1:9200"
    assert {settings.serve.host, settings.node.host} == {"127.0.0.1"}


def test_the_environment_wins_over_the_file(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / "cardwatch.toml").write_text('model = "a.onnx"\n[serve]\nport = 1\nthreads = 3\n', "utf-8")
    monkeypatch.setenv("CARDWATCH_SERVE_PORT", "2")
    settings = load()
    assert (settings.serve.port, settings.serve.threads, settings.model) == (2, 3, Path("a.onnx"))


def test_another_file_may_be_named(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / "other.toml").write_text('namespace = "plant7"\n', "utf-8")
    monkeypatch.setenv("CARDWATCH_CONFIG", "other.toml")
    assert load().namespace == "plant7"


def test_a_secret_is_read_from_its_file_and_never_shown(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / "key").write_text("c2VjcmV0\n", "utf-8")
    monkeypatch.setenv("CARDWATCH_ELASTICSEARCH_API_KEY_FILE", str(empty / "key"))
    settings = load()
    assert settings.elasticsearch_api_key is not None
    assert settings.elasticsearch_api_key.get_secret_value() == "c2VjcmV0"
    assert "c2VjcmV0" not in repr(settings)


def test_the_node_s_port_moves_the_server_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDWATCH_NODE_PORT", "9201")
    assert load().server == "http://127.0.0.1:9201"
    monkeypatch.setenv("CARDWATCH_ELASTICSEARCH", "https://es.example:9200")
    assert load().server == "https://es.example:9200"
    assert not load().embedded


def test_a_wrong_setting_is_one_sentence_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDWATCH_SERVE_PORT", "http")
    with pytest.raises(ValidationError) as caught:
        load()
    (sentence,) = settings_sentences(caught.value)
    assert sentence.startswith("The setting CARDWATCH_SERVE_PORT is wrong: ")


def test_an_unknown_key_in_the_file_is_refused(empty: Path) -> None:
    (empty / "cardwatch.toml").write_text("[serve]\nprot = 1\n", "utf-8")
    with pytest.raises(ValidationError, match="prot"):
        load()


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    seen: list[Settings] = []

    @click.command()
    @options.settings_options("serve", detection=True)
    def command() -> None:
        seen.append(load())

    monkeypatch.setenv("CARDWATCH_SERVE_PORT", "1")
    monkeypatch.setenv("CARDWATCH_MIN_SCORE", "0.1")
    result = CliRunner().invoke(command, ["--port", "2", "--min-score", "0.2", "--home", "h"])
    assert result.exit_code == 0, result.output
    assert (seen[0].serve.port, seen[0].min_score, seen[0].home) == (2, 0.2, Path("h"))


def test_no_two_settings_of_a_command_share_a_flag() -> None:
    for section in options.SECTIONS:
        entries = [*options.section_fields(section), *options.detection_fields(), *options.shared_fields()]
        flags = [options.flag(name, field) for name, field in entries]
        assert len(flags) == len(set(flags)), section

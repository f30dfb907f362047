"""Putting the templates on a server: the embedded node and Elasticsearch alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

from elastic import install
from elastic.errors import InstallFailed
from elastic.templates import committed


@pytest.fixture
def clean(client: Elasticsearch) -> Iterator[Elasticsearch]:
    _remove(client)
    yield client
    _remove(client)


def _remove(client: Elasticsearch) -> None:
    for asset in reversed(committed()):
        if asset.kind == "index_templates":
            client.options(ignore_status=404).indices.delete_index_template(name=asset.name)
        else:
            client.options(ignore_status=404).cluster.delete_component_template(name=asset.name)


def test_the_first_install_creates_all_and_the_second_changes_nothing(clean: Elasticsearch) -> None:
    first = install.plan(clean, committed())
    assert {step.verdict for step in first} == {"create"}
    assert install.apply(clean, first) == len(committed())
    again = install.plan(clean, committed())
    assert [step.verdict for step in again] == ["same"] * len(committed())
    assert install.apply(clean, again) == 0


def test_a_template_changed_by_hand_is_put_back(clean: Elasticsearch) -> None:
    install.apply(clean, install.plan(clean, committed()))
    clean.cluster.put_component_template(
        name="cardwatch-settings", template={"settings": {"index": {"codec": "default"}}}
    )
    verdicts = {step.asset.name: step.verdict for step in install.plan(clean, committed())}
    assert verdicts.pop("cardwatch-settings") == "update"
    assert set(verdicts.values()) == {"same"}
    install.apply(clean, install.plan(clean, committed()))
    assert {step.verdict for step in install.plan(clean, committed())} == {"same"}


def test_verify_looks_at_every_data_stream(clean: Elasticsearch) -> None:
    install.apply(clean, install.plan(clean, committed()))
    streams = install.verify(clean, committed(), "default")
    assert "logs-card.request-default" in streams
    assert "metrics-card.gpu-default" in streams


def test_verify_names_the_template_that_wins(clean: Elasticsearch, unique: str) -> None:
    install.apply(clean, install.plan(clean, committed()))
    clean.indices.put_index_template(
        name=unique,
        index_patterns=["logs-card.request-*"],
        priority=900,
        data_stream={},
        template={"mappings": {"properties": {"card": {"properties": {"count": {"type": "keyword"}}}}}},
    )
    try:
        with pytest.raises(InstallFailed, match=r"logs-card\.request-default"):
            install.verify(clean, committed(), "default")
    finally:
        clean.indices.delete_index_template(name=unique)

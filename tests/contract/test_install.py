"""Putting the templates on a server: the embedded node and Elasticsearch alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from elasticsearch import Elasticsearch

from elastic import install
from elastic.errors import InstallFailed
from elastic.templates import committed
from tests.servers import Server


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


def chosen(client: Elasticsearch) -> install.Choice:
    return install.choose(client, committed(), "auto")


def steps(client: Elasticsearch) -> list[install.Step]:
    choice = chosen(client)
    return install.plan(client, choice.wanted, choice.unwanted)


def test_the_first_install_creates_all_and_the_second_changes_nothing(clean: Elasticsearch) -> None:
    first = steps(clean)
    assert {step.verdict for step in first} == {"create"}
    assert install.apply(clean, first) == len(first)
    again = steps(clean)
    assert [step.verdict for step in again] == ["same"] * len(first)
    assert install.apply(clean, again) == 0


def test_auto_gives_the_node_plain_streams(node: Server, connect: Callable[[str], Elasticsearch]) -> None:
    choice = chosen(connect(node.url))
    assert not [asset for asset in choice.wanted if asset.time_series]
    assert len(choice.unwanted) == 3
    assert "Plain streams" in choice.reason
    assert "not supported by the embedded Cardwatch node" in choice.reason


def test_the_node_refuses_time_series_that_are_asked_for(
    node: Server, connect: Callable[[str], Elasticsearch]
) -> None:
    client = connect(node.url)
    choice = install.choose(client, committed(), "on")
    with pytest.raises(InstallFailed, match="not supported by the embedded Cardwatch node"):
        install.apply(client, install.plan(client, choice.wanted, choice.unwanted))


@pytest.mark.elasticsearch
def test_on_elasticsearch_time_series_come_and_go_with_the_setting(
    elasticsearch: Server, connect: Callable[[str], Elasticsearch]
) -> None:
    client = connect(elasticsearch.url)
    _remove(client)
    try:
        install.apply(client, steps(client))
        assert len([asset for asset in chosen(client).wanted if asset.time_series]) == 3
        plain = install.choose(client, committed(), "off")
        with pytest.raises(InstallFailed, match=r"metrics-card\.gpu-default would be a time series"):
            install.verify(client, plain.wanted, "default")
        changes = install.plan(client, plain.wanted, plain.unwanted)
        assert [step.verdict for step in changes].count("remove") == 3
        assert install.apply(client, changes) == 3
        install.verify(client, plain.wanted, "default")
        with pytest.raises(InstallFailed, match=r"metrics-card\.gpu-default would be no time series"):
            install.verify(client, committed(), "default")
    finally:
        _remove(client)


def test_a_template_changed_by_hand_is_put_back(clean: Elasticsearch) -> None:
    install.apply(clean, steps(clean))
    clean.cluster.put_component_template(
        name="cardwatch-settings", template={"settings": {"index": {"codec": "default"}}}
    )
    verdicts = {step.asset.name: step.verdict for step in steps(clean)}
    assert verdicts.pop("cardwatch-settings") == "update"
    assert set(verdicts.values()) == {"same"}
    install.apply(clean, steps(clean))
    assert {step.verdict for step in steps(clean)} == {"same"}


def test_verify_looks_at_every_data_stream(clean: Elasticsearch) -> None:
    install.apply(clean, steps(clean))
    streams = install.verify(clean, chosen(clean).wanted, "default")
    assert "logs-card.request-default" in streams
    assert "metrics-card.gpu-default" in streams
    assert "metrics-card.gpu_late-default" in streams


def test_verify_names_the_template_that_wins(clean: Elasticsearch, unique: str) -> None:
    install.apply(clean, steps(clean))
    clean.indices.put_index_template(
        name=unique,
        index_patterns=["logs-card.request-*"],
        priority=900,
        data_stream={},
        template={"mappings": {"properties": {"card": {"properties": {"count": {"type": "keyword"}}}}}},
    )
    try:
        with pytest.raises(InstallFailed, match=r"logs-card\.request-default"):
            install.verify(clean, chosen(clean).wanted, "default")
    finally:
        clean.indices.delete_index_template(name=unique)

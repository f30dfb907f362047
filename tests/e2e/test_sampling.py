"""`cardwatch sample` as a process of its own; the stand-in NVML's faults are switched while it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from elasticsearch import Elasticsearch

from tests.e2e.stacks import PHOTOS, STOP_S, environment, poll, running_stack
from tests.nvml import compiled, say
from tests.servers import Server

FIND_S = 30.0
FAST = {"CARDWATCH_SAMPLE_GPU_PERIOD_S": "1", "CARDWATCH_SAMPLE_HOST_PERIOD_S": "1"} | {
    "CARDWATCH_SAMPLE_HEALTH_PERIOD_S": "1",
    "CARDWATCH_SAMPLE_GPU_RETRY_S": "1",
}
Json = dict[str, Any]


@pytest.fixture
def variables(home: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a sampler with two GPUs."""
    compiled(tmp_path)
    say(tmp_path / "state")
    driver = {"LD_LIBRARY_PATH": str(tmp_path), "NVML_STATE": str(tmp_path / "state")}
    return environment(home, **FAST, **driver)


def documents(path: Path) -> list[Json]:
    text = path.read_text("utf-8") if path.exists() else ""
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def spooled(home: Path, metricset: str) -> list[Json]:
    return documents(home / "spool" / f"{metricset}.ndjson")


def events(home: Path) -> list[tuple[str, str]]:
    found = documents(home / "log" / "service.ndjson")
    wanted = ("sample_failed", "sample_recovered", "gpu_xid")
    return [
        (one["event"]["action"], one.get("error", {}).get("code", ""))
        for one in found
        if one["event"].get("action") in wanted and "health" not in one["message"]
    ]


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "app.commands", "sample", *words]


@contextmanager
def sampling(variables: dict[str, str], *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command(*words), env=variables)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(STOP_S) == 0


def test_faults_of_gpus_come_and_go_while_the_others_are_sampled(
    variables: dict[str, str], home: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"

    def utilizations() -> set[tuple[str, int]]:
        gpus = [one["gpu"] for one in spooled(home, "gpu")]
        return {(gpu["labels"]["gpu"], gpu["utilization"]["gpu"]["pct"]) for gpu in gpus}

    with sampling(variables):
        assert poll(lambda: utilizations() == {("0", 37), ("1", 37)}, FIND_S)
        say(state, gpu0_gone="!15", gpu1_utilization=41)
        assert poll(lambda: ("1", 41) in utilizations(), FIND_S)
        assert poll(lambda: events(home) == [("sample_failed", "gpu_lost")], FIND_S)
        say(state, gpu0_utilization=42)
        assert poll(lambda: ("0", 42) in utilizations(), FIND_S)
        assert poll(lambda: events(home)[1:] == [("sample_recovered", "")], FIND_S)
        say(state, driver="!9", init="!9")
        assert poll(lambda: events(home)[2:] == [("sample_failed", "driver_not_loaded")], FIND_S)
        hosts = len(spooled(home, "host"))
        assert poll(lambda: len(spooled(home, "host")) > hosts, FIND_S)
        say(state, gpu0_utilization=43, gpu1_xid=48)
        assert poll(lambda: ("0", 43) in utilizations(), FIND_S)
        assert poll(
            lambda: set(events(home)[3:]) == {("sample_recovered", ""), ("gpu_xid", "xid_48")}, FIND_S
        )
    assert {one["event"]["outcome"] for one in spooled(home, "health")} == {"failure"}
    roles = {one.get("card", {}).get("process", {}).get("role") for one in spooled(home, "host")}
    assert "sample" in roles, "it samples itself too"


def test_one_metricset_alone(variables: dict[str, str], home: Path) -> None:
    with sampling(variables, "host"):
        assert poll(lambda: bool(spooled(home, "host")), FIND_S)
    assert not (home / "spool" / "gpu.ndjson").exists()


def test_a_second_sampler_on_the_same_home_is_a_clear_sentence(variables: dict[str, str], home: Path) -> None:
    with sampling(variables, "host"):
        assert poll(lambda: bool(spooled(home, "host")), FIND_S)
        said = subprocess.run(
            command(), env=variables, capture_output=True, text=True, timeout=60, check=False
        )
    assert said.returncode == 1
    assert "Another sampler writes" in said.stderr
    assert "[spool_in_use]" in said.stderr


def test_once_prints_a_sample_of_each_and_spools_nothing(
    variables: dict[str, str], home: Path, tmp_path: Path
) -> None:
    said = subprocess.run(
        command("--once"), env=variables, capture_output=True, text=True, timeout=60, check=True
    )
    found = [json.loads(line) for line in said.stdout.splitlines()]
    assert {one["event"]["dataset"] for one in found} == {"card.gpu", "card.host", "card.health"}
    host = next(one for one in found if one["metricset"]["name"] == "host")
    assert 0 <= host["host"]["cpu"]["usage"] <= 1
    assert "/health does not answer" in said.stderr
    assert not home.exists()


def test_an_unknown_metricset_is_wrong_usage(variables: dict[str, str]) -> None:
    said = subprocess.run(
        command("disk"), env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 2
    assert "'gpu', 'host', 'health'" in said.stderr


def test_without_a_driver_the_host_is_sampled_all_the_same(home: Path) -> None:
    variables = environment(home, **FAST) | {"LD_LIBRARY_PATH": os.fspath(home)}
    home.mkdir()
    (home / "libnvidia-ml.so.1").write_text("no library", "utf-8")
    with sampling(variables, "gpu", "host"):
        assert poll(lambda: len(spooled(home, "host")) > 20, FIND_S)
    assert events(home) == [("sample_failed", "no_driver")]
    assert not spooled(home, "gpu")


@pytest.mark.parametrize("kind", ["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def test_the_stack_samples_and_a_request_is_told_with_its_gpus(
    kind: str, request: pytest.FixtureRequest, home: Path, tmp_path: Path, unique: str
) -> None:
    compiled(tmp_path)
    say(tmp_path / "state", count=1, gpu0_utilization=83)
    settings = FAST | {"LD_LIBRARY_PATH": str(tmp_path), "NVML_STATE": str(tmp_path / "state")}
    settings["CARDWATCH_NAMESPACE"] = unique
    if kind == "elasticsearch":
        server: Server = request.getfixturevalue("elasticsearch")
        settings |= {"CARDWATCH_ELASTICSEARCH": server.url}
    with running_stack(home, **settings) as stack:
        photograph = (PHOTOS / "identity-card.jpg").read_bytes()
        posted = requests.post(f"{stack.service}/v1/detect", files={"image": ("p", photograph)}, timeout=60)
        request_id = posted.headers["X-Request-ID"]
        stack.events(request_id, 2)

        def told() -> str:
            return stack.run("search", request_id).stdout

        assert poll(lambda: "NVIDIA Stand-in" in told(), FIND_S), told()
        assert "83 %" in told()
        assert "54 °C" in told()
        said = json.loads(stack.run("search", request_id, "--json", "--samples").stdout)
        assert said["gpu"][0]["gpu"]["utilization"]["gpu"]["pct"] == 83
        assert said["events"] == json.loads(stack.run("search", request_id, "--json").stdout)
        with Elasticsearch(stack.server) as client:
            query = {"bool": {"filter": [{"term": {"card.health.up": 1}}]}}
            health = f"metrics-card.health-{unique}"
            assert poll(lambda: client.count(index=health, query=query)["count"] > 0, FIND_S)
            roles = {"term": {"card.process.role": "serve-worker"}}
            assert poll(
                lambda: client.count(index=f"metrics-card.host-{unique}", query=roles)["count"] > 0, FIND_S
            )
    assert not list((home / "quarantine").iterdir())

"""The main line: a photograph in, a searchable record out, on the embedded node and on Elasticsearch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from elasticsearch import Elasticsearch

from elastic import search
from tests.e2e.stacks import FIND_S, PHOTOS, Stack, answers, poll, running_stack
from tests.servers import Server

LABELS = {entry["file"]: entry for entry in json.loads((PHOTOS / "labels.json").read_text("utf-8"))}
IDENTITY_NUMBER = "110101199003071234"
TELEPHONE = "13812345678"


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)]
)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp(request.param)
    settings = {}
    if request.param == "elasticsearch":
        server: Server = request.getfixturevalue("elasticsearch")
        settings = {"CARDWATCH_ELASTICSEARCH": server.url, "CARDWATCH_NAMESPACE": "main_line"}
    with running_stack(home, **settings) as running:
        yield running


def post(stack: Stack, body: bytes, **options: str) -> requests.Response:
    return requests.post(
        f"{stack.service}/v1/detect", data=body, headers={"Content-Type": "image/jpeg", **options}, timeout=60
    )


def test_every_upload_is_found_again_and_the_counts_agree(stack: Stack) -> None:
    photographs = sorted(path for path in PHOTOS.iterdir() if path.name in LABELS)
    replies = [post(stack, path.read_bytes()) for path in photographs]
    replies.append(post(stack, (PHOTOS / "broken.jpg").read_bytes()))
    ids = [reply.headers["X-Request-ID"] for reply in replies]
    sent = {
        "request_start": len(replies),
        "request_success": sum(reply.ok for reply in replies),
        "request_failure": sum(not reply.ok for reply in replies),
        "detection_result": sum(len(reply.json().get("cards", [])) for reply in replies),
    }
    assert sent["request_failure"] == 1
    stack.events(ids[-1], 2)  # from here on the data stream's first shard is there
    with Elasticsearch(stack.server) as client:
        assert poll(lambda: {name: search.count(client, ids, name) for name in sent} == sent, FIND_S)


def test_the_story_of_a_photograph_is_whole(stack: Stack) -> None:
    name, label = next((name, label) for name, label in LABELS.items() if len(label["cards"]) >= 2)
    reply = post(stack, (PHOTOS / name).read_bytes()).json()
    cards = reply["cards"]
    events = stack.events(reply["request_id"], 2 + len(cards))
    actions = [search.value(event, "event.action") for event in events]
    assert actions == ["request_start", *["detection_result"] * len(cards), "request_success"]
    end = events[-1]
    assert search.value(end, "http.response.status_code") == 200
    assert search.value(end, "card.image.width") == label["width"] == reply["image"]["width"]
    assert search.value(end, "card.count") == len(cards)
    assert search.value(end, "event.duration") > 0
    assert search.value(end, "card.stage.infer.ms") == pytest.approx(reply["timings_ms"]["infer"], abs=0.01)
    found = [search.value(event, "card.type") for event in events[1:-1]]
    assert found == [card["type"] for card in cards]


def test_a_broken_file_is_found_with_its_reason(stack: Stack) -> None:
    reply = post(stack, (PHOTOS / "broken.jpg").read_bytes())
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "application/problem+json"
    events = stack.events(reply.json()["request_id"], 2)
    assert search.value(events[-1], "event.action") == "request_failure"
    assert search.value(events[-1], "error.code") == reply.json()["code"] == "image_truncated"


def test_search_tells_a_person_what_happened(stack: Stack) -> None:
    reply = post(stack, (PHOTOS / next(iter(LABELS))).read_bytes()).json()
    stack.events(reply["request_id"], 2)
    said = stack.run("search", reply["request_id"])
    assert said.returncode == 0, said.stderr
    assert "request_start" in said.stdout
    assert "request_success" in said.stdout
    assert reply["model"]["version"] in said.stdout
    assert reply["classifier"]["version"] in said.stdout


def test_an_unknown_request_is_a_clear_sentence(stack: Stack) -> None:
    said = stack.run("search", "no-such-request")
    assert said.returncode == 1
    assert "No event has the request id no-such-request" in said.stderr
    assert "Traceback" not in said.stderr


def test_nothing_personal_reaches_a_file_or_the_server(stack: Stack) -> None:
    photograph = (PHOTOS / next(iter(LABELS))).read_bytes()
    reply = requests.post(
        f"{stack.service}/v1/detect?holder={IDENTITY_NUMBER}",
        files={"image": (f"zhang-san-{IDENTITY_NUMBER}.jpg", photograph)},
        headers={"User-Agent": f"phone {TELEPHONE}", "X-Request-ID": IDENTITY_NUMBER},
        timeout=60,
    )
    assert reply.status_code == 200
    assert reply.headers["X-Request-ID"] != IDENTITY_NUMBER
    stack.events(reply.headers["X-Request-ID"], 2)
    for path in (path for path in stack.home.rglob("*") if path.is_file()):
        text = path.read_bytes()
        assert IDENTITY_NUMBER.encode() not in text, path
        assert TELEPHONE.encode() not in text, path
        assert b"zhang-san" not in text, path


def test_installing_twice_changes_nothing(stack: Stack) -> None:
    said = stack.run("install")
    assert said.returncode == 0, said.stderr
    assert "0 changed" in said.stdout
    assert "logs-card.request-" in said.stdout


def test_ctrl_c_ends_everything_cleanly(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        family = psutil.Process(stack.process.pid).children(recursive=True)
        assert len(family) >= 3
        assert stack.stop() == 0
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive
    assert not answers(f"{stack.service}/livez")


def test_up_names_what_holds_a_port(stack: Stack, tmp_path: Path) -> None:
    said = stack.run("up", "--home", str(tmp_path), timeout_s=60)
    assert said.returncode == 1
    assert f"Port {stack.environment['CARDWATCH_SERVE_PORT']}" in said.stderr
    assert "--ports auto" in said.stderr

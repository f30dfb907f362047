"""The service as users meet it: a real gunicorn process with the real detector."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
import requests

from tests.unit.detection import corner_model, photographs

START_S = 60.0
STOP_S = 30.0

SERVE = """
import json, sys
from pathlib import Path
from app.detection.settings import DetectionSettings
from app.service import logs, server
from app.service.errors import ServiceError
from app.service.settings import ServiceSettings
home = Path(sys.argv[1])
settings = ServiceSettings(**json.loads(sys.argv[2]))
identity = logs.ServiceIdentity("cardwatch-serve", "1.2.3", "testing", "here")
logs.install(home / "log", identity, file_bytes=settings.log_file_bytes, files=settings.log_files)
try:
    server.run(settings, DetectionSettings(**json.loads(sys.argv[3])), home)
except ServiceError as error:
    sys.exit(f"{error} [{error.code}]")
"""


@dataclass
class Service:
    """A running service; `url` is empty when it ended before it listened."""

    home: Path
    process: subprocess.Popen[str]
    url: str = ""
    printed: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def detect(self, body: bytes, **more: Any) -> requests.Response:
        headers = {"Content-Type": "image/jpeg", **more.pop("headers", {})}
        return requests.post(f"{self.url}/v1/detect", data=body, headers=headers, timeout=60, **more)

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=60)

    def number(self, name: str) -> float:
        """A sample of /metrics, 0 when it is not there."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def events(self, log: str = "request") -> list[dict[str, Any]]:
        path = self.home / "log" / f"{log}.ndjson"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def stop(self) -> tuple[int, str]:
        """Exit code and what stands on stderr, after SIGTERM."""
        self.process.terminate()
        _, errors = self.process.communicate(timeout=STOP_S)
        return self.process.returncode, errors


def wait_until(done: Callable[[], bool], deadline_s: float = START_S) -> None:
    until = time.monotonic() + deadline_s
    while not done():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.02)


def start(home: Path, detection: dict[str, Any] | None = None, **settings: Any) -> Service:
    home.mkdir(parents=True, exist_ok=True)
    service, model = json.dumps({"port": 0, **settings}), json.dumps(detection or {})
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(home), service, model],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    return Service(home, process, line.rpartition(" ")[2], [line])


@contextlib.contextmanager
def running(home: Path, detection: dict[str, Any] | None = None, **settings: Any) -> Iterator[Service]:
    service = start(home, detection, **settings)
    try:
        wait_until(lambda: service.get("/readyz").status_code == 200)
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
        service.process.communicate(timeout=STOP_S)


@pytest.fixture(scope="module")
def photo() -> bytes:
    pixels = np.full((1200, 1600, 3), 60, np.uint8)
    cv2.rectangle(pixels, (300, 250), (1300, 880), (225, 215, 200), cv2.FILLED)
    encoded, body = cv2.imencode(".jpg", pixels)
    assert encoded
    return body.tobytes()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for the tests that leave it as it was."""
    with running(tmp_path_factory.mktemp("service"), max_body_bytes=1024 * 1024, body_timeout_s=0.5) as one:
        yield one


def test_a_photograph_becomes_an_answer_and_its_story(service: Service, photo: bytes) -> None:
    answer = service.detect(photo, headers={"X-Request-ID": "e2e-story-1"}, params={"min_score": "0.01"})
    reply = answer.json()

    assert answer.status_code == 200
    assert answer.headers["X-Request-ID"] == reply["request_id"] == "e2e-story-1"
    assert reply["image"] == {"width": 1600, "height": 1200, "format": "jpeg"}
    assert reply["model"]["provider"] in {"CPUExecutionProvider", "CUDAExecutionProvider"}
    assert set(reply["timings_ms"]) == {"decode", "preprocess", "queue", "infer", "postprocess"}
    story = [event for event in service.events() if event["http"]["request"]["id"] == "e2e-story-1"]
    actions = ["request_start", *["detection_result"] * len(reply["cards"]), "request_success"]
    assert [event["event"]["action"] for event in story] == actions
    assert story[-1]["card"]["count"] == len(reply["cards"])
    assert story[-1]["card"]["model"] == reply["model"]
    assert story[-1]["card"]["classifier"] == reply["classifier"]
    assert story[-1]["card"]["stage"]["infer"]["ms"] == reply["timings_ms"]["infer"]
    assert [event["card"]["type"] for event in story[1:-1]] == [card["type"] for card in reply["cards"]]


def test_a_card_is_told_where_it_lies_in_the_upright_photograph(tmp_path: Path) -> None:
    """With a model that needs no training, on a photograph that the camera stored lying on its side."""
    quad = np.array([[300, 200], [900, 240], [880, 620], [280, 580]], np.float32)
    body = photographs.encode(photographs.card_photo(1200, 800, quad), "jpeg", 6)
    model = corner_model.save(tmp_path / "corners.onnx")
    with running(tmp_path / "home", {"model": str(model), "provider": "cpu"}) as service:
        reply = service.detect(body).json()
        start, result, success = service.events()

    (card,) = reply["cards"]
    assert reply["image"] == {"width": 1200, "height": 800, "format": "jpeg"}
    assert card["type"] == "id_card"
    assert np.abs(np.array(card["quad"]) - quad).max() < 12
    assert card["box"] == [*np.min(card["quad"], axis=0), *np.max(card["quad"], axis=0)]
    assert [start["event"]["action"], success["card"]["type"]] == ["request_start", ["id_card"]]
    assert result["card"]["quad"] == [number for corner in card["quad"] for number in corner]
    assert result["card"]["score"] == card["score"]


def test_the_service_tells_that_it_is_well(service: Service) -> None:
    health = service.get("/health")

    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert health.json()["inference_ok"]
    assert health.json()["dependencies"]["log"]["free_bytes"] > 0
    assert service.number("cardwatch_model_loaded") == 1
    actions = [event["event"].get("action") for event in service.events("service")]
    assert {"service_start", "model_loaded", "worker_ready"} <= set(actions)


def test_a_chunked_body_beyond_the_limit_is_refused(service: Service) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65536

    answer = requests.post(
        f"{service.url}/v1/detect", data=pieces(), headers={"Content-Type": "image/jpeg"}, timeout=60
    )
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


def test_a_chunked_photograph_is_taken(service: Service, photo: bytes) -> None:
    halves = iter([photo[: len(photo) // 2], photo[len(photo) // 2 :]])
    answer = requests.post(
        f"{service.url}/v1/detect", data=halves, headers={"Content-Type": "image/jpeg"}, timeout=60
    )
    assert answer.status_code == 200


def test_a_large_base64_field_and_form_are_bounded_only_by_the_body(service: Service, photo: bytes) -> None:
    padded = photo + b"\0" * 600_000  # beyond Flask's own limit for forms
    assert requests.post(f"{service.url}/v1/detect", files={"image": padded}, timeout=60).status_code == 200


def sent(service: Service, *pieces: bytes) -> http.client.HTTPResponse:
    """The answer to raw bytes on a connection of their own."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=STOP_S) as connection:
        for piece in pieces:
            connection.sendall(piece)
        response = http.client.HTTPResponse(connection)
        response.begin()
        response.body = response.read()  # type: ignore[attr-defined]
        return response


HEAD = b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"


def test_a_body_that_stalls_is_refused_in_time(service: Service) -> None:
    response = sent(service, HEAD + b"Content-Length: 1000\r\n\r\nsome")
    assert response.status == 408
    assert json.loads(response.body)["code"] == "body_timeout"  # type: ignore[attr-defined]


@pytest.mark.parametrize("chunks", [b"zz\r\n", b"4\r\nabcdXX", b"0\r\nbad trailer\r\n\r\n"])
def test_broken_chunks_are_a_bad_request(service: Service, chunks: bytes) -> None:
    response = sent(service, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert response.status == 400


def test_requests_that_are_no_http_leave_no_query_in_the_log(service: Service) -> None:
    sent(service, b"GET /v1/detect?name=lihua HTTP/9.9\r\n\r\n")
    assert "lihua" not in (service.home / "log" / "service.ndjson").read_text("utf-8")


def test_it_says_one_line_and_ends_in_silence(tmp_path: Path, photo: bytes) -> None:
    with running(tmp_path) as service:
        assert service.printed == [f"Cardwatch service on {service.url}"]
        assert service.detect(photo).status_code == 200
        assert service.stop() == (0, "")
        assert service.events("service")[-1]["event"]["action"] == "service_stop"


def test_a_request_on_its_way_at_sigterm_is_answered(tmp_path: Path, photo: bytes) -> None:
    with running(tmp_path) as service:
        with socket.create_connection(("127.0.0.1", service.port), timeout=STOP_S) as connection:
            connection.sendall(HEAD + f"Content-Length: {len(photo)}\r\n\r\n".encode() + photo[:1000])
            wait_until(lambda: any(event["event"]["action"] == "request_start" for event in service.events()))
            service.process.send_signal(signal.SIGTERM)
            wait_until(
                lambda: "Handling signal: term" in [one["message"] for one in service.events("service")]
            )
            connection.sendall(photo[1000:])
            response = http.client.HTTPResponse(connection)
            response.begin()
            assert response.status == 200
            response.read()
        assert service.process.wait(STOP_S) == 0
        assert service.events()[-1]["event"]["action"] == "request_success"


def test_a_full_queue_is_answered_at_once(tmp_path: Path, photo: bytes) -> None:
    with running(tmp_path, queue=0, workers=1) as service, ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: service.detect(photo), range(48)))
        by_status = {status: [one for one in answers if one.status_code == status] for status in (200, 503)}

        assert len(by_status[200]) + len(by_status[503]) == len(answers)
        assert by_status[200]
        assert by_status[503]
        assert all(int(one.headers["Retry-After"]) >= 1 for one in by_status[503])
        assert all(one.json()["code"] == "model_busy" for one in by_status[503])
        assert service.number('cardwatch_rejected_total{reason="model_busy"}') == len(by_status[503])


def test_a_worker_that_is_killed_is_replaced_and_the_counters_go_on(tmp_path: Path, photo: bytes) -> None:
    succeeded = 'cardwatch_requests_total{outcome="success",route="/v1/detect",status="200"}'
    with running(tmp_path, workers=2, queue_timeout_s=30) as service:
        for _ in range(4):
            assert service.detect(photo).status_code == 200
        victims = psutil.Process(service.process.pid).children()
        assert len(victims) == 2
        victims[0].kill()
        wait_until(lambda: len(set(psutil.Process(service.process.pid).children()) - set(victims)) == 1)
        for _ in range(4):
            assert service.detect(photo).status_code == 200
        assert service.number(succeeded) == 8
        assert len(list((tmp_path / "metrics" / str(service.port)).glob("counter_*"))) == 2


def test_a_model_that_cannot_be_loaded_ends_the_service_with_one_sentence(tmp_path: Path) -> None:
    service = start(tmp_path, {"model": str(tmp_path / "missing.onnx")})
    _, errors = service.process.communicate(timeout=START_S)

    assert service.process.returncode not in (0, -signal.SIGABRT)
    assert errors.count("\n") == 1
    assert "The model cannot be loaded." in errors
    assert "missing.onnx" in errors


def test_a_taken_port_and_a_public_address_are_refused(service: Service, tmp_path: Path) -> None:
    for settings, code in (({"port": service.port}, "port_taken"), ({"host": "0.0.0.0"}, "bind_refused")):
        refused = start(tmp_path, **settings)
        _, errors = refused.process.communicate(timeout=START_S)
        assert refused.process.returncode == 1
        assert code in errors
        assert errors.count("\n") == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 8 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_costs_log_lines_and_never_a_request(small_disk: Path, photo: bytes) -> None:
    filler, no_cards = small_disk / "filler", {"params": {"min_score": "1"}}
    with running(small_disk / "home", workers=1) as service:
        assert service.detect(photo, **no_cards).status_code == 200
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        answers = [service.detect(photo, **no_cards) for _ in range(20)]

        assert {answer.status_code for answer in answers} == {200}
        ill = service.get("/health")
        assert ill.status_code == 200
        assert ill.json()["status"] == "degraded"
        assert ill.json()["failing"] == ["log"]
        lost = ill.json()["dependencies"]["log"]["dropped_lines"]
        assert lost > 0
        assert service.number('cardwatch_log_lines_dropped_total{log="request",reason="disk_full"}') == lost

        filler.unlink()
        service.detect(photo, headers={"X-Request-ID": "after-the-flood"}, **no_cards)
        assert service.get("/health").json()["status"] == "ok"
        events = service.events()
        assert [event["http"]["request"]["id"] for event in events[-2:]] == ["after-the-flood"] * 2
        assert len(events) + lost == 2 * (1 + len(answers) + 1)

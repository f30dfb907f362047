from __future__ import annotations

import base64
import hashlib
import io
import json
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.detection import errors
from app.service.api import ROUTES
from app.service.metrics import Metrics
from app.service.problems import MIME_TYPE, PROBLEMS
from tests.unit.service.conftest import Events
from tests.unit.service.fake_detector import FakeDetector, FakeModel

PHOTO = b"photo" + bytes(range(256))
FILE_NAME = "wang-xiaoming-110101199003077758.jpg"


def post(
    client: FlaskClient, body: bytes = PHOTO, mime_type: str = "image/jpeg", **more: Any
) -> TestResponse:
    return client.post("/v1/detect", data=body, content_type=mime_type, **more)


def problem(answer: TestResponse) -> dict[str, Any]:
    """The members of a problem+json answer, checked for what all of them have in common."""
    assert answer.content_type == MIME_TYPE
    members: dict[str, Any] = answer.json or json.loads(answer.data)
    assert set(members) == {"type", "title", "status", "detail", "code", "request_id"}
    assert members["status"] == answer.status_code == PROBLEMS[members["code"]].status
    assert members["request_id"] == answer.headers["X-Request-ID"]
    assert members["detail"].endswith((".", "!"))
    return members


# What is answered


def test_the_answer_to_a_photograph(client: FlaskClient) -> None:
    answer = post(client)

    assert answer.status_code == 200
    assert answer.json == {
        "request_id": answer.headers["X-Request-ID"],
        "model": {"name": "fake", "version": "9f86d081884c", "provider": "CPUExecutionProvider"},
        "image": {"width": 640, "height": 480, "format": "jpeg"},
        "cards": [
            {
                "type": "id_card",
                "score": 0.9765,
                "box": [10.0, 20.0, 300.12, 200.0],
                "quad": [[10.0, 20.0], [300.12, 20.0], [300.0, 200.0], [10.0, 200.0]],
            }
        ],
        "timings_ms": {"decode": 1.5, "preprocess": 0.25, "queue": 0.0, "infer": 10.0, "postprocess": 0.125},
    }


SECOND = {"name": "second", "version": "2c26b46b68ff", "provider": "CUDAExecutionProvider"}


def test_the_classifier_is_told_wherever_the_model_is(
    client: FlaskClient, detector: FakeDetector, told: Events
) -> None:
    detector.classifier = FakeModel(**SECOND)
    answer, health = post(client).json, client.get("/health").json

    assert answer is not None
    assert health is not None
    assert answer["classifier"] == health["classifier"] == SECOND
    assert [document["card"]["classifier"] for document in told.documents[1:]] == [SECOND] * 2
    assert [document["card"]["model"]["name"] for document in told.documents[1:]] == ["fake"] * 2


def test_a_classifier_alone_that_falls_back_shows_in_the_numbers(
    client: FlaskClient, detector: FakeDetector
) -> None:
    detector.classifier = FakeModel()
    client.get("/health")
    assert "cardwatch_provider_fallback 0.0" in client.get("/metrics").text
    detector.classifier.fallback = True
    post(client)
    assert "cardwatch_provider_fallback 1.0" in client.get("/metrics").text


def as_form(name: str = "image") -> dict[str, Any]:
    return {"data": {name: (io.BytesIO(PHOTO), FILE_NAME)}, "content_type": "multipart/form-data"}


ENCODED = base64.b64encode(PHOTO).decode()


@pytest.mark.parametrize(
    "request_body",
    [
        as_form(),
        {"data": PHOTO, "content_type": "image/png"},
        {"data": PHOTO, "content_type": "Image/JPEG; q=1"},
        {"data": PHOTO, "content_type": "application/octet-stream"},
        {"json": {"image": ENCODED}},
        {"json": {"image": f"data:image/jpeg;base64,{ENCODED}"}},
        {"json": {"image": f"{ENCODED[:100]}\n{ENCODED[100:]}\n"}},
    ],
)
def test_every_way_to_send_a_photograph(
    client: FlaskClient, detector: FakeDetector, request_body: dict[str, Any]
) -> None:
    assert client.post("/v1/detect", **request_body).status_code == 200
    assert detector.seen == [(PHOTO, None)]


def test_the_lowest_score_may_be_asked_for(client: FlaskClient, detector: FakeDetector) -> None:
    assert post(client, query_string={"min_score": "0.25"}).status_code == 200
    assert detector.seen[0][1] == 0.25


@pytest.mark.parametrize("score", ["", "x", "-0.1", "1.1", "nan", "inf"])
def test_a_score_out_of_range(client: FlaskClient, score: str) -> None:
    assert problem(post(client, query_string={"min_score": score}))["code"] == "bad_min_score"


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({"data": b"", "content_type": "image/jpeg"}, "missing_image"),
        ({"data": as_form("photo")["data"], "content_type": "multipart/form-data"}, "missing_image"),
        ({"data": {"image": "text"}, "content_type": "multipart/form-data"}, "missing_image"),
        ({"data": b"no form", "content_type": "multipart/form-data"}, "bad_request"),
        ({"data": b"no form", "content_type": "multipart/form-data; boundary=x"}, "bad_request"),
        ({"json": {}}, "missing_image"),
        ({"json": []}, "missing_image"),
        ({"json": {"image": ""}}, "missing_image"),
        ({"json": {"image": 5}}, "bad_request"),
        ({"json": {"image": "%%%"}}, "bad_request"),
        ({"json": {"image": "data:image/jpeg,plain"}}, "bad_request"),
        ({"data": b"{", "content_type": "application/json"}, "bad_request"),
        ({"data": b"x=1", "content_type": "application/x-www-form-urlencoded"}, "unsupported_media_type"),
        ({"data": PHOTO}, "unsupported_media_type"),
        ({"data": b"text", "content_type": "image/jpeg"}, "not_an_image"),
        ({"data": b"photo" * 1000, "content_type": "image/jpeg"}, "body_too_large"),
        ({"data": {"image": (io.BytesIO(PHOTO * 20), "x")}}, "body_too_large"),
        ({"json": {"image": "A" * 5000}}, "body_too_large"),
    ],
)
def test_what_is_refused(client: FlaskClient, told: Events, request_body: dict[str, Any], code: str) -> None:
    assert problem(client.post("/v1/detect", **request_body))["code"] == code
    assert told.actions == ["request_start", "request_failure"]
    assert told.last["error"]["code"] == code


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.ImageTruncated("It ends too early."), 400),
        (errors.ImageAnimated("It moves."), 400),
        (errors.UnsupportedFormat("A GIF."), 415),
        (errors.TooManyPixels("Too many."), 422),
        (errors.SideOutOfRange("Too long."), 422),
        (errors.ModelBusy("All places are taken.", 2.5), 503),
        (errors.ModelError("It failed."), 500),
        (errors.DetectionError("It failed."), 500),
    ],
)
def test_what_the_detector_refuses(
    client: FlaskClient, detector: FakeDetector, error: errors.DetectionError, status: int
) -> None:
    detector.error = error
    answer = post(client)

    assert problem(answer)["code"] == error.code
    assert answer.status_code == status
    assert (problem(answer)["detail"] == str(error)) == (status != 500)
    assert answer.headers.get("Retry-After") == ("3" if status == 503 else None)


def test_every_code_of_the_detector_has_its_place_in_the_table() -> None:
    kinds = [errors.DetectionError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())

    assert {kind.code for kind in kinds} <= set(PROBLEMS)


def test_a_bug_is_answered_without_internals(
    client: FlaskClient, detector: FakeDetector, told: Events
) -> None:
    detector.error = RuntimeError("secret of 110101199003077758")
    answer = post(client)

    assert problem(answer)["code"] == "internal_error"
    assert b"secret" not in answer.data
    error = told.last["error"]
    assert error["type"] == "RuntimeError"
    assert error["message"] == "secret of [redacted]"
    assert "Traceback" in error["stack_trace"]
    assert "110101199003077758" not in str(told.documents)


def test_a_bug_on_another_route_is_logged(
    client: FlaskClient, metrics: Metrics, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> bytes:
        raise RuntimeError("secret")

    monkeypatch.setattr(metrics, "render", broken)
    answer = client.get("/metrics")

    assert problem(answer)["code"] == "internal_error"
    assert b"secret" not in answer.data
    assert caplog.records[-1].exc_info is not None


def test_before_the_model_is_loaded(unready: FlaskClient) -> None:
    answer = post(unready)

    assert problem(answer)["code"] == "not_ready"
    assert int(answer.headers["Retry-After"]) >= 1
    assert unready.get("/livez").status_code == 200
    assert unready.get("/readyz").status_code == 503
    health = unready.get("/health")
    assert health.status_code == 503
    assert health.json is not None
    assert health.json["failing"][:2] == ["model_loaded", "inference_ok"]


def test_unknown_paths_and_methods(client: FlaskClient, told: Events) -> None:
    assert problem(client.get("/nothing"))["code"] == "not_found"
    answer = client.delete("/health")
    assert problem(answer)["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]
    assert told.documents == []


def test_the_wrong_method_on_detect_is_told(client: FlaskClient, told: Events) -> None:
    assert problem(client.get("/v1/detect"))["code"] == "method_not_allowed"
    assert told.actions == ["request_start", "request_failure"]


# The request id


def test_a_safe_id_is_returned_and_logged(client: FlaskClient, told: Events) -> None:
    answer = post(client, headers={"X-Request-ID": "order-abc.12"})

    assert answer.headers["X-Request-ID"] == "order-abc.12"
    assert {document["http"]["request"]["id"] for document in told.documents} == {"order-abc.12"}


@pytest.mark.parametrize("token", ["short", "has space in it", "13812345678", "x" * 65])
def test_another_id_is_replaced(client: FlaskClient, token: str) -> None:
    answer = post(client, headers={"X-Request-ID": token})
    assert uuid.UUID(answer.headers["X-Request-ID"]).version == 7


@pytest.mark.parametrize("path", ["/", "/health", "/livez", "/readyz", "/metrics", "/nothing"])
def test_every_answer_has_an_id(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"X-Request-ID": "probe-0001"})
    assert answer.headers["X-Request-ID"] == "probe-0001"


# The events


def test_the_story_of_a_success(client: FlaskClient, told: Events) -> None:
    answer = client.post("/v1/detect?min_score=0.1", **as_form(), headers={"User-Agent": "agent/1"})
    start, card, success = told.documents

    assert told.actions == ["request_start", "detection_result", "request_success"]
    request_id = answer.headers["X-Request-ID"]
    assert [document["event"]["id"] for document in told.documents] == [
        f"{request_id}.{n}" for n in (1, 2, 3)
    ]
    assert start["http"]["request"]["mime_type"] == "multipart/form-data"
    assert start["url"] == {"path": "/v1/detect"}
    assert start["source"] == {"ip": "127.0.0.1"}
    assert start["user_agent"] == {"original": "agent/1"}
    assert card["card"]["type"] == "id_card"
    assert card["card"]["score"] == 0.9765
    assert card["card"]["quad"] == [10.0, 20.0, 300.12, 20.0, 300.0, 200.0, 10.0, 200.0]
    assert success["http"]["response"] == {"status_code": 200}
    assert success["event"]["outcome"] == "success"
    assert success["event"]["duration"] > 0
    assert success["card"] == {
        "count": 1,
        "type": ["id_card"],
        "batch": {"size": 1},
        "stage": {
            "decode": {"ms": 1.5},
            "preprocess": {"ms": 0.25},
            "queue": {"ms": 0.0},
            "infer": {"ms": 10.0},
            "postprocess": {"ms": 0.125},
        },
        "image": {
            "bytes": len(PHOTO),
            "sha256": hashlib.sha256(PHOTO).hexdigest(),
            "width": 640,
            "height": 480,
            "format": "jpeg",
        },
        "model": {"name": "fake", "version": "9f86d081884c", "provider": "CPUExecutionProvider"},
    }


def test_a_failure_tells_what_is_known_of_the_image(
    client: FlaskClient, detector: FakeDetector, told: Events
) -> None:
    detector.error = errors.ImageTruncated("It ends too early.")
    post(client)

    assert told.last["card"]["image"]["width"] == 640
    assert told.last["card"]["image"]["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    assert told.last["error"] == {
        "code": "image_truncated",
        "type": "app.detection.errors.ImageTruncated",
        "message": "It ends too early.",
    }


def test_neither_file_name_nor_query_is_written(client: FlaskClient, told: Events) -> None:
    client.post("/v1/detect?name=lihua&min_score=0.1", **as_form())
    client.post("/v1/detect?name=lihua&min_score=x", **as_form())

    assert "xiaoming" not in str(told.documents)
    assert "lihua" not in str(told.documents)


def test_probes_are_not_told(client: FlaskClient, told: Events) -> None:
    for path in ("/health", "/livez", "/readyz", "/metrics", "/"):
        assert client.get(path).status_code == 200
    assert told.documents == []


# The other routes


def test_the_index_lists_every_route(client: FlaskClient) -> None:
    assert client.get("/").json == {"name": "Cardwatch", "version": "1.2.3", "routes": ROUTES}
    listed = {route.split()[1] for route in ROUTES}
    assert listed == {rule.rule for rule in client.application.url_map.iter_rules()}


def test_health_of_a_well_service(client: FlaskClient, detector: FakeDetector) -> None:
    body = client.get("/health").json
    assert body is not None
    assert body.pop("uptime_s") >= 0
    assert body.pop("dependencies")["log"]["dropped_lines"] == 0
    assert body == {
        "status": "ok",
        "failing": [],
        "model_loaded": True,
        "inference_ok": True,
        "provider": "CPUExecutionProvider",
        "requested_provider": "auto",
        "fallback": False,
        "model": {"name": "fake", "version": "9f86d081884c"},
        "version": "1.2.3",
    }
    assert detector.tests == 2  # the warm-up, and this one


def test_health_of_a_model_that_fails(client: FlaskClient, detector: FakeDetector) -> None:
    detector.test_error = errors.ModelError("It computes nonsense.")
    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["failing"] == ["inference_ok"]


def test_the_numbers_tell_what_happened(
    client: FlaskClient, detector: FakeDetector, metrics: Metrics
) -> None:
    post(client)
    detector.error = errors.ModelBusy("Taken.", 1)
    post(client)
    client.get("/v1/made-up-13812345678")
    text = client.get("/metrics").text

    assert 'cardwatch_requests_total{outcome="success",route="/v1/detect",status="200"} 1.0' in text
    assert 'cardwatch_requests_total{outcome="failure",route="unmatched",status="404"} 1.0' in text
    assert 'cardwatch_rejected_total{reason="model_busy"} 1.0' in text
    assert 'cardwatch_cards_total{type="id_card"} 1.0' in text
    assert 'cardwatch_stage_duration_seconds_sum{stage="infer"} 0.01' in text
    assert "cardwatch_http_server_active_requests 1.0" in text
    assert "made-up" not in text

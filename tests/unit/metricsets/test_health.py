"""Probes of services that are well, ill, silent, slow, strange or not there: real sockets."""

from __future__ import annotations

import http.server
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shippers.metricsets.health import Health
from shippers.metricsets.settings import SamplerSettings
from tests.e2e.stacks import poll
from tests.servers import free_port

LIMIT_S = 30

WELL = {
    "status": "ok",
    "failing": [],
    "fallback": False,
    "provider": "CPUExecutionProvider",
    "model": {"name": "card-detector", "version": "9f86d081884c"},
    "classifier": {"name": "card-classifier", "version": "2c26b46b68ff", "provider": "CPUExecutionProvider"},
    "uptime_s": 12.5,
}


@contextmanager
def service(body: object, status: int = 200, asked: threading.Event | None = None) -> Iterator[str]:
    """A service whose /health answers so; `asked` is set when somebody has asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if asked is not None:
                asked.set()
            said = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status if self.path == "/health" else 404)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def listener(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Something that takes connections and does what `answer` does with them."""
    done, server = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                answer(connection, done)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        done.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def silent(connection: socket.socket, done: threading.Event) -> None:
    done.wait(30)


def dripping(connection: socket.socket, done: threading.Event) -> None:
    """One byte at a time, each well within a time limit for one read."""
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
        if done.wait(0.05):
            return
        try:
            connection.send(bytes([byte]))
        except OSError:
            return


def garbage(connection: socket.socket, done: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


PATIENT = SamplerSettings(timeout_s=20)


def health(settings: SamplerSettings, *urls: str) -> Health:
    return Health(settings.model_copy(update={"services": " ".join(urls)}))


def test_a_service_that_is_well() -> None:
    with service(WELL) as url:
        reading = health(PATIENT, url).read()
    (document,) = reading.documents
    assert not reading.troubles
    assert document["service.address"] == url
    assert document["event.outcome"] == "success"
    assert document["http.response.status_code"] == 200
    assert (document["card.health.status"], document["card.health.up"]) == ("ok", 1)
    assert document["card.model.version"] == "9f86d081884c"
    assert document["card.classifier.version"] == "2c26b46b68ff"
    assert document["card.health.uptime_s"] == 12.5
    assert isinstance(document["event.duration"], int)
    assert document["event.duration"] > 0


@pytest.mark.parametrize(("status", "up"), [("degraded", 1), ("failing", 0)])
def test_an_ill_service_says_which_checks_fail(status: str, up: int) -> None:
    with service({**WELL, "status": status, "failing": ["inference_ok", "log"]}, 503) as url:
        reading = health(PATIENT, url).read()
    (document,) = reading.documents
    assert document["card.health.up"] == up
    assert document["card.health.failing"] == ["inference_ok", "log"]
    assert reading.troubles[url].code == f"service_{status}"
    assert "inference_ok, log" in reading.troubles[url].sentence


@pytest.mark.parametrize(
    ("answer", "code"), [(silent, "probe_timeout"), (dripping, "probe_timeout"), (garbage, "probe_failed")]
)
def test_a_service_that_does_not_answer_well_is_a_failed_probe_in_time(
    settings: SamplerSettings, answer: Callable[[socket.socket, threading.Event], None], code: str
) -> None:
    with listener(answer) as url:
        reading = health(settings, url).read()
    (document,) = reading.documents
    assert document["event.outcome"] == "failure"
    assert document["error.code"] == code == reading.troubles[url].code
    assert (document["card.health.status"], document["card.health.up"]) == ("unreachable", 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>", "probe_no_health"),
        ([], "probe_no_health"),
        ({"status": "fine"}, "probe_no_health"),
        (b"x" * 100_000, "probe_too_long"),
    ],
    ids=["html", "list", "other words", "too long"],
)
def test_an_answer_that_is_no_health_report_is_a_failed_probe(body: object, code: str) -> None:
    with service(body) as url:
        (document,) = health(PATIENT, url).read().documents
    assert document["error.code"] == code
    assert document["card.health.up"] == 0


def test_what_a_report_holds_that_it_should_not_is_left_out() -> None:
    strange = {
        "status": "ok",
        "failing": [1, "a"],
        "provider": 3,
        "model": "m",
        "classifier": [1],
        "uptime_s": True,
    }
    with service(strange) as url:
        (document,) = health(PATIENT, url).read().documents
    assert document["card.health.failing"] == ["a"]
    assert document["card.model.provider"] is None
    assert document["card.model.name"] is None
    assert document["card.classifier.name"] is None
    assert document["card.health.uptime_s"] is None


def test_one_service_that_hangs_delays_no_other() -> None:
    """The first answers only when the second has been asked: one after the other would never end well."""
    asked = threading.Event()

    def waiting(connection: socket.socket, done: threading.Event) -> None:
        if asked.wait(30):
            body = json.dumps(WELL).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    nobody = f"http://127.0.0.1:{free_port()}"
    with listener(waiting) as first, service(WELL, asked=asked) as second:
        metricset = health(PATIENT, first, second, nobody)
        reading = metricset.read()
        metricset.close()
    by_url = {str(document["service.address"]): document for document in reading.documents}
    assert by_url[first]["card.health.up"] == 1
    assert by_url[second]["card.health.up"] == 1
    assert by_url[nobody]["error.code"] == "probe_refused"


def test_a_name_look_up_that_hangs_is_a_failed_probe_and_no_second_one_is_begun(
    settings: SamplerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, resolved, looked_up = socket.getaddrinfo, threading.Event(), list[object]()

    def hanging(*args: Any, **options: Any) -> Any:
        looked_up.append(args[0])
        assert resolved.wait(LIMIT_S)
        return resolve(*args, **options)

    with service(WELL) as url:
        metricset = health(settings, url)
        monkeypatch.setattr(socket, "getaddrinfo", hanging)
        codes = [str(metricset.read().documents[0]["error.code"]) for _ in range(3)]
        assert (codes, looked_up) == (["probe_timeout"] * 3, ["127.0.0.1"])
        assert [each.name for each in threading.enumerate()].count("probe") == 1
        resolved.set()
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        assert poll(lambda: metricset.read().documents[0]["card.health.up"] == 1, LIMIT_S)


def test_a_silence_is_a_warning_only_after_a_first_answer() -> None:
    port = free_port()
    metricset = health(PATIENT, f"http://127.0.0.1:{port}")
    (before,) = metricset.read().troubles.values()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Well)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    assert not metricset.read().troubles
    server.shutdown()
    server.server_close()
    thread.join()
    (after,) = metricset.read().troubles.values()
    assert (before.level, after.level) == (logging.INFO, logging.WARNING)


class _Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(WELL).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return

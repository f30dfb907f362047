from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from app.service.errors import BindRefused, PortTaken, ServiceError
from app.service.server import address, listen, refuse_public, without_query


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_served(host: str) -> None:
    refuse_public(host)
    with listen(host, 0, 5) as listener:
        assert listener.getsockname()[1]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", ""])
def test_nothing_else_is_without_authentication(host: str) -> None:
    with pytest.raises(BindRefused, match="no authentication"):
        refuse_public(host)


def test_a_taken_port_is_named() -> None:
    with listen("127.0.0.1", 0, 5) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            listen("127.0.0.1", port, 5)


def test_an_address_of_another_machine_cannot_be_had() -> None:
    with pytest.raises(ServiceError, match="cannot listen"):
        listen("192.0.2.1", 0, 5)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
def test_the_address_is_shown_as_a_url(host: str, shown: str) -> None:
    with listen(host, 0, 5) as listener:
        assert address(listener) == f"{shown}{listener.getsockname()[1]}"


def test_no_query_string_reaches_the_log() -> None:
    quoted = logging.LogRecord(
        "gunicorn.error", logging.ERROR, "", 0, "Error in %s %s", ("GET", "/a?name=x"), None
    )
    plain = logging.LogRecord("gunicorn.error", logging.INFO, "", 0, "Listening at: %s", ("here",), None)

    assert without_query(quoted)
    assert without_query(plain)
    assert quoted.getMessage() == "Error in GET /a"
    assert plain.getMessage() == "Listening at: here"


def test_the_master_loads_nothing_that_does_not_survive_a_fork() -> None:
    code = "import sys, app.service.server; print([m for m in ('onnxruntime', 'cv2') if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert loaded.stdout.strip() == "[]"

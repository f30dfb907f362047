import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.service import logs

IDENTITY = logs.ServiceIdentity("cardwatch-ship", "1.2.3", "testing", "edge-7")


@pytest.fixture
def console() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log_dir(tmp_path: Path, console: io.StringIO) -> Iterator[Path]:
    """A folder that this process logs to until the end of the test."""
    root, requests = logging.getLogger(), logging.getLogger(logs.REQUESTS)
    before = root.handlers[:], root.level, requests.handlers[:], requests.propagate
    logs.install(tmp_path / "log", IDENTITY, file_bytes=100_000, files=3, console=console)
    yield tmp_path / "log"
    for file in logs.files().values():
        file.close()
    root.handlers[:], requests.handlers[:], requests.propagate = before[0], before[2], before[3]
    root.setLevel(before[1])
    logging.captureWarnings(False)


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_request_events_and_all_else_go_to_their_own_files(log_dir: Path) -> None:
    logging.getLogger(logs.REQUESTS).info("Event.", extra={"event.action": "request_start"})
    logging.getLogger("shippers.pipeline").info("Started.")

    request, service = written(log_dir / "request.ndjson"), written(log_dir / "service.ndjson")
    assert [line["event"]["dataset"] for line in request + service] == ["card.request", "card.service"]
    assert [line["message"] for line in request + service] == ["Event.", "Started."]
    assert request[0]["service"]["name"] == "cardwatch-ship"


def test_warnings_are_also_readable_lines_on_the_console(log_dir: Path, console: io.StringIO) -> None:
    logger = logging.getLogger("app.test")
    logger.info("Not shown.")
    try:
        raise ValueError("no trace here")
    except ValueError:
        logger.exception("Call 13812345678.")

    assert console.getvalue() == "ERROR app.test: Call [redacted].\n"
    assert "no trace here" in written(log_dir / "service.ndjson")[1]["error"]["stack_trace"]


def test_debug_lines_are_left_out(log_dir: Path) -> None:
    logging.getLogger("app.test").debug("Detail.")
    assert not (log_dir / "service.ndjson").exists()


def test_python_warnings_are_logged(log_dir: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("Old.", stacklevel=1)

    assert "Old." in written(log_dir / "service.ndjson")[0]["message"]


def test_installed_twice_it_writes_once(log_dir: Path, console: io.StringIO) -> None:
    logs.install(log_dir, IDENTITY, file_bytes=100_000, files=3, console=console)
    logging.getLogger("app.test").warning("Once.")

    assert len(written(log_dir / "service.ndjson")) == 1
    assert console.getvalue().count("Once.") == 1


def test_lost_lines_are_said_once_and_never_raised(log_dir: Path, console: io.StringIO) -> None:
    logger = logging.getLogger("app.test")
    logger.info("One.")
    (log_dir / "service.ndjson").unlink()
    log_dir.rename(log_dir.with_name("away"))
    logger.info("Two.")
    logger.info("Three.")

    assert console.getvalue().count("log lines are being lost") == 1
    assert logs.files()["service"].dropped == {"io_error": 2}


def test_a_record_that_cannot_be_formatted_is_counted(log_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = next(one for one in logging.getLogger().handlers if isinstance(one, logs.LineHandler))
    broken = logging.LogRecord("app.test", logging.INFO, "", 0, "Hello.", (), None)
    broken.created = float("inf")
    handler.handle(broken)

    assert logs.files()["service"].dropped == {"unreadable": 1}


def test_a_log_file_that_the_bound_removes_is_told_without_alarm(tmp_path: Path, log_dir: Path) -> None:
    for number in range(2000):
        logging.getLogger("app.test").info("A line to fill files with, number %d.", number)
    told = [
        line
        for path in log_dir.glob("service*.ndjson")
        for line in written(path)
        if line["event"].get("action") == "log_removed"
    ]
    assert told
    assert {line["log"]["level"] for line in told} == {"info"}
    assert {line["event"]["outcome"] for line in told} == {"unknown"}
    assert all("`cardwatch audit` tells" in line["message"] for line in told)

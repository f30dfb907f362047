from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.detection.errors import ModelBusy, ModelError
from app.service.health import SELF_TEST_LIMIT_S, LogState, SelfTest, log_state, report
from app.service.logfile import LogFile
from tests.unit.service.conftest import wait_until
from tests.unit.service.fake_detector import FakeDetector, FakeModel

GOOD_LOG = LogState(ok=True, dropped_lines=0, free_bytes=10**9)


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Probe:
    """Counts its runs; raises what it is told to."""

    runs = 0
    error: Exception | None = None

    def __call__(self) -> None:
        self.runs += 1
        if self.error is not None:
            raise self.error


def test_a_result_counts_until_it_is_stale() -> None:
    clock, probe = Clock(), Probe()
    test = SelfTest(probe, 5.0, clock)

    assert [test.ok(), probe.runs] == [True, 0]  # just warmed up
    clock.now_s += 5
    assert [test.ok(), test.ok(), probe.runs] == [True, True, 1]


def test_a_failure_is_seen_and_so_is_the_recovery() -> None:
    clock, probe = Clock(), Probe()
    test = SelfTest(probe, 5.0, clock)
    seen = []
    for error in (ModelError("It computes nonsense."), None):
        clock.now_s += 5
        probe.error = error
        seen.append(test.ok())

    assert seen == [False, True]


def test_a_busy_model_is_no_failure() -> None:
    clock, probe = Clock(), Probe()
    test = SelfTest(probe, 5.0, clock)
    clock.now_s += 5
    probe.error = ModelBusy("Taken.", 1)

    assert test.ok()
    assert test.ok()
    assert probe.runs == 2


def test_one_caller_at_a_time_runs_it_and_a_hanging_one_counts_as_failed() -> None:
    clock = Clock()
    started, go_on = threading.Event(), threading.Event()
    runs: list[int] = []

    def slow() -> None:
        runs.append(1)
        started.set()
        assert go_on.wait(10)

    test = SelfTest(slow, 5.0, clock)
    clock.now_s += 5
    caller = threading.Thread(target=test.ok)
    caller.start()
    assert started.wait(10)
    assert test.ok()
    clock.now_s += SELF_TEST_LIMIT_S
    assert not test.ok()
    go_on.set()
    caller.join()
    assert len(runs) == 1
    wait_until(test.ok)


def test_what_is_wrong_is_named() -> None:
    body = report(None, False, LogState(False, 7, 0), version="1", uptime_s=1.26)

    assert body["status"] == "failing"
    assert body["failing"] == ["model_loaded", "inference_ok", "log"]
    assert body["dependencies"]["log"] == {"ok": False, "dropped_lines": 7, "free_bytes": 0}
    assert body["uptime_s"] == 1.3


@pytest.mark.parametrize(
    ("models", "log", "status"),
    [
        (FakeDetector(), GOOD_LOG, "ok"),
        (FakeDetector(), LogState(False, 1, 0), "degraded"),
        (FakeDetector(FakeModel(fallback=True)), GOOD_LOG, "degraded"),
        (FakeDetector(classifier=FakeModel()), GOOD_LOG, "ok"),
        (FakeDetector(classifier=FakeModel(fallback=True)), GOOD_LOG, "degraded"),
    ],
)
def test_lost_lines_and_a_fallback_degrade_but_do_not_fail(
    models: FakeDetector, log: LogState, status: str
) -> None:
    body = report(models, True, log, version="1", uptime_s=1)
    assert (body["status"], body["fallback"]) == (status, status == "degraded" and log.ok)


def test_the_state_of_the_log_is_that_of_its_last_line(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "request.ndjson", max_bytes=100, kept=1)
    file.append(b"fits\n")
    well = log_state({"request": file}, 0)
    file.append(b"x" * 101)
    ill = log_state({"request": file}, 3)
    file.append(b"fits\n")

    assert [well.ok, ill.ok, log_state({"request": file}, 3).ok] == [True, False, True]
    assert well.free_bytes
    assert ill.dropped_lines == 3


def test_a_process_without_log_files_is_well() -> None:
    assert log_state({}, 0) == LogState(True, 0, None)

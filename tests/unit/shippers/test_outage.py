import logging

import pytest

from shippers.outage import Outage, sentence


@pytest.fixture(autouse=True)
def _all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="shippers")


def test_an_outage_is_two_lines_however_often_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    outage = Outage("Elasticsearch", lambda: now[0], quiet_s=60)
    for _ in range(50):
        outage.failed("ConnectionError", "refused")
        now[0] += 1
    outage.over(7, lambda: 1234)
    outage.over(7, lambda: 1234)
    begin, end = caplog.records
    assert (begin.levelname, end.levelname) == ("WARNING", "INFO")
    assert getattr(begin, "event.action") == "outage_start"
    assert getattr(end, "event.duration") == 50_000_000_000
    assert "7 lines" in end.getMessage()
    assert "1234 bytes" in end.getMessage()


def test_trouble_that_comes_and_goes_is_told_at_most_once_in_the_quiet_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    outage = Outage("Elasticsearch", lambda: now[0], quiet_s=60)
    for _ in range(59):
        outage.failed("429", "")
        outage.over(1, lambda: 0)
        now[0] += 1
    assert len(caplog.records) == 2
    now[0] = 61
    outage.failed("429", "")
    assert len(caplog.records) == 3


def test_nothing_is_said_when_nothing_failed(caplog: pytest.LogCaptureFixture) -> None:
    Outage("Elasticsearch", lambda: 0.0, 60).over(1, lambda: 1 // 0)
    assert not caplog.records


@pytest.mark.parametrize(
    ("kind", "reason", "advice"),
    [
        ("HTTP 401", "", "valid"),
        ("HTTP 403", "", "privileges"),
        ("security_exception", "action is unauthorized", "privileges"),
        ("TlsError", "certificate verify failed", "CA file"),
        ("ConnectionError", "Connection refused", "running"),
        ("ConnectionTimeout", "timed out", "CARDWATCH_SHIP_TIMEOUT_S"),
    ],
)
def test_the_line_says_why_and_what_people_can_do(
    kind: str, reason: str, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    Outage("Elasticsearch", lambda: 0.0, 60).failed(kind, reason)
    (record,) = caplog.records
    assert f"({kind}: {reason})" in record.message if reason else f"({kind})" in record.message
    assert advice in record.message


def test_a_long_reason_of_many_lines_is_one_short_line() -> None:
    said = sentence("Elasticsearch", "some_exception", "a\n" * 5000)
    assert "\n" not in said
    assert len(said) < 350


def test_what_only_waiting_helps_has_no_advice() -> None:
    assert sentence("The disk", "OSError", "full").endswith("are tried again.")

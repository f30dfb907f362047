import json
import logging
import math
import sys
from typing import Any

import pytest

from app.service.ecs import (
    FIELDS_ATTRIBUTE,
    TEXT_CHARS,
    TRACE_CHARS,
    EcsFormatter,
    ServiceIdentity,
    current_request,
    error_type,
    timestamp,
)
from app.service.redaction import MARK

IDENTITY = ServiceIdentity("cardwatch-serve", "1.2.3", "testing", "edge-7:8000")
FORMATTER = EcsFormatter("card.service", IDENTITY, "edge-7")


def record(
    message: object = "Hello.", *args: object, error: object = None, **extra: object
) -> logging.LogRecord:
    made = logging.LogRecord("app.test", logging.WARNING, "file.py", 1, message, args, error)  # type: ignore[arg-type]
    made.__dict__.update(extra)
    return made


def formatted(made: logging.LogRecord) -> dict[str, Any]:
    line = FORMATTER.format_line(made)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    fields: dict[str, Any] = json.loads(line)
    return fields


def raised(error: ValueError) -> Any:
    try:
        raise error
    except ValueError:
        return sys.exc_info()


def test_a_plain_record() -> None:
    made = record("%d of %d.", 1, 2)
    made.created = 1763867565.123456

    assert formatted(made) == {
        "@timestamp": "2025-11-23T03:12:45.123456Z",
        "log": {"level": "warning", "logger": "app.test"},
        "message": "1 of 2.",
        "event": {"kind": "event", "dataset": "card.service"},
        "process": {"pid": made.process, "thread": {"name": "MainThread"}},
        "ecs": {"version": "9.2.0"},
        "service": {
            "name": "cardwatch-serve",
            "version": "1.2.3",
            "environment": "testing",
            "node": {"name": "edge-7:8000"},
        },
        "host": {"name": "edge-7"},
    }


def test_the_time_always_has_six_digits() -> None:
    assert timestamp(1763867565.0) == "2025-11-23T03:12:45.000000Z"
    assert timestamp(1763867565.9999999) == "2025-11-23T03:12:46.000000Z"


@pytest.mark.parametrize(
    "extra",
    [
        {"http.request.id": "abcdefgh", "http.request.body.bytes": 5},
        {"http": {"request": {"id": "abcdefgh", "body": {"bytes": 5}}}},
        {"http": {"request.id": "abcdefgh"}, "http.request.body.bytes": 5},
        {FIELDS_ATTRIBUTE: {"http.request.id": "abcdefgh", "http.request.body.bytes": 5}},
    ],
)
def test_dotted_and_nested_extras_come_out_nested(extra: dict[str, object]) -> None:
    assert formatted(record(**extra))["http"] == {"request": {"id": "abcdefgh", "body": {"bytes": 5}}}


def test_only_fields_of_the_dictionary_are_written() -> None:
    fields = formatted(
        record(**{"user.password": "secret", "http.request.headers": "x", "http": "x", "a": {"b": 1}})
    )

    assert {"user", "http", "a"}.isdisjoint(fields)


def test_a_line_of_a_thread_that_serves_a_request_carries_its_id() -> None:
    token = current_request.set("request-1")
    try:
        assert formatted(record())["http"] == {"request": {"id": "request-1"}}
        assert formatted(record(**{"http.request.id": "request-2"}))["http"] == {
            "request": {"id": "request-2"}
        }
    finally:
        current_request.reset(token)
    assert "http" not in formatted(record())


def test_the_identity_cannot_be_overwritten() -> None:
    extra = {"service.name": "other", "@timestamp": "never", "log.level": "none", "event.dataset": "x"}
    fields = formatted(record(**extra))

    assert fields["service"]["name"] == "cardwatch-serve"
    assert fields["@timestamp"] != "never"
    assert fields["log"]["level"] == "warning"
    assert fields["event"]["dataset"] == "card.service"


def test_clashing_extras_lose_no_record() -> None:
    knot: dict[str, object] = {}
    knot["http"] = knot["request"] = knot
    extra = {"error": "text", "error.code": "x", "http": knot, "card.model": 5, "card.model.name": "m"}
    fields = formatted(record(**extra))

    assert fields["error"] == {"code": "x"}
    assert fields["card"] == {"model": {"name": "m"}}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, "no number", None, object()])
def test_what_is_no_number_becomes_null(number: object) -> None:
    fields = formatted(record(**{"card.score": number, "event.duration": number, "card.count": 1}))

    assert fields["card"].get("score") is None
    assert fields["event"].get("duration") is None
    assert fields["card"]["count"] == 1


def test_a_flattened_field_has_names_of_any_kind_and_is_redacted_and_bounded() -> None:
    name = "card.ship.discarded_events_by_reason"
    many = {f"reason{n}": n for n in range(200)}
    assert formatted(record(**{name: {"not_utf8": 2, "why": 1.5}}))["card"]["ship"] == {
        "discarded_events_by_reason": {"not_utf8": 2, "why": "1.5"}
    }
    assert len(formatted(record(**{name: many}))["card"]["ship"]["discarded_events_by_reason"]) == 100
    assert formatted(record(**{name: 7}))["card"]["ship"]["discarded_events_by_reason"] is None


def test_every_value_has_the_type_of_its_field() -> None:
    extra = {
        "card.count": 2.0,
        "card.score": 1,
        "event.action": 7,
        "event.duration": 2**70,
        "event.type": ("a", 1),
    }
    fields = formatted(record(**extra))

    assert fields["card"] == {"count": 2, "score": 1.0}
    assert fields["event"]["action"] == "7"
    assert fields["event"]["duration"] is None
    assert fields["event"]["type"] == ["a", "1"]


def test_chained_exceptions_with_their_own_lines() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("outer") from inner
    except ValueError:
        error = formatted(record(error=sys.exc_info()))["error"]

    assert error["type"] == "ValueError"
    assert error["message"] == "outer"
    assert "KeyError: 'inner'" in error["stack_trace"]
    assert "direct cause" in error["stack_trace"]
    assert error["stack_trace"].rstrip().endswith("ValueError: outer")


def test_the_given_error_fields_win() -> None:
    fields = formatted(record(error=raised(ValueError("x")), **{"error.type": "mine", "error.code": "c"}))

    assert fields["error"]["type"] == "mine"
    assert fields["error"]["code"] == "c"
    assert "ValueError: x" in fields["error"]["stack_trace"]


def test_a_long_trace_keeps_both_its_ends() -> None:
    trace = formatted(record(error=raised(ValueError("x" * 200_000 + "END"))))["error"]["stack_trace"]

    assert len(trace) <= TRACE_CHARS
    assert trace.startswith("Traceback")
    assert trace.rstrip().endswith("END")


def test_a_deep_recursion_can_be_written() -> None:
    def fall() -> None:
        fall()

    try:
        fall()
    except RecursionError:
        assert len(formatted(record(error=sys.exc_info()))["error"]["stack_trace"]) <= TRACE_CHARS


def test_every_text_is_redacted() -> None:
    number = "110101199003077758"
    try:
        raise ValueError(number) from KeyError({number: 1})
    except ValueError:
        made = record("Number %s", number, error=sys.exc_info(), **{"user_agent.original": f"agent {number}"})
    made.threadName = f"thread-{number}"
    line = FORMATTER.format_line(made).decode()

    assert number not in line
    assert json.loads(line)["user_agent"]["original"] == f"agent {MARK}"


def test_a_long_text_is_cut_without_leaving_half_a_number() -> None:
    text = "x" * (TEXT_CHARS - 10) + " 110101199003077758" + "y" * 10_000
    message = formatted(record(text))["message"]

    assert len(message) <= TEXT_CHARS
    assert "1101" not in message


def test_a_record_that_does_not_fit_its_sentence_is_written() -> None:
    class Silent:
        def __str__(self) -> str:
            raise RuntimeError

    assert formatted(record("%d", "no number"))["message"] == "%d"
    assert formatted(record(Silent()))["message"] == "<Silent>"
    assert formatted(record(**{"event.action": Silent()}))["event"]["action"] == "<Silent>"
    assert formatted(record("half \ud800 pair"))["message"] == "half ? pair"
    assert formatted(record("line\nbreak"))["message"] == "line\nbreak"


def test_the_stock_way_to_format_gives_the_same() -> None:
    made = record("Same.")
    assert FORMATTER.format(made) == FORMATTER.format_line(made).decode().rstrip("\n")


def test_error_types_carry_their_module() -> None:
    assert error_type(ValueError()) == "ValueError"
    assert error_type(json.JSONDecodeError("", "", 0)) == "json.decoder.JSONDecodeError"

"""The story of a request as a person reads it."""

from __future__ import annotations

import re
from typing import Any

from rich.console import Console

from app.commands.story import milliseconds, story, type_name
from elastic.search import Moment

BASE = {"http": {"request": {"id": "r-1"}}, "host": {"name": "edge-7"}}
START = BASE | {
    "@timestamp": "2026-11-23T03:12:45.000000Z",
    "event": {"action": "request_start"},
    "message": "began",
}
CARD = BASE | {
    "@timestamp": "2026-11-23T03:12:45.037000Z",
    "event": {"action": "detection_result"},
    "card": {"type": "id_card", "score": 0.97, "quad": [1, 2, 3, 4, 5, 6, 7, 8]},
}
END = BASE | {
    "@timestamp": "2026-11-23T03:12:45.038000Z",
    "event": {"action": "request_success", "outcome": "success", "duration": 38_000_000},
    "http": {"request": {"id": "r-1"}, "response": {"status_code": 200}},
    "card": {
        "image": {"width": 40, "height": 30, "format": "jpeg"},
        "model": {"name": "detector", "version": "9f86d081884c", "provider": "CPU"},
        "stage": {"infer": {"ms": 17.0}},
    },
}
FAILED = BASE | {
    "@timestamp": "2026-11-23T03:12:45.010000Z",
    "event": {"action": "request_failure", "outcome": "failure", "duration": 10_000_000},
    "error": {
        "code": "not_an_image",
        "message": "It is text.",
        "type": "E",
        "stack_trace": "Traceback: here",
    },
}


SAMPLE = {
    "@timestamp": "2026-11-23T03:12:43.500000Z",
    "gpu": {
        "labels": {"gpu": "0", "model_name": "NVIDIA H100"},
        "utilization": {"gpu": {"pct": 91}},
        "memory": {"framebuffer": {"used_size": 2048.4, "total_size": 81559.0}},
        "temperature": {"gpu": 54.0},
        "processes": {"own": {"used_size": 512.0}},
    },
}


def shown(*events: dict[str, Any], gpus: Moment | None = None) -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(story(events, gpus))
    return console.export_text()


def test_it_tells_outcome_image_stages_and_cards_in_order() -> None:
    text = shown(START, CARD, END)
    assert "Request r-1  success 200  38.0 ms" in text
    assert "40 x 30 px  jpeg" in text
    assert "infer 17.0 ms" in text
    assert text.index("request_start") < text.index("detection_result") < text.index("request_success")
    assert "id_card 身份证  score 0.970  (1, 2) (3, 4) (5, 6) (7, 8)" in text
    assert "37.0 ms" in text


def test_it_tells_which_models_did_it() -> None:
    assert "detector  9f86d081884c  CPU" in shown(START, END)
    assert "classifier" not in shown(START, END)
    second = {"classifier": {"name": "second", "version": "2c26b46b68ff", "provider": "CUDA"}}
    text = shown(START, END | {"card": END["card"] | second})
    assert re.search("classifier  +second  2c26b46b68ff  CUDA", text)


def test_an_error_comes_with_its_code_and_stack_trace() -> None:
    text = shown(START, FAILED)
    assert "failure" in text
    assert "not_an_image: It is text. (E)" in text
    assert "Traceback: here" in text


def test_a_request_without_an_end_says_so() -> None:
    assert "not finished" in shown(START)


def test_a_class_of_the_user_s_own_keeps_its_name() -> None:
    assert type_name("bank_card") == "bank_card"
    assert milliseconds(None) == ""


def test_the_gpu_s_moment_stands_below_the_events() -> None:
    text = shown(START, END, gpus=Moment((SAMPLE,)))
    line = next(line for line in text.splitlines() if "NVIDIA H100" in line)
    assert " ".join(line.split()) == "-1.5 s 0 NVIDIA H100 91 % 2,048 / 81,559 MiB 54 °C 512 MiB"


def test_a_value_that_the_gpu_does_not_give_is_left_empty() -> None:
    bare = {"@timestamp": SAMPLE["@timestamp"], "gpu": {"labels": {"gpu": "1"}, "temperature": {"gpu": 40}}}
    line = next(line for line in shown(START, gpus=Moment((bare,))).splitlines() if "°C" in line)
    assert line.split() == ["-1.5", "s", "1", "40", "°C"]


def test_where_there_is_no_sample_the_reason_is_said() -> None:
    assert "GPU: no sampler ran." in shown(START, gpus=Moment(reason="no sampler ran"))
    assert "GPU" not in shown(START)

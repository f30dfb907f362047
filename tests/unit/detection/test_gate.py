"""The gate before the model, with real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.detection.errors import ModelBusy
from app.detection.gate import Gate


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class Guest:
    """A caller in a thread of its own, inside from `inside` on until `leave`."""

    def __init__(self, gate: Gate) -> None:
        self.inside = threading.Event()
        self.leave = threading.Event()
        self.waited_s = -1.0
        self._gate = gate
        self._thread = threading.Thread(target=self._visit)
        self._thread.start()

    def _visit(self) -> None:
        with self._gate.place() as self.waited_s:
            self.inside.set()
            self.leave.wait(10)

    def end(self) -> None:
        self.leave.set()
        self._thread.join(10)


def test_an_empty_gate_lets_one_through_at_once() -> None:
    with Gate(1, 0, 1).place() as waited_s:
        assert waited_s >= 0


def test_no_more_inside_than_places() -> None:
    gate, inside, most, lock = Gate(2, 100, 10), 0, 0, threading.Lock()

    def visit(_: int) -> None:
        nonlocal inside, most
        with gate.place():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.002)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(visit, range(60)))
    assert most == 2


def test_one_more_than_places_and_queue_is_refused_at_once() -> None:
    gate = Gate(1, 1, 10)
    first = Guest(gate)
    assert first.inside.wait(10)
    second = Guest(gate)
    until(lambda: gate.present == 2)
    with pytest.raises(ModelBusy, match="taken") as refused, gate.place():
        pass
    assert refused.value.retry_after_s >= 1
    with pytest.raises(ModelBusy):
        gate.check()
    first.end()
    assert second.inside.wait(10)
    assert second.waited_s > 0
    gate.check()
    second.end()


def test_a_wait_that_is_too_long_ends_in_busy_and_frees_the_queue() -> None:
    gate = Gate(1, 1, 0.01)
    first = Guest(gate)
    assert first.inside.wait(10)
    for _ in range(3):
        with pytest.raises(ModelBusy, match="too long"), gate.place():
            pass
    first.end()
    with gate.place():
        assert gate.present == 1


def test_an_error_inside_frees_the_place() -> None:
    gate = Gate(1, 0, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.place():
            raise ZeroDivisionError
    gate.check()


def test_retry_after_grows_with_the_length_of_a_stay() -> None:
    """Two present and a mean stay of 6 s: 12 s."""
    now = 0.0
    gate = Gate(1, 1, 0.01, clock=lambda: now)
    with gate.place():
        now = 6.0
    first = Guest(gate)
    assert first.inside.wait(10)
    with pytest.raises(ModelBusy) as refused, gate.place():
        pass
    assert refused.value.retry_after_s == 12
    first.end()

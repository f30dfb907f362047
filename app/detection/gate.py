"""The gate before the model: so many inferences at once, so many waiting, no more."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.detection.errors import ModelBusy

_SMOOTHING = 0.1  # weight of the newest stay in the mean


class Gate:
    """Bounds how many callers are inside and how many wait; shared by threads.

    Args:
        places: how many may be inside at once.
        queue: how many may wait.
        timeout_s: how long one may wait.
        clock: seconds that only grow.
    """

    def __init__(
        self, places: int, queue: int, timeout_s: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._places = threading.Semaphore(places)
        self._capacity = places + queue
        self._concurrency = places
        self._timeout_s = timeout_s
        self._clock = clock
        self._lock = threading.Lock()
        self._present = 0
        self._mean_stay_s = 0.0

    @property
    def present(self) -> int:
        """How many callers are inside or waiting."""
        return self._present

    def check(self) -> None:
        """Raises ModelBusy where `place` would do so at once; spares the work before it."""
        with self._lock:
            self._refuse_if_full()

    @contextmanager
    def place(self) -> Iterator[float]:
        """A place inside, as a context; its value is how many seconds the caller waited.

        Raises:
            ModelBusy: the queue is full, or the wait was too long.
        """
        started = self._clock()
        with self._lock:
            self._refuse_if_full()
            self._present += 1
        try:
            if not self._places.acquire(timeout=self._timeout_s):
                raise ModelBusy(
                    "The wait for the model was too long: try again later.", self._retry_after_s()
                )
            entered = self._clock()
            try:
                yield entered - started
            finally:
                self._places.release()
                self._note(self._clock() - entered)
        finally:
            with self._lock:
                self._present -= 1

    def _refuse_if_full(self) -> None:
        if self._present >= self._capacity:
            raise ModelBusy("All places at the model are taken: try again later.", self._retry_after_s())

    def _note(self, stay_s: float) -> None:
        with self._lock:
            self._mean_stay_s += _SMOOTHING * (stay_s - self._mean_stay_s) if self._mean_stay_s else stay_s

    def _retry_after_s(self) -> float:
        """When those who are here now will be through, in whole seconds, at least one."""
        return float(max(1, math.ceil(self._present * self._mean_stay_s / self._concurrency)))

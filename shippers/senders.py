"""Threads that settle lines, so that several requests are under way at once."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from shippers.batch import Segment, Unfit
from shippers.delivery import Delivery, Settlement
from shippers.ledger import Ticket


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Lines to settle.

    Attributes:
        segments: the lines.
        ticket: their ranges in the ledger.
        unfit: lines of the same ranges that may not be sent.
        quarantined: how many lines of the same ranges are in quarantine already, by identity of the file.
        attempt: how often they came back in a row without any of them being taken.
    """

    segments: Sequence[Segment]
    ticket: Ticket
    unfit: Sequence[Unfit] = ()
    quarantined: Counter[str] = field(default_factory=Counter)
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: its settlement, None when it was given up, or what broke the thread."""

    job: Job
    settlement: Settlement | None
    failure: BaseException | None = None


class Senders:
    """One thread per delivery. They are daemons: a request without an answer holds up no exit.

    Args:
        deliveries: one for each job that may be under way at once.
        abort: set when lines are to be given up rather than sent again.
    """

    def __init__(self, deliveries: Sequence[Delivery], abort: threading.Event) -> None:
        self._abort = abort
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, args=(each,), name=f"send-{number}", daemon=True)
            for number, each in enumerate(deliveries)
        ]
        self._busy = 0
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> int:
        """Jobs handed over whose outcome was not taken."""
        return self._busy

    @property
    def free(self) -> int:
        """Threads without a job."""
        return len(self._threads) - self._busy

    def submit(self, job: Job) -> None:
        """Hands a job over; at most as many as there are threads."""
        self._busy += 1
        self._jobs.put(job)

    def outcomes(self, timeout_s: float) -> list[Outcome]:
        """Those that are there, after a wait of at most `timeout_s` for the first one.

        Raises:
            BaseException: whatever broke a thread.
        """
        found: list[Outcome] = []
        try:
            found.append(
                self._outcomes.get(timeout=timeout_s) if timeout_s > 0 else self._outcomes.get_nowait()
            )
            while True:
                found.append(self._outcomes.get_nowait())
        except queue.Empty:
            self._busy -= len(found)
        for outcome in found:
            if outcome.failure:
                raise outcome.failure
        return found

    def close(self) -> None:
        """Lets the threads end; those that wait for an answer end after it."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self, delivery: Delivery) -> None:
        while job := self._jobs.get():
            try:
                is_first = job.attempt == 0
                settlement = delivery.settle(job.segments, self._abort, is_first=is_first)
                outcome = Outcome(job, settlement)
            except BaseException as error:  # noqa: BLE001 -- raised again by the thread that takes outcomes
                outcome = Outcome(job, None, error)
            self._outcomes.put(outcome)

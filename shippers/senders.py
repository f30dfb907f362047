"""Threads that settle batches, so that several requests are under way at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shippers.batch import Batch
from shippers.delivery import Delivery, Refused
from shippers.ledger import Ticket


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: the lines refused, None when it was given up, or what broke the thread."""

    batch: Batch
    ticket: Ticket
    refused: list[Refused] | None
    failure: BaseException | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    batch: Batch
    ticket: Ticket


class Senders:
    """One thread per delivery. They are daemons: a request without an answer holds up no exit.

    Args:
        deliveries: one for each batch that may be under way at once.
        abort: set when batches are to be given up rather than sent again.
        behind: the bytes that wait in files, for the log.
    """

    def __init__(
        self, deliveries: Sequence[Delivery], abort: threading.Event, behind: Callable[[], int]
    ) -> None:
        self._abort, self._behind = abort, behind
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
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
        """Batches handed over whose outcome was not taken."""
        return self._busy

    @property
    def free(self) -> int:
        """Threads without a batch."""
        return len(self._threads) - self._busy

    def submit(self, batch: Batch, ticket: Ticket) -> None:
        """Hands a batch over; at most as many as there are threads."""
        self._busy += 1
        self._jobs.put(_Job(batch, ticket))

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
                refused = delivery.settle(job.batch.segments, self._abort, self._behind)
                outcome = Outcome(job.batch, job.ticket, refused)
            except BaseException as error:  # noqa: BLE001 -- raised again by the thread that takes outcomes
                outcome = Outcome(job.batch, job.ticket, None, error)
            self._outcomes.put(outcome)

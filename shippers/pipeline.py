"""The loop that joins the parts: look at the files, fill batches, have them settled, move the checkpoints.

The order is the promise: what is refused is on the disk before the checkpoint moves, and the checkpoint
moves only after the server has acknowledged. A kill at any moment leaves a checkpoint that is too early at
worst; the lines after it are looked up and sent under the same ids, and the server has each of them once.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from elasticsearch import Elasticsearch

from shippers.backoff import wait_s
from shippers.batch import Batch, Piece, by_file, size
from shippers.counters import Counters
from shippers.delivery import Delivery, Settlement, refused_by_file
from shippers.exposition import fields
from shippers.files.tail import Tail
from shippers.ledger import Ledger, Settled, merged
from shippers.outage import Outage, Outages
from shippers.proof import Proof
from shippers.quarantine import Quarantine, refused_entries, unfit_entries
from shippers.quiet import Quiet
from shippers.registry import Registry
from shippers.senders import Job, Senders
from shippers.settings import ShipperSettings
from shippers.sink import Sink
from shippers.streams import Streams
from shippers.waiting import WaitingRoom

logger = logging.getLogger(__name__)

JOIN_S = 0.5
"""How often the waiting thread looks whether the working one has ended, which it does by itself only when
something broke."""
WEIGH_S = 1.0
"""How often the bytes that wait in files are added up: a call of the system for each file."""
FILE_BATCHES = 4
"""A file is read on while fewer of its batches are not settled, for each one that may be under way: enough
that lines which wait for another try do not stop it, and few enough to be looked up soon after a crash."""
LEAN_BYTES = 64 * 1024
"""Of what is read at once, and of a batch, while too many lines wait: what one more stream that takes nothing
costs in memory."""
GRACE_S = 5.0
"""How much longer than `stop_s` a stop may take: for the last look at the files, and for a slow disk."""


class Pipeline:
    """Ships the files below `home` until it is told to stop.

    Args:
        home: holds `log/`, `spool/`, `registry.sqlite` and `quarantine/`.
        namespace: last part of the data streams' names.
        client: the official client; the pipeline decides about retries, whatever the client is set to.
        clock: seconds since 1970.
        draw: the source of jitter, numbers in [0, 1).

    Raises:
        HomeInUse: another shipper works there.
        RegistryTooNew: a newer version wrote the registry.
        RegistryDamaged: SQLite cannot read the registry.
    """

    def __init__(
        self,
        settings: ShipperSettings,
        *,
        home: Path,
        namespace: str,
        client: Elasticsearch,
        clock: Callable[[], float] = time.time,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.counters = Counters()
        self._settings, self._clock, self._draw = settings, clock, draw
        self._registry = Registry(home / "registry.sqlite")
        self._tail = Tail(home, namespace, self._registry, settings)
        self.counters.lost_bytes = self._tail.losses.bytes
        self._quarantine = Quarantine(
            home / "quarantine",
            settings.quarantine_bytes,
            settings.quarantine_reasons,
            settings.disk_free_bytes,
        )
        self._outages = Outages(clock, settings.report_s, self.waiting)
        self._storage = Outage("The disk", clock, settings.report_s)
        self._abort = threading.Event()
        self._senders = Senders(self._deliveries(client), self._abort)
        self._ledger = Ledger()
        self._waiting = WaitingRoom(settings.waiting_bytes)
        self._batch = self._new_batch()
        self._batch_since_s = 0.0
        self._rests: dict[str, Piece] = {}  # by identity: what was read and fitted into no batch
        self._is_new_ones_turn = True
        self._waiting_bytes = 0
        self._looked_s = self._read_s = self._weighed_s = float("-inf")
        self._reported_s = clock()
        self._failure: BaseException | None = None

    def _deliveries(self, client: Elasticsearch) -> list[Delivery]:
        settings, counters, streams = self._settings, self.counters, Streams()
        sink = Sink(client, settings.timeout_s, lambda size: counters.add(sent_bytes=size))
        quiet, proof = Quiet(time.monotonic), Proof()
        return [
            Delivery(sink, settings, counters, self._outages, streams, quiet, proof, self._draw)
            for _ in range(settings.in_flight)
        ]

    def run(self, stop: threading.Event) -> None:
        """Ships until `stop`, then for `stop_s` at most what is written by then, and closes.

        A batch whose answer does not come in time is looked up and sent again by the next run, under the
        same ids.
        """
        worker = threading.Thread(target=self._work, args=(stop,), name="ship", daemon=True)
        worker.start()
        while worker.is_alive() and not stop.is_set():
            stop.wait(JOIN_S)
        worker.join(self._settings.stop_s + GRACE_S)
        self._report()
        if worker.is_alive() or self._senders.busy:
            logger.warning(
                "Not all answers came in time; their lines are looked up at the next start and sent again "
                "where they are missing.",
                extra={"event.action": "ship_stopped", "event.outcome": "unknown"},
            )
        if worker.is_alive():
            return
        self.close()
        if self._failure:
            raise self._failure

    def drain(self, stop: threading.Event | None = None) -> int:
        """Settles everything that is written by now. Returns how many lines that were.

        Once `stop` is set, lines are given up rather than sent again; the next run sends them.
        """
        stop, before = stop or threading.Event(), self.counters.settled
        while True:
            self._look(stop)
            handed_over = self._hand_over(flush=True)
            if stop.is_set():
                self._give_up(stop)
            is_over = stop.is_set() or not (handed_over or self._waiting)
            if is_over and not self._senders.busy:
                return self.counters.settled - before
            self._collect(self._settings.poll_s, stop)

    def waiting(self) -> int:
        """Bytes of the files that were not settled when they were last added up."""
        return self._waiting_bytes

    def close(self) -> None:
        """Closes the files and the registry."""
        self._abort.set()
        self._senders.close()
        self._tail.close()
        self._registry.close()

    # One thread works

    def _work(self, stop: threading.Event) -> None:
        try:
            self._look(stop)
            logger.info(
                f"Files are read from now on; {self._waiting_bytes} bytes of them wait.",
                extra={"event.action": "ship_start", "event.outcome": "success"},
            )
            while not stop.is_set():
                self._turn(stop)
            self._finish(stop)
        except BaseException as error:  # noqa: BLE001 -- raised again by the thread that waits
            self._failure = error

    def _turn(self, stop: threading.Event) -> None:
        pause_s = self._pause_s()
        if not 0 <= self._clock() - self._looked_s < pause_s:
            self._look(stop)
        self._hand_over(flush=False)
        self._collect(pause_s, stop)
        if not 0 <= self._clock() - self._reported_s < self._settings.report_s:
            self._report()

    def _pause_s(self) -> float:
        is_idle = not 0 <= self._clock() - self._read_s < self._settings.idle_after_s
        return max(self._settings.idle_poll_s, self._settings.poll_s) if is_idle else self._settings.poll_s

    def _finish(self, stop: threading.Event) -> None:
        """Ships what is written by now, for `stop_s` at most; nothing is sent again during an outage."""
        until_s = time.monotonic() + self._settings.stop_s
        self._look(stop)
        while not self._outages.server.active and time.monotonic() < until_s:
            if not (self._hand_over(flush=True) or self._senders.busy or self._waiting):
                return
            self._collect(self._settings.poll_s, stop)
        self._give_up(stop, until_s)

    def _give_up(self, stop: threading.Event, until_s: float = float("inf")) -> None:
        """Has nothing sent again from here on, and waits for the answers that are under way."""
        self._abort.set()
        while self._senders.busy and time.monotonic() < until_s:
            self._collect(self._settings.poll_s, stop)

    def _look(self, stop: threading.Event) -> None:
        self._looked_s = self._clock()
        self._stored(self._tail.look, stop)
        if not 0 <= self._looked_s - self._weighed_s < WEIGH_S:
            self._weighed_s, self._waiting_bytes = self._looked_s, self._tail.waiting_bytes()

    # Lines

    def _new_batch(self) -> Batch:
        settings = self._settings
        parse = settings.validation == "full"
        return Batch(settings.batch_lines, self._lean(settings.batch_bytes), settings.line_bytes, parse)

    def _lean(self, most_bytes: int) -> int:
        return min(most_bytes, LEAN_BYTES) if self._waiting.is_full else most_bytes

    def _hand_over(self, *, flush: bool) -> bool:
        """Hands over what waited long enough, and batches that are full or old enough, with `flush` any."""
        handed_over = False
        while self._senders.free and (job := self._next_job(flush)):
            self._senders.submit(job)
            handed_over = True
        return handed_over

    def _next_job(self, flush: bool) -> Job | None:
        """One that waited and a new one in turn, so that neither kind holds the other up."""
        job = self._new_job(flush) if self._is_new_ones_turn else None
        job = job or self._waiting.due(time.monotonic())
        self._is_new_ones_turn = job is not None and job.attempt > 0
        return job or self._new_job(flush)

    def _new_job(self, flush: bool) -> Job | None:
        if not self._filled(flush):
            return None
        batch, self._batch = self._batch, self._new_batch()
        return Job(batch.segments, self._ledger.open(batch.taken), batch.unfit)

    def _filled(self, flush: bool) -> bool:
        """Adds what the files have now to the open batch; whether the batch is to be sent."""
        batch, lines, size_bytes = self._batch, self._batch.count, self._batch.size_bytes
        try:
            self._read()
        except sqlite3.OperationalError as error:  # nothing was handed out beyond what the registry says
            self._storage.failed(type(error).__name__, str(error))
        if batch.count > lines:
            self._read_s = self._clock()
            self._batch_since_s = self._batch_since_s if lines else self._read_s
            self.counters.add(read=batch.count - lines, read_bytes=batch.size_bytes - size_bytes)
        is_old = not 0 <= self._clock() - self._batch_since_s < self._settings.batch_age_s
        return batch.full or (not batch.empty and (flush or is_old))

    def _read(self) -> None:
        """Fills the open batch from one file after the other.

        Raises:
            sqlite3.OperationalError: the disk does not take how far a file is read ahead.
        """
        settings, batch = self._settings, self._batch
        most, crowded = FILE_BATCHES * settings.in_flight, self._waiting.crowded()
        most_bytes = self._lean(settings.read_bytes)
        for rest in list(self._rests.values()):
            if not batch.full and rest.source.stream not in crowded:
                self._add(rest)
        for harvester in self._tail.harvesters():
            source = harvester.source
            if source.stream in crowded or source.id in self._rests or self._ledger.depth(source.id) >= most:
                continue
            while not batch.full and (piece := harvester.read(most_bytes, settings.line_bytes)):
                self._add(piece)
            if batch.full:
                return

    def _add(self, piece: Piece) -> None:
        """Puts into the open batch what fits of a piece, and keeps the rest for the next one."""
        self._rests.pop(piece.source.id, None)
        if rest := self._batch.add(piece):
            self._rests[piece.source.id] = rest

    def _collect(self, timeout_s: float, stop: threading.Event) -> None:
        """Waits for lines to be settled; quarantines what is refused and moves the checkpoints."""
        outcomes = self._senders.outcomes(timeout_s)
        for each in outcomes:
            self._waiting.leave(each.job)
        settled = [(each.job, each.settlement) for each in outcomes if each.settlement]
        if not settled or not self._stored(lambda: self._keep(settled), stop):
            return
        moved = merged(self._settle(*each) for each in settled)
        if moved:
            self._stored(lambda: self._tail.checkpoint(moved), stop)

    def _settle(self, job: Job, settlement: Settlement) -> dict[str, Settled]:
        """Closes the ranges that are settled; lines that were not taken, and with them their files, wait."""
        quarantined = job.quarantined + by_file(job.unfit) + refused_by_file(settlement.refused)
        rest = {each.source.id for each in settlement.rest}
        waiting, done = job.ticket.split(rest)
        if rest:
            self._wait(Job(settlement.rest, waiting, (), quarantined, self._attempt(job, settlement)))
        return self._ledger.settle(done, quarantined)

    def _attempt(self, job: Job, settlement: Settlement) -> int:
        return job.attempt + 1 if size(settlement.rest) == size(job.segments) else 1

    def _wait(self, job: Job) -> None:
        settings = self._settings
        pause_s = wait_s(job.attempt - 1, settings.backoff_first_s, settings.backoff_cap_s, self._draw)
        self._waiting.put(job, time.monotonic() + pause_s)

    def _keep(self, settled: Sequence[tuple[Job, Settlement]]) -> None:
        now, most = self._clock(), self._settings.quarantine_body_bytes
        entries = [
            entry
            for job, settlement in settled
            for entry in (
                *unfit_entries(job.unfit, now),
                *refused_entries(settlement.refused, now, most),
            )
        ]
        if entries:
            self.counters.add(unwritten=self._quarantine.put(entries))
            self.counters.quarantine(entry.reason for entry in entries)

    def _stored(self, write: Callable[[], None], stop: threading.Event) -> bool:
        """Tries `write` until the disk takes it; False if `stop` came first."""
        attempt = 0
        while True:
            try:
                write()
            except (sqlite3.OperationalError, OSError) as error:
                self._storage.failed(type(error).__name__, str(error))
            else:
                self._storage.over(0, self.waiting)
                return True
            settings = self._settings
            pause = wait_s(attempt, settings.backoff_first_s, settings.backoff_cap_s, self._draw)
            attempt += 1
            if stop.wait(pause):
                return False

    def _report(self) -> None:
        self._reported_s = self._clock()
        logger.info(self.counters.sentence(), extra={"event.action": "ship_report", **fields(self.counters)})

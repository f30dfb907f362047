"""The loop that joins the parts: look at the files, fill a batch, settle it, move the checkpoints.

The order is the promise: what is refused is on the disk before the checkpoint moves, and the checkpoint
moves only after the server has acknowledged. A kill at any moment leaves a checkpoint that is too early at
worst; the lines after it are sent again under the same ids, and the server has each of them once.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from elasticsearch import Elasticsearch

from shippers.backoff import wait_s
from shippers.batch import Batch, Piece
from shippers.counters import Counters
from shippers.delivery import Delivery, Refused
from shippers.files.tail import Tail
from shippers.ledger import Settled
from shippers.outage import Outage
from shippers.quarantine import Quarantine, refused_entries, unfit_entries
from shippers.registry import Registry
from shippers.settings import ShipperSettings
from shippers.sink import Sink

logger = logging.getLogger(__name__)

JOIN_S = 0.5
"""How often the waiting thread looks whether the working one has ended by itself."""


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
        self._quarantine = Quarantine(
            home / "quarantine", settings.quarantine_bytes, settings.quarantine_reasons
        )
        outage = Outage("Elasticsearch", clock, settings.report_s)
        self._delivery = Delivery(Sink(client, settings.timeout_s), settings, self.counters, outage, draw)
        self._storage = Outage("The disk", clock, settings.report_s)
        self._rest: Piece | None = None
        self._reported_s = clock()
        self._failure: BaseException | None = None

    def run(self, stop: threading.Event) -> None:
        """Ships until `stop`, then waits `stop_s` at most for the answer in flight, and closes.

        A batch whose answer does not come in time is sent again by the next run, under the same ids.
        """
        worker = threading.Thread(target=self._work, args=(stop,), name="ship", daemon=True)
        worker.start()
        while worker.is_alive() and not stop.is_set():
            stop.wait(JOIN_S)
        worker.join(self._settings.stop_s)
        self._report()
        if worker.is_alive():
            logger.warning(
                "The answer in flight did not come in time; its lines are sent again at the next start.",
                extra={"event.action": "ship_stopped", "event.outcome": "unknown"},
            )
            return
        self.close()
        if self._failure:
            raise self._failure

    def run_once(self, stop: threading.Event | None = None) -> int:
        """Looks at the files and settles one batch. Returns its lines, 0 when there was nothing to do."""
        stop = stop or threading.Event()
        if not self._stored(self._tail.look, stop):
            return 0
        batch = self._filled()
        return batch.count if not batch.empty and self._settled(batch, stop) else 0

    def drain(self, stop: threading.Event | None = None) -> int:
        """Settles batches until every whole line is settled. Returns how many lines that were."""
        lines = 0
        while settled := self.run_once(stop):
            lines += settled
        return lines

    def close(self) -> None:
        """Closes the files and the registry."""
        self._tail.close()
        self._registry.close()

    # One thread works

    def _work(self, stop: threading.Event) -> None:
        try:
            self._ship(stop)
        except BaseException as error:  # noqa: BLE001 -- raised again by the thread that waits
            self._failure = error

    def _ship(self, stop: threading.Event) -> None:
        looked_s = float("-inf")
        while not stop.is_set():
            if not 0 <= self._clock() - looked_s < self._settings.poll_s:
                looked_s = self._clock()
                self._stored(self._tail.look, stop)
            batch = self._filled()
            if not batch.empty:
                self._settled(batch, stop)
            if not batch.full:
                stop.wait(self._settings.poll_s)
            self._report_sometimes()

    def _filled(self) -> Batch:
        """A batch of what the files have now, from one file after the other until it is full."""
        settings = self._settings
        batch = Batch(settings.batch_lines, settings.batch_bytes, settings.line_bytes)
        if self._rest:
            self._rest = batch.add(self._rest)
        try:
            for harvester in self._tail.harvesters():
                while not batch.full and (piece := harvester.read(settings.read_bytes, settings.line_bytes)):
                    self._rest = batch.add(piece)
        except sqlite3.OperationalError as error:  # nothing beyond was handed out
            self._storage.failed(type(error).__name__, str(error))
        self.counters.read += batch.count
        return batch

    def _settled(self, batch: Batch, stop: threading.Event) -> bool:
        """Sends the batch, quarantines what is refused, moves the checkpoints; False if `stop` came first."""
        refused = self._delivery.settle(batch.segments, stop, self._tail.waiting_bytes)
        if refused is None:
            return False
        if (batch.unfit or refused) and not self._stored(lambda: self._keep(batch, refused), stop):
            return False
        self.counters.bytes += batch.size_bytes
        settled = _checkpoints(batch, refused)
        return self._stored(lambda: self._tail.checkpoint(settled), stop)

    def _keep(self, batch: Batch, refused: list[Refused]) -> None:
        now, most = self._clock(), self._settings.quarantine_body_bytes
        entries = [*unfit_entries(batch.unfit, now), *refused_entries(refused, now, most)]
        self.counters.unwritten += self._quarantine.put(entries)
        self.counters.quarantined.update(entry.reason for entry in entries)

    def _stored(self, write: Callable[[], None], stop: threading.Event) -> bool:
        """Tries `write` until the disk takes it; False if `stop` came first."""
        attempt = 0
        while True:
            try:
                write()
            except (sqlite3.OperationalError, OSError) as error:
                self._storage.failed(type(error).__name__, str(error))
            else:
                self._storage.over(0, self._tail.waiting_bytes)
                return True
            settings = self._settings
            pause = wait_s(attempt, settings.backoff_first_s, settings.backoff_cap_s, self._draw)
            attempt += 1
            if stop.wait(pause):
                return False

    def _report_sometimes(self) -> None:
        if not 0 <= self._clock() - self._reported_s < self._settings.report_s:
            self._report()

    def _report(self) -> None:
        self._reported_s = self._clock()
        logger.info(self.counters.sentence(), extra={"event.action": "ship_report"})


def _checkpoints(batch: Batch, refused: list[Refused]) -> dict[str, Settled]:
    """Identity of a file -> up to where it is settled with this batch, and how its lines were."""
    sent = Counter[str]()
    for segment in batch.segments:
        sent[segment.source.id] += len(segment.lines)
    bad = Counter(each.segment.source.id for each in refused)
    unfit = Counter(each.source.id for each in batch.unfit)
    return {
        name: Settled(end, sent[name] - bad[name], bad[name] + unfit[name])
        for name, end in batch.ends.items()
    }

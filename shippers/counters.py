"""What the shipper counted since it started."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Lines, but for what is named otherwise. read = acknowledged + quarantined + in the batches at hand.

    Attributes:
        read: taken from files into batches.
        read_bytes: their bytes, line ends included.
        acknowledged: on the server, `duplicates` among them.
        duplicates: those that were there already.
        looked_up: those whose fate was unknown and that were looked for on the server.
        failure_store: those that the server keeps in its failure store.
        late: those that a time-series stream was too late for and that went to its plain one.
        quarantined: refused or unfit, by reason; `unwritten` among them.
        unwritten: those that the full quarantine only counted.
        retries: sent again, each time counted.
        requests: requests made.
        errors: requests that did not settle all their lines, by kind.
        acknowledged_bytes: bytes of the acknowledged lines, line ends included.
        sent_bytes: bytes of request bodies, compressed.
        lost_bytes: bytes of files that can never be read, by reason: `truncated`, `gone`, `damaged`, `bound`.
    """

    read: int = 0
    read_bytes: int = 0
    acknowledged: int = 0
    duplicates: int = 0
    looked_up: int = 0
    failure_store: int = 0
    late: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    unwritten: int = 0
    retries: int = 0
    requests: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    acknowledged_bytes: int = 0
    sent_bytes: int = 0
    lost_bytes: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **amounts: int) -> None:
        """Adds to the attributes of these names; any thread may call it."""
        with self._lock:
            for name, amount in amounts.items():
                setattr(self, name, getattr(self, name) + amount)

    def error(self, kind: str) -> None:
        """Counts a request that did not settle all its lines."""
        with self._lock:
            self.errors[kind] += 1

    def quarantine(self, reasons: Iterable[str]) -> None:
        """Counts a quarantined line for each reason."""
        with self._lock:
            self.quarantined.update(reasons)

    @property
    def settled(self) -> int:
        """Lines that are acknowledged or quarantined."""
        return self.acknowledged + self.quarantined.total()

    @property
    def pending(self) -> int:
        """Lines in the batches at hand: read, and neither acknowledged nor quarantined."""
        return self.read - self.settled

    def sentence(self) -> str:
        """All of it in one English sentence."""
        return (
            f"Read {self.read} lines, {self.acknowledged} acknowledged ({self.acknowledged_bytes} bytes, "
            f"{self.duplicates} were there already, {self.failure_store} in the failure store), "
            f"{self.quarantined.total()} quarantined ({self.unwritten} of them not kept), "
            f"{self.pending} under way, {self.retries} sent again, {self.requests} requests, "
            f"{self.lost_bytes.total()} bytes lost."
        )

"""What the shipper counted since it started."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Lines, but for what is named otherwise. read = acknowledged + quarantined + in the batch at hand.

    Attributes:
        read: taken from files into batches.
        acknowledged: on the server, `duplicates` among them.
        duplicates: those that were there already.
        failure_store: those that the server keeps in its failure store.
        quarantined: refused or unfit, by reason; `unwritten` among them.
        unwritten: those that the full quarantine only counted.
        retries: sent again, each time counted.
        requests: requests made.
        bytes: bytes of lines settled.
    """

    read: int = 0
    acknowledged: int = 0
    duplicates: int = 0
    failure_store: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    unwritten: int = 0
    retries: int = 0
    requests: int = 0
    bytes: int = 0

    def sentence(self) -> str:
        """All of it in one English sentence."""
        return (
            f"Read {self.read} lines, {self.acknowledged} acknowledged ({self.bytes} bytes, "
            f"{self.duplicates} were there already, {self.failure_store} in the failure store), "
            f"{self.quarantined.total()} quarantined ({self.unwritten} of them not kept), "
            f"{self.retries} sent again, {self.requests} requests."
        )

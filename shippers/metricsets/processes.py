"""Which processes are our own, and what each costs.

Own are the processes of the same user whose command line is `cardwatch SUBCOMMAND` (or
`python -m app.commands SUBCOMMAND`), and all that descend from them, such as the service's workers. Going
through all processes is dear, so each process is looked at when it is new, once more when it has had time to
become what it shall be (a shell that turns into Python), and with all others every `scan_s` seconds.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import Final

import psutil

from shippers.metricsets.document import Fields
from shippers.metricsets.rates import Rates
from shippers.metricsets.settings import SamplerSettings

_SETTLE_S: Final = 5.0
_ROLE: Final = re.compile(r"[a-z][a-z-]{0,30}")
_GONE: Final = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError)


@dataclass(frozen=True, slots=True)
class Own:
    """One of our own processes: `serve` is a subcommand, `serve-worker` a process that one started."""

    process: psutil.Process
    role: str


class Processes:
    """Our own processes, kept from tick to tick."""

    def __init__(self, settings: SamplerSettings) -> None:
        self._settings = settings
        self._own: dict[int, Own] = {}
        self._seen: set[int] = set()
        self._again: dict[int, float] = {}
        self._scan_at_s = float("-inf")
        self._rates = Rates()

    def roles(self) -> dict[int, str]:
        """Process id -> role of each of our own processes of now; at most the setting `processes`."""
        self._refresh(time.monotonic())
        return {pid: own.role for pid, own in self._own.items()}

    def documents(self) -> list[Fields]:
        """One document for each, with its share of the processor since the last call."""
        self._refresh(time.monotonic())
        read = {pid: fields for pid, own in self._own.items() if (fields := _cost(own)) is not None}
        seconds = {str(pid): cpu_s for pid, (_, cpu_s) in read.items()}
        usage = self._rates.per_second(seconds, time.monotonic())
        return [
            {**fields, "system.process.cpu.total.pct": usage.get(str(pid))}
            for pid, (fields, _) in read.items()
        ]

    def _refresh(self, now_s: float) -> None:
        there = set(psutil.pids())
        if now_s >= self._scan_at_s:
            self._scan_at_s = now_s + self._settings.scan_s
            self._seen, self._again = set(), {}
        ended = [pid for pid, own in self._own.items() if pid not in there or not own.process.is_running()]
        for pid in ended:
            del self._own[pid]
            self._seen.discard(pid)
        fresh = there - self._seen
        settled = {pid for pid, at_s in self._again.items() if at_s <= now_s}
        self._again = {pid: at_s for pid, at_s in self._again.items() if at_s > now_s and pid in there}
        self._again |= dict.fromkeys(fresh, now_s + _SETTLE_S)
        self._seen = there
        self._look(sorted(fresh | settled & there))

    def _look(self, pids: Sequence[int]) -> None:
        """Ascending, as parents mostly come before their children."""
        for pid in pids:
            own = self._recognised(pid)
            if own is None:
                self._own.pop(pid, None)
            elif pid in self._own or len(self._own) < self._settings.processes:
                self._own[pid] = own

    def _recognised(self, pid: int) -> Own | None:
        try:
            process = psutil.Process(pid)
            if process.uids().effective != os.geteuid():
                return None
            parent = self._own.get(process.ppid())
            role = _role(process.cmdline(), parent.role if parent else None)
        except _GONE:
            return None
        known = self._own.get(pid)
        same = known is not None and known.process == process
        return Own(known.process if known and same else process, role) if role else None


def _role(words: Sequence[str], parent: str | None) -> str | None:
    own = subcommand(words)
    if parent is None:
        return own
    family = parent.removesuffix("-worker")
    return f"{family}-worker" if own in (None, family) else own


def subcommand(words: Sequence[str]) -> str | None:
    """The subcommand of a command line of ours, `serve` of `cardwatch serve`; None for others."""
    for place, (word, following) in enumerate(pairwise(words)):
        module = place > 0 and words[place - 1] == "-m" and word == "app.commands"
        program = place < 2 and PurePath(word).name == "cardwatch"
        if module or program:
            return following if _ROLE.fullmatch(following) else None
    return None


def _cost(own: Own) -> tuple[Fields, float] | None:
    """(fields, processor seconds since its start); None when the process has just ended."""
    process = own.process
    try:
        with process.oneshot():
            spent = process.cpu_times()
            fields: Mapping[str, int | str | None] = {
                "metricset.name": "process",
                "process.pid": process.pid,
                "card.process.role": own.role,
                "system.process.memory.rss.bytes": process.memory_info().rss,
                "system.process.num_threads": process.num_threads(),
                "system.process.fd.open": process.num_fds() if hasattr(process, "num_fds") else None,
            }
    except _GONE:
        return None
    return fields, spent.user + spent.system

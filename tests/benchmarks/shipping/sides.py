"""The shippers that are compared, and how each is started."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.shipping import rsyslog

Command = Callable[[Path, Path, str], list[str]]
"""Home of the file, folder for what the shipper keeps, address of the sink -> the command."""


@dataclass(frozen=True, slots=True)
class Side:
    """A shipper: its name in the table and its command."""

    name: str
    command: Command


def ours(**settings: object) -> Command:
    """Our shipper with these settings; the others are the defaults."""

    def command(home: Path, _: Path, url: str) -> list[str]:
        return [sys.executable, "-m", "tests.ship_process", str(home), url, json.dumps(settings)]

    return command


def streaming(home: Path, _: Path, url: str) -> list[str]:
    """The official client's helper."""
    return [
        sys.executable,
        "-m",
        "tests.benchmarks.shipping.stream",
        str(home / "log" / "request.ndjson"),
        url,
    ]


def with_rsyslog(queue: str) -> Command:
    """rsyslog with this queue."""
    return lambda home, kept, url: rsyslog.command(kept, home / "log" / "request.ndjson", url, queue)


OURS = Side("cardwatch, cheap check", ours(validation="cheap"))
FULL = Side("cardwatch, full validation", ours(validation="full"))
STREAM = Side("streaming_bulk", streaming)
RSYSLOG = Side("rsyslog, queue in memory", with_rsyslog(rsyslog.MEMORY))
RSYSLOG_ASSISTED = Side("rsyslog, disk-assisted queue", with_rsyslog(rsyslog.ASSISTED))
RSYSLOG_DISK = Side("rsyslog, queue on disk", with_rsyslog(rsyslog.DISK))


def racing() -> list[Side]:
    """Those whose processor time is compared, as far as they are installed."""
    return [OURS, FULL, STREAM, *([] if rsyslog.missing() else [RSYSLOG])]


def losing() -> list[Side]:
    """Those whose losses are compared: they retry and resume."""
    return [OURS, *([] if rsyslog.missing() else [RSYSLOG, RSYSLOG_ASSISTED, RSYSLOG_DISK])]

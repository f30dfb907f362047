"""The local stack: its processes and how they are run together."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from honcho import manager
from honcho.printer import Printer

from app.commands import ports
from app.commands.settings import PREFIX, Settings
from shippers.exposition import LOOPBACK

# Name -> arguments of `cardwatch`; the Procfile says the same for other process managers.
PARTS: Mapping[str, str] = {
    "node": "node",
    "service": "serve",
    "shipper": "ship --install",
}
STOP_MARGIN_S = 5


@dataclass(frozen=True, slots=True)
class Listener:
    """A part that listens: the setting of its port and where it would listen."""

    part: str
    setting: str
    host: str
    port: int


def parts(settings: Settings) -> dict[str, str]:
    """The parts to run: without the embedded node where a server was named."""
    return {name: words for name, words in PARTS.items() if name != "node" or settings.embedded}


def listeners(settings: Settings) -> list[Listener]:
    """What the stack listens on."""
    found = [Listener("service", f"{PREFIX}SERVE_PORT", settings.serve.host, settings.serve.port)]
    if settings.embedded:
        found.append(Listener("embedded node", f"{PREFIX}NODE_PORT", settings.node.host, settings.node.port))
    if settings.ship.metrics_port:
        port = settings.ship.metrics_port
        found.append(Listener("shipper's counters", f"{PREFIX}SHIP_METRICS_PORT", LOOPBACK, port))
    return found


def claim_ports(settings: Settings) -> None:
    """Raises PortTaken for the first port that another process holds."""
    for listener in listeners(settings):
        ports.claim(listener.host, listener.port, listener.part, listener.setting)


def pick_ports(settings: Settings) -> dict[str, str]:
    """Environment with a free port for each part whose own is taken; says which and by what."""
    chosen = {}
    for listener in listeners(settings):
        if not ports.is_free(listener.host, listener.port):
            port = ports.free(listener.host)
            chosen[listener.setting] = str(port)
            taken_by = ports.owner(listener.port)
            print(f"Port {listener.port} is taken by {taken_by}: the {listener.part} gets {port}.")
    return chosen


def run(settings: Settings) -> int:
    """Runs the parts in the foreground until a signal comes or one of them ends; returns the exit code."""
    manager.KILL_WAIT = settings.serve.graceful_timeout_s + STOP_MARGIN_S
    team = manager.Manager(Printer(sys.stdout))
    for name, words in parts(settings).items():
        command = f"exec {shlex.quote(sys.executable)} -m app.commands {words}"
        team.add_process(name, command, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    team.loop()
    asked_to_stop = team.returncode in (130, 143)
    return 0 if asked_to_stop else int(team.returncode or 1)

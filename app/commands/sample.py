"""`cardwatch sample`: the samplers alone."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from importlib.metadata import version

import click

from app.commands.options import settings_options
from app.commands.process import start_logging
from app.commands.settings import Settings, load
from app.service.redaction import redact
from shippers.metricsets.catalogue import METRICSETS
from shippers.metricsets.document import Identity, Lines, Reading
from shippers.metricsets.sampler import Sampler
from shippers.metricsets.settings import SamplerSettings

RATES_S = 1.0


@click.command()
@click.argument("metricsets", nargs=-1, type=click.Choice(tuple(METRICSETS)), metavar="[METRICSET]...")
@click.option("--once", is_flag=True, help="Print one sample of each as JSON lines; spool nothing.")
@settings_options("sample")
def command(metricsets: Sequence[str], once: bool) -> None:
    """Sample GPUs, the host and the services' health into HOME/spool, for the shipper to take along.

    METRICSET is gpu, host or health; without one, all three.
    """
    settings, names = load(), tuple(dict.fromkeys(metricsets)) or tuple(METRICSETS)
    if once:
        for line in _once(settings, names):
            click.echo(line, nl=False)
        return
    _run(settings, names)


def _run(settings: Settings, names: Sequence[str]) -> None:
    stop = threading.Event()
    start_logging(settings, "sample")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sampler = Sampler(_probing(settings), names, home=settings.home, identity=_identity(settings))
    periods = ", ".join(f"{name} every {settings.sample.period_s(name):g} s" for name in names)
    logging.getLogger(__name__).info(f"Sampling {periods}.", extra={"event.action": "sampler_started"})
    sampler.run(stop)


def _probing(settings: Settings) -> SamplerSettings:
    """The sampler's settings; where no service is named, it probes the local one."""
    host = f"[{settings.serve.host}]" if ":" in settings.serve.host else settings.serve.host
    local = f"http://{host}:{settings.serve.port}"
    return settings.sample.model_copy(update={"services": settings.sample.services or local})


def _identity(settings: Settings) -> Identity:
    """As in the log lines, redacted like them: by the host's name a request finds its samples."""
    host = redact(socket.gethostname())
    return Identity("cardwatch-sample", version("cardwatch"), redact(settings.environment), host, host)


def _once(settings: Settings, names: Sequence[str]) -> list[bytes]:
    """One sample of each, taken after a moment for the rates; what cannot be sampled is said on stderr."""
    readers = {name: METRICSETS[name](_probing(settings)) for name in names}
    if "host" in readers:
        readers["host"].read()
        time.sleep(RATES_S)
    lines: list[bytes] = []
    for name, metricset in readers.items():
        taken_s, began_s = time.time(), time.monotonic()
        reading = metricset.read()
        _complain(name, reading)
        lines += Lines(name, _identity(settings)).of(reading.documents, taken_s, time.monotonic() - began_s)
        metricset.close()
    return lines


def _complain(name: str, reading: Reading) -> None:
    for trouble in reading.troubles.values():
        print(f"{name}: {trouble.sentence} [{trouble.code}]", file=sys.stderr)

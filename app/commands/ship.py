"""`cardwatch ship`: the shipper alone."""

from __future__ import annotations

import logging
import signal
import threading

import click
from elasticsearch import ConnectionError as NoConnection
from elasticsearch import Elasticsearch

from app.commands.client import connect
from app.commands.options import settings_options
from app.commands.process import start_logging
from app.commands.settings import Settings, load
from elastic import install
from elastic.templates import committed
from shippers.pipeline import Pipeline

logger = logging.getLogger(__name__)

INSTALL_RETRY_S = 1.0


@click.command()
@click.option(
    "--install", "with_templates", is_flag=True, help="Put the index templates on the server first."
)
@settings_options("ship")
def command(with_templates: bool) -> None:
    """Run the shipper alone: HOME/log and HOME/spool into Elasticsearch, each line once."""
    settings, stop = load(), threading.Event()
    start_logging(settings, "ship")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with connect(
        settings, max_retries=0, retry_on_timeout=False, request_timeout=settings.ship.timeout_s
    ) as client:
        if with_templates:
            _install(client, settings, stop)
        _run(client, settings, stop)


def _install(client: Elasticsearch, settings: Settings, stop: threading.Event) -> None:
    """Puts the templates before the first line is shipped; waits while the server does not answer."""
    while not stop.is_set():
        try:
            choice = install.choose(client, committed(), settings.time_series)
            install.apply(client, install.plan(client, choice.wanted, choice.unwanted))
            install.verify(client, choice.wanted, settings.namespace)
            logger.info(choice.reason, extra={"event.action": "templates_installed"})
        except NoConnection:
            stop.wait(INSTALL_RETRY_S)
        else:
            return


def _run(client: Elasticsearch, settings: Settings, stop: threading.Event) -> None:
    pipeline = Pipeline(settings.ship, home=settings.home, namespace=settings.namespace, client=client)
    pipeline.run(stop)

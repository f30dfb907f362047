"""`cardwatch ship`: the shipper alone."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Iterator
from http import HTTPStatus

import click
from elasticsearch import ApiError, Elasticsearch, TransportError

from app.commands.client import check, connect
from app.commands.errors import CommandError, reload_sentence
from app.commands.options import settings_options
from app.commands.process import start_logging
from app.commands.settings import Settings, load
from elastic import install
from elastic.errors import InstallFailed
from elastic.templates import committed
from shippers import exposition
from shippers.pipeline import Pipeline

logger = logging.getLogger(__name__)

INSTALL_RETRY_S = 1.0
REASON_CHARACTERS = 200
SERVER_ERRORS = HTTPStatus.INTERNAL_SERVER_ERROR


@click.command()
@click.option(
    "--install", "with_templates", is_flag=True, help="Put the index templates on the server first."
)
@settings_options("ship")
def command(with_templates: bool) -> None:
    """Run the shipper alone: HOME/log and HOME/spool into Elasticsearch, each line once.

    SIGTERM ships what is written and ends. SIGHUP does the same and goes on with the settings read anew.
    """
    ended, stop = threading.Event(), threading.Event()
    _obey(ended, stop)
    settings = load()
    check(settings)
    start_logging(settings, "ship")
    while not ended.is_set():
        _ship(settings, stop, with_templates)
        stop = threading.Event()
        _obey(ended, stop)  # a SIGHUP while the settings are read ends the next run: they are read again
        settings = settings if ended.is_set() else _reloaded(settings)


def _obey(ended: threading.Event, stop: threading.Event) -> None:
    """From here on signals set these: `stop` ends the present run, `ended` the process after it."""

    def end(*_: object) -> None:
        ended.set()
        stop.set()

    signal.signal(signal.SIGHUP, lambda *_: stop.set())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _reloaded(settings: Settings) -> Settings:
    """The settings as they are now; the present ones where the new ones are wrong."""
    try:
        loaded = load()
        check(loaded)
    except (OSError, ValueError, CommandError) as error:  # pydantic's and tomllib's errors are ValueErrors
        logger.error(
            f"The settings were not taken over, the old ones stay in force. {reload_sentence(error)}",
            extra={"event.action": "reload", "event.outcome": "failure"},
        )
        return settings
    logger.info("Settings read anew.", extra={"event.action": "reload", "event.outcome": "success"})
    return loaded


def _ship(settings: Settings, stop: threading.Event, with_templates: bool) -> None:
    options = {"max_retries": 0, "retry_on_timeout": False, "request_timeout": settings.ship.timeout_s}
    with connect(settings, **options) as client:
        if with_templates and not _installed(client, settings, stop):
            return  # a line shipped before would make a data stream without the templates
        pipeline = Pipeline(settings.ship, home=settings.home, namespace=settings.namespace, client=client)
        with _exposed(pipeline, settings.ship.metrics_port):
            pipeline.run(stop)


@contextlib.contextmanager
def _exposed(pipeline: Pipeline, port: int) -> Iterator[None]:
    """Serves the counters meanwhile."""
    close = _served(pipeline, port) if port else None
    try:
        yield
    finally:
        if close:
            close()


def _served(pipeline: Pipeline, port: int) -> exposition.Close | None:
    """Begins to serve the counters; None where the port is taken: shipping matters more."""
    try:
        return exposition.serve(port, exposition.Exposition(pipeline.counters, pipeline.waiting))
    except OSError as error:
        logger.warning(
            f"The shipper's counters are not served on port {port}: {error.strerror}. Choose another with "
            "CARDWATCH_SHIP_METRICS_PORT.",
            extra={"event.action": "metrics_port_taken", "event.outcome": "failure"},
        )
        return None


def _installed(client: Elasticsearch, settings: Settings, stop: threading.Event) -> bool:
    """Puts the templates before the first line is shipped, as soon as the server can; False if stopped."""
    told = False
    while not stop.is_set():
        try:
            _install(client, settings)
        except (ApiError, TransportError, InstallFailed) as error:
            if not _may_pass(error):
                raise
            if not told:
                _tell_waiting(error)
            told = True
            stop.wait(INSTALL_RETRY_S)
        else:
            return True
    return False


def _install(client: Elasticsearch, settings: Settings) -> None:
    choice = install.choose(client, committed(), settings.time_series)
    install.apply(client, install.plan(client, choice.wanted, choice.unwanted))
    install.verify(client, choice.wanted, settings.namespace)
    logger.info(choice.reason, extra={"event.action": "templates_installed"})


def _may_pass(error: Exception) -> bool:
    """Whether a server that is starting or busy may say so: no answer, 429, 500 and more."""
    cause = error.__cause__ if isinstance(error, InstallFailed) else error
    if isinstance(cause, ApiError):
        return cause.status_code == HTTPStatus.TOO_MANY_REQUESTS or cause.status_code >= SERVER_ERRORS
    return isinstance(cause, TransportError)


def _tell_waiting(error: Exception) -> None:
    reason = " ".join(str(error).split())[:REASON_CHARACTERS]
    logger.info(
        f"The index templates wait for Elasticsearch ({reason}); nothing is shipped before they are there.",
        extra={"event.action": "templates_wait", "event.outcome": "unknown"},
    )

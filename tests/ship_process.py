"""The shipper as a process of its own, for tests that kill it.

    python -m tests.ship_process HOME URL SETTINGS [NAMESPACE]

SETTINGS are ShipperSettings as JSON; names that it does not have are left out. Prints a line when it begins
to work; ends on SIGTERM. What it logs goes to HOME/shipper.ndjson, one JSON object a line.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from pathlib import Path

from elasticsearch import Elasticsearch

from shippers.pipeline import Pipeline
from shippers.settings import ShipperSettings


class Fields(logging.Formatter):
    """A record as one JSON object: time, level, message, and the extra fields, whose names hold a dot."""

    def format(self, record: logging.LogRecord) -> str:
        extra = {name: value for name, value in vars(record).items() if "." in name}
        if record.exc_info:
            extra["error.stack_trace"] = self.formatException(record.exc_info)
        extra["at_s"] = record.created
        return json.dumps({"level": record.levelname, "message": record.getMessage(), **extra}, default=str)


def main(home: str, url: str, settings: str, namespace: str = "test") -> None:
    """Ships `home` until told to end."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    log = logging.FileHandler(Path(home) / "shipper.ndjson", delay=True)
    log.setFormatter(Fields())
    logging.basicConfig(level=logging.INFO, handlers=[log])
    with Elasticsearch(url, max_retries=0) as client:
        pipeline = Pipeline(chosen(settings), home=Path(home), namespace=namespace, client=client)
        print("ready", flush=True)
        pipeline.run(stop)


def chosen(settings: str) -> ShipperSettings:
    """These settings, as far as the shipper knows them."""
    given = json.loads(settings)
    return ShipperSettings(**{name: given[name] for name in given.keys() & ShipperSettings.model_fields})


if __name__ == "__main__":
    main(*sys.argv[1:])

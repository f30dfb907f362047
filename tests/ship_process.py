"""The shipper as a process of its own, for tests that kill it.

    python -m tests.ship_process HOME URL SETTINGS

SETTINGS are ShipperSettings as JSON. Prints a line when it begins to work; ends on SIGTERM.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

from elasticsearch import Elasticsearch

from shippers.pipeline import Pipeline
from shippers.settings import ShipperSettings


def main(home: str, url: str, settings: str) -> None:
    """Ships `home` until told to end."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    chosen = ShipperSettings(**json.loads(settings))
    with Elasticsearch(url, max_retries=0) as client:
        pipeline = Pipeline(chosen, home=Path(home), namespace="test", client=client)
        print("ready", flush=True)
        pipeline.run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])

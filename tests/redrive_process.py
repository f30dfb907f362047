"""`redrive` as a process of its own, for tests that kill it.

    python -m tests.redrive_process HOME URL

Prints a line when it begins, and goes on sending again until it is killed.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from elasticsearch import Elasticsearch

from shippers.redrive.run import Redrive
from shippers.settings import ShipperSettings
from shippers.sink import Sink


def main(home: str, url: str) -> None:
    """Sends the quarantine of `home` again and again."""
    settings = ShipperSettings(batch_lines=20, backoff_first_s=0.01, backoff_cap_s=0.1)
    with Elasticsearch(url, max_retries=0) as client:
        target = Sink(client, settings.timeout_s)
        print("ready", flush=True)
        while True:
            Redrive(Path(home), target, settings, clock=time.time, wait=time.sleep, draw=random.random).run()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A node's life: opens the folder, refreshes in the background, closes cleanly."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from elastic.node.api.call import Node
from elastic.node.errors import NodeError
from elastic.node.index import Index
from elastic.node.indices import Indices
from elastic.node.settings import NodeSettings

logger = logging.getLogger(__name__)


def clock_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """An id for a document that came without one: 20 characters, never the same twice."""
    return urlsafe_b64encode(uuid.uuid4().bytes[:15]).decode()


class Running:
    """An open node with its refresher."""

    def __init__(self, settings: NodeSettings, folder: Path) -> None:
        self.indices = Indices(folder, settings, clock_ms)
        self.node = Node(self.indices, settings, clock_ms, new_id)
        self._stop = threading.Event()
        self._interval_s = settings.refresh_interval_s
        self._refresher = threading.Thread(target=self._refresh, name="refresher", daemon=True)
        self._refresher.start()

    def _refresh(self) -> None:
        while not self._stop.wait(self._interval_s):
            for index in self.indices.all():
                _refresh_one(index)

    def close(self) -> None:
        """Ends the refresher and makes everything durable."""
        self._stop.set()
        self._refresher.join()
        self.indices.close()


def _refresh_one(index: Index) -> None:
    try:
        index.refresh()
    except NodeError:
        logger.exception(
            "An index could not be refreshed; its documents are safe in the translog",
            extra={"event.action": "node_refresh", "event.outcome": "failure"},
        )

"""What every long-running process does at its start."""

from __future__ import annotations

import logging
import socket
from importlib.metadata import version

from app.commands.settings import Settings


def start_logging(settings: Settings, role: str, node_name: str | None = None) -> None:
    """From here on the process logs ECS lines below HOME/log, as the service `cardwatch-<role>`."""
    from app.service import logs

    # The client writes a line per request, and the shipper's own lines are shipped too.
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)
    # A node that is not up yet is told by whoever waits for it, in words of its own.
    logging.getLogger("elastic_transport.node_pool").setLevel(logging.ERROR)

    identity = logs.ServiceIdentity(
        name=f"cardwatch-{role}",
        version=version("cardwatch"),
        environment=settings.environment,
        node_name=node_name or socket.gethostname(),
    )
    logs.install(
        settings.home / "log",
        identity,
        file_bytes=settings.serve.log_file_bytes,
        files=settings.serve.log_files,
    )

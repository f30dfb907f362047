"""Runs the node in this process under gunicorn: one process, many threads."""

from __future__ import annotations

import fcntl
import ipaddress
import logging
import os
import socket
import time
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from elastic.node.errors import FolderTaken, NotLoopback
from elastic.node.lifecycle import Running
from elastic.node.rest import application
from elastic.node.settings import NodeSettings

logger = logging.getLogger(__name__)

BACKLOG = 128  # connections that wait to be accepted
LOCK_WAIT_S = 3.0  # for what is left of a killed node to close the folder
KEEPALIVE_S = 75  # how long an idle connection stays open


def run(settings: NodeSettings, home: Path) -> None:
    """Serves until SIGTERM or SIGINT; the state is below `home / "node"`.

    Raises:
        NotLoopback: the host is not an address of this machine alone.
        FolderTaken: another node runs on the same folder.
    """
    check_loopback(settings.host)
    folder = home / "node"
    lock = lock_folder(folder)
    try:
        _Server(settings, folder).run()
    finally:
        os.close(lock)


def check_loopback(host: str) -> None:
    """Refuses an address that others can reach: the node has no authentication.

    Raises:
        NotLoopback: with what to do instead.
    """
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise NotLoopback(f"The address {host} is unknown ({error.strerror}); use 127.0.0.1.") from error
    if not all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in addresses):
        raise NotLoopback(
            f"The embedded node has no authentication and does not listen on {host}; use 127.0.0.1, or an"
            " Elasticsearch cluster through the setting CARDWATCH_ELASTICSEARCH."
        )


def lock_folder(folder: Path) -> int:
    """Holds the folder for this process and its children until the descriptor is closed.

    When a node's first process was killed, the second needs about a second to notice and to close the
    folder: so long, and a little longer, it is waited for.

    Raises:
        FolderTaken: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "node.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + LOCK_WAIT_S
    while not _locked(descriptor):
        if time.monotonic() > until:
            os.close(descriptor)
            raise FolderTaken(
                f"Another embedded node already works on {folder}; stop it or choose another home."
            )
        time.sleep(0.1)
    return descriptor


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with our settings; the node opens in the worker, after the fork."""

    def __init__(self, settings: NodeSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._running: Running | None = None
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        options: dict[str, Any] = {
            "bind": f"{host}:{self._settings.port}",
            "workers": 1,
            "threads": self._settings.threads,
            "worker_class": "gthread",
            "timeout": 0,
            "graceful_timeout": self._settings.stop_s,
            "keepalive": KEEPALIVE_S,
            "backlog": BACKLOG,
            "loglevel": "warning",
            "proc_name": "cardwatch-node",
            "control_socket_disable": True,
            "when_ready": _announce,
            "worker_exit": self._close,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        self._running = Running(self._settings, self._folder)
        return application(self._running.node)

    def _close(self, arbiter: Any, worker: Any) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None


def _announce(arbiter: Any) -> None:
    address = arbiter.LISTENERS[0].sock.getsockname()
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    print(f"Cardwatch node listens on http://{host}:{address[1]}", flush=True)

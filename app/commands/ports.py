"""Which ports are taken, and by what."""

from __future__ import annotations

import socket

import psutil

from app.commands.errors import PortTaken


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def owner(port: int) -> str:
    """The process that listens on `port`, as far as this user may see it: `python3 (process 4711)`."""
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pids = {c.pid for c in listening if c.laddr and c.laddr.port == port and c.pid}
        return ", ".join(f"{psutil.Process(pid).name()} (process {pid})" for pid in sorted(pids)) or "unknown"
    except psutil.Error:
        return "a process of another user"


def claim(host: str, port: int, what: str, setting: str) -> None:
    """Does nothing if the port is free.

    Raises:
        PortTaken: it is not; the sentence names the owner and the setting.
    """
    if port and not is_free(host, port):
        raise PortTaken(
            f"Port {port}, which the {what} needs, is taken by {owner(port)}. Stop it, set {setting} to"
            " another port, or let `cardwatch up --ports auto` pick free ones."
        )


def free(host: str) -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port

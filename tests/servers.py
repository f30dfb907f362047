"""Servers for the tests, each a real process on free ports: Elasticsearch itself and the embedded node.

Elasticsearch is Elastic's own minimal distribution from Maven Central. It is unpacked once into
~/.cache/cardwatch (or CARDWATCH_TEST_CACHE) and started with its own configuration, data and ports.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ELASTICSEARCH_VERSION = "9.5.0"
OLDEST_JAVA = 21
START_S = 180.0
STOP_S = 30.0

NODE = """
import json, sys
from pathlib import Path
from elastic.node.server import run
from elastic.node.settings import NodeSettings
run(NodeSettings(**json.loads(sys.argv[2])), Path(sys.argv[1]))
"""


class ServerUnavailable(Exception):
    """A server cannot run on this machine; the text says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its base URL and the process that the test may kill."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """Ends the process and its children as a power cut would."""
        family = [*psutil.Process(self.process.pid).children(recursive=True), self.process]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        for process in family:
            process.wait(STOP_S)

    def stop(self) -> int:
        """Asks the process to end, waits for it and returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(ready: Callable[[], bool], server: Server, deadline_s: float = START_S) -> None:
    """Polls until `ready`; fails with the end of the log when the process dies or the time is up."""
    until = time.monotonic() + deadline_s
    while not ready():
        if server.process.poll() is not None or time.monotonic() > until:
            tail = server.log.read_text("utf-8", "replace")[-3000:] if server.log.exists() else ""
            raise ServerUnavailable(f"{server.url} did not come up (exit {server.process.poll()}):\n{tail}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a GET of `url` succeeds."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


# The embedded node


def start_node(home: Path, *, port: int = 0, settings: str = "") -> Server:
    """Starts the node on `home`; `settings` are further NodeSettings as the inside of a JSON object."""
    port = port or free_port()
    home.mkdir(parents=True, exist_ok=True)
    log = home / "node.log"
    body = ", ".join(filter(None, [f'"port": {port}', settings]))
    with log.open("ab") as out:
        command = [sys.executable, "-c", NODE, str(home), "{" + body + "}"]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        wait_for(lambda: answers(server.url), server, 30.0)
    except ServerUnavailable:
        if process.poll() is None:
            server.kill()
        raise
    return server


@contextlib.contextmanager
def running_node(home: Path) -> Iterator[Server]:
    """A node that lives as long as the block."""
    server = start_node(home)
    try:
        yield server
    finally:
        server.stop()


# Elasticsearch


@contextlib.contextmanager
def running_elasticsearch() -> Iterator[Server]:
    """An Elasticsearch that lives as long as the block.

    Raises:
        ServerUnavailable: no JDK, no distribution, or it did not start.
    """
    java = java_home()
    distribution = unpacked(cache_folder())
    with tempfile.TemporaryDirectory(prefix="cardwatch-elasticsearch-") as folder:
        server = _start_elasticsearch(distribution, java, Path(folder))
        try:
            wait_for(lambda: answers(f"{server.url}/_cluster/health?wait_for_status=yellow"), server)
            yield server
        finally:
            server.stop()


def java_home() -> Path:
    """The JDK that ES_JAVA_HOME names, else the newest one of the system.

    Raises:
        ServerUnavailable: there is none of OLDEST_JAVA or newer.
    """
    if named := os.environ.get("ES_JAVA_HOME"):
        return Path(named)
    roots = [Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines"), Path("/opt/java")]
    homes = [release.parent for root in roots for release in root.glob("**/release")]
    best = max(homes, key=_java_version, default=None)
    if best is None or _java_version(best) < OLDEST_JAVA:
        raise ServerUnavailable(f"Elasticsearch needs a JDK of {OLDEST_JAVA} or newer; set ES_JAVA_HOME.")
    return best


def _java_version(home: Path) -> int:
    found = re.search(r'^JAVA_VERSION="(\d+)', (home / "release").read_text("utf-8", "replace"), re.MULTILINE)
    return int(found[1]) if found and (home / "bin" / "java").exists() else 0


def cache_folder() -> Path:
    """Where the distribution is kept between runs."""
    return Path(os.environ.get("CARDWATCH_TEST_CACHE") or Path.home() / ".cache" / "cardwatch")


def unpacked(cache: Path) -> Path:
    """The folder of the distribution; fetched and unpacked on the first call, whole or not at all."""
    target = cache / f"elasticsearch-{ELASTICSEARCH_VERSION}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        with zipfile.ZipFile(_fetched()) as archive:
            archive.extractall(folder)
        unzipped = next(path for path in Path(folder).iterdir() if path.is_dir())
        for program in (unzipped / "bin").iterdir():
            program.chmod(0o755)
        with contextlib.suppress(FileExistsError, OSError):  # another run was faster
            unzipped.rename(target)
    return target


def _fetched() -> Path:
    from jgo.maven import MavenContext

    project = MavenContext().project("org.elasticsearch.distribution.integ-test-zip", "elasticsearch")
    try:
        return Path(project.at_version(ELASTICSEARCH_VERSION).artifact(packaging="zip").resolve())
    except Exception as error:
        raise ServerUnavailable(f"Elasticsearch could not be fetched from Maven Central: {error}") from error


def _start_elasticsearch(distribution: Path, java: Path, folder: Path) -> Server:
    http, transport = free_port(), free_port()
    config = folder / "config"
    shutil.copytree(distribution / "config", config)
    (folder / "tmp").mkdir()
    settings = {
        "cluster.name": "cardwatch-tests",
        "node.name": "test",
        "discovery.type": "single-node",
        "http.port": http,
        "transport.port": transport,
        "path.data": folder / "data",
        "path.logs": folder / "logs",
        "xpack.security.enabled": "false",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    lines = [f"{name}: {value}\n" for name, value in settings.items()]
    (config / "elasticsearch.yml").write_text("".join(lines), "utf-8")
    environment = os.environ | {
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(config),
        "ES_JAVA_OPTS": "-Xms1g -Xmx1g",
        "ES_TMPDIR": str(folder / "tmp"),
    }
    # Elasticsearch refuses to run as root: a user namespace makes it somebody else.
    prefix = ["unshare", "-U", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    log = folder / "out.log"
    with log.open("wb") as out:
        command = [*prefix, str(distribution / "bin" / "elasticsearch")]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=folder)
    return Server(f"http://127.0.0.1:{http}", process, log)

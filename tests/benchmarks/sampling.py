"""What sampling costs: user and system time of a whole `cardwatch sample` process, as a share of one core.

    python -m tests.benchmarks.sampling [--seconds N] [--gpus N]

All three metricsets at 1 Hz: GPUs by the stand-in NVML (compiled here; the real driver's own time is not in
it), the host with our own processes (six `cardwatch`-like ones beside the sampler), and one service to probe.
The start of the process is left out: the clock runs from its third sample on.
"""

from __future__ import annotations

import argparse
import http.server
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from tests.nvml import compiled, say

OWN = ("up", "node", "serve", "serve", "serve", "ship")
WARM_SAMPLES, WARM_S = 3, 30.0
HEALTH = b'{"status":"ok","failing":[],"provider":"CPUExecutionProvider","uptime_s":1.0}'
PERIODS = {f"CARDWATCH_SAMPLE_{name}_PERIOD_S": "1" for name in ("GPU", "HOST", "HEALTH")}


class Service(http.server.BaseHTTPRequestHandler):
    """Is always well."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(HEALTH)))
        self.end_headers()
        self.wfile.write(HEALTH)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def service() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


@contextmanager
def process(words: list[str], **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(words, env=os.environ | variables, stdin=subprocess.PIPE)
    try:
        yield started
    finally:
        started.terminate()
        started.wait()


def sampler(folder: Path, url: str, gpus: int, metricset: str = "") -> tuple[list[str], dict[str, str]]:
    compiled(folder)
    say(folder / "state", count=gpus)
    words = [
        sys.executable,
        "-m",
        "app.commands",
        "sample",
        *metricset.split(),
        "--home",
        str(folder / "home"),
    ]
    driver = {"LD_LIBRARY_PATH": str(folder), "NVML_STATE": str(folder / "state")}
    return words, PERIODS | driver | {"CARDWATCH_SAMPLE_SERVICES": url}


def wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + WARM_S
    while not condition():
        if time.monotonic() > until:
            raise SystemExit("the sampler does not sample")
        time.sleep(0.05)


def lines(folder: Path) -> int:
    files = (folder / "home" / "spool").glob("*.ndjson")
    return sum(file.read_bytes().count(b"\n") for file in files)


def measured(metricset: str, seconds: float, gpus: int) -> tuple[float, float, float]:
    """(share of a core, documents a second, resident MiB) of the sampler of these metricsets."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for role in OWN:
            script = "import sys; sys.stdin.read()"
            stack.enter_context(process([sys.executable, "-c", script, "-m", "app.commands", role]))
        words, variables = sampler(folder, stack.enter_context(service()), gpus, metricset)
        started = psutil.Process(stack.enter_context(process(words, **variables)).pid)
        first = metricset or "gpu"
        spool = folder / "home" / "spool" / f"{first}.ndjson"
        least = WARM_SAMPLES * (gpus if first == "gpu" else 1)
        wait(lambda: spool.exists() and spool.read_bytes().count(b"\n") >= least)
        before, count, began = started.cpu_times(), lines(folder), time.monotonic()
        time.sleep(seconds)
        after, passed = started.cpu_times(), time.monotonic() - began
        spent = after.user + after.system - before.user - before.system
        return spent / passed, (lines(folder) - count) / passed, started.memory_info().rss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30, help="how long each is measured")
    parser.add_argument("--gpus", type=int, default=2, help="GPUs of the stand-in, at most 8")
    options = parser.parse_args()
    processes = len(psutil.pids())
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, psutil"
        f" {psutil.__version__}, {processes} processes on the machine, {options.gpus} GPUs"
    )
    for metricset in ("", "gpu", "host", "health"):
        share, documents, memory = measured(metricset, options.seconds, options.gpus)
        name = metricset or "all three"
        print(f"{name:10} {share:7.2%} of a core  {documents:5.1f} documents a second  {memory:5.1f} MiB")


if __name__ == "__main__":
    main()

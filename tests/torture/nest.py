"""A process that forks shippers: a start takes milliseconds, for everything is imported already.

It reads orders from standard input, one JSON object a line, and answers each with one on standard output.
When its input ends, its shippers are killed and it ends.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
POLL_S = 0.002


class Nest:
    """The handle: starts the process with the block and ends it with it."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.torture.nest"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, home: Path, url: str, namespace: str, settings: dict[str, Any]) -> int:
        """Starts a shipper and returns its process id."""
        order = {"home": str(home), "url": url, "namespace": namespace, "settings": settings}
        return int(self._told(order)["pid"])

    def end(self, pid: int, number: int, patience_s: float) -> int:
        """Sends a signal, waits, and returns the exit code: -9 for one that was killed.

        One that does not end in time is killed and counted as -9, whatever the signal was.
        """
        return int(self._told({"end": pid, "signal": int(number), "patience_s": patience_s})["code"])

    def _told(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


# Inside the process


def main() -> None:
    """Serves orders."""
    from tests import ship_process  # what takes time to import is imported once

    children: set[int] = set()
    for text in sys.stdin:
        order = json.loads(text)
        if "end" in order:
            children.discard(order["end"])
            answer = {"code": ended(order["end"], order["signal"], order["patience_s"])}
        else:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until the child can take it
            pid = os.fork()
            if pid == 0:
                become(ship_process.main, order)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            children.add(pid)
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)
    for pid in children:
        ended(pid, signal.SIGKILL, 0)


def become(work: Any, order: dict[str, Any]) -> None:
    """A forked child: works as the shipper and never comes back."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # told to end before it has begun
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        home = Path(order["home"])
        devnull = os.open(os.devnull, os.O_RDWR)
        said = os.open(home / "shipper.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for target, source in ((0, devnull), (1, said), (2, said)):
            os.dup2(source, target)
        work(order["home"], order["url"], json.dumps(order["settings"]), order["namespace"])
        code = 0
    except BaseException:  # noqa: BLE001 -- the code and shipper.out tell
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(pid: int, number: int, patience_s: float) -> int:
    """The exit code of a child after the signal."""
    os.kill(pid, number)
    until = time.monotonic() + patience_s
    while number != signal.SIGKILL:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(POLL_S)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()

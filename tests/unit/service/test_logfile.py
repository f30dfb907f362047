"""Whole lines, each once, whatever the disk and the other processes do."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.service.logfile import LogFile

PROCESSES = 4
LINES = 1500

WRITER = """
import json, sys, threading
from pathlib import Path
from app.service.logfile import LogFile
path, name, lines = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
file = LogFile(path, max_bytes=4096, kept=100_000)
def write(thread):
    for number in range(lines // 2):
        line = json.dumps({"id": f"{name}.{thread}.{number}", "fill": "x" * (number % 300)})
        assert file.append(line.encode() + b"\\n")
threads = [threading.Thread(target=write, args=(thread,)) for thread in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def log_file(path: Path, **limits: int) -> LogFile:
    return LogFile(path, max_bytes=limits.get("max_bytes", 1000), kept=limits.get("kept", 3))


def lines(file: LogFile) -> list[str]:
    """All lines, oldest file first."""
    present = [*file.rotated(), file.path]
    text = "".join(path.read_text("utf-8") for path in present if path.exists())
    assert not text or text.endswith("\n")
    return text.splitlines()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "request.ndjson"


def test_lines_are_appended(path: Path) -> None:
    file = log_file(path)

    assert file.append(b"one\n")
    assert file.append(b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    assert file.written == 2


def test_it_is_rotated_by_size_and_the_oldest_go(path: Path) -> None:
    file = log_file(path, max_bytes=100, kept=3)
    for number in range(100):
        assert file.append(f"line {number:04}\n".encode())

    assert len(file.rotated()) == 3
    assert all(one.stat().st_size <= 100 for one in [path, *file.rotated()])
    assert lines(file) == [f"line {number:04}" for number in range(60, 100)]


def test_rotated_names_keep_the_stream_and_sort_by_time(path: Path) -> None:
    file = log_file(path, max_bytes=10, kept=50)
    for number in range(40):
        file.append(f"{number:08}\n".encode())

    names = [one.name for one in file.rotated()]
    assert len(names) == len(set(names)) == 39
    assert all(name.startswith("request-") and name.endswith(".ndjson") for name in names)
    assert [one.read_text() for one in file.rotated()] == [f"{number:08}\n" for number in range(39)]


def test_files_of_others_are_never_removed(path: Path) -> None:
    kept = [path.with_name(name) for name in ("request-mine.ndjson", "requests.ndjson", "service.ndjson")]
    for one in kept:
        one.write_text("{}\n")
    file = log_file(path, max_bytes=10, kept=1)
    for number in range(10):
        file.append(f"{number:08}\n".encode())

    assert all(one.exists() for one in kept)


def test_a_clock_that_was_set_back_does_not_mix_the_order(path: Path) -> None:
    future = path.with_name("request-29991231T235959999998.ndjson")
    future.write_text("old\n")
    file = log_file(path, max_bytes=10, kept=9)
    for number in range(3):
        file.append(f"{number:08}\n".encode())

    assert lines(file) == ["old", *(f"{number:08}" for number in range(3))]


def test_a_file_that_was_moved_or_removed_is_opened_anew(path: Path) -> None:
    file = log_file(path)
    file.append(b"one\n")
    path.rename(path.with_suffix(".moved"))
    file.append(b"two\n")
    path.unlink()
    file.append(b"three\n")

    assert path.read_bytes() == b"three\n"
    assert path.with_suffix(".moved").read_bytes() == b"one\n"


def test_a_torn_end_of_an_earlier_run_is_ended(path: Path) -> None:
    path.write_bytes(b'{"half":')
    log_file(path).append(b"whole\n")

    assert path.read_bytes() == b'{"half":\nwhole\n'


def test_a_line_beyond_the_limit_is_counted_not_written(path: Path) -> None:
    file = log_file(path, max_bytes=10)

    assert not file.append(b"x" * 11 + b"\n")
    assert file.append(b"short\n")
    assert file.dropped == Counter(too_large=1)


def test_a_folder_that_is_gone_costs_lines_until_it_is_back(path: Path) -> None:
    file = log_file(path)
    file.append(b"one\n")
    path.unlink()
    path.parent.rename(path.parent.with_name("away"))
    outcomes = [file.append(b"lost\n")]
    path.parent.mkdir()
    outcomes.append(file.append(b"two\n"))

    assert outcomes == [False, True]
    assert file.dropped == Counter(io_error=1)
    assert file.failing is None
    assert path.read_bytes() == b"two\n"


def test_a_process_that_holds_the_lock_costs_lines_not_time(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path.with_suffix(".lock"))],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    holder.stdout.readline()
    file = LogFile(path, max_bytes=1000, kept=1, lock_timeout_s=0.05)

    assert not file.append(b"lost\n")
    assert file.failing == "locked"
    holder.communicate(b"go\n")
    assert file.append(b"written\n")
    assert file.dropped == Counter(locked=1)


HOLD = """
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
"""


def test_processes_and_threads_write_whole_lines_exactly_once(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"w{number}", str(LINES)])
        for number in range(PROCESSES)
    ]
    assert [writer.wait(120) for writer in writers] == [0] * PROCESSES

    file = log_file(path)
    ids = [json.loads(line)["id"] for line in lines(file)]
    expected = {f"w{w}.{t}.{n}" for w in range(PROCESSES) for t in range(2) for n in range(LINES // 2)}
    assert len(ids) == PROCESSES * LINES
    assert set(ids) == expected
    assert len(file.rotated()) > 100
    assert all(one.stat().st_size <= 4096 for one in file.rotated())


def test_processes_that_are_killed_leave_whole_lines(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"w{number}", str(10**9)])
        for number in range(3)
    ]
    file = log_file(path)
    until = time.monotonic() + 60
    while len(file.rotated()) < 20:
        assert time.monotonic() < until
        time.sleep(0.01)
    for writer in writers:
        writer.kill()
        writer.wait(10)

    assert file.append(b'{"id": "after"}\n')
    ids = [json.loads(line)["id"] for line in lines(file)]
    assert len(ids) == len(set(ids))
    assert ids[-1] == "after"


def test_one_who_counts_along_and_fails_stops_no_line(path: Path) -> None:
    def fail(reason: str | None) -> None:
        raise RuntimeError

    file = log_file(path)
    file.on_line = fail

    assert file.append(b"one\n")
    assert path.read_bytes() == b"one\n"


def test_a_fork_while_a_rotated_file_is_being_closed_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another thread's fork may come when its descriptor is closed and its number not yet forgotten."""
    file = LogFile(path, max_bytes=64, kept=10)
    close, children = os.close, list[int]()

    def close_and_fork(descriptor: int) -> None:
        close(descriptor)
        if children:
            return
        child = os.fork()
        if child == 0:
            monkeypatch.undo()
            os._exit(0 if file.append(b"child\n") and file.written == 1 else 1)
        children.append(child)  # it waits until the rotation is over

    monkeypatch.setattr(os, "close", close_and_fork)
    assert file.append(b"a" * 60 + b"\n")
    assert file.append(b"parent\n")  # rotates, so the first file is closed
    assert [os.waitpid(child, 0)[1] for child in children] == [0]


def test_a_fork_while_other_threads_write_loses_nothing(path: Path) -> None:
    file = LogFile(path, max_bytes=4096, kept=10_000)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            file.append(b"parent\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                os._exit(0 if file.append(b"child\n") and file.written == 1 else 1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        writer.join()

    counted = Counter(lines(file))
    assert counted["child"] == 20
    assert counted["parent"] == file.written
    assert set(counted) == {"parent", "child"}


def test_a_line_that_fits_only_in_part_is_taken_back(path: Path) -> None:
    """RLIMIT_FSIZE makes the kernel write the first bytes only, as a disk does that fills up."""
    child = os.fork()
    if child == 0:
        os._exit(0 if _writes_at_a_limit(path) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert path.read_bytes() == b"0123456789\n" * 9 + b"short\n"


def _writes_at_a_limit(path: Path) -> bool:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (106, 106))
    file = log_file(path)
    outcomes = [file.append(b"0123456789\n") for _ in range(12)]
    recovered = file.append(b"short\n")
    return outcomes == [True] * 9 + [False] * 3 and recovered and file.dropped == Counter(disk_full=3)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_costs_lines_and_nothing_else(small_disk: Path) -> None:
    file = log_file(small_disk / "request.ndjson", max_bytes=10_000_000)
    line = json.dumps({"fill": "x" * 900}).encode() + b"\n"
    outcomes = [file.append(line) for _ in range(400)]

    assert file.dropped == Counter(disk_full=outcomes.count(False))
    assert 200 < outcomes.count(True) < 400
    assert file.failing == "disk_full"
    assert [json.loads(one) for one in lines(file)] == [json.loads(line)] * outcomes.count(True)

    os.truncate(file.path, 0)
    assert file.append(line)
    assert file.failing is None
    file.close()


def test_files_that_the_bound_removes_are_told_with_their_size(path: Path) -> None:
    file = log_file(path, max_bytes=100, kept=3)
    removed: list[tuple[str, int]] = []

    def on_removed(old: Path, size_bytes: int) -> None:
        removed.append((old.name, size_bytes))
        assert file.append(b"whoever is told may log\n")

    file.on_removed = on_removed
    for number in range(60):
        assert file.append(f"line {number:04}\n".encode())

    assert len(removed) >= 3
    assert all(0 < size_bytes <= 100 for _, size_bytes in removed)
    assert not {name for name, _ in removed} & {each.name for each in file.rotated()}


def test_whoever_is_told_of_removed_files_cannot_stop_a_line(path: Path) -> None:
    file = log_file(path, max_bytes=10, kept=1)
    file.on_removed = lambda old, size_bytes: 1 / 0  # type: ignore[assignment,return-value]
    for number in range(10):
        assert file.append(f"{number:08}\n".encode())

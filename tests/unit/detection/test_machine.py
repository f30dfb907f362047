"""How many cores a process may use."""

import os
from pathlib import Path

import psutil
import pytest

from app.detection import machine


@pytest.mark.parametrize("line", ["100000 100000\n", "150000 100000\n", "50000 100000\n"])
def test_a_control_group_with_a_quota_below_two_cores_leaves_one(tmp_path: Path, line: str) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(line)
    assert machine.cores(quota) == 1


@pytest.mark.parametrize("line", ["max 100000\n", "", "nonsense\n"])
def test_without_a_quota_the_machine_and_the_affinity_count(tmp_path: Path, line: str) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(line)
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    assert machine.cores(quota) == min(physical, len(os.sched_getaffinity(0)))
    assert machine.cores(tmp_path / "missing") == machine.cores(quota)


def test_an_nvidia_device_is_told_by_its_files(tmp_path: Path) -> None:
    sign = tmp_path / "nvidiactl"
    assert not machine.has_nvidia((sign,))
    sign.touch()
    assert machine.has_nvidia((tmp_path / "other", sign))

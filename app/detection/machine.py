"""What this machine has: processor cores to use, and whether there is an NVIDIA device."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

# The driver's control device, WSL's GPU device, and the driver itself: the last is also seen from a container
# that was started without its GPU, which is just what an operator wants to be told.
NVIDIA_SIGNS: Final = (Path("/dev/nvidiactl"), Path("/dev/dxg"), Path("/proc/driver/nvidia/version"))
CPU_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")


def cores(quota: Path = CPU_QUOTA) -> int:
    """Physical cores that this process may use, by the machine, its affinity and its control group."""
    logical = os.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or logical
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
    return max(1, min(physical, allowed, _quota(quota) or physical))


def has_nvidia(signs: Sequence[Path] = NVIDIA_SIGNS) -> bool:
    """Whether an NVIDIA device or its driver is to be seen."""
    return any(sign.exists() for sign in signs)


def _quota(path: Path) -> int | None:
    """Whole cores of a control group, from a line such as `150000 100000`; None where there is no bound."""
    try:
        share, period = path.read_text("ascii").split()
        return max(1, int(share) // int(period))
    except (OSError, ValueError):
        return None

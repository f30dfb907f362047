"""The stand-in for NVIDIA's library: compiled with the system's C compiler, told what to answer by a file."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("libnvidia-ml.c")
LIBRARY = "libnvidia-ml.so.1"


def compiled(folder: Path, *flags: str) -> Path:
    """The library in `folder`, under the name that pynvml loads.

    Without a C compiler the test is skipped, unless REQUIRE_CC=1.
    """
    if shutil.which("cc") is None and os.environ.get("REQUIRE_CC") != "1":
        pytest.skip("the stand-in NVML needs a C compiler (cc)")
    target = folder / LIBRARY
    words = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", f"-Wl,-soname,{LIBRARY}"]
    subprocess.run(["cc", *words, *flags, "-o", target, SOURCE], check=True)
    return target


def say(state: Path, **values: object) -> None:
    """Makes the library answer so from now on; `gpu0_power_mw` is the line `0.power_mw`."""
    lines = [f"{_name(name)} {value}\n" for name, value in values.items()]
    fresh = state.with_suffix(".new")
    fresh.write_text("".join(lines), "utf-8")
    os.replace(fresh, state)  # noqa: PTH105 - whole or not at all


def _name(name: str) -> str:
    return f"{name[3]}.{name[5:]}" if name.startswith("gpu") else name

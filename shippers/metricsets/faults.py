"""What can be wrong with the NVIDIA driver or a GPU, each with the sentence for its end."""

from __future__ import annotations

import logging
from typing import Final

from shippers.metricsets import nvml
from shippers.metricsets.document import Trouble

_LIBRARY_MISSING: Final = 12
_VERSION_MISMATCH: Final = 18
_RESOLVED: Final = "The NVIDIA driver is there: GPUs are sampled."

NO_GPU: Final = Trouble(
    "no_gpu",
    "The NVIDIA driver knows no GPU: there are no GPU samples.",
    "There are GPUs: they are sampled.",
    logging.INFO,
)


def driver(number: int, said: str) -> Trouble:
    """The driver as a whole does not work; `number` and `said` are NVML's error."""
    if number == _LIBRARY_MISSING:
        sentence = "No NVIDIA driver is installed here (no libnvidia-ml.so.1): there are no GPU samples."
        return Trouble("no_driver", sentence, _RESOLVED, logging.INFO)
    hint = "; restart `cardwatch sample` after an update of the driver" if number == _VERSION_MISMATCH else ""
    sentence = f"The NVIDIA driver does not answer ({said}){hint}: there are no GPU samples meanwhile."
    return Trouble(nvml.code(number), sentence, _RESOLVED)


def gpu(name: str, number: int, said: str) -> Trouble:
    """One GPU does not answer."""
    sentence = f"{name} cannot be sampled ({said}); the others are."
    return Trouble(nvml.code(number), sentence, f"{name} is sampled again.")


def gone(name: str) -> Trouble:
    """The driver no longer lists a GPU that was there."""
    sentence = f"{name} is no longer there; the others are sampled."
    return Trouble("gpu_lost", sentence, f"{name} is sampled again.")

"""The stand-in NVML, loaded once into the test process, and settings that do not wait."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shippers.metricsets.gpu import Gpu
from shippers.metricsets.settings import SamplerSettings
from tests.nvml import compiled, say


@pytest.fixture(scope="session")
def nvml(tmp_path_factory: pytest.TempPathFactory) -> None:
    """From here on `libnvidia-ml.so.1`, which pynvml loads by name, is the stand-in: it is there already."""
    ctypes.CDLL(str(compiled(tmp_path_factory.mktemp("nvml"))))


@pytest.fixture
def state(nvml: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Tells the stand-in what to answer."""
    path = tmp_path / "nvml.state"
    monkeypatch.setenv("NVML_STATE", str(path))
    say(path)
    return lambda **values: say(path, **values)


@pytest.fixture
def settings() -> SamplerSettings:
    """A driver or a GPU that is gone is looked for in every sample."""
    return SamplerSettings(gpu_retry_s=1e-6, timeout_s=0.5)


@pytest.fixture
def gpu(state: Callable[..., None], settings: SamplerSettings) -> Iterator[Gpu]:
    """The metricset on the stand-in."""
    metricset = Gpu(settings)
    yield metricset
    metricset.close()

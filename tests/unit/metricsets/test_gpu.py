"""GPU samples: the real pynvml on a real shared library that answers as the test says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shippers.metricsets.document import Fields, Reading
from shippers.metricsets.gpu import Gpu
from tests.nvml import compiled

State = Callable[..., None]
ROOT = Path(__file__).parents[3]
FIRST, SECOND = "GPU-stand-in-0", "GPU-stand-in-1"


def document(reading: Reading, uuid: str) -> Fields:
    found = [
        one for one in reading.documents if one["gpu.labels.uuid"] == uuid and one["metricset.name"] == "gpu"
    ]
    assert len(found) == 1
    return found[0]


def codes(reading: Reading) -> dict[str, str]:
    return {about: trouble.code for about, trouble in reading.troubles.items()}


def test_every_gpu_gives_a_document_with_all_of_its_values(state: State, gpu: Gpu) -> None:
    state(gpu0_utilization=91, gpu1_temperature=71, gpu1_reasons=0x60)
    reading = gpu.read()
    assert not reading.troubles
    first, second = document(reading, FIRST), document(reading, SECOND)
    assert first["gpu.utilization.gpu.pct"] == 91
    assert second["gpu.utilization.gpu.pct"] == 37
    assert second["gpu.temperature.gpu"] == 71
    assert second["gpu.throttling.reasons"] == ["sw_thermal_slowdown", "hw_thermal_slowdown"]
    assert {name: first[name] for name in first if ".memory.framebuffer." in name} == {
        "gpu.memory.framebuffer.used_size": 1024,
        "gpu.memory.framebuffer.free_size": 7168,
        "gpu.memory.framebuffer.total_size": 8192,
    }
    assert first["gpu.power.usage"] == 71.5
    assert first["gpu.power.limit"] == 300
    assert first["gpu.power.energy_consumption_total"] == 123456789
    assert first["gpu.clock.streaming_multiprocessor_frequency"] == 1410
    assert first["gpu.clock.mem_frequency"] == 1215
    assert first["gpu.pcie.replay"] == 3
    assert first["gpu.throttling.reliability.us"] == 5
    assert first["gpu.ecc.double_bit_persistent.count"] == 11
    assert second["gpu.labels.pci_bus_id"] == "00000000:02:00.0"
    assert second["gpu.labels.gpu"] == "1"
    assert first["gpu.labels.driver_version"] == "580.0.0"
    assert first["gpu.labels.model_name"] == "NVIDIA Stand-in"


@pytest.mark.parametrize("error", [2, 3, 4, 13, 25], ids=lambda error: f"error {error}")
def test_a_value_that_is_not_there_is_left_out_and_no_trouble(state: State, gpu: Gpu, error: int) -> None:
    state(gpu0_ecc=f"!{error}", gpu0_power_mw=f"!{error}", gpu0_events=f"!{error}", gpu0_name=f"!{error}")
    reading = gpu.read()
    first = document(reading, FIRST)
    assert not reading.troubles
    assert not [name for name in first if name.startswith("gpu.ecc.")]
    assert "gpu.power.usage" not in first
    assert first["gpu.labels.model_name"] is None
    assert first["gpu.temperature.gpu"] == 54
    assert "gpu.power.usage" in document(reading, SECOND)


def test_a_number_that_means_not_available_is_left_out(state: State, gpu: Gpu) -> None:
    state(gpu0_energy_mj=-1)  # all bits set
    assert "gpu.power.energy_consumption_total" not in document(gpu.read(), FIRST)
    assert "gpu.power.energy_consumption_total" in document(gpu.read(), SECOND)


def test_the_memory_of_our_own_processes_is_told_and_nobody_else_s(state: State, gpu: Gpu) -> None:
    ours = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()", "-m", "app.commands", "serve"],
        stdin=subprocess.PIPE,
    )
    try:
        state(gpu0_pid=ours.pid, gpu0_pid_mib=640, gpu1_pid=os.getpid(), gpu1_pid_mib=5)
        reading = gpu.read()
    finally:
        ours.kill()
        ours.wait()
    assert document(reading, FIRST)["gpu.processes.own.count"] == 1
    assert document(reading, FIRST)["gpu.processes.own.used_size"] == 640
    assert document(reading, SECOND)["gpu.processes.own.count"] == 0
    (process,) = [one for one in reading.documents if one["metricset.name"] == "gpu_process"]
    assert process["process.pid"] == ours.pid
    assert process["card.process.role"] == "serve"
    assert process["gpu.processes.used_size"] == 640


def test_an_xid_is_told_once_and_stays_in_the_samples(state: State, gpu: Gpu) -> None:
    assert document(gpu.read(), FIRST)["gpu.error.xid"] is None
    state(gpu1_xid=79)
    reading = gpu.read()
    (happening,) = reading.happenings
    assert (happening.action, happening.code) == ("gpu_xid", "xid_79")
    assert SECOND in happening.sentence
    assert document(reading, SECOND)["gpu.error.xid"] == 79
    again = gpu.read()
    assert not again.happenings
    assert document(again, SECOND)["gpu.error.xid"] == 79
    assert document(again, FIRST)["gpu.error.xid"] is None


def test_a_gpu_off_the_bus_is_a_trouble_of_its_own_and_comes_back(state: State, gpu: Gpu) -> None:
    gpu.read()
    state(gpu0_gone="!15")
    for _ in range(3):
        lost = gpu.read()
        assert codes(lost) == {FIRST: "gpu_lost"}
        document(lost, SECOND)
        assert len(lost.documents) == 1
    state()
    back = gpu.read()
    assert not back.troubles
    assert len(back.documents) == 2


def test_a_gpu_that_the_driver_no_longer_lists_is_missed(state: State, gpu: Gpu) -> None:
    gpu.read()
    state(gpu1_gone="!999")
    assert codes(gpu.read()) == {SECOND: "nvml_error"}
    state(count=1)
    missed = gpu.read()
    assert codes(missed) == {SECOND: "gpu_lost"}
    assert len(missed.documents) == 1
    state(count=2)
    assert not gpu.read().troubles


@pytest.mark.parametrize(("error", "code"), [(9, "driver_not_loaded"), (18, "driver_version_mismatch")])
def test_a_driver_that_does_not_start_is_one_trouble_until_it_does(
    state: State, gpu: Gpu, error: int, code: str
) -> None:
    state(init=f"!{error}")
    for _ in range(3):
        reading = gpu.read()
        assert codes(reading) == {"driver": code}
        assert not reading.documents
    state()
    assert len(gpu.read().documents) == 2
    assert not gpu.read().troubles


def test_a_driver_that_vanishes_is_found_again(state: State, gpu: Gpu) -> None:
    gpu.read()
    state(driver="!9", init="!9")
    assert codes(gpu.read()) == {"driver": "driver_not_loaded"}
    assert codes(gpu.read()) == {"driver": "driver_not_loaded"}
    state()
    reading = gpu.read()
    assert not reading.troubles
    assert len(reading.documents) == 2


def test_a_driver_without_a_gpu_is_said_so(state: State, gpu: Gpu) -> None:
    state(count=0)
    reading = gpu.read()
    assert codes(reading) == {"driver": "no_gpu"}
    assert not reading.documents
    state(count=1)
    assert len(gpu.read().documents) == 1


READ = """
from shippers.metricsets.gpu import Gpu
from shippers.metricsets.settings import SamplerSettings
reading = Gpu(SamplerSettings()).read()
print([trouble.code for trouble in reading.troubles.values()])
print(sorted({tuple(document.get("gpu.throttling.reasons", ())) for document in reading.documents}))
"""


def read_in_a_process(library: str) -> str:
    variables = os.environ | {"LD_LIBRARY_PATH": library}
    variables.pop("NVML_STATE", None)
    return subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    ).stdout


def test_a_driver_before_535_gives_the_throttle_reasons_too(tmp_path: Path) -> None:
    compiled(tmp_path, "-DOLD_DRIVER")
    assert read_in_a_process(str(tmp_path)).splitlines() == ["[]", "[('sw_power_cap',)]"]


def test_without_a_driver_there_is_one_trouble_and_no_sample(tmp_path: Path) -> None:
    (tmp_path / "libnvidia-ml.so.1").write_text("no library", "utf-8")
    assert read_in_a_process(str(tmp_path)).splitlines() == ["['no_driver']", "[]"]

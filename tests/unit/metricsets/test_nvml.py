"""NVML's numbers."""

from __future__ import annotations

import pynvml
import pytest

from shippers.metricsets import nvml


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("NVML_ERROR_UNINITIALIZED", "driver"),
        ("NVML_ERROR_DRIVER_NOT_LOADED", "driver"),
        ("NVML_ERROR_LIBRARY_NOT_FOUND", "driver"),
        ("NVML_ERROR_LIB_RM_VERSION_MISMATCH", "driver"),
        ("NVML_ERROR_NOT_SUPPORTED", "value"),
        ("NVML_ERROR_NO_PERMISSION", "value"),
        ("NVML_ERROR_FUNCTION_NOT_FOUND", "value"),
        ("NVML_ERROR_GPU_IS_LOST", "gpu"),
        ("NVML_ERROR_RESET_REQUIRED", "gpu"),
        ("NVML_ERROR_UNKNOWN", "gpu"),
    ],
)
def test_an_error_is_about_a_value_a_gpu_or_the_driver(name: str, scope: str) -> None:
    assert nvml.scope(getattr(pynvml, name)) == scope


def test_throttle_reasons_have_pynvml_s_bits() -> None:
    mask = pynvml.nvmlClocksEventReasonSwPowerCap | pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown
    assert nvml.throttle_reasons(mask) == ["sw_power_cap", "hw_power_brake"]
    assert nvml.throttle_reasons(0) == []
    assert nvml.throttle_reasons(1 << 40) == ["bit_40"]

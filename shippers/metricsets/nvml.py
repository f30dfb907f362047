"""What NVML's numbers mean; they are those of nvml.h, which never change a number once given."""

from __future__ import annotations

from typing import Final, Literal

Scope = Literal["value", "gpu", "driver"]

# The value is not there for this GPU, driver or user; the others are.
_VALUE: Final = frozenset({2, 3, 4, 6, 13, 20, 21, 22, 25, 26, 27})
# The whole driver is gone or unfit: not initialised, not loaded, no library, not the kernel's version.
_DRIVER: Final = frozenset({1, 9, 12, 18})

CODES: Final = {
    1: "driver_gone",
    9: "driver_not_loaded",
    12: "no_driver",
    15: "gpu_lost",
    16: "gpu_needs_reset",
    18: "driver_version_mismatch",
    28: "gpu_lost",
}

THROTTLE_REASONS: Final = {
    0x1: "gpu_idle",
    0x2: "application_clocks",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake",
    0x100: "display_clocks",
    0x200: "board_limit",
    0x400: "reliability",
}

# Time that clocks were held down, by NVML's performance policy, in the names of DCGM and Elastic.
VIOLATIONS: Final = {
    0: "power",
    1: "thermal",
    2: "sync_boost",
    3: "board_limit",
    4: "low_utilization",
    5: "reliability",
}


def scope(number: int) -> Scope:
    """What an error number is about: one value, one GPU, or the driver as a whole."""
    if number in _VALUE:
        return "value"
    return "driver" if number in _DRIVER else "gpu"


def code(number: int) -> str:
    """The stable code of an error number in our events."""
    return CODES.get(number, "nvml_error")


def throttle_reasons(mask: int) -> list[str]:
    """The names of the bits that are set; unknown ones as `bit_<n>`."""
    bits = [1 << n for n in range(64) if mask >> n & 1]
    return [THROTTLE_REASONS.get(bit, f"bit_{bit.bit_length() - 1}") for bit in bits]

"""Every GPU by NVML: the only module that imports pynvml.

Values in the names and units of Elastic's `nvidia_gpu` integration (percent 0 to 100, MiB, W, MHz, mJ). A
value that a GPU, a driver or the user's rights do not give is left out. PCIe throughput is not read: NVML
measures it by waiting 20 ms.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pynvml
from pynvml import NVMLError

from shippers.metricsets import faults, nvml
from shippers.metricsets.document import Fields, Happening, Reading, Trouble
from shippers.metricsets.processes import Processes
from shippers.metricsets.settings import SamplerSettings

_MIB: Final = 1024 * 1024
_BEYOND_LONG: Final = 1 << 63
_FUNCTION_MISSING: Final = 13
_TIMEOUT: Final = 10
_DRIVER: Final = "driver"

Handle = Any  # a pointer that only pynvml looks into


@dataclass(slots=True)
class Device:
    """One GPU: what never changes, and what is known of it since it was found.

    Attributes:
        labels: identifiers that stand in each of its documents.
        absent: readers whose values this GPU does not have; not asked again until the next start of NVML.
        xid: the last Xid error since the sampler started.
    """

    index: int
    uuid: str
    handle: Handle
    labels: Fields
    absent: set[Callable[[Handle], Fields]] = field(default_factory=set)
    xid: int | None = None

    @property
    def name(self) -> str:
        """As a person calls it."""
        return f"GPU {self.index} ({self.uuid})"


class Gpu:
    """All GPUs; finds the driver and lost GPUs again by itself, at most every `gpu_retry_s` seconds."""

    def __init__(self, settings: SamplerSettings) -> None:
        self._settings = settings
        self._processes = Processes(settings)
        self._devices: dict[str, Device] = {}
        self._known: dict[str, int] = {}  # every GPU that was ever there: uuid -> index
        self._running = False
        self._retry_at_s = float("-inf")
        self._events: Any = None
        self._troubles: dict[str, Trouble] = {}

    def read(self) -> Reading:
        """A document for each GPU, one for each of our own processes on it."""
        now_s = time.monotonic()
        try:
            if now_s >= self._retry_at_s and (self._troubles or not self._running):
                self._retry_at_s = now_s + self._settings.gpu_retry_s
                self._restart()
            return self._sample()
        except NVMLError as error:
            self._stop()
            self._troubles = {_DRIVER: faults.driver(error.value, str(error))}
            return Reading(troubles=dict(self._troubles))

    def close(self) -> None:
        """Gives NVML back."""
        self._stop()

    def _restart(self) -> None:
        """Starts NVML anew and looks which GPUs there are. Handles of lost GPUs are only good after that."""
        xids = {uuid: device.xid for uuid, device in self._devices.items()}
        self._stop()
        pynvml.nvmlInit()
        self._running, self._troubles = True, {}
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        for index in range(pynvml.nvmlDeviceGetCount()):
            self._find(index, driver)
        for uuid, index in self._known.items():
            if uuid not in self._devices and uuid not in self._troubles:
                self._troubles[uuid] = faults.gone(f"GPU {index} ({uuid})")
        for uuid, device in self._devices.items():
            device.xid = xids.get(uuid)
        if not self._known and not self._troubles:
            self._troubles[_DRIVER] = faults.NO_GPU
        self._listen()

    def _find(self, index: int, driver: str) -> None:
        try:
            device = _device(index, driver)
        except NVMLError as error:
            if nvml.scope(error.value) == "driver":
                raise
            uuid = next((known for known, place in self._known.items() if place == index), f"index {index}")
            self._troubles[uuid] = faults.gpu(f"GPU {index}", error.value, str(error))
        else:
            self._devices[device.uuid] = device
            self._known[device.uuid] = index

    def _sample(self) -> Reading:
        if not self._running:
            return Reading(troubles=dict(self._troubles))
        happenings = [self._happening(device, xid) for device, xid in self._xids()]
        own = self._processes.roles() if self._devices else {}
        documents: list[Fields] = []
        for device in list(self._devices.values()):
            try:
                documents += _documents(device, own)
                self._troubles.pop(device.uuid, None)
            except NVMLError as error:
                if nvml.scope(error.value) == "driver":
                    raise
                self._troubles.setdefault(device.uuid, faults.gpu(device.name, error.value, str(error)))
        return Reading(documents, dict(self._troubles), happenings)

    def _listen(self) -> None:
        """Asks for Xid errors, where the driver tells them."""
        try:
            self._events = pynvml.nvmlEventSetCreate()
        except NVMLError:
            self._events = None
            return
        for device in self._devices.values():
            try:
                pynvml.nvmlDeviceRegisterEvents(
                    device.handle, pynvml.nvmlEventTypeXidCriticalError, self._events
                )
            except NVMLError:
                continue  # this GPU does not tell them

    def _xids(self) -> Iterator[tuple[Device, int]]:
        """The Xid errors since the last sample. NVML says by "timeout" that there are no more."""
        for _ in range(self._settings.gpu_xids if self._events is not None else 0):
            try:
                event = pynvml.nvmlEventSetWait(self._events, 0)
                device = self._devices.get(_text(pynvml.nvmlDeviceGetUUID(event.device)))
            except NVMLError as error:
                if error.value != _TIMEOUT and nvml.scope(error.value) == "driver":
                    raise
                return
            if device is not None:
                yield device, int(event.eventData)

    def _happening(self, device: Device, xid: int) -> Happening:
        device.xid = xid
        return Happening(
            "gpu_xid", f"xid_{xid}", f"{device.name} reports Xid {xid}; see NVIDIA's list of Xid errors."
        )

    def _stop(self) -> None:
        if self._events is not None:
            with contextlib.suppress(NVMLError):  # it went with the driver
                pynvml.nvmlEventSetFree(self._events)
        if self._running:
            with contextlib.suppress(NVMLError):
                pynvml.nvmlShutdown()
        self._events = None
        self._devices = {}
        self._running = False


# One GPU


def _device(index: int, driver: str) -> Device:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    uuid = _text(pynvml.nvmlDeviceGetUUID(handle))
    labels: Fields = {
        "gpu.labels.uuid": uuid,
        "gpu.labels.gpu": str(index),
        "gpu.labels.model_name": _optional(lambda: pynvml.nvmlDeviceGetName(handle)),
        "gpu.labels.pci_bus_id": _optional(lambda: pynvml.nvmlDeviceGetPciInfo(handle).busId),
        "gpu.labels.driver_version": driver,
    }
    return Device(index, uuid, handle, labels)


def _optional(read: Callable[[], Any]) -> str | None:
    try:
        return _text(read())
    except NVMLError as error:
        if nvml.scope(error.value) != "value":
            raise
        return None


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _documents(device: Device, own: dict[int, str]) -> list[Fields]:
    """The GPU's document, then those of our own processes on it."""
    values: dict[str, Any] = {}
    for read in READERS:
        if read not in device.absent:
            values |= _values(device, read)
    processes = _own_processes(device, own)
    documents: list[Fields] = [
        {
            "metricset.name": "gpu",
            **device.labels,
            **values,
            "gpu.error.xid": device.xid,
            "gpu.processes.own.count": len(processes),
            "gpu.processes.own.used_size": sum(used for _, _, used in processes),
        }
    ]
    documents += [
        {
            "metricset.name": "gpu_process",
            "gpu.labels.uuid": device.uuid,
            "gpu.labels.gpu": str(device.index),
            "process.pid": pid,
            "card.process.role": role,
            "gpu.processes.used_size": used,
        }
        for pid, role, used in processes
    ]
    return documents


def _values(device: Device, read: Callable[[Handle], Fields]) -> Fields:
    try:
        values = read(device.handle)
    except NVMLError as error:
        if nvml.scope(error.value) != "value":
            raise
        device.absent.add(read)
        return {}
    return {name: value for name, value in values.items() if not _is_unknown(value)}


def _is_unknown(value: Any) -> bool:
    """Drivers say "not available" with all bits set; the index takes no number beyond 63 bits either."""
    return isinstance(value, int) and value >= _BEYOND_LONG


def _own_processes(device: Device, own: dict[int, str]) -> list[tuple[int, str, float]]:
    """(pid, role, MiB) of our own processes that compute on this GPU and whose memory the driver tells."""
    try:
        running = pynvml.nvmlDeviceGetComputeRunningProcesses(device.handle)
    except NVMLError as error:
        if nvml.scope(error.value) != "value":
            raise
        return []
    return [
        (one.pid, own[one.pid], one.usedGpuMemory / _MIB)
        for one in running
        if one.pid in own and one.usedGpuMemory is not None
    ]


# Readers: one call, or the few that belong together; each value alone may be missing


def _utilization(handle: Handle) -> Fields:
    rates = pynvml.nvmlDeviceGetUtilizationRates(handle)
    return {"gpu.utilization.gpu.pct": rates.gpu, "gpu.utilization.memory_copy.pct": rates.memory}


def _memory(handle: Handle) -> Fields:
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    sizes = {"used_size": memory.used, "free_size": memory.free, "total_size": memory.total}
    return {f"gpu.memory.framebuffer.{name}": size / _MIB for name, size in sizes.items()}


def _temperature(handle: Handle) -> Fields:
    """NVML from CUDA 14 on has only the newer function, old drivers only the older one."""
    try:
        degrees = pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)
    except NVMLError as error:
        if error.value != _FUNCTION_MISSING:
            raise
        degrees = pynvml.nvmlDeviceGetTemperatureV(handle, pynvml.NVML_TEMPERATURE_GPU)
    return {"gpu.temperature.gpu": degrees}


def _power(handle: Handle) -> Fields:
    return {"gpu.power.usage": pynvml.nvmlDeviceGetPowerUsage(handle) / 1000}


def _power_limit(handle: Handle) -> Fields:
    return {"gpu.power.limit": pynvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000}


def _energy(handle: Handle) -> Fields:
    return {"gpu.power.energy_consumption_total": pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)}


def _sm_clock(handle: Handle) -> Fields:
    clock = pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)
    return {"gpu.clock.streaming_multiprocessor_frequency": clock}


def _memory_clock(handle: Handle) -> Fields:
    return {"gpu.clock.mem_frequency": pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM)}


def _throttling(handle: Handle) -> Fields:
    """Drivers before 535 know the older name of the function only."""
    try:
        mask = pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle)
    except NVMLError as error:
        if error.value != _FUNCTION_MISSING:
            raise
        mask = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
    return {"gpu.throttling.reasons": nvml.throttle_reasons(mask)}


def _pcie_replays(handle: Handle) -> Fields:
    return {"gpu.pcie.replay": pynvml.nvmlDeviceGetPcieReplayCounter(handle)}


def _violation(policy: int, name: str) -> Callable[[Handle], Fields]:
    def read(handle: Handle) -> Fields:
        held_ns = pynvml.nvmlDeviceGetViolationStatus(handle, policy).violationTime
        return {f"gpu.throttling.{name}.us": held_ns // 1000}

    return read


def _ecc(kind: int, kind_name: str, period: int, period_name: str) -> Callable[[Handle], Fields]:
    def read(handle: Handle) -> Fields:
        errors = pynvml.nvmlDeviceGetTotalEccErrors(handle, kind, period)
        return {f"gpu.ecc.{kind_name}_{period_name}.count": errors}

    return read


READERS: Final[tuple[Callable[[Handle], Fields], ...]] = (
    _utilization,
    _memory,
    _temperature,
    _power,
    _power_limit,
    _energy,
    _sm_clock,
    _memory_clock,
    _throttling,
    _pcie_replays,
    *(_violation(policy, name) for policy, name in nvml.VIOLATIONS.items()),
    *(
        _ecc(kind, kind_name, period, period_name)
        for kind, kind_name in ((0, "single_bit"), (1, "double_bit"))
        for period, period_name in ((0, "volatile"), (1, "persistent"))
    ),
)

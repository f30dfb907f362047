"""The host: processor, memory, swap, disks, networks, and our own processes, by psutil.

Names and units of ECS and Metricbeat: `pct` is 0 to 1. A rate needs two readings; the first has none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import psutil

from shippers.metricsets.document import Fields, Reading, Trouble, Value
from shippers.metricsets.processes import Processes
from shippers.metricsets.rates import Rates, shares
from shippers.metricsets.settings import SamplerSettings

_BLOCK: Final = Path("/sys/block")
# Disks that are memory, or that stand for other disks and would count their bytes twice.
_NO_DISKS: Final = ("loop", "ram", "zram", "sr", "fd")
_STACKED: Final = ("dm-", "md")
_TIMES: Final = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


Part = tuple[Fields, list[Fields]]
"""What one part of the host gives: fields of the host's own document, and further documents."""


class Host:
    """One document for the host, and one for each core, file system, disk, interface and own process.

    A part that the system does not tell is a trouble of its own; the others are sampled.
    """

    def __init__(self, settings: SamplerSettings) -> None:
        self._settings = settings
        self._processes = Processes(settings)
        self._mounts: tuple[str, ...] = ()
        self._look_at_s = float("-inf")
        self._parts: Mapping[str, Callable[[float], Part]] = {
            "processor": Cores().read,
            "load": lambda _: (_load(), []),
            "memory": lambda _: (_memory(), []),
            "file systems": self._file_systems,
            "disks": Disks().read,
            "networks": Networks().read,
            "processes": lambda _: ({}, self._processes.documents()),
        }

    def read(self) -> Reading:
        """A sample of now."""
        now_s, troubles = time.monotonic(), {}
        host: dict[str, Value | None] = {"metricset.name": "host"}
        documents: list[Fields] = []
        for name, read in self._parts.items():
            try:
                fields, more = read(now_s)
            except Exception as error:  # noqa: BLE001 - psutil raises many things where it is blind
                troubles[name] = _trouble(name, error)
            else:
                host |= fields
                documents += more
        return Reading([host, *documents], troubles)

    def close(self) -> None:
        """Nothing is held."""

    def _file_systems(self, now_s: float) -> Part:
        if now_s >= self._look_at_s:
            self._mounts = tuple(_mounts())
            self._look_at_s = now_s + self._settings.scan_s
        return {}, [_file_system(mount) for mount in self._mounts]


def _trouble(part: str, error: Exception) -> Trouble:
    return Trouble(
        "host_part_unreadable",
        f"Of the host, the {part} cannot be sampled ({type(error).__name__}: {error}); the rest is.",
        f"Of the host, the {part} are sampled again.",
    )


class Cores:
    """The processor's time, total and by core."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[float, ...]] = {}

    def read(self, _now_s: float) -> Part:
        """The host's fields and a document for each core."""
        times = {core: _times(one) for core, one in enumerate(psutil.cpu_times(percpu=True))}
        last, self._last = self._last, times
        both = [core for core in times if core in last]
        before = [sum(column) for column in zip(*(last[core] for core in both), strict=True)]
        after = [sum(column) for column in zip(*(times[core] for core in both), strict=True)]
        total = shares(before, after)
        host: Fields = {"system.cpu.cores": len(times), **_norm(total)}
        return host, [_core(core, shares(last[core], times[core])) for core in both]


def _times(one: object) -> tuple[float, ...]:
    return tuple(float(getattr(one, name, 0.0)) for name in _TIMES)


def _used(share: Mapping[str, float]) -> float:
    return round(max(0.0, 1.0 - share["idle"] - share["iowait"]), 6)


def _norm(shared: list[float] | None) -> Fields:
    if shared is None:
        return {}
    share = dict(zip(_TIMES, shared, strict=True))
    parts = {f"system.cpu.{name}.norm.pct": share[name] for name in ("user", "system", "iowait", "steal")}
    return {"host.cpu.usage": _used(share), "system.cpu.total.norm.pct": _used(share), **parts}


def _core(core: int, shared: list[float] | None) -> Fields:
    used = None if shared is None else _used(dict(zip(_TIMES, shared, strict=True)))
    return {"metricset.name": "core", "system.core.id": str(core), "system.core.total.pct": used}


def _load() -> Fields:
    one, five, fifteen = os.getloadavg()
    return {"system.load.1": one, "system.load.5": five, "system.load.15": fifteen}


def _memory() -> Fields:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    used = memory.total - memory.available
    return {
        "system.memory.total": memory.total,
        "system.memory.actual.free": memory.available,
        "system.memory.actual.used.bytes": used,
        "system.memory.actual.used.pct": used / memory.total if memory.total else None,
        "system.memory.swap.total": swap.total,
        "system.memory.swap.used.bytes": swap.used,
        "system.memory.swap.used.pct": swap.used / swap.total if swap.total else None,
    }


def _mounts() -> Iterable[str]:
    """Where local file systems are mounted, the root first; each device once, at its shortest path."""
    found: dict[str, str] = {}
    for part in sorted(psutil.disk_partitions(all=False), key=lambda part: len(part.mountpoint)):
        if part.fstype not in ("squashfs", "iso9660") and Path(part.mountpoint).is_dir():
            found.setdefault(part.device, part.mountpoint)
    return dict.fromkeys(["/", *found.values()])


def _file_system(mount: str) -> Fields:
    try:
        space = psutil.disk_usage(mount)
    except OSError:
        return {"metricset.name": "filesystem", "system.filesystem.mount_point": mount}
    return {
        "metricset.name": "filesystem",
        "system.filesystem.mount_point": mount,
        "system.filesystem.total": space.total,
        "system.filesystem.available": space.free,
        "system.filesystem.used.bytes": space.used,
        "system.filesystem.used.pct": space.percent / 100,
    }


class Disks:
    """What was read from and written to whole disks."""

    def __init__(self) -> None:
        self._rates = Rates()
        self._since = Rates()

    def read(self, now_s: float) -> Part:
        """The host's fields (bytes since the last reading) and a document for each disk."""
        counters = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
        disks = {name: one for name, one in counters.items() if _is_disk(name)}
        flat = {
            f"{name} {kind}": float(count)
            for name, one in disks.items()
            for kind, count in (("read", one.read_bytes), ("write", one.write_bytes))
        }
        per_second = self._rates.per_second(flat, now_s)
        grown = self._since.grown({name: n for name, n in flat.items() if not name.startswith(_STACKED)})
        host: Fields = {
            "host.disk.read.bytes": _total(grown, " read"),
            "host.disk.write.bytes": _total(grown, " write"),
        }
        return host, [
            {
                "metricset.name": "diskio",
                "system.diskio.name": name,
                "system.diskio.read.bytes": one.read_bytes,
                "system.diskio.write.bytes": one.write_bytes,
                "system.diskio.read.count": one.read_count,
                "system.diskio.write.count": one.write_count,
                "system.diskio.iostat.read.per_sec.bytes": per_second.get(f"{name} read"),
                "system.diskio.iostat.write.per_sec.bytes": per_second.get(f"{name} write"),
            }
            for name, one in disks.items()
        ]


def _is_disk(name: str) -> bool:
    """Whether it is a whole disk; where the kernel does not say so, whatever is not known to be none."""
    return not name.startswith(_NO_DISKS) and (not _BLOCK.is_dir() or (_BLOCK / name).exists())


class Networks:
    """What came in and went out through each interface."""

    def __init__(self) -> None:
        self._rates = Rates()
        self._since = Rates()

    def read(self, now_s: float) -> Part:
        """The host's fields (bytes since the last reading, loopback left out) and a document for each."""
        interfaces = psutil.net_io_counters(pernic=True, nowrap=False)
        flat = {
            f"{name} {kind}": float(count)
            for name, one in interfaces.items()
            for kind, count in (("in", one.bytes_recv), ("out", one.bytes_sent))
        }
        per_second = self._rates.per_second(flat, now_s)
        grown = self._since.grown({name: n for name, n in flat.items() if not name.startswith("lo ")})
        host: Fields = {
            "host.network.ingress.bytes": _total(grown, " in"),
            "host.network.egress.bytes": _total(grown, " out"),
        }
        return host, [
            {
                "metricset.name": "network",
                "system.network.name": name,
                "system.network.in.bytes": one.bytes_recv,
                "system.network.out.bytes": one.bytes_sent,
                "system.network.in.errors": one.errin,
                "system.network.out.errors": one.errout,
                "system.network.in.dropped": one.dropin,
                "system.network.out.dropped": one.dropout,
                "system.network.in.per_sec.bytes": per_second.get(f"{name} in"),
                "system.network.out.per_sec.bytes": per_second.get(f"{name} out"),
            }
            for name, one in interfaces.items()
        ]


def _total(grown: Mapping[str, float], ending: str) -> int | None:
    """The sum of those with that ending; None when there is not one, as in the first reading."""
    parts = [amount for name, amount in grown.items() if name.endswith(ending)]
    return int(sum(parts)) if parts else None

"""Samples of the host, against what the machine says by itself."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import psutil
import pytest

from shippers.metricsets.document import Fields
from shippers.metricsets.host import Host
from shippers.metricsets.settings import SamplerSettings


def of(documents: list[Fields], kind: str) -> list[Fields]:
    return [document for document in documents if document["metricset.name"] == kind]


def read(host: Host) -> list[Fields]:
    reading = host.read()
    assert not reading.troubles
    return list(reading.documents)


def test_the_first_sample_has_no_rates_and_the_second_has_them() -> None:
    host = Host(SamplerSettings())
    (first,) = of(read(host), "host")
    assert first.get("host.cpu.usage") is None
    assert first.get("host.network.ingress.bytes") is None
    sum(number * number for number in range(2_000_000))  # something that the next sample must see
    documents = read(host)
    (second,) = of(documents, "host")
    assert isinstance(second["host.cpu.usage"], float)
    assert 0 < second["host.cpu.usage"] <= 1
    assert second["system.cpu.total.norm.pct"] == second["host.cpu.usage"]
    cores = of(documents, "core")
    assert [core["system.core.id"] for core in cores] == [str(n) for n in range(psutil.cpu_count() or 0)]


def test_memory_and_file_systems_are_what_the_machine_says() -> None:
    documents = read(Host(SamplerSettings()))
    (host,) = of(documents, "host")
    assert host["system.memory.total"] == psutil.virtual_memory().total
    assert isinstance(host["system.memory.actual.used.pct"], float)
    assert 0 < host["system.memory.actual.used.pct"] < 1
    systems = {one["system.filesystem.mount_point"]: one for one in of(documents, "filesystem")}
    assert systems["/"]["system.filesystem.total"] == psutil.disk_usage("/").total
    assert all(Path(str(mount)).is_dir() for mount in systems)


def test_what_goes_through_an_interface_is_seen() -> None:
    host = Host(SamplerSettings())
    read(host)
    _send_over_loopback(2_000_000)
    documents = read(host)
    loopback = next(one for one in of(documents, "network") if one["system.network.name"] == "lo")
    assert isinstance(loopback["system.network.in.per_sec.bytes"], float)
    assert loopback["system.network.in.per_sec.bytes"] > 0
    assert isinstance(loopback["system.network.in.bytes"], int)
    assert loopback["system.network.in.bytes"] >= 2_000_000
    (total,) = of(documents, "host")
    assert total.get("host.network.ingress.bytes") is None or (
        isinstance(total["host.network.ingress.bytes"], int)
        and total["host.network.ingress.bytes"] < 2_000_000
    ), "loopback is not counted"


def _send_over_loopback(size: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = threading.Thread(target=_send, args=(server.getsockname(), size))
        sender.start()
        connection, _ = server.accept()
        with connection:
            while connection.recv(1 << 16):
                pass
        sender.join()


def _send(address: tuple[str, int], size: int) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"x" * size)


def test_documents_of_one_sample_are_told_apart_by_their_dimensions() -> None:
    documents = read(Host(SamplerSettings()))
    names = ("metricset.name", "system.core.id", "system.filesystem.mount_point", "system.diskio.name")
    names += ("system.network.name", "process.pid")
    keys = [tuple(document.get(name) for name in names) for document in documents]
    assert len(set(keys)) == len(keys)


def net_dev(**interfaces: tuple[int, int]) -> str:
    """What the kernel writes to /proc/net/dev: received and sent bytes of each interface."""
    heads = "Inter-|   Receive  |  Transmit\n face |bytes packets errs ...\n"
    rest = "1 0 0 0 0 0 0"
    return heads + "".join(
        f"{name}: {came} {rest} {went} {rest}\n" for name, (came, went) in interfaces.items()
    )


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc of the test's own, in which only the interfaces can be read."""
    (tmp_path / "net").mkdir()
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    return tmp_path / "net" / "dev"


def test_counters_that_fall_or_were_away_give_no_rate_and_never_a_negative_one(proc: Path) -> None:
    host = Host(SamplerSettings())
    ticks: list[tuple[dict[str, tuple[int, int]], int | None, bool]] = [
        ({"eth0": (1000, 500)}, None, False),
        ({"eth0": (4000, 600)}, 3000, True),
        ({"eth0": (100, 50)}, None, False),  # the counters were reset
        ({"eth0": (150, 60)}, 50, True),
        ({}, None, False),  # the interface is gone
        ({"eth0": (9000, 900)}, None, False),  # and back
        ({"eth0": (9100, 910), "eth1": (7, 7)}, 100, True),
    ]
    for interfaces, ingress, has_rate in ticks:
        proc.write_text(net_dev(**interfaces), "utf-8")
        documents = list(host.read().documents)
        (total,) = of(documents, "host")
        assert total["host.network.ingress.bytes"] == ingress
        rates = {
            one["system.network.name"]: one["system.network.in.per_sec.bytes"]
            for one in of(documents, "network")
        }
        assert set(rates) == set(interfaces)
        assert (rates.get("eth0") is not None) == has_rate
        assert all(rate is None or (isinstance(rate, float) and rate > 0) for rate in rates.values())


def test_a_part_that_cannot_be_read_is_a_trouble_and_the_rest_is_sampled(proc: Path) -> None:
    proc.write_text(net_dev(eth0=(1, 1)), "utf-8")
    reading = Host(SamplerSettings()).read()
    assert {"processor", "memory"} <= set(reading.troubles)
    assert {trouble.code for trouble in reading.troubles.values()} == {"host_part_unreadable"}
    assert of(list(reading.documents), "network")
    (host,) = of(list(reading.documents), "host")
    assert "system.load.1" in host
    assert "system.memory.total" not in host

"""The loop: ticks, threads, what is told once, and what hangs."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shippers.metricsets import sampler
from shippers.metricsets.document import Happening, Identity, Lines, Reading, Trouble
from shippers.metricsets.errors import SpoolInUse
from shippers.metricsets.sampler import Sampler, Track, until_next_tick
from shippers.metricsets.settings import SamplerSettings
from shippers.metricsets.spool import Spool

IDENTITY = Identity("cardwatch-sample", "0.1.0", "test", "edge-7", "edge-7")
LOST = Trouble("gpu_lost", "GPU 0 is lost.", "GPU 0 is back.")
DEADLINE_S = 20.0


class Scripted:
    """Gives the readings of a list, then nothing; an exception in it is raised."""

    def __init__(self, *readings: Reading | Exception) -> None:
        self.readings = list(readings)
        self.reads = 0

    def read(self) -> Reading:
        self.reads += 1
        next_one = self.readings.pop(0) if self.readings else Reading()
        if isinstance(next_one, Exception):
            raise next_one
        return next_one

    def close(self) -> None:
        self.readings = []


class Hanging:
    """Hangs in its first reading until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.began = threading.Event()

    def read(self) -> Reading:
        self.began.set()
        self.go.wait(DEADLINE_S)
        return Reading([{"metricset.name": "gpu"}])

    def close(self) -> None:
        self.go.set()


def poll(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def track(folder: Path, metricset: object, name: str = "gpu", late_s: float = 1e-3) -> Track:
    spool = Spool(folder / "spool" / f"{name}.ndjson", file_bytes=10_000, files=2, clock=time.time)
    return Track(
        name,
        metricset,  # type: ignore[arg-type]
        spool,
        Lines(name, IDENTITY),
        period_s=0.01,
        late_s=late_s,
    )


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    found = [(vars(record)["event.action"], record.message) for record in caplog.records]
    return [(action, sentence) for action, sentence in found if action != "sampler_stopped"]


@given(st.floats(1, 3600), st.floats(0, 1e6))
def test_ticks_stay_on_their_grid(period_s: float, passed_s: float) -> None:
    wait_s = until_next_tick(1000.0, period_s, 1000.0 + passed_s)
    assert 0 < wait_s <= period_s
    ticks = (passed_s + wait_s) / period_s
    assert abs(ticks - round(ticks)) < 1e-6


def test_a_trouble_is_told_once_and_its_end_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trouble, other = Reading(troubles={"0": LOST}), Trouble("gpu_needs_reset", "Reset it.", "GPU 0 is back.")
    one = track(
        tmp_path, Scripted(trouble, trouble, Reading(troubles={"0": other}), Reading(), Reading(), trouble)
    )
    with caplog.at_level(logging.INFO):
        for _ in range(7):
            one.tick()
    one.close()
    assert told(caplog) == [
        ("sample_failed", "GPU 0 is lost."),
        ("sample_failed", "Reset it."),
        ("sample_recovered", "GPU 0 is back."),
        ("sample_failed", "GPU 0 is lost."),
        ("sample_recovered", "GPU 0 is back."),
    ]


def test_an_error_in_a_metricset_is_an_event_and_the_next_tick_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = track(tmp_path, Scripted(KeyError("x"), KeyError("x"), Reading([{"metricset.name": "gpu"}])))
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            one.tick()
    one.close()
    assert [action for action, _ in told(caplog)] == ["sample_failed", "sample_recovered"]
    assert "KeyError" in caplog.records[0].message
    assert len((tmp_path / "spool" / "gpu.ndjson").read_bytes().splitlines()) == 1


def test_a_happening_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = track(tmp_path, Scripted(Reading(happenings=[Happening("gpu_xid", "xid_79", "GPU 0: Xid 79.")])))
    one.tick()
    one.close()
    assert told(caplog) == [("gpu_xid", "GPU 0: Xid 79.")]
    assert vars(caplog.records[0])["error.code"] == "xid_79"


def test_a_sample_that_hangs_is_told_once_and_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hanging, stop = Hanging(), threading.Event()
    one = track(tmp_path, hanging, late_s=0.02)
    with caplog.at_level(logging.INFO):
        thread = threading.Thread(target=one.run, args=(stop,))
        thread.start()
        assert hanging.began.wait(DEADLINE_S)

        def seen() -> bool:
            one.watch()
            return bool(caplog.records)

        assert poll(seen)
        one.watch()
        hanging.go.set()
        assert poll(lambda: len(caplog.records) == 2)
        stop.set()
        thread.join()
    one.close()
    assert [action for action, _ in told(caplog)] == ["sample_failed", "sample_recovered"]


def test_one_that_hangs_holds_up_neither_the_others_nor_the_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, steady = Hanging(), Scripted()
    table = {"gpu": lambda settings: hanging, "host": lambda settings: steady}
    monkeypatch.setattr(sampler, "METRICSETS", table)
    settings = SamplerSettings(host_period_s=1, stop_s=0.1)
    stop = threading.Event()
    both = Sampler(settings, ["gpu", "host"], home=tmp_path, identity=IDENTITY)
    thread = threading.Thread(target=both.run, args=(stop,))
    thread.start()
    try:
        assert poll(lambda: steady.reads >= 3)
        stop.set()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
    finally:
        hanging.go.set()


def test_a_second_sampler_is_refused_and_leaves_nothing_locked(tmp_path: Path) -> None:
    settings = SamplerSettings(services="http://127.0.0.1:9")
    first = Sampler(settings, ["host"], home=tmp_path, identity=IDENTITY)
    with pytest.raises(SpoolInUse):
        Sampler(settings, ["health", "host"], home=tmp_path, identity=IDENTITY)
    stop = threading.Event()
    stop.set()
    Sampler(settings, ["health"], home=tmp_path, identity=IDENTITY).run(stop)
    first.run(stop)


def test_lines_say_who_wrote_them_and_when(tmp_path: Path) -> None:
    lines = Lines("gpu", IDENTITY).of(
        [{"metricset.name": "gpu", "gpu.labels.uuid": "u", "gpu.power.usage": None}], 1_795_521_600.25, 0.002
    )
    assert [line.endswith(b"}\n") for line in lines] == [True]
    assert json.loads(lines[0]) == {
        "@timestamp": "2026-11-24T12:00:00.250000Z",
        "ecs": {"version": "9.2.0"},
        "event": {
            "kind": "metric",
            "category": ["host"],
            "type": ["info"],
            "dataset": "card.gpu",
            "duration": 2_000_000,
        },
        "service": {
            "name": "cardwatch-sample",
            "version": "0.1.0",
            "environment": "test",
            "node": {"name": "edge-7"},
        },
        "host": {"name": "edge-7"},
        "metricset": {"name": "gpu"},
        "gpu": {"labels": {"uuid": "u"}},
    }


def test_a_name_that_is_no_text_does_not_lose_the_line() -> None:
    mount = b"/mnt/\xff".decode("utf-8", "surrogateescape")
    (line,) = Lines("host", IDENTITY).of([{"system.filesystem.mount_point": mount}], 0.0, 0.0)
    assert json.loads(line)["system"]["filesystem"]["mount_point"] == "/mnt/?"

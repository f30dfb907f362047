"""A spool file: whole lines, rotation, bounds, and what is told when something is lost."""

from __future__ import annotations

import logging
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from shippers.files.names import globs, kin_of, stream_of
from shippers.metricsets.errors import SpoolInUse
from shippers.metricsets.spool import Spool

SPOOL = globs("metrics=spool/*.ndjson")
NOON = 1_795_521_600.0


def opened(folder: Path, **settings: int) -> Spool:
    return Spool(
        folder / "spool" / "gpu.ndjson",
        file_bytes=settings.get("file_bytes", 100),
        files=settings.get("files", 2),
        clock=lambda: NOON,
    )


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = opened(tmp_path)
    yield made
    made.close()


def line(number: int) -> bytes:
    return b'{"n":%06d}\n' % number


def test_lines_are_appended_whole_and_the_folder_is_made(spool: Spool) -> None:
    assert spool.append([line(1), line(2)])
    assert spool.append([])
    assert spool.append([line(3)])
    assert spool.path.read_bytes() == line(1) + line(2) + line(3)
    assert spool.written_lines == 3


def test_rotated_files_are_sources_of_the_same_stream_and_sort_by_time(spool: Spool) -> None:
    for number in range(20):
        spool.append([line(number)])
    names = [path.name for path in spool.rotated()]
    assert names == sorted(names)
    assert names
    for name in [*names, spool.path.name]:
        kin = kin_of(name, SPOOL)
        assert kin
        assert stream_of(kin.type, name, "default") == "metrics-card.gpu-default"
    assert not kin_of("gpu.lock", SPOOL)
    assert all(path.stat().st_size <= 100 for path in [*spool.rotated(), spool.path])


def test_what_a_bound_removes_is_counted_and_told(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for number in range(50):
            assert spool.append([line(number)])
    assert len(spool.rotated()) == 2
    kept = b"".join(path.read_bytes() for path in [*spool.rotated(), spool.path])
    assert spool.removed_lines + kept.count(b"\n") == 50 == spool.written_lines
    events = [record for record in caplog.records if vars(record).get("event.action") == "samples_removed"]
    assert sum(int(record.message.split(" with ")[1].split()[0]) for record in events) == spool.removed_lines
    assert {vars(record)["event.outcome"] for record in events} == {"unknown"}
    assert all(record.levelno == logging.INFO for record in events)


def test_lines_larger_than_a_file_get_one_of_their_own(spool: Spool) -> None:
    spool.append([line(0)])
    spool.append([line(number) for number in range(30)])
    spool.append([line(99)])
    assert [path.read_bytes().count(b"\n") for path in spool.rotated()] == [1, 30]
    assert spool.path.read_bytes() == line(99)


def test_a_second_sampler_is_refused_and_a_later_one_is_not(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(SpoolInUse, match="--home"):
        opened(tmp_path)
    spool.close()
    opened(tmp_path).close()


def test_a_line_that_a_crash_tore_is_ended(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "gpu.ndjson").write_bytes(line(1) + b'{"n":')
    spool = opened(tmp_path)
    spool.append([line(2)])
    spool.close()
    assert spool.path.read_bytes() == line(1) + b'{"n":\n' + line(2)


def test_a_file_that_the_shipper_deleted_is_made_again(spool: Spool) -> None:
    spool.append([line(1)])
    spool.path.unlink()
    spool.append([line(2)])
    assert spool.path.read_bytes() == line(2)


def test_a_full_disk_loses_whole_samples_counts_them_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = opened(tmp_path, file_bytes=10_000)
    spool.append([line(0)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with caplog.at_level(logging.INFO):
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(line(0)) * 2, hard))  # the kernel's own short write
        try:
            for _ in range(3):
                assert not spool.append([line(1), line(2)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert spool.append([line(3)])
    spool.close()
    assert spool.path.read_bytes() == line(0) + line(3)
    assert spool.lost_lines == 6
    actions = [vars(record)["event.action"] for record in caplog.records]
    assert actions == ["spool_failed", "spool_recovered"]
    assert "6 were lost" in caplog.records[-1].message

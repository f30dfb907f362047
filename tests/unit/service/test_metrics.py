"""Numbers of several processes, in real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.service.metrics import DURATION_S, Metrics, prepare_folder, prepare_slot

WORKER = """
import sys
from pathlib import Path
from app.service.metrics import Metrics
metrics = Metrics(Path(sys.argv[1]), int(sys.argv[2]))
metrics.active.inc()
metrics.model_loaded("m", "v")
metrics.classifier_loaded("c", "w")
metrics.provider("CUDAExecutionProvider", "auto", False)
metrics.provider("CPUExecutionProvider", "auto", True)
metrics.line("request", None)
metrics.line("request", "disk_full")
metrics.answered("/v1/detect", "POST", 200, 1.5)
print(metrics.dropped_lines())
if len(sys.argv) > 3: print(metrics.render().decode())
"""


def worker(folder: Path, slot: int, *more: str) -> str:
    command = [sys.executable, "-c", WORKER, str(folder), str(slot), *more]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def samples(text: str) -> dict[tuple[str, str], float]:
    """(name, labels) -> value."""
    families = text_string_to_metric_families(text)
    return {
        (
            sample.name,
            ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items())),
        ): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "metrics"
    prepare_folder(folder)
    for slot in range(2):
        prepare_slot(folder, slot)
    return folder


def test_numbers_of_all_workers_are_summed(folder: Path) -> None:
    worker(folder, 0)
    dropped, _, text = worker(folder, 1, "render").partition("\n")
    read = samples(text)

    assert dropped == "2"
    assert read["cardwatch_http_server_active_requests", ""] == 2
    assert read["cardwatch_log_lines_total", "log=request"] == 2
    assert read["cardwatch_log_lines_dropped_total", "log=request,reason=disk_full"] == 2
    assert read["cardwatch_model_info", "name=m,version=v"] == 1
    assert read["cardwatch_classifier_info", "name=c,version=w"] == 1
    assert read["cardwatch_provider_fallback", ""] == 1
    assert read["cardwatch_provider_info", "provider=CPUExecutionProvider,requested=auto"] == 1
    assert read["cardwatch_provider_info", "provider=CUDAExecutionProvider,requested=auto"] == 0
    assert read["cardwatch_requests_total", "outcome=success,route=/v1/detect,status=200"] == 2


def test_a_worker_that_takes_over_a_slot_keeps_the_counters_and_not_the_gauges(folder: Path) -> None:
    worker(folder, 0)
    prepare_slot(folder, 0)
    read = samples(worker(folder, 0, "render").partition("\n")[2])

    assert read["cardwatch_http_server_active_requests", ""] == 1
    assert read["cardwatch_log_lines_total", "log=request"] == 2
    assert len(list(folder.iterdir())) == 8


def test_a_prepared_slot_is_on_the_disk_in_full(folder: Path) -> None:
    for path in folder.iterdir():
        assert path.stat().st_blocks * 512 >= path.stat().st_size


def test_an_earlier_run_is_forgotten(folder: Path) -> None:
    worker(folder, 0)
    prepare_folder(folder)
    prepare_slot(folder, 0)

    assert worker(folder, 0).strip() == "1"


def test_a_single_process_needs_no_folder() -> None:
    metrics = Metrics()
    metrics.answered("/v1/detect", "POST", 200, 1.5)
    read = samples(metrics.render().decode())

    name, labels = (
        "cardwatch_http_server_request_duration_seconds_bucket",
        "method=POST,route=/v1/detect,status=200",
    )
    bounds = {bound: read[name, f"le={bound},{labels}"] for bound in DURATION_S}
    assert bounds == {bound: float(bound >= 1.5) for bound in DURATION_S}
    assert 2.0 in DURATION_S

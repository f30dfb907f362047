"""/metrics: what Prometheus reads, summed over the worker processes.

Names follow OpenTelemetry's HTTP conventions where there is one, under the prefix `cardwatch_`. Workers keep
their numbers in files that are mapped into memory, one set of files for each slot; a worker that replaces a
dead one takes over its slot, so the files do not pile up and no counter falls back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:  # ONNX Runtime, which it brings along, must not be loaded before the fork
    from app.detection.detector import Detection

CONTENT_TYPE = CONTENT_TYPE_LATEST

# OpenTelemetry's boundaries of http.server.request.duration, and 2 s for the alert on it.
DURATION_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 2.5, 5.0, 7.5, 10.0)
STAGE_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZE_BYTES = (10e3, 50e3, 100e3, 250e3, 500e3, 1e6, 2.5e6, 5e6, 10e6, 25e6)
PIXELS = (0.1e6, 0.5e6, 1e6, 2e6, 4e6, 8e6, 12e6, 24e6, 50e6)

_FILE_BYTES = {
    "counter": 256 * 1024,
    "histogram": 1024 * 1024,
    "gauge_livesum": 65_536,
    "gauge_livemax": 65_536,
}
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library reads the folder from here


class Metrics:
    """The numbers of this process.

    Args:
        folder: where the workers keep theirs; None for a process that is alone.
        slot: the place of this worker among them.
    """

    def __init__(self, folder: Path | None = None, slot: int = 0) -> None:
        self._folder = folder
        self._registry = CollectorRegistry()
        self._last_provider: tuple[str, bool] | None = None  # and whether anything fell back to the CPU
        if folder is not None:
            os.environ[_FOLDER] = str(folder)
            values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]
        else:
            values.ValueClass = values.MutexValue
        self._define_http()
        self._define_detection()
        self._define_process()

    def _define_http(self) -> None:
        self._duration = Histogram(
            "cardwatch_http_server_request_duration_seconds",
            "Time from the first byte read to the answer.",
            ["route", "method", "status"],
            buckets=DURATION_S,
            registry=self._registry,
        )
        self._requests = Counter(
            "cardwatch_requests",
            "Requests answered.",
            ["route", "status", "outcome"],
            registry=self._registry,
        )
        self.active = Gauge(
            "cardwatch_http_server_active_requests",
            "Requests in progress.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._problems = Counter(
            "cardwatch_problems", "Requests answered with a problem.", ["code"], registry=self._registry
        )
        self._rejected = Counter(
            "cardwatch_rejected",
            "Requests refused because the model was busy or not loaded.",
            ["reason"],
            registry=self._registry,
        )

    def _define_detection(self) -> None:
        self._stages = Histogram(
            "cardwatch_stage_duration_seconds",
            "Time of each stage of a detection.",
            ["stage"],
            buckets=STAGE_S,
            registry=self._registry,
        )
        self._batch = Histogram(
            "cardwatch_batch_size",
            "Photographs that went through the model together.",
            buckets=(1, 2, 4, 8, 16, 32),
            registry=self._registry,
        )
        self._cards = Counter("cardwatch_cards", "Cards found.", ["type"], registry=self._registry)
        self._image_bytes = Histogram(
            "cardwatch_image_size_bytes",
            "Size of the encoded photographs.",
            buckets=SIZE_BYTES,
            registry=self._registry,
        )
        self._image_pixels = Histogram(
            "cardwatch_image_pixels", "Pixels of the photographs.", buckets=PIXELS, registry=self._registry
        )

    def _define_process(self) -> None:
        self._model = self._flag("cardwatch_model_info", "The model that is loaded.", ["name", "version"])
        self._classifier = self._flag(
            "cardwatch_classifier_info", "The second stage's model, where there is one.", ["name", "version"]
        )
        self._provider = self._flag(
            "cardwatch_provider_info", "The provider that really runs the model.", ["provider", "requested"]
        )
        self._fallback = self._flag(
            "cardwatch_provider_fallback", "1 where a model runs on the CPU though CUDA was expected."
        )
        self._ready = self._flag("cardwatch_model_loaded", "1 once a worker's model is loaded and warm.")
        self._lines = Counter("cardwatch_log_lines", "Log lines written.", ["log"], registry=self._registry)
        self._dropped = Counter(
            "cardwatch_log_lines_dropped", "Log lines lost.", ["log", "reason"], registry=self._registry
        )

        self._removed_files = Counter(
            "cardwatch_log_files_removed",
            "Rotated log files removed because there were too many.",
            ["log"],
            registry=self._registry,
        )
        self._removed_bytes = Counter(
            "cardwatch_log_removed_bytes", "Bytes of them.", ["log"], registry=self._registry
        )

    def _flag(self, name: str, help_text: str, labels: Iterable[str] = ()) -> Gauge:
        return Gauge(name, help_text, labels, registry=self._registry, multiprocess_mode="livemax")

    # What happens

    def answered(self, route: str, method: str, status: int, duration_s: float) -> None:
        """A request was answered; `route` is a rule of the service, never a path that a client made up."""
        outcome = "failure" if status >= 400 else "success"
        self._duration.labels(route, method, str(status)).observe(duration_s)
        self._requests.labels(route, str(status), outcome).inc()

    def problem(self, code: str) -> None:
        """A request was answered with a problem."""
        self._problems.labels(code).inc()
        if code in ("model_busy", "not_ready"):
            self._rejected.labels(code).inc()

    def image(self, size_bytes: int) -> None:
        """A photograph has come."""
        self._image_bytes.observe(size_bytes)

    def detection(self, detection: Detection) -> None:
        """A photograph has gone through the detector."""
        self._image_pixels.observe(detection.facts.width * detection.facts.height)
        self._batch.observe(detection.batch_size)
        for stage, value_ms in detection.timings_ms.items():
            self._stages.labels(stage).observe(value_ms / 1000)
        for card in detection.cards:
            self._cards.labels(card.type).inc()

    def model_loaded(self, name: str, version: str) -> None:
        """The model is loaded and warm."""
        self._model.labels(name, version).set(1)
        self._ready.set(1)

    def classifier_loaded(self, name: str, version: str) -> None:
        """The second stage is loaded and warm."""
        self._classifier.labels(name, version).set(1)

    def provider(self, provider: str, requested: str, fallback: bool) -> None:
        """The provider that runs the model, told again whenever it may have changed.

        `fallback` tells whether any model, the second stage's too, runs on the CPU where CUDA was expected.
        """
        if (provider, fallback) == self._last_provider:
            return
        if self._last_provider is not None:
            self._provider.labels(self._last_provider[0], requested).set(0)
        self._provider.labels(provider, requested).set(1)
        self._fallback.set(fallback)
        self._last_provider = provider, fallback

    def line(self, log: str, reason: str | None) -> None:
        """A log line was written, or lost for a reason."""
        if reason is None:
            self._lines.labels(log).inc()
        else:
            self._dropped.labels(log, reason).inc()

    def removed(self, log: str, size_bytes: int) -> None:
        """A rotated log file was removed because there were too many."""
        self._removed_files.labels(log).inc()
        self._removed_bytes.labels(log).inc(size_bytes)

    # What is read

    def render(self) -> bytes:
        """All workers' numbers in Prometheus's text format."""
        return generate_latest(self._collected())

    def dropped_lines(self) -> int:
        """Log lines that all workers together have lost."""
        lost = [
            sample.value
            for family in self._collected().collect()
            if family.name == "cardwatch_log_lines_dropped"
            for sample in family.samples
            if sample.name.endswith("_total")
        ]
        return int(sum(lost))

    def _collected(self) -> CollectorRegistry:
        if self._folder is None:
            return self._registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        return registry


# The files, kept by the master process


def prepare_folder(folder: Path) -> None:
    """An empty folder, rid of the numbers of an earlier run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def prepare_slot(folder: Path, slot: int) -> None:
    """Puts the files of a slot on the disk before a worker maps them.

    They are written out in full: a store to a mapped page that the disk has no room for would kill
    the worker. Of a dead predecessor the counters stay and the gauges go.
    """
    for kind, size_bytes in _FILE_BYTES.items():
        path = folder / f"{kind}_{slot}.db"
        if not path.exists() or kind.startswith("gauge"):
            with path.open("r+b" if path.exists() else "wb") as file:
                file.write(bytes(size_bytes))

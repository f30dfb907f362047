"""Runs the service in this process: gunicorn's master here, the workers below it.

Every worker builds its own detector after the fork, because neither a CUDA context nor ONNX Runtime's
threads survive one; not even the library may be loaded before.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import shutil
import socket
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from app.detection import machine
from app.detection.errors import DetectionError
from app.detection.settings import DetectionSettings
from app.service import gunicorn_conf, logs
from app.service.api import Parts, create_app
from app.service.engine import Detector, Engine
from app.service.errors import BindRefused, HomeUnusable, PortTaken, ServiceError
from app.service.health import Models, fallback
from app.service.metrics import Metrics, prepare_folder, prepare_slot
from app.service.settings import ServiceSettings

logger = logging.getLogger(__name__)

SHARED_MEMORY = Path("/dev/shm")
"""Where the workers leave their signs of life, which must not wait for a disk."""


def run(settings: ServiceSettings, detection: DetectionSettings, home: Path) -> None:
    """Serves until SIGTERM or SIGINT; then exits the process.

    Args:
        settings: of the service.
        detection: of the detector.
        home: where the state of the processes lies; the numbers of the workers go to `metrics/` in it.

    Raises:
        BindRefused: the address is not loopback.
        PortTaken: another process listens there.
        HomeUnusable: `home` cannot be written.
        SystemExit: it has ended; not 0 when the model cannot be loaded.
    """
    refuse_public(settings.host)
    listener = listen(settings.host, settings.port, settings.backlog)
    sizes = gunicorn_conf.sizes(
        settings,
        cores=machine.cores(),
        intra_op_threads=detection.intra_op_threads,
        gpu=detection.provider != "cpu" and machine.has_nvidia(),
    )
    folder = home / "metrics" / str(listener.getsockname()[1])
    try:
        prepare_folder(folder)
        for slot in range(sizes.workers):
            prepare_slot(folder, slot)
    except OSError as error:
        raise HomeUnusable(f"The folder {folder} cannot be written ({error.strerror}).") from error
    Application(settings, detection, sizes, listener, folder).run()


def refuse_public(host: str) -> None:
    """Raises BindRefused for an address that others than this machine can reach."""
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    raise BindRefused(
        f"The service has no authentication, so it does not listen on {host}: "
        "use 127.0.0.1, and a reverse proxy with authentication before it."
    )


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """A listening socket.

    Raises:
        PortTaken: another process has the port.
        ServiceError: the address cannot be had for another reason.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"Port {port} on {host} is taken by another process: end it or set another port."
            ) from error
        raise ServiceError(f"The service cannot listen on {host}:{port} ({error.strerror}).") from error
    return listener


def address(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gives gunicorn's messages to this process's logging; no access log, no query string."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self.loglevel = logging.INFO
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)
        self.error_log.filters[:] = [without_query]


def without_query(record: logging.LogRecord) -> bool:
    """Cuts the query string off a message that quotes a request."""
    sentence = record.getMessage()
    if "?" in sentence:
        record.msg, record.args = sentence.split("?", 1)[0], None
    return True


class Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """The service as gunicorn's application; the hooks of its life are methods.

    Args:
        settings: of the service.
        detection: of the detector.
        sizes: workers and threads.
        listener: listens.
        folder: of the workers' numbers, with a prepared slot for each worker.
    """

    HOOKS = ("when_ready", "pre_fork", "post_fork", "post_worker_init", "worker_exit", "on_exit")

    def __init__(
        self,
        settings: ServiceSettings,
        detection: DetectionSettings,
        sizes: gunicorn_conf.Sizes,
        listener: socket.socket,
        folder: Path,
    ) -> None:
        self._settings = settings
        self._detection = detection
        self._sizes = sizes
        self._url = address(listener)
        self._listener_fd = listener.detach()
        self._folder = folder
        super().__init__()

    def load_config(self) -> None:
        options = gunicorn_conf.options(
            self._settings,
            self._sizes,
            listener_fd=self._listener_fd,
            worker_tmp_dir=str(SHARED_MEMORY) if os.access(SHARED_MEMORY, os.W_OK) else None,
            logger_class=GunicornLogger,
            hooks={name: getattr(self, name) for name in self.HOOKS},
        )
        for name, value in options.items():
            self.cfg.set(name, value)

    # In the master

    def when_ready(self, _server: Arbiter) -> None:
        logger.info("The service listens on %s.", self._url, extra=_event("service_start", "start"))
        print(f"Cardwatch service on {self._url}", flush=True)

    def pre_fork(self, server: Arbiter, worker: Any) -> None:
        taken = {other.slot for other in server.WORKERS.values()}
        worker.slot = next(slot for slot in range(len(taken) + 1) if slot not in taken)
        try:
            prepare_slot(self._folder, worker.slot)
        except OSError as error:
            logger.warning("The numbers of a worker cannot be reset: %s", error)

    def on_exit(self, _server: Arbiter) -> None:
        logger.info("The service has stopped.", extra=_event("service_stop", "end"))
        shutil.rmtree(self._folder, ignore_errors=True)

    # In a worker

    def post_fork(self, _server: Arbiter, worker: Any) -> None:
        self._metrics = Metrics(self._folder, worker.slot)
        for name, file in logs.files().items():
            file.on_line = partial(self._metrics.line, name)
            file.on_removed = partial(self._on_removed, name)

    def load(self) -> Flask:
        self._engine = Engine(self._settings.health_cache_s, self._on_ready, self._on_failure)
        return create_app(
            Parts(self._settings, self._engine, self._metrics, version("cardwatch"), time.monotonic())
        )

    def post_worker_init(self, worker: Any) -> None:
        self._worker = worker
        self._engine.start(self._detector)

    def worker_exit(self, _server: Arbiter, _worker: Any) -> None:
        for file in logs.files().values():
            file.on_line = None
            file.on_removed = logs.removed

    def _on_removed(self, log: str, old: Path, size_bytes: int) -> None:
        self._metrics.removed(log, size_bytes)
        logs.removed(old, size_bytes)

    def _detector(self) -> Detector:
        from app.detection.detector import Detector

        return Detector(
            self._detection,
            workers=self._sizes.workers,
            concurrency=self._sizes.concurrency,
            queue=self._settings.queue,
            queue_timeout_s=self._settings.queue_timeout_s,
        )

    def _on_ready(self, models: Models) -> None:
        model = models.model
        if (second := models.classifier) is not None:
            self._metrics.classifier_loaded(second.name, second.version)
        self._metrics.model_loaded(model.name, model.version)
        self._metrics.provider(model.provider, model.requested_provider, fallback(models))
        logger.info("The worker is ready.", extra=_event("worker_ready", "info"))

    def _on_failure(self, error: Exception) -> None:
        """Without a model there is no service: ends the worker so that the master ends, too."""
        if not self._worker.alive:
            return
        reason = str(error) if isinstance(error, DetectionError) else f"{type(error).__name__}: {error}"
        logger.critical(
            "The model cannot be loaded. %s",
            reason,
            exc_info=error,
            extra=_event("model_loaded", "info", "failure"),
        )
        os._exit(Arbiter.WORKER_BOOT_ERROR)


def _event(action: str, kind: str, outcome: str = "success") -> dict[str, object]:
    return {
        "event.action": action,
        "event.category": ["process"],
        "event.type": [kind],
        "event.outcome": outcome,
    }

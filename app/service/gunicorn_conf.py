"""Settings -> gunicorn's options. Pure: what the machine has comes in, what happens is in server.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.service.settings import ServiceSettings

CORES_PER_WORKER = 4
MOST_WORKERS = 8
SPARE_THREADS = 8
"""Threads beside those at the model and in its queue: for health probes, metrics, uploads on their way."""

REQUEST_LINE_BYTES = 4094
HEADER_FIELDS = 64
HEADER_FIELD_BYTES = 8190

Hook = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How the work is spread.

    Attributes:
        workers: processes, each with a model of its own.
        threads: of one worker.
        concurrency: inferences of one worker that run at once.
    """

    workers: int
    threads: int
    concurrency: int


def sizes(settings: ServiceSettings, *, cores: int, intra_op_threads: int, gpu: bool) -> Sizes:
    """Sizes for a machine: workers x concurrency x threads inside one inference = cores.

    Args:
        settings: what is set is taken; 0 is sized here.
        cores: physical cores that may be used.
        intra_op_threads: threads inside one inference; 0 lets it have all cores of its worker.
        gpu: whether the model may run on a GPU, which one process drives best.
    """
    workers = settings.workers or (1 if gpu else min(MOST_WORKERS, max(1, cores // CORES_PER_WORKER)))
    concurrency = max(1, cores // workers // intra_op_threads) if intra_op_threads else 1
    threads = settings.threads or concurrency + settings.queue + SPARE_THREADS
    return Sizes(workers, threads, concurrency)


def options(
    settings: ServiceSettings,
    sizes: Sizes,
    *,
    listener_fd: int,
    worker_tmp_dir: str | None,
    logger_class: type,
    hooks: Mapping[str, Hook],
) -> dict[str, Any]:
    """Gunicorn's options.

    Args:
        settings: of the service.
        sizes: workers and threads.
        listener_fd: a socket that is bound and listens.
        worker_tmp_dir: a folder in memory for the workers' signs of life; None lets gunicorn choose.
        logger_class: gives gunicorn's messages to this process's logging.
        hooks: gunicorn's server hooks by name.
    """
    return {
        "bind": [f"fd://{listener_fd}"],
        "backlog": settings.backlog,
        "worker_class": "gthread",
        "workers": sizes.workers,
        "threads": sizes.threads,
        "worker_connections": 2 * sizes.threads,
        "timeout": settings.worker_timeout_s,
        "graceful_timeout": settings.graceful_timeout_s,
        "keepalive": settings.keepalive_s,
        "max_requests": 0,
        "limit_request_line": REQUEST_LINE_BYTES,
        "limit_request_fields": HEADER_FIELDS,
        "limit_request_field_size": HEADER_FIELD_BYTES,
        "worker_tmp_dir": worker_tmp_dir,
        "control_socket_disable": True,
        "preload_app": False,
        "accesslog": None,
        "logger_class": logger_class,
        "proc_name": "cardwatch-serve",
        **hooks,
    }

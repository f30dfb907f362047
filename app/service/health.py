"""/health: whether the service does its work, told from a real inference.

The inference is fresh for a few seconds; one caller at a time makes a new one while the others get the last.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from app.detection.errors import ModelBusy
from app.service.logfile import LogFile

logger = logging.getLogger(__name__)

Status = Literal["ok", "degraded", "failing"]
SELF_TEST_LIMIT_S = 30.0
LEAST_FREE_BYTES = 1024 * 1024


class Model(Protocol):
    """What /health says of the model."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def requested_provider(self) -> str: ...
    @property
    def fallback(self) -> bool: ...


class Models(Protocol):
    """The detector's model, and that of the second stage where there is one."""

    @property
    def model(self) -> Model: ...
    @property
    def classifier(self) -> Model | None: ...


def fallback(models: Models) -> bool:
    """Whether one of the models runs on the CPU where CUDA was expected."""
    return models.model.fallback or (models.classifier is not None and models.classifier.fallback)


class SelfTest:
    """Runs the detector's own test, at most once in `fresh_s` seconds and never twice at a time.

    Args:
        run: raises when the detector does not work.
        fresh_s: how long a result counts.
        clock: seconds that only grow.
    """

    def __init__(self, run: Callable[[], None], fresh_s: float, clock: Callable[[], float]) -> None:
        self._run = run
        self._fresh_s = fresh_s
        self._clock = clock
        self._running = threading.Lock()
        self._started_s = clock()
        self._known_until_s = clock() + fresh_s  # it has just been warmed up
        self._ok = True

    def ok(self) -> bool:
        """Whether the last inference worked; one that hangs counts as failed after SELF_TEST_LIMIT_S."""
        if self._clock() < self._known_until_s:
            return self._ok
        if not self._running.acquire(blocking=False):
            return self._ok and self._clock() - self._started_s < SELF_TEST_LIMIT_S
        try:
            self._refresh()
        finally:
            self._running.release()
        return self._ok

    def _refresh(self) -> None:
        self._started_s = self._clock()
        try:
            self._run()
        except ModelBusy:
            return  # it is at work, which is no failure; the next caller tries again
        except Exception:
            if self._ok:
                logger.exception(
                    "The model fails its own test.",
                    extra={"event.action": "self_test", "event.outcome": "failure"},
                )
            self._ok = False
        else:
            self._ok = True
        self._known_until_s = self._clock() + self._fresh_s


@dataclass(frozen=True, slots=True)
class LogState:
    """How the log is doing.

    Attributes:
        ok: the last line of this worker was written, and there is room for more.
        dropped_lines: lost by all workers since the start.
        free_bytes: on the disk that holds the log; None where it cannot be told.
    """

    ok: bool
    dropped_lines: int
    free_bytes: int | None


def log_state(files: Mapping[str, LogFile], dropped_lines: int) -> LogState:
    """The state of the log files of this process."""
    free = [_free_bytes(file.path.parent) for file in files.values()]
    least = min((one for one in free if one is not None), default=None)
    failing = any(file.failing for file in files.values())
    return LogState(not failing and (least is None or least >= LEAST_FREE_BYTES), dropped_lines, least)


def _free_bytes(folder: Path) -> int | None:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def report(
    models: Models | None, inference_ok: bool, log: LogState, *, version: str, uptime_s: float
) -> dict[str, Any]:
    """The body of /health; `failing` names the checks that do not pass, `status` sums them up."""
    model = models.model if models is not None else None
    checks = {"model_loaded": model is not None, "inference_ok": inference_ok, "log": log.ok}
    failing = [name for name, passed in checks.items() if not passed]
    fallen_back = models is not None and fallback(models)
    return {
        "status": _status(checks, fallen_back),
        "failing": failing,
        "model_loaded": model is not None,
        "inference_ok": inference_ok,
        "provider": model and model.provider,
        "requested_provider": model and model.requested_provider,
        "fallback": fallen_back,
        "model": model and {"name": model.name, "version": model.version},
        **_classifier(models.classifier if models is not None else None),
        "dependencies": {
            "log": {"ok": log.ok, "dropped_lines": log.dropped_lines, "free_bytes": log.free_bytes}
        },
        "version": version,
        "uptime_s": round(uptime_s, 1),
    }


def _classifier(model: Model | None) -> dict[str, Any]:
    """Nothing where there is none."""
    if model is None:
        return {}
    return {"classifier": {"name": model.name, "version": model.version, "provider": model.provider}}


def _status(checks: Mapping[str, bool], fallen_back: bool) -> Status:
    """`failing` when requests fail; `degraded` when they are served but somebody should look."""
    if not (checks["model_loaded"] and checks["inference_ok"]):
        return "failing"
    return "ok" if checks["log"] and not fallen_back else "degraded"

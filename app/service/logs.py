"""Logging of a whole process: one JSON line per record, into files that the shipper follows.

`install` is called once in each process. The events of requests go to `request.ndjson`, every other record
to `service.ndjson`; the name of the file decides the data stream. Warnings also go to the console.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from app.service.ecs import EcsFormatter, ServiceIdentity, redacted_sentence
from app.service.logfile import LogFile

__all__ = ["REQUESTS", "ServiceIdentity", "files", "install", "removed"]

REQUESTS = "app.service.requests"
"""Name of the logger whose records are request events."""


class LineHandler(logging.Handler):
    """Writes each record as one line; a record that cannot be written is counted, never raised."""

    def __init__(self, file: LogFile, formatter: EcsFormatter, console: TextIO) -> None:
        super().__init__()
        self.file = file
        self._ecs = formatter
        self._console = console
        self.setFormatter(formatter)
        file.on_removed = removed

    def emit(self, record: logging.LogRecord) -> None:
        try:
            was_failing = self.file.failing
            written = self.file.append(self._ecs.format_line(record))
            if not written and not was_failing:
                self._say(f"log lines are being lost: {self.file.path} ({self.file.failing})")
        except Exception:  # noqa: BLE001 - whatever goes wrong here, the request goes on
            self.file.lose("unreadable")

    def close(self) -> None:
        self.file.close()
        super().close()

    def _say(self, sentence: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody may be listening
            print(f"WARNING {__name__}: {sentence}", file=self._console, flush=True)


def removed(old: Path, size_bytes: int) -> None:
    """The bound of the log cost a file; whether that was shipped is not known here."""
    logging.getLogger(__name__).info(
        f"{old.name} ({size_bytes} bytes) was removed: no more rotated files of this log are kept. What was"
        " not shipped by then is lost: `cardwatch audit` tells. CARDWATCH_SERVE_LOG_FILES keeps more.",
        extra={
            "event.action": "log_removed",
            "event.outcome": "unknown",
            "card.file.path": old.name,
            "card.file.size_bytes": size_bytes,
        },
    )


class ConsoleFormatter(logging.Formatter):
    """One readable, redacted line without a stack trace; that stands in the log."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname} {record.name}: {redacted_sentence(record)}"


def install(
    log_dir: Path,
    service: ServiceIdentity,
    *,
    file_bytes: int,
    files: int,
    level: str = "INFO",
    console: TextIO | None = None,
) -> None:
    """From here on this process and its children log below `log_dir`.

    Args:
        log_dir: made if it is not there.
        service: who writes; stands in every line.
        file_bytes: a file is rotated at this size.
        files: rotated files kept of each log.
        level: records below it are left out.
        console: where warnings also go as readable lines; stderr if not given.
    """
    log_dir.mkdir(parents=True, exist_ok=True)
    console = console or sys.stderr
    host = socket.gethostname()

    def handler(name: str) -> LineHandler:
        file = LogFile(log_dir / f"{name}.ndjson", max_bytes=file_bytes, kept=files)
        return LineHandler(file, EcsFormatter(f"card.{name}", service, host), console)

    readable = logging.StreamHandler(console)
    readable.setLevel(logging.WARNING)
    readable.setFormatter(ConsoleFormatter())
    readable.addFilter(lambda record: record.name != "gunicorn.error" or record.levelno >= logging.CRITICAL)
    requests = logging.getLogger(REQUESTS)
    requests.propagate = False
    _replace(requests, handler("request"))
    _replace(logging.getLogger(), handler("service"), readable)
    logging.getLogger().setLevel(level)
    logging.captureWarnings(True)


def _replace(logger: logging.Logger, *handlers: logging.Handler) -> None:
    for old in list(logger.handlers):
        if isinstance(old.formatter, EcsFormatter | ConsoleFormatter):
            logger.removeHandler(old)
            old.close()
    for handler in handlers:
        logger.addHandler(handler)


def files() -> Mapping[str, LogFile]:
    """The log files of this process by name, `request` and `service`; empty before `install`."""
    loggers = logging.getLogger(REQUESTS), logging.getLogger()
    handlers = [handler for logger in loggers for handler in logger.handlers]
    return {handler.file.path.stem: handler.file for handler in handlers if isinstance(handler, LineHandler)}

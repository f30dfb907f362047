"""The name of a file says which data stream its lines belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

FOLDERS: Mapping[str, str] = MappingProxyType({"log": "logs", "spool": "metrics"})
"""Folder below home -> type of its data streams."""

_MARK = ".ndjson"
_IGNORED = (".lock", ".gz")
_DATASET = re.compile(r"[a-z0-9_]{1,100}(?=[-.])")


def is_source(name: str) -> bool:
    """Whether a file of this name holds lines: `*.ndjson*` not locked, compressed or hidden."""
    return _MARK in name and not name.startswith(".") and not name.endswith(_IGNORED)


def stream_of(folder: str, name: str, namespace: str) -> str | None:
    """`log`, `request-0001.ndjson` -> `logs-card.request-<namespace>`.

    What stands before the first `-` or `.` counts, so that rotated siblings keep their stream. None where
    that part is no name for a data stream (small letters, digits and `_`).
    """
    dataset = _DATASET.match(name)
    return f"{FOLDERS[folder]}-card.{dataset[0]}-{namespace}" if dataset else None

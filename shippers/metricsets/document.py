"""What a metricset gives, and how it becomes ECS lines."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

ECS_VERSION = "9.2.0"

Value = str | int | float | bool | Sequence[str]
Fields = Mapping[str, Value | None]
"""Dotted field name -> value; None: not known this time, and left out of the line."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something cannot be sampled: a stable code and one sentence that says what to do.

    `level` is a level of the module logging; `resolved` is the sentence for its end.
    """

    code: str
    sentence: str
    resolved: str
    level: int = logging.WARNING


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened once, such as an Xid error of a GPU."""

    action: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One tick of one metricset.

    Attributes:
        documents: one per thing sampled; each with `metricset.name`, told apart by its dimensions.
        troubles: what could not be sampled, by what it is about; one stands until a reading lacks it.
        happenings: what happened since the last reading.
    """

    documents: Sequence[Fields] = ()
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    happenings: Sequence[Happening] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process writes the lines, as in the log lines."""

    service: str
    version: str
    environment: str
    node_name: str
    host: str


class Lines:
    """Documents of one metricset -> ECS lines of the data stream `metrics-card.<metricset>`."""

    def __init__(self, metricset: str, identity: Identity) -> None:
        self._standing: Fields = {
            "ecs.version": ECS_VERSION,
            "event.kind": "metric",
            "event.category": ["host"],
            "event.type": ["info"],
            "event.dataset": f"card.{metricset}",
            "service.name": identity.service,
            "service.version": identity.version,
            "service.environment": identity.environment,
            "service.node.name": identity.node_name,
            "host.name": identity.host,
        }

    def of(self, documents: Iterable[Fields], taken_s: float, duration_s: float) -> list[bytes]:
        """A whole line for each document.

        Args:
            documents: what was sampled.
            taken_s: when, in seconds since 1970.
            duration_s: how long the sampling took; a document's own `event.duration` wins.
        """
        standing = {
            "@timestamp": timestamp(taken_s),
            "event.duration": int(duration_s * 1e9),
            **self._standing,
        }
        return [_line(nested({**standing, **document})) for document in documents]


def _line(tree: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(tree) + b"\n"
    except TypeError:  # a name that is no UTF-8, such as a mount point's
        return orjson.dumps(_encodable(tree)) + b"\n"


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _encodable(inner) for key, inner in value.items()}
    return [_encodable(inner) for inner in value] if isinstance(value, list) else value


def timestamp(unix_s: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def nested(fields: Fields) -> dict[str, Any]:
    """Dotted names as objects in objects; None is left out. No name may be both a value and an object."""
    tree: dict[str, Any] = {}
    holders: dict[str, dict[str, Any]] = {"": tree}
    for name, value in fields.items():
        if value is not None:
            parent, _, leaf = name.rpartition(".")
            _holder(holders, parent)[leaf] = value
    return tree


def _holder(holders: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    found = holders.get(name)
    if found is None:
        parent, _, leaf = name.rpartition(".")
        found = holders[name] = _holder(holders, parent).setdefault(leaf, {})
    return found

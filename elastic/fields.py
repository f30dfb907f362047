"""The field dictionary, read from fields.yml into typed objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

TYPES = ("keyword", "text", "date", "long", "double", "boolean", "ip", "object", "flattened")


@dataclass(frozen=True, slots=True)
class Field:
    """One field that Cardwatch writes. `streams` is empty for a field that every data stream carries."""

    name: str
    type: str
    description: str
    example: Any
    unit: str | None = None
    metric_type: str | None = None
    dimension: bool = False
    index: bool = True
    streams: tuple[str, ...] = ()


def read() -> tuple[Field, ...]:
    """All fields, in the order of fields.yml."""
    entries: list[dict[str, Any]] = yaml.safe_load(files("elastic").joinpath("fields.yml").read_text("utf-8"))
    return tuple(Field(**{**entry, "streams": tuple(entry.get("streams", ()))}) for entry in entries)


def carried_by(fields: Iterable[Field], dataset: str) -> tuple[Field, ...]:
    """The fields that documents of `dataset` may have."""
    return tuple(field for field in fields if not field.streams or dataset in field.streams)

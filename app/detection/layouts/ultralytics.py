"""The metadata that Ultralytics' exporter writes into an ONNX file: strings that hold Python literals.

Source: ultralytics `engine/exporter.py` (what is written) and `nn/autobackend.py` (how it is read back).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from app.detection.errors import ModelError

DEFAULT_SIDE_PX = 640
DEFAULT_STRIDE = 32
_MAX_LITERAL = 100_000  # characters; the names of thousands of classes fit


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the exporter wrote; None where it did not.

    Attributes:
        names: the classes by index.
        keypoints: how many a detection has, and the numbers each has (2: x, y; 3: x, y, visibility).
        image_size: height and width that it was exported for.
        stride: the input's sides are multiples of it.
    """

    names: tuple[str, ...] | None
    keypoints: tuple[int, int] | None
    image_size: tuple[int, int]
    stride: int


def parse(raw: Mapping[str, str]) -> Metadata:
    """Reads the metadata of a file.

    Raises:
        ModelError: one of the values is not what it should be.
    """
    side = _literal(raw, "imgsz", DEFAULT_SIDE_PX)
    keypoints = _literal(raw, "kpt_shape", None)
    return Metadata(
        names=_names(_literal(raw, "names", None)),
        keypoints=None if keypoints is None else _pair("kpt_shape", keypoints),
        image_size=_pair("imgsz", [side, side] if isinstance(side, int) else side),
        stride=_pair("stride", [_literal(raw, "stride", DEFAULT_STRIDE)] * 2)[0],
    )


def _literal(raw: Mapping[str, str], key: str, default: object) -> object:
    text = raw.get(key)
    if text is None:
        return default
    try:
        return ast.literal_eval(text) if len(text) <= _MAX_LITERAL else _unreadable(key)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return _unreadable(key)


def _names(value: object) -> tuple[str, ...] | None:
    """Classes from {0: "name", ...} or a list of names."""
    if value is None:
        return None
    if isinstance(value, dict) and all(isinstance(key, int) for key in value):
        value = (
            [name for _, name in sorted(value.items())] if sorted(value) == list(range(len(value))) else None
        )
    if not isinstance(value, list | tuple) or not value or not all(isinstance(name, str) for name in value):
        _unreadable("names")
    return tuple(value)


def _pair(key: str, value: object) -> tuple[int, int]:
    match value:
        case [int(first), int(second)] if first > 0 and second > 0:
            return first, second
    return _unreadable(key)


def _unreadable(key: str) -> NoReturn:
    raise ModelError(f"The model's metadata `{key}` cannot be read: export the model again.") from None

"""Ultralytics pose models with four keypoints, the corners of the card: output [1, 4 + types + 4 * d, n].

Row by row: cx, cy, w, h in pixels of the input; one score per type, already between 0 and 1; then for each
corner x, y and, where d is 3, its visibility. The corners are TL, TR, BR, BL as the card reads. The input is
RGB from 0 to 1, letterboxed in the middle of grey 114. Source: ultralytics `nn/modules/head.py` (class
Pose) and `models/yolo/pose/predict.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.detection import letterbox
from app.detection.errors import ModelError
from app.detection.layouts import ultralytics
from app.detection.layouts.candidates import Candidates, Plan, Shape

prepare = letterbox.rgb_unit

_CORNERS: Final = 4
_BOX_ROWS: Final = 4
_LEAST_SCORE: Final = 1e-6  # of a type that is as good as excluded


def matches(metadata: Mapping[str, str], inputs: Sequence[Shape], outputs: Sequence[Shape]) -> bool:
    """Whether the metadata says pose with four keypoints, and the shapes are those of a pose model."""
    if metadata.get("task") != "pose" or len(inputs) != 1 or len(outputs) != 1:
        return False
    facts = ultralytics.parse(metadata)
    if facts.keypoints is None or facts.keypoints[0] != _CORNERS or facts.keypoints[1] not in (2, 3):
        return False
    if len(inputs[0]) != 4 or len(outputs[0]) != 3 or inputs[0][1] != 3:
        return False
    rows = outputs[0][1]
    return not isinstance(rows, int) or _types(rows, facts) > 0


def plan(metadata: Mapping[str, str], inputs: Sequence[Shape], outputs: Sequence[Shape]) -> Plan:
    """The input's size and the types of a file that matches.

    A static input is taken as it is, a dynamic one at the size it was exported for, rounded up to its stride.

    Raises:
        ModelError: it wants several photographs at once, or as many names as it has scores are not there.
    """
    facts = ultralytics.parse(metadata)
    batch, _, height, width = inputs[0]
    if isinstance(batch, int) and batch != 1:
        raise ModelError(f"The model wants {batch} photographs at once: export it with batch=1.")
    sides = [
        static if isinstance(static, int) else -(-exported // facts.stride) * facts.stride
        for static, exported in zip((width, height), facts.image_size[::-1], strict=True)
    ]
    return Plan((sides[0], sides[1]), _names(facts, outputs[0][1]))


def decode(outputs: Sequence[NDArray[np.floating]], plan: Plan, min_score: float) -> Candidates:
    """Detections of at least `min_score`; those with a number that is not finite are left out.

    Args:
        outputs: one array (1, 4 + types + 4 * d, n), d being 2 or 3.
        plan: what `plan` returned.
        min_score: 0 to 1.

    Raises:
        ModelError: the output has another shape.
    """
    rows = _rows(outputs, len(plan.types))
    first_corner = _BOX_ROWS + len(plan.types)
    scores = rows[_BOX_ROWS:first_corner]
    types = scores.argmax(axis=0)
    best = np.take_along_axis(scores, types[None], axis=0)[0]
    numbers = (len(rows) - first_corner) // _CORNERS
    corners = rows[first_corner:].reshape(_CORNERS, numbers, rows.shape[1])[:, :2]
    keep = (best >= np.float64(min_score)) & np.isfinite(best) & np.isfinite(corners).all(axis=(0, 1))
    quads = np.ascontiguousarray(corners[:, :, keep].transpose(2, 0, 1), np.float32)
    shares = _shares(scores[:, keep].T)
    return Candidates(np.minimum(best[keep], 1).astype(np.float32), types[keep], shares, quads)


def _shares(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (n, types) as shares of their sum; all alike where every score is 0."""
    raised = np.clip(scores, _LEAST_SCORE, 1)
    shares: NDArray[np.float32] = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _rows(outputs: Sequence[NDArray[np.floating]], types: int) -> NDArray[np.float32]:
    """The output without its batch axis, in single precision."""
    shape = outputs[0].shape
    if len(shape) != 3 or shape[0] != 1 or shape[1] - _BOX_ROWS - types not in (2 * _CORNERS, 3 * _CORNERS):
        raise ModelError(f"The model answered with shape {shape}, not with four corners and {types} types.")
    rows: NDArray[np.float32] = outputs[0][0].astype(np.float32, copy=False)
    return rows


def _types(rows: int, facts: ultralytics.Metadata) -> int:
    """How many types an output with so many rows has."""
    return rows - _BOX_ROWS - (facts.keypoints[0] * facts.keypoints[1] if facts.keypoints else 0)


def _names(facts: ultralytics.Metadata, rows: int | str | None) -> tuple[str, ...]:
    """The names from the metadata, else names that count."""
    count = _types(rows, facts) if isinstance(rows, int) else None
    if facts.names is None:
        if count is None:
            raise ModelError("The model does not tell its types: export it with `names` in its metadata.")
        return tuple(f"type_{index}" for index in range(count))
    if count is not None and count != len(facts.names):
        raise ModelError(f"The model has {count} scores but {len(facts.names)} names: export it again.")
    return facts.names

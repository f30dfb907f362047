"""What the network should say of an example."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.dataset import Example
from training.settings import COARSE_STRIDE, FINE_STRIDE, INPUT_PX, TYPES

Floats = NDArray[np.float32]

SPREAD = 0.35  # of the objectness, in half sides of the quad
CORNER_SPREAD = 1.2  # of a corner's spot, in cells of the fine map
CELLS = INPUT_PX // COARSE_STRIDE
FINE_CELLS = INPUT_PX // FINE_STRIDE


@dataclass(frozen=True, slots=True)
class Targets:
    """Per coarse cell (484): objectness 0..1, whether it counts, and its card: quad, type, upward direction.

    Per fine cell (88, 88): corner 0..1, card 0 or 1.
    """

    objectness: Floats
    counts: Floats
    quads: Floats
    types: NDArray[np.int64]
    upward: Floats
    corner_map: Floats
    card_map: Floats


def targets(example: Example) -> Targets:
    """The targets of an example; where cards meet, a cell belongs to the one whose centre is nearer."""
    centres = _centres()
    cells = len(centres)
    result = Targets(
        np.zeros(cells, np.float32),
        np.ones(cells, np.float32),
        np.zeros((cells, 4, 2), np.float32),
        np.zeros(cells, np.int64),
        np.zeros((cells, 2), np.float32),
        np.zeros((FINE_CELLS, FINE_CELLS), np.float32),
        np.zeros((FINE_CELLS, FINE_CELLS), np.float32),
    )
    for quad in example.ignored:
        result.counts[_inside(quad, centres) < 1] = 0
    for card in example.cards:
        _add(result, card.quad, TYPES.index(card.type), centres)
    return result


def _add(result: Targets, quad: Floats, type_: int, centres: Floats) -> None:
    nearness = np.exp(-(_inside(quad, centres) ** 2) / (2 * SPREAD**2)).astype(np.float32)
    nearness[np.linalg.norm(centres - quad.mean(0), axis=1).argmin()] = 1  # however small the card is
    own = nearness > result.objectness
    result.objectness[own] = nearness[own]
    result.counts[own & (nearness > 0.2)] = 1
    result.quads[own] = quad
    result.types[own] = type_
    top = (quad[0] + quad[1]) / 2 - quad.mean(0)
    result.upward[own] = top / max(float(np.linalg.norm(top)), 1e-6)
    for x, y in quad / FINE_STRIDE - 0.5:
        _spot(result.corner_map, float(x), float(y))
    polygon = np.round((quad / FINE_STRIDE - 0.5) * 16).astype(np.int32)
    cv2.fillConvexPoly(result.card_map, polygon, 1.0, cv2.LINE_8, 4)


def _inside(quad: Floats, points: Floats) -> NDArray[np.float64]:
    """How far points (n, 2) lie from the quad's centre, in half sides, in the quad's own coordinates."""
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, square)
    homogeneous = np.concatenate([points, np.ones((len(points), 1))], 1) @ matrix.T
    weight = homogeneous[:, 2:]
    behind = weight[:, 0] * (np.append(quad.mean(0), 1) @ matrix[2]) <= 1e-9  # beyond the horizon
    local = homogeneous[:, :2] / np.where(np.abs(weight) < 1e-9, 1e-9, weight)
    return np.where(behind, np.inf, np.linalg.norm(local, axis=1))


def _spot(heat: Floats, x: float, y: float) -> None:
    """A gaussian spot around a corner, cut at four deviations."""
    reach = int(np.ceil(4 * CORNER_SPREAD))
    column, row = round(x), round(y)
    rows = slice(max(0, row - reach), max(0, row + reach + 1))
    columns = slice(max(0, column - reach), max(0, column + reach + 1))
    part = heat[rows, columns]
    ys = np.arange(rows.start, rows.start + part.shape[0])[:, None] - y
    xs = np.arange(columns.start, columns.start + part.shape[1])[None, :] - x
    np.maximum(part, np.exp(-(xs**2 + ys**2) / (2 * CORNER_SPREAD**2)), out=part)


def _centres() -> Floats:
    y, x = np.mgrid[0:CELLS, 0:CELLS].astype(np.float32)
    return (np.stack([x, y], -1).reshape(-1, 2) + 0.5) * COARSE_STRIDE

"""The decoder inside the graph against plain NumPy loops that do what its docstring says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="torch is in training/requirements.txt")

import torch

from training import decoder
from training.network import Maps
from training.settings import FINE_STRIDE, DecoderSettings

Floats = NDArray[np.float64]
CELLS, FINE = 49, 28  # a picture of 112 pixels
SETTINGS = DecoderSettings(candidates=8)


def random_maps(seed: int) -> Maps:
    """Quads around a few places, so that some cells agree and some do not."""
    random = np.random.default_rng(seed)
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (22, 14)
    centres = random.uniform(30, 80, (3, 2))[random.integers(0, 3, CELLS)]
    quads = centres[:, None] + square + random.normal(0, 1.5, (CELLS, 4, 2))
    quads = np.stack([np.roll(quad, random.integers(0, 4), 0) for quad in quads])
    arrays = (
        random.normal(-1, 2, CELLS),
        quads,
        random.normal(0, 1, (CELLS, 2)),
        random.normal(0, 2, (CELLS, 3)),
        random.normal(-3, 2, (FINE, FINE)),
        random.normal(0, 1, (FINE, FINE)),
    )
    return Maps(*(torch.from_numpy(array.astype(np.float32))[None] for array in arrays))


def side(quad: Floats) -> float:
    doubled = sum(quad[n][0] * quad[(n + 1) % 4][1] - quad[(n + 1) % 4][0] * quad[n][1] for n in range(4))
    return math.sqrt(max(abs(doubled / 2), 1.0))


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def golden(maps: Maps, settings: DecoderSettings, power: float) -> Floats:
    """(19, candidates), cell by cell and corner by corner."""
    objectness, quads, upward, types, heat, _ = (
        getattr(maps, name)[0].double().numpy() for name in Maps.__slots__
    )
    scores = np.array([sigmoid(logit) for logit in objectness])
    best = np.argsort(-scores, kind="stable")[: settings.candidates]
    columns = []
    for cell in best:
        friends = [other for other in best if same_card(quads[cell], quads[other], settings)]
        weights = [scores[other] for other in friends]
        upright = {other: upright_quad(other, best, quads, upward, scores, settings) for other in friends}
        agreed = averaged(upright, int(cell), friends, weights, side(quads[cell]), settings)
        drawn = [drawn_corner(corner, heat, settings) for corner in agreed]
        votes = sum(w * softmax(types[other]) for w, other in zip(weights, friends, strict=True)) / sum(
            weights
        )
        corners = np.array([place for place, _ in drawn])
        low, high = corners.min(0), corners.max(0)
        rows = [*((low + high) / 2), *(high - low), *(votes / votes.max() * scores[cell] ** power)]
        for place, peak in drawn:
            rows += [*place, peak]
        columns.append(rows)
    return np.array(columns).T


def same_card(quad: Floats, other: Floats, settings: DecoderSettings) -> bool:
    apart = max(abs(quad.mean(0) - other.mean(0))) / side(quad)
    ratio = side(quad) / side(other)
    near = apart < settings.same_card_distance
    return bool(near and 1 / settings.same_card_ratio < ratio < settings.same_card_ratio)


def upright_quad(
    cell: int,
    best: NDArray[np.intp],
    quads: Floats,
    upward: Floats,
    scores: Floats,
    settings: DecoderSettings,
) -> Floats:
    """The cell's quad, begun at the edge that lies most in the direction its card's cells vote for."""
    vote = sum(
        scores[other] * upward[other] for other in best if same_card(quads[cell], quads[other], settings)
    )
    quad = quads[cell]
    fits = []
    for first in range(4):
        middle = (quad[first] + quad[(first + 1) % 4]) / 2 - quad.mean(0)
        fits.append(float(middle @ vote) / max(float(np.linalg.norm(middle)), 1e-3))
    return np.roll(quad, -int(np.argmax(fits)), 0)


def averaged(
    upright: dict[int, Floats],
    cell: int,
    friends: list[int],
    weights: list[float],
    length: float,
    settings: DecoderSettings,
) -> Floats:
    total, quad = 0.0, np.zeros((4, 2))
    for weight, other in zip(weights, friends, strict=True):
        if np.abs(upright[other] - upright[cell]).max() / length < settings.same_corner_distance:
            total += weight
            quad += weight * upright[other]
    return quad / total


def drawn_corner(corner: Floats, heat: Floats, settings: DecoderSettings) -> tuple[Floats, float]:
    """The corner moved to the centre of mass of the nearby peak, and the peak's height."""
    start = corner / FINE_STRIDE - 0.5
    middle = np.round(start)
    best, top = -1.0, middle
    for dy in range(-settings.window, settings.window + 1):
        for dx in range(-settings.window, settings.window + 1):
            place = middle + np.array([dx, dy])
            pull = read(heat, place) * math.exp(
                -float(((place - start) ** 2).sum()) / (2 * settings.reach**2)
            )
            if pull > best:
                best, top = pull, place
    near = [top + np.array([dx, dy]) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    peak = max(read(heat, place) for place in near)
    if peak <= settings.min_peak:
        return corner, peak
    mass = [read(heat, place) ** 2 + 1e-6 for place in near]
    refined = sum(m * place for m, place in zip(mass, near, strict=True)) / sum(mass)
    return (refined + 0.5) * FINE_STRIDE, peak


def read(heat: Floats, place: Floats) -> float:
    x, y = int(place[0]), int(place[1])
    return sigmoid(heat[y, x]) if 0 <= x < heat.shape[1] and 0 <= y < heat.shape[0] else 0.0


def softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


@pytest.mark.parametrize("power", [1.0, 0.7, 1.4])
@pytest.mark.parametrize("seed", range(12))
def test_decodes_as_plain_loops_do(seed: int, power: float) -> None:
    maps = random_maps(seed)
    found = decoder.decode(maps, SETTINGS, power)[0].numpy()
    assert found == pytest.approx(golden(maps, SETTINGS, power), abs=2e-3)

"""Scores that mean something: 0.5 is where the border between a card and none lies best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.detection import geometry
from app.detection.classifier import joint_score
from app.detection.settings import DetectionSettings
from training.goals import PRECISION, RECALL
from training.metrics import Found, Result, figures

NATURAL = 0.5  # where a reader of the scores expects the border
REJECTED = 0.01  # share of cards that the classifier may take for none
MOST_BIAS = 6.0
CHANCE = 0.001  # by which two powers may differ without one being better
POWERS = np.geomspace(0.2, 5.0, 66)


def sharpness(results: Sequence[Result]) -> float:
    """The power to raise the detector's scores to, so that the border at 0.5 divides cards from none best.

    Best is where precision and recall come closest to their goals, or exceed them most, both alike. Of powers
    that do as well it is the highest: photographs hold more that looks like a card than drawn scenes do.

    Args:
        results: of a detector, and the candidates that overlap too where there is a second stage, with its
            certainty of each.
    """
    shares = np.array([_divided(results, float(power)) for power in POWERS])
    return float(POWERS[shares >= shares.max() - CHANCE][-1])


def _divided(results: Sequence[Result], power: float) -> float:
    """The smaller share of both goals that is reached at the border, if the scores are raised to a power."""
    certain = [replace(r, found=_apart([_raised(item, power) for item in r.found])) for r in results]
    values = figures(certain, NATURAL)
    if math.isnan(values.precision):
        return 0.0
    return min(values.precision / PRECISION, values.recall_70 / RECALL)


def _raised(item: Found, power: float) -> Found:
    score = item.score**power
    return replace(item, score=score if item.certainty is None else joint_score(score, item.certainty))


def _apart(found: list[Found]) -> tuple[Found, ...]:
    """Those beyond the border, and of several at one place the best, as the product chooses them."""
    certain = [item for item in found if item.score >= NATURAL]
    if not certain:
        return ()
    quads, scores = np.stack([item.quad for item in certain]), np.array([item.score for item in certain])
    chosen = DetectionSettings()
    kept = geometry.suppress(quads, scores, chosen.max_overlap, chosen.max_cards, chosen.max_covered)
    return tuple(certain[index] for index in kept)


def none_bias(of_cards: NDArray[np.floating]) -> float:
    """What to add to the logit of `none` so that few cards are rejected; never more than nothing.

    Args:
        of_cards: (n,), the uncalibrated probability of `none` on crops of cards.
    """
    border = float(np.quantile(of_cards, 1 - REJECTED))
    odds = np.log(np.clip(border, 1e-9, 1 - 1e-9) / np.clip(1 - border, 1e-9, 1))
    return float(np.clip(-odds, -MOST_BIAS, 0.0))

"""Scores that mean something: 0.5 is where the border between a card and none lies best."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.metrics import Result, best_threshold

NATURAL = 0.5  # where a reader of the scores expects the border
REJECTED = 0.01  # share of cards that the classifier may take for none
MOST_BIAS = 6.0


def sharpness(results: Sequence[Result]) -> float:
    """The power to raise scores to, from the results of an uncalibrated model on a hold-out."""
    return math.log(NATURAL) / math.log(best_threshold(results))


def none_bias(of_cards: NDArray[np.floating]) -> float:
    """What to add to the logit of `none` so that few cards are rejected; never more than nothing.

    Args:
        of_cards: (n,), the uncalibrated probability of `none` on crops of cards.
    """
    border = float(np.quantile(of_cards, 1 - REJECTED))
    odds = np.log(np.clip(border, 1e-9, 1 - 1e-9) / np.clip(1 - border, 1e-9, 1))
    return float(np.clip(-odds, -MOST_BIAS, 0.0))

"""Scores that mean something: the power that moves the best threshold to 0.5."""

from __future__ import annotations

import math
from collections.abc import Sequence

from training.metrics import Result, best_threshold

NATURAL = 0.5  # where a reader of the scores expects the border


def sharpness(results: Sequence[Result]) -> float:
    """The power to raise scores to, from the results of an uncalibrated model on a hold-out."""
    return math.log(NATURAL) / math.log(best_threshold(results))

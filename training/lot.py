"""Draws by lot where some kinds are to be more frequent than others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.random import Generator

T = TypeVar("T")


def drawn(rng: Generator, kinds: Mapping[str, tuple[T, float]]) -> T:
    """One of named kinds, each as frequent as its weight among all weights."""
    weights = np.array([weight for _, weight in kinds.values()], float)
    return list(kinds.values())[int(rng.choice(len(weights), p=weights / weights.sum()))][0]

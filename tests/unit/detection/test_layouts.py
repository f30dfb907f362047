"""The decoder of the pose layout against plain loops over its rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.detection.errors import ModelError
from app.detection.layouts import ultralytics_pose
from app.detection.layouts.candidates import Plan


def golden(
    output: NDArray[np.float32], types: int, numbers: int, min_score: float
) -> list[tuple[int, float, list[tuple[float, float]]]]:
    """(type, score, corners) of each detection, written out row by row from the documented layout."""
    found = []
    for column in range(output.shape[2]):
        scores = [float(output[0, 4 + row, column]) for row in range(types)]
        best = max(scores) if not any(math.isnan(score) for score in scores) else math.nan
        corners = []
        for corner in range(4):
            first = 4 + types + corner * numbers
            corners.append((float(output[0, first, column]), float(output[0, first + 1, column])))
        finite = all(math.isfinite(value) for corner in corners for value in corner)
        if math.isfinite(best) and best >= min_score and finite:
            found.append((scores.index(best), min(best, 1.0), corners))
    return found


@given(
    seed=st.integers(0, 2**32 - 1),
    types=st.integers(1, 5),
    numbers=st.sampled_from([2, 3]),
    count=st.integers(0, 40),
    min_score=st.floats(0, 1),
)
def test_decodes_as_plain_loops_do(seed: int, types: int, numbers: int, count: int, min_score: float) -> None:
    random = np.random.default_rng(seed)
    output = random.uniform(-20, 400, (1, 4 + types + 4 * numbers, count)).astype(np.float32)
    output[:, 4 : 4 + types] = random.uniform(0, 1.05, (types, count))
    for value in (np.nan, np.inf, -np.inf):
        broken = random.uniform(size=output.shape) < 0.01
        output[broken] = value
    plan = Plan((352, 352), tuple(f"type_{index}" for index in range(types)))
    found = ultralytics_pose.decode([output], plan, min_score)
    expected = golden(output, types, numbers, min_score)
    assert found.types.tolist() == [type_ for type_, _, _ in expected]
    assert found.scores.tolist() == pytest.approx([score for _, score, _ in expected])
    assert found.quads.shape == (len(expected), 4, 2)
    assert found.shares.shape == (len(expected), types)
    assert found.shares.sum(axis=1) == pytest.approx(np.ones(len(expected)), abs=1e-5)
    assert found.shares.max(axis=1) == pytest.approx(
        [s[t] for s, t in zip(found.shares, found.types, strict=True)]
    )
    if expected:
        assert found.quads == pytest.approx(np.array([corners for _, _, corners in expected]))


@pytest.mark.parametrize("shape", [(1, 18), (2, 19, 5), (1, 17, 5), (1, 24, 5)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    plan = Plan((352, 352), ("id_card", "driving_licence", "passport"))
    with pytest.raises(ModelError, match="shape"):
        ultralytics_pose.decode([np.zeros(shape, np.float32)], plan, 0.5)

"""Decoding of Ultralytics' pose output against plain loops, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.detection.errors import ModelError
from app.detection.layouts import ultralytics_pose as layout
from app.detection.layouts.candidates import Candidates, Plan

METADATA = {"task": "pose", "kpt_shape": "[4, 3]", "names": "{0: 'id_card', 1: 'passport'}", "imgsz": "352"}
INPUTS = [[1, 3, 352, 352]]
OUTPUTS = [[1, 18, 2541]]
PLAN = Plan((352, 352), ("id_card", "passport"))


def answer(n: int = 200, numbers: int = 3, seed: int = 0) -> np.ndarray:
    """A random output (1, 4 + 2 + 4 * numbers, n)."""
    random = np.random.default_rng(seed)
    rows = random.uniform(-20, 380, (1, 6 + 4 * numbers, n)).astype(np.float32)
    rows[:, 4:6] = random.uniform(0, 1, (1, 2, n))
    return rows


def by_loops(
    output: np.ndarray, numbers: int, min_score: float
) -> list[tuple[float, int, list[list[float]]]]:
    """What the layout says, written as its description reads."""
    found = []
    for column in output[0].T.tolist():
        scores, corners = column[4:6], column[6:]
        best = max(range(2), key=scores.__getitem__)
        if scores[best] >= min_score:
            quad = [corners[numbers * k : numbers * k + 2] for k in range(4)]
            found.append((scores[best], best, quad))
    return found


def as_list(found: Candidates) -> list[tuple[float, int, list[list[float]]]]:
    return list(zip(found.scores.tolist(), found.types.tolist(), found.quads.tolist(), strict=True))


@pytest.mark.parametrize("numbers", [2, 3])
@pytest.mark.parametrize("min_score", [0.0, 0.5, 0.9, 1.0])
def test_decodes_as_plain_loops_do(numbers: int, min_score: float) -> None:
    output = answer(numbers=numbers)
    assert as_list(layout.decode([output], PLAN, min_score)) == by_loops(output, numbers, min_score)


def test_quads_are_single_precision_and_contiguous() -> None:
    found = layout.decode([answer()], PLAN, 0.5)
    assert (found.scores.dtype, found.quads.dtype) == (np.float32, np.float32)
    assert found.quads.flags.c_contiguous


def test_reads_half_precision() -> None:
    output = answer().astype(np.float16)
    assert as_list(layout.decode([output], PLAN, 0.5)) == by_loops(output.astype(np.float32), 3, 0.5)


@pytest.mark.parametrize("n", [0, 1])
def test_an_output_without_candidates_gives_none(n: int) -> None:
    output = np.zeros((1, 18, n), np.float32)
    found = layout.decode([output], PLAN, 0.5)
    assert found.scores.shape == (0,)
    assert found.quads.shape == (0, 4, 2)


@pytest.mark.parametrize(
    ("hostile", "row"),
    [(np.nan, 4), (np.nan, 5), (np.inf, 4), (np.inf, 5)]
    + [(value, row) for value in (np.nan, np.inf, -np.inf) for row in (6, 7, 15, 16)],
)
def test_leaves_out_what_is_not_finite(hostile: float, row: int) -> None:
    output = answer(3)
    output[0, 4:6] = 0.9
    whole = layout.decode([output], PLAN, 0.5)
    output[0, row, 1] = hostile
    assert layout.decode([output], PLAN, 0.5).quads.tolist() == whole.quads[[0, 2]].tolist()


def test_ignores_boxes_and_visibilities_that_are_not_finite() -> None:
    output = answer(3)
    output[0, 4:6] = 0.9
    output[0, [0, 1, 2, 3, 8, 11, 14, 17]] = np.nan
    assert len(layout.decode([output], PLAN, 0.5).scores) == 3


def test_scores_above_one_count_as_one() -> None:
    output = answer(1)
    output[0, 4] = 7
    assert layout.decode([output], PLAN, 0.5).scores.tolist() == [1]


@pytest.mark.parametrize("shape", [(18, 10), (2, 18, 10), (1, 17, 10), (1, 6, 10), (1, 10, 18)])
def test_refuses_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="not with four corners and 2 types"):
        layout.decode([np.zeros(shape, np.float32)], PLAN, 0.5)


def test_matches_what_it_decodes() -> None:
    assert layout.matches(METADATA, INPUTS, OUTPUTS)
    assert layout.matches(METADATA, [["batch", 3, "height", "width"]], [["batch", 18, "anchors"]])
    assert layout.matches(METADATA, INPUTS, [[1, None, None]])
    assert layout.matches(METADATA | {"kpt_shape": "[4, 2]"}, INPUTS, [[1, 14, 2541]])


@pytest.mark.parametrize(
    ("metadata", "inputs", "outputs"),
    [
        ({}, INPUTS, OUTPUTS),
        (METADATA | {"task": "detect"}, INPUTS, OUTPUTS),
        (METADATA | {"kpt_shape": "[17, 3]"}, INPUTS, [[1, 57, 2541]]),
        (METADATA | {"kpt_shape": "[4, 1]"}, INPUTS, OUTPUTS),
        (METADATA, INPUTS, [[1, 300, 18, 1]]),
        (METADATA, INPUTS, [[1, 16, 2541]]),
        (METADATA, INPUTS, OUTPUTS * 2),
        (METADATA, INPUTS * 2, OUTPUTS),
        (METADATA, [[1, 1, 352, 352]], OUTPUTS),
        (METADATA, [[1, 3, 352]], OUTPUTS),
    ],
)
def test_matches_nothing_else(metadata: dict[str, str], inputs: Any, outputs: Any) -> None:
    assert not layout.matches(metadata, inputs, outputs)


def test_plans_a_static_input_as_it_is() -> None:
    assert layout.plan(METADATA, [[1, 3, 320, 640]], OUTPUTS) == Plan((640, 320), ("id_card", "passport"))


def test_plans_a_dynamic_input_at_the_size_it_was_exported_for() -> None:
    metadata = METADATA | {"imgsz": "[321, 640]", "stride": "32"}
    assert layout.plan(metadata, [["n", 3, "h", "w"]], OUTPUTS).input_size == (640, 352)


def test_counts_the_types_where_their_names_are_not_told() -> None:
    metadata = {key: value for key, value in METADATA.items() if key != "names"}
    assert layout.plan(metadata, INPUTS, OUTPUTS).types == ("type_0", "type_1")
    with pytest.raises(ModelError, match="does not tell its types"):
        layout.plan(metadata, INPUTS, [[1, "rows", "anchors"]])


def test_refuses_a_model_for_several_photographs_at_once() -> None:
    with pytest.raises(ModelError, match="4 photographs at once"):
        layout.plan(METADATA, [[4, 3, 352, 352]], OUTPUTS)


def test_refuses_scores_without_names() -> None:
    with pytest.raises(ModelError, match="3 scores but 2 names"):
        layout.plan(METADATA, INPUTS, [[1, 19, 2541]])


def test_best_keeps_the_highest_scores() -> None:
    found = layout.decode([answer()], PLAN, 0)
    best = found.best(10)
    assert best.scores.tolist() == sorted(found.scores.tolist(), reverse=True)[:10]
    assert all((quad == found.quads).all(axis=(1, 2)).any() for quad in best.quads)
    assert found.best(1000) is found

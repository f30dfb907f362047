"""Laws of the Ultralytics pose layout: against plain loops, and whatever numbers a model answers with."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.detection.errors import ModelError
from app.detection.layouts import ultralytics, ultralytics_pose
from app.detection.layouts.candidates import Plan

quick = hypothesis_settings(max_examples=100, deadline=None)


@st.composite
def answers(draw: st.DrawFn) -> tuple[np.ndarray, int, int]:
    """An output (1, 4 + types + 4 * numbers, n) with any floats in it, its types, its numbers per corner."""
    types, numbers, n = draw(st.integers(1, 4)), draw(st.sampled_from((2, 3))), draw(st.integers(0, 6))
    elements = st.floats(0, 1, width=32) | st.floats(width=32)
    shape = (1, 4 + types + 4 * numbers, n)
    return draw(arrays(np.float32, shape, elements=elements)), types, numbers


@quick
@given(answers(), st.floats(0, 1))
def test_decodes_as_plain_loops_do_and_leaves_out_what_is_not_finite(
    answer: tuple[np.ndarray, int, int], min_score: float
) -> None:
    output, types, numbers = answer
    expected = []
    for column in output[0].T:
        scores, corners = column[4 : 4 + types], column[4 + types :].reshape(4, numbers)[:, :2]
        best = float(max(scores, key=lambda score: (np.isnan(score), score)))
        if np.isfinite(best) and best >= min_score and np.isfinite(corners).all():
            expected.append((min(best, 1.0), corners.tolist()))
    plan = Plan((352, 352), tuple(f"type_{index}" for index in range(types)))
    found = ultralytics_pose.decode([output], plan, min_score)
    assert list(zip(found.scores.tolist(), found.quads.tolist(), strict=True)) == expected
    assert all(0 <= index < types for index in found.types)


@quick
@given(
    st.dictionaries(
        st.sampled_from(("names", "imgsz", "stride", "kpt_shape", "task")),
        st.text(max_size=20)
        | st.sampled_from(("[4, 3]", "{0: 'a'}", "352", "pose", "[1, [2, [3]]]", "{[]: 1}", "1e999")),
    )
)
def test_any_metadata_is_read_or_refused(raw: dict[str, str]) -> None:
    try:
        facts = ultralytics.parse(raw)
    except ModelError:
        return
    assert facts.stride > 0
    assert min(facts.image_size) > 0

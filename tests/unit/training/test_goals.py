"""The goals, and the calibration of rejections: worked out by hand."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from tests.unit.training.test_metrics import RESULTS
from training import calibrate, goals, metrics
from training.goals import Goal
from training.views import VIEWS


def test_a_goal_is_reached_from_the_side_it_says() -> None:
    assert Goal("recall", 0.9, 0.9).reached
    assert not Goal("recall", 0.9, 0.89).reached
    assert Goal("false cards", 3, 3, most=True).reached
    assert not Goal("false cards", 3, 4, most=True).reached
    assert not Goal("recall", 0.9, float("nan")).reached


def test_every_view_and_figure_has_its_goal() -> None:
    of_specimens = goals.of_specimens(dict.fromkeys(VIEWS, RESULTS), 0.5)
    assert len(of_specimens) == len(VIEWS) + 4
    assert of_specimens[0].value == pytest.approx(2 / 3)
    assert all(any(name in item.words for item in of_specimens) for name in VIEWS if name != goals.PLAIN)
    (false_cards,) = goals.of_empty(RESULTS, 0.5)
    assert (false_cards.value, false_cards.reached) == (2, True)
    assert "3 pictures" in false_cards.words
    (duration,) = goals.of_duration([10.0, 90.0, 20.0])
    assert (duration.value, duration.reached) == (20.0, True)
    rows = json.loads(goals.as_json([false_cards, duration, Goal("nothing", 1, float("nan"))], {}))["figures"]
    assert [row["reached"] for row in rows] == [True, True, False]
    assert rows[2]["value"] is None


def test_a_smaller_variant_must_lose_little_everywhere_and_be_faster() -> None:
    plain = metrics.figures(RESULTS, 0.5)
    worse = dataclasses.replace(plain, type=plain.type - 0.02)
    found = goals.of_smaller(plain, worse, 0.0, 3, 0.8)
    assert found[0].value == pytest.approx(0.02)
    assert [goal.reached for goal in found] == [False, True, True, True]
    found = goals.of_smaller(plain, dataclasses.replace(plain, mean_iou=1.0), 0.05, 4, 1.1)
    assert [goal.reached for goal in found] == [True, False, False, False]


@pytest.mark.parametrize("border", [0.8, 0.9, 0.99])
def test_the_bias_rejects_one_card_in_a_hundred(border: float) -> None:
    random = np.random.default_rng(2)
    none = random.beta(2, 5, 5000) * border
    biased = np.log(none / (1 - none)) + calibrate.none_bias(none)
    assert (biased > 0).mean() == pytest.approx(calibrate.REJECTED, abs=0.003)


def test_the_bias_has_bounds() -> None:
    assert calibrate.none_bias(np.zeros(10)) == 0
    assert calibrate.none_bias(np.ones(10)) == -calibrate.MOST_BIAS

"""The figures: counted by hand on a few quads."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from training import metrics
from training.calibrate import sharpness
from training.labels import LabelledCard
from training.metrics import Found, Result


def square(x: float, y: float, side: float = 100, turns: int = 0) -> NDArray[np.float32]:
    corners = np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side)], np.float32)
    return np.roll(corners, turns, 0)


def card(type_: str, quad: NDArray[np.float32]) -> LabelledCard:
    return LabelledCard(type_, quad)


RESULTS = (
    Result(
        "a.jpg",
        (card("passport", square(0, 0)), card("id_card", square(300, 0))),
        (
            Found("passport", 0.9, square(0, 0, 105)),  # right
            Found("driving_licence", 0.8, square(300, 0, 90, turns=2)),  # wrong type, upside down
            Found("id_card", 0.7, square(600, 0)),  # nothing is there
        ),
    ),
    Result("b.jpg", (card("id_card", square(0, 0)),), (Found("id_card", 0.3, square(60, 0)),)),
    Result("c.jpg", (), (Found("id_card", 0.6, square(0, 0)),)),
)


def test_the_figures_at_a_threshold() -> None:
    values = metrics.figures(RESULTS, 0.5)
    assert (values.pictures, values.cards, values.false_cards) == (3, 3, 2)
    assert values.precision == pytest.approx(2 / 4)
    assert values.recall_70 == pytest.approx(2 / 3)
    assert values.recall_85 == pytest.approx(1 / 3)  # 100 in 105 squared, but not 90 in 100 squared
    assert values.mean_iou == pytest.approx((1 / 1.05**2 + 0.81) / 2, rel=1e-3)
    assert (values.type, values.passport, values.orientation) == (0.5, 1.0, 0.5)


def test_a_lower_threshold_lets_more_in() -> None:
    assert metrics.figures(RESULTS, 0.2).false_cards == 3
    assert metrics.figures(RESULTS, 0.85).false_cards == 0


def test_without_detections_there_is_no_precision() -> None:
    values = metrics.figures(RESULTS, 0.99)
    assert math.isnan(values.precision)
    assert values.recall_70 == 0


def test_one_detection_is_not_counted_for_two_cards() -> None:
    both = (card("id_card", square(0, 0)), card("id_card", square(5, 0)))
    (pair,) = metrics.pairs(Result("d.jpg", both, (Found("id_card", 0.9, square(5, 0)),)), 0.5)
    assert pair.card is both[1]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_any_other_first_corner_is_out_of_order(turns: int) -> None:
    (pair,) = metrics.pairs(
        Result("e.jpg", (card("id_card", square(0, 0)),), (Found("id_card", 1, square(0, 0, turns=turns)),)),
        0.5,
    )
    assert pair.iou == pytest.approx(1)
    assert not metrics.in_order(pair)


def test_the_calibrating_power_moves_the_best_threshold_to_a_half() -> None:
    sure = Result("f.jpg", (card("id_card", square(0, 0)),), (Found("id_card", 0.34, square(0, 0)),))
    unsure = Result("g.jpg", (), (Found("id_card", 0.2, square(0, 0)),))
    power = sharpness((sure, unsure))
    assert 0.34**power >= 0.5 > 0.2**power


def test_the_calibrating_power_minds_the_second_stage() -> None:
    """The detector is as sure of the false one; the classifier tells them apart."""
    right = Found("id_card", 0.3, square(0, 0), certainty=0.9)
    wrong = Found("id_card", 0.3, square(0, 0), certainty=0.2)
    results = (Result("f.jpg", (card("id_card", square(0, 0)),), (right,)), Result("g.jpg", (), (wrong,)))
    power = sharpness(results)
    assert math.sqrt(0.3**power * 0.9) >= 0.5 > math.sqrt(0.3**power * 0.2)


def test_the_calibrating_power_counts_candidates_of_one_card_once() -> None:
    """The looser of two quads does not count against a power that lets a faint card in."""
    there = (card("id_card", square(0, 0)),)
    loose = Found("id_card", 0.4, square(0, 0, 130), certainty=0.6)
    close = Found("id_card", 0.36, square(0, 0), certainty=0.9)
    faint = Found("id_card", 0.3, square(0, 0), certainty=0.7)
    results = [Result(name, there, (loose, close)) for name in ("h.jpg", "i.jpg")]
    power = sharpness([*results, Result("j.jpg", there, (faint,))])
    assert math.sqrt(0.3**power * 0.7) >= 0.5

"""The bundled pair on the sample photographs and turned ones, through the product's own detector."""

from __future__ import annotations

import pytest

from app.detection.detector import Detector
from training import evaluate, labels, metrics
from training.metrics import Result
from training.settings import CLASSIFIER, MODEL, PHOTOS
from training.views import VIEWS

MIN_SCORE = 0.5
MIN_IOU = 0.8


TURNED = ("as it is", "turned by 90", "turned by 180", "turned by 270")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return evaluate.open_detector(MODEL, CLASSIFIER)


@pytest.fixture(scope="module", params=TURNED)
def results(detector: Detector, request: pytest.FixtureRequest) -> dict[str, Result]:
    found = evaluate.results(detector, PHOTOS, labels.read(PHOTOS), VIEWS[request.param])
    return {result.file: result for result in found}


def test_every_card_is_found_with_its_corners_in_reading_order(results: dict[str, Result]) -> None:
    for result in results.values():
        pairs = metrics.pairs(result, MIN_SCORE)
        assert len(pairs) == len(result.cards), result.file
        assert all(pair.iou >= MIN_IOU and metrics.in_order(pair) for pair in pairs), result.file


def test_a_card_that_fills_the_picture_has_the_right_type(results: dict[str, Result]) -> None:
    alone = [result for result in results.values() if len(result.cards) == 1]
    assert {card.type for result in alone for card in result.cards} == {
        "id_card",
        "driving_licence",
        "passport",
    }
    for result in alone:
        (pair,) = metrics.pairs(result, MIN_SCORE)
        assert pair.found.type == pair.card.type, result.file


def test_nothing_else_is_taken_for_a_card(results: dict[str, Result]) -> None:
    assert metrics.figures(list(results.values()), MIN_SCORE).false_cards == 0


def test_the_bundled_files_are_small_enough() -> None:
    assert sum(path.stat().st_size for path in MODEL.parent.glob("*.onnx")) <= 25_000_000

"""From the bytes of a photograph to its cards, with a real model in a real session."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.detection.detector import Card, Detection, Detector
from app.detection.errors import ImageError, ModelBusy, ModelError
from app.detection.images import ImageFacts
from app.detection.settings import DetectionSettings
from tests.unit.detection import corner_model
from tests.unit.detection.photographs import card_photo, encode, noise_photo

QUAD = np.array([[610, 300], [2900, 500], [2800, 1900], [500, 1800]], np.float32)
# The same card lying on its head: its TL is at the bottom right of the photograph.
TURNED = np.roll(QUAD, 2, axis=0)


def detect(detector: Detector, body: bytes, min_score: float | None = None) -> Detection:
    return detector.detect(body, detector.inspect(body), min_score)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "bmp"])
def test_finds_the_corners_in_pixels_of_the_original(detector: Detector, kind: str) -> None:
    (card,) = detect(detector, encode(card_photo(3401, 2303, QUAD), kind)).cards
    assert card.type == "id_card"
    assert card.score > 0.9
    assert card.quad.dtype == np.float32
    assert card.quad == pytest.approx(QUAD, abs=2)


def test_tells_the_corners_as_the_card_reads(detector: Detector) -> None:
    (card,) = detect(detector, encode(card_photo(3401, 2303, TURNED), "jpeg")).cards
    assert card.quad == pytest.approx(TURNED, abs=2)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_every_orientation_gives_exactly_the_same_cards_where_nothing_is_lost(
    detector: Detector, orientation: int
) -> None:
    photo = card_photo(851, 576, QUAD / 4)
    upright, turned = (detect(detector, encode(photo, "png", turn)) for turn in (1, orientation))
    assert (turned.facts.width, turned.facts.height) == (upright.facts.width, upright.facts.height)
    assert turned.cards[0].score == upright.cards[0].score
    assert turned.cards[0].quad.tolist() == upright.cards[0].quad.tolist()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_gives_the_same_cards_of_a_scaled_jpeg(
    detector: Detector, orientation: int
) -> None:
    """In a size that is no multiple of eight, decoded at an eighth."""
    (card,) = detect(detector, encode(card_photo(3405, 2303, QUAD), "jpeg", orientation)).cards
    assert card.quad == pytest.approx(QUAD, abs=2)


@pytest.mark.parametrize(
    "options", [{"dynamic": True}, {"half": True}, {"visibility": False}, {"side_px": 640}]
)
def test_every_kind_of_file_finds_the_same(tmp_path: Path, options: dict[str, bool]) -> None:
    path = corner_model.save(tmp_path / "model.onnx", **options)
    detector = Detector(DetectionSettings(model=path, provider="cpu"))
    (card,) = detect(detector, encode(card_photo(3401, 2303, QUAD), "jpeg")).cards
    assert card.quad == pytest.approx(QUAD, abs=4)
    detector.self_test()


def test_small_photographs_are_enlarged(detector: Detector) -> None:
    (card,) = detect(detector, encode(card_photo(171, 116, QUAD / 20), "png")).cards
    assert card.quad == pytest.approx(QUAD / 20, abs=1)


def test_finds_nothing_where_nothing_is(detector: Detector) -> None:
    found = detect(detector, encode(np.full((480, 640, 3), 90, np.uint8), "jpeg"))
    assert found.cards == ()
    assert found.batch_size == 1


def test_the_callers_min_score_counts_instead_of_the_settings(detector: Detector) -> None:
    """One copy of the card is left of the three that the model tells, whatever the threshold."""
    body = encode(card_photo(640, 480, QUAD / 6), "jpeg")
    score = detect(detector, body).cards[0].score
    assert len(detect(detector, body, 0.0).cards) == 1
    assert len(detect(detector, body, score).cards) == 1
    assert detect(detector, body, np.nextafter(score, 2)).cards == ()


def test_corners_beyond_the_edge_are_moved_to_it(detector: Detector) -> None:
    quad = np.array([[1, 1], [399, 1], [399, 299], [1, 299]], np.float32)
    (card,) = detect(detector, encode(card_photo(400, 300, quad), "png")).cards
    x0, y0, x1, y1 = card.box
    assert 0 <= x0 < x1 <= 400
    assert 0 <= y0 < y1 <= 300


def test_box_goes_around_the_quad() -> None:
    quad = np.array([[5, 1], [9, 4], [6, 8], [2, 3]], np.float32)
    assert Card("id_card", 1, quad).box == (2, 1, 9, 8)


def test_times_every_stage(detector: Detector) -> None:
    timings = detect(detector, encode(card_photo(640, 480, QUAD / 6), "jpeg")).timings_ms
    assert set(timings) == {"decode", "preprocess", "queue", "infer", "postprocess"}
    assert all(value >= 0 for value in timings.values())
    assert timings["decode"] > 0 < timings["infer"]


def test_refuses_a_photograph_from_its_header(detector: Detector) -> None:
    with pytest.raises(ImageError):
        detector.inspect(b"no photograph")


def test_refuses_pixels_that_cannot_be_decoded(detector: Detector) -> None:
    body = encode(noise_photo(200, 150), "png")
    damaged = body[:300] + bytes(100) + body[400:]
    with pytest.raises(ImageError):
        detect(detector, damaged)


def test_threads_share_one_detector(settings: DetectionSettings) -> None:
    detector = Detector(settings, concurrency=2, queue=100)
    bodies = [encode(card_photo(680, 461, QUAD / 5 + 3 * n), "jpeg") for n in range(8)]
    alone = [detect(detector, body).cards[0].quad.tolist() for body in bodies]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda body: detect(detector, body).cards[0].quad.tolist(), bodies * 5))
    assert together == alone * 5


def test_more_callers_than_places_and_queue_are_refused(settings: DetectionSettings) -> None:
    detector = Detector(settings, concurrency=1, queue=2, queue_timeout_s=30)
    body = encode(card_photo(680, 461, QUAD / 5), "jpeg")
    facts = detector.inspect(body)
    start = threading.Barrier(20)

    def call(_: int) -> int | str:
        start.wait()
        try:
            return len(detector.detect(body, facts).cards)
        except ModelBusy as busy:
            return busy.code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(call, range(20)))
    assert answers.count(1) >= 3
    assert answers.count(1) + answers.count("model_busy") == 20
    assert len(detector.detect(body, facts).cards) == 1


def test_tests_itself_past_a_queue_that_is_full(settings: DetectionSettings) -> None:
    detector = Detector(settings, queue=0)
    body = encode(card_photo(680, 461, QUAD / 5), "jpeg")
    with detector._gate.place():  # what a request holds in the middle of its inference
        with pytest.raises(ModelBusy):
            detect(detector, body)
        detector.self_test()


def test_tests_itself_whatever_the_limits(corner_onnx: Path) -> None:
    strict = DetectionSettings(
        model=corner_onnx, provider="cpu", min_side_px=5000, max_side_px=6000, max_scans=1
    )
    detector = Detector(strict)
    with pytest.raises(ImageError):
        detector.inspect(encode(card_photo(680, 461, QUAD / 5), "jpeg"))
    detector.self_test()


def constant_detector(path: Path, *columns: tuple[float, float, list[list[float]]]) -> Detector:
    """A detector that always finds the same: two scores and a quad in its input of 64 x 64 for each."""
    answer = np.zeros((1, 18, len(columns)), np.float32)
    for index, (first, second, quad) in enumerate(columns):
        answer[0, 4:6, index] = first, second
        answer[0, 6:, index] = np.column_stack([quad, np.ones(4)]).ravel()
    return Detector(DetectionSettings(model=corner_model.save_constant(path, answer), provider="cpu"))


SQUARE = [[10.0, 10.0], [50.0, 10.0], [50.0, 50.0], [10.0, 50.0]]


def test_two_types_at_one_place_are_one_card_of_the_better_type(tmp_path: Path) -> None:
    detector = constant_detector(tmp_path / "m.onnx", (0.7, 0.1, SQUARE), (0.1, 0.8, SQUARE))
    (card,) = detect(detector, encode(noise_photo(64, 64), "png")).cards
    assert (card.type, card.score) == ("passport", pytest.approx(0.8))
    assert card.quad.tolist() == SQUARE


def test_cards_come_best_first_and_no_more_than_the_limit(tmp_path: Path) -> None:
    columns = [(0.5 + n / 100, 0.0, (np.array(SQUARE) / 8 + 8 * n).tolist()) for n in range(7)]
    detector = constant_detector(tmp_path / "m.onnx", *columns)
    cards = detect(detector, encode(noise_photo(64, 64), "png")).cards
    assert [card.score for card in cards] == sorted((card.score for card in cards), reverse=True)
    assert len(cards) == 7
    few = Detector(DetectionSettings(model=tmp_path / "m.onnx", provider="cpu", max_cards=3))
    assert [card.score for card in detect(few, encode(noise_photo(64, 64), "png")).cards] == [
        card.score for card in cards[:3]
    ]


def test_a_card_that_lies_wholly_beside_the_photograph_is_left_out(tmp_path: Path) -> None:
    """In the letterbox's border, and far away."""
    border = [[5.0, 1.0], [60.0, 1.0], [60.0, 12.0], [5.0, 12.0]]
    far = [[1e30, 0.0], [2e30, 0.0], [2e30, 1e30], [1e30, 1e30]]
    detector = constant_detector(tmp_path / "m.onnx", (0.9, 0, border), (0.9, 0, far), (0.8, 0, SQUARE))
    (card,) = detect(detector, encode(noise_photo(64, 32), "png")).cards
    assert card.score == pytest.approx(0.8)
    assert card.box == (10, 0, 50, 32)


def test_a_model_that_answers_with_nan_fails_its_test_and_finds_nothing(tmp_path: Path) -> None:
    detector = constant_detector(tmp_path / "m.onnx", (np.nan, np.nan, SQUARE))
    with pytest.raises(ModelError, match="not finite"):
        detector.self_test()
    assert detect(detector, encode(noise_photo(200, 150), "jpeg")).cards == ()


def test_facts_are_handed_on(detector: Detector) -> None:
    found = detect(detector, encode(card_photo(640, 480, QUAD / 6), "webp"))
    assert found.facts == ImageFacts(640, 480, "webp", 1)

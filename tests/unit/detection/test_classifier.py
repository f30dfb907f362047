"""The second stage, with a real classifier in a real session."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.detection import classifier, settings
from app.detection.classifier import Classifier, Verdict
from app.detection.detector import Detector
from app.detection.errors import ModelError
from app.detection.settings import BUNDLED_CLASSIFIER, BUNDLED_MODEL, DetectionSettings
from tests.unit.detection import classifier_model, corner_model
from tests.unit.detection.classifier_model import NAMES
from tests.unit.detection.photographs import card_photo, encode, noise_photo

ON_CPU = DetectionSettings(provider="cpu")
QUAD = np.array([[300, 210], [900, 260], [860, 620], [260, 560]], np.float32)


@pytest.fixture
def passports(tmp_path: Path) -> Classifier:
    return Classifier(classifier_model.save(tmp_path / "classifier.onnx"), ON_CPU)


def stages(corner_onnx: Path, second: Path) -> Detector:
    return Detector(DetectionSettings(model=corner_onnx, classifier=str(second), provider="cpu"))


@pytest.mark.parametrize("turns", range(4))
def test_tells_by_how_much_the_corners_are_to_be_rolled(passports: Classifier, turns: int) -> None:
    photo = card_photo(1200, 800, QUAD)
    (verdict,) = passports.judge(photo, np.roll(QUAD, turns, axis=0)[None])
    assert np.array_equal(np.roll(np.roll(QUAD, turns, axis=0), -verdict.turns, axis=0), QUAD)


def test_judges_more_cards_than_go_through_at_once(passports: Classifier) -> None:
    photo = card_photo(1200, 800, QUAD)
    quads = np.stack([np.roll(QUAD, turns, axis=0) for turns in (0, 1, 2, 3)] * classifier.BATCH)
    verdicts = passports.judge(photo, quads)
    assert [verdict.turns for verdict in verdicts] == [0, 1, 2, 3] * classifier.BATCH
    assert {verdict.type for verdict in verdicts} == {"passport"}


def test_no_quads_no_verdicts(passports: Classifier) -> None:
    assert passports.judge(card_photo(300, 200, QUAD / 4), np.zeros((0, 4, 2), np.float32)) == []


def test_the_type_is_the_best_one_that_is_a_card_and_the_certainty_that_of_all_cards() -> None:
    types = np.array([[0.1, 0.25, 0.05, 0.6], [0.0, 0.1, 0.9, 0.0]], np.float32)
    turns = np.eye(4, dtype=np.float32)[[3, 0]]
    first, second = classifier.decode([types, turns], NAMES, 2)
    assert (first.type, first.turns) == ("driving_licence", 3)
    assert first.certainty == pytest.approx(0.4)
    assert (second.type, second.certainty, second.turns) == ("passport", pytest.approx(1.0), 0)


@pytest.mark.parametrize(
    "outputs",
    [
        [np.zeros((1, 3), np.float32), np.zeros((1, 4), np.float32)],
        [np.zeros((1, 4), np.float32)],
        [np.full((1, 4), np.nan, np.float32), np.zeros((1, 4), np.float32)],
    ],
)
def test_an_answer_in_another_form_is_an_error(outputs: list[NDArray[np.float32]]) -> None:
    with pytest.raises(ModelError, match="classifier answered"):
        classifier.decode(outputs, NAMES, 1)


def test_the_detector_takes_type_and_reading_order_from_the_classifier(
    tmp_path: Path, corner_onnx: Path
) -> None:
    """The corner model calls every card an id_card."""
    detector = stages(corner_onnx, classifier_model.save(tmp_path / "c.onnx"))
    body = encode(card_photo(1200, 800, QUAD), "jpeg")
    (card,) = detector.detect(body, detector.inspect(body)).cards
    assert card.type == "passport"
    assert card.quad == pytest.approx(QUAD, abs=2)
    detector.self_test()


@pytest.mark.parametrize(
    ("types", "shares", "expected"),
    [
        ((0.1, 0.2, 0.7, 0.0), {"id_card": 0.9, "driving_licence": 0.05, "passport": 0.05}, "id_card"),
        ((0.1, 0.2, 0.7, 0.0), {"id_card": 0.8, "driving_licence": 0.1, "passport": 0.1}, "id_card"),
        ((0.1, 0.2, 0.7, 0.0), {"id_card": 0.4, "driving_licence": 0.3, "passport": 0.3}, "passport"),
        ((0.0, 0.0, 1.0, 0.0), {"id_card": 1.0, "driving_licence": 0.0, "passport": 0.0}, "id_card"),
        ((0.1, 0.1, 0.2, 0.6), {"id_card": 0.4, "driving_licence": 0.3, "passport": 0.3}, "passport"),
        ((0.1, 0.2, 0.7, 0.0), {"id_card": 0.9, "passport": 0.1}, "passport"),
        ((0.1, 0.2, 0.7, 0.0), {"id_card": 0.9, "visa": 0.05, "passport": 0.05}, "passport"),
    ],
)
def test_two_judges_of_the_same_types_decide_together_and_of_other_types_the_classifier_alone(
    types: tuple[float, ...], shares: dict[str, float], expected: str
) -> None:
    outputs = [np.array([types], np.float32), np.eye(4, dtype=np.float32)[[0]]]
    (verdict,) = classifier.decode(outputs, NAMES, 1)
    assert verdict.joint_type(shares) == expected


def test_a_detector_of_the_same_types_has_a_say(tmp_path: Path) -> None:
    """The classifier leans to passport; the detector is sure of an id_card, in another order of the names."""
    answer = np.zeros((1, 19, 1), np.float32)
    answer[0, 4:7, 0] = 0.1, 0.9, 0.01
    answer[0, 7:, 0] = np.column_stack([[(10, 10), (50, 10), (50, 50), (10, 50)], np.ones(4)]).ravel()
    names = ("driving_licence", "id_card", "passport")
    second = classifier_model.save(tmp_path / "c.onnx", (0.3, 0.1, 0.6, 0.0))
    body = encode(noise_photo(64, 64), "png")
    for classes, expected in ((names, "id_card"), (("driving_licence", "id_card", "visa"), "passport")):
        first = corner_model.save_constant(tmp_path / "m.onnx", answer, classes)
        detector = stages(first, second)
        (card,) = detector.detect(body, detector.inspect(body)).cards
        assert card.type == expected


def test_a_cards_score_is_the_geometric_mean_of_both_certainties(tmp_path: Path, corner_onnx: Path) -> None:
    detector = stages(corner_onnx, classifier_model.save(tmp_path / "c.onnx", (0.3, 0.3, 0.02, 0.38)))
    alone = Detector(DetectionSettings(model=corner_onnx, provider="cpu"))
    body = encode(card_photo(1200, 800, QUAD), "jpeg")
    facts = detector.inspect(body)
    (first,), (card,) = (each.detect(body, facts, 0.5).cards for each in (alone, detector))
    assert card.score == pytest.approx(np.sqrt(first.score * 0.62), abs=1e-3)
    assert detector.detect(body, facts, card.score + 0.01).cards == ()


def test_what_the_detector_is_unsure_of_is_found_where_the_classifier_is_sure(tmp_path: Path) -> None:
    answer = np.zeros((1, 18, 1), np.float32)
    answer[0, 4] = 0.36
    answer[0, 6:, 0] = np.column_stack([[(10, 10), (50, 10), (50, 50), (10, 50)], np.ones(4)]).ravel()
    first = corner_model.save_constant(tmp_path / "m.onnx", answer)
    detector = stages(first, classifier_model.save(tmp_path / "c.onnx", (1.0, 0.0, 0.0, 0.0)))
    body = encode(noise_photo(64, 64), "png")
    (card,) = detector.detect(body, detector.inspect(body), 0.5).cards
    assert card.score == pytest.approx(0.6, abs=1e-3)
    assert detector.detect(body, detector.inspect(body), 0.61).cards == ()


def test_of_candidates_that_overlap_both_stages_choose_and_the_same_quad_is_judged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two cards side by side that the detector is surer to be one, and sees twice."""
    both, card = [(4, 4), (60, 4), (60, 44), (4, 44)], [(4, 4), (38, 4), (38, 44), (4, 44)]
    again = [(4, 4), (60, 4), (60, 45), (4, 45)]
    answer = np.zeros((1, 18, 3), np.float32)
    answer[0, 4] = 0.9, 0.8, 0.7
    answer[0, 6:] = np.stack([np.column_stack([q, np.ones(4)]).ravel() for q in (both, card, again)], axis=1)
    first = corner_model.save_constant(tmp_path / "m.onnx", answer)
    detector = stages(first, classifier_model.save(tmp_path / "c.onnx"))
    assert detector.classifier
    judged: list[NDArray[np.floating]] = []

    def judge(pixels: NDArray[np.uint8], quads: NDArray[np.floating]) -> list[Verdict]:
        judged.extend(quads)
        certainties = (0.4 if np.ptp(quad[:, 0]) > np.ptp(quad[:, 1]) else 0.9 for quad in quads)
        return [Verdict("id_card", certainty, 0, {"id_card": 1.0}) for certainty in certainties]

    monkeypatch.setattr(detector.classifier, "judge", judge)
    body = encode(noise_photo(64, 64), "png")
    (found,) = detector.detect(body, detector.inspect(body)).cards
    assert found.quad.tolist() == [list(corner) for corner in card]
    assert len(judged) == 2


def test_what_is_no_card_is_left_out(tmp_path: Path, corner_onnx: Path) -> None:
    detector = stages(corner_onnx, classifier_model.save(tmp_path / "c.onnx", (0.0, 0.1, 0.1, 0.8)))
    body = encode(card_photo(1200, 800, QUAD), "jpeg")
    assert detector.detect(body, detector.inspect(body)).cards == ()


@pytest.mark.parametrize(
    "metadata",
    [{"task": "classify"}, {"names": ""}, {"imgsz": "[0, 3]"}, {"names": "{"}, {"names": "{0: 'none'}"}],
)
def test_another_file_is_refused(tmp_path: Path, metadata: dict[str, str]) -> None:
    path = classifier_model.save(tmp_path / "classifier.onnx", metadata=metadata)
    with pytest.raises(ModelError):
        Classifier(path, ON_CPU)


def test_a_detector_is_no_classifier(corner_onnx: Path) -> None:
    with pytest.raises(ModelError, match="classifier"):
        Classifier(corner_onnx, ON_CPU)


def test_the_bundled_classifier_goes_with_the_bundled_detector_only(corner_onnx: Path) -> None:
    assert DetectionSettings().classifier_path == BUNDLED_CLASSIFIER
    assert DetectionSettings(model=corner_onnx).classifier_path is None
    assert DetectionSettings(model=BUNDLED_MODEL, classifier="off").classifier_path is None
    assert DetectionSettings(classifier="own.onnx").classifier_path == Path("own.onnx")


def test_the_bundled_detector_is_known_by_any_path_that_leads_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link.onnx").symlink_to(BUNDLED_MODEL)
    around = BUNDLED_MODEL.parent / ".." / BUNDLED_MODEL.parent.name / BUNDLED_MODEL.name
    monkeypatch.chdir(BUNDLED_MODEL.parent)
    for path in (Path(BUNDLED_MODEL.name), tmp_path / "link.onnx", around):
        assert DetectionSettings(model=path).classifier_path == BUNDLED_CLASSIFIER


def test_a_bundled_classifier_that_is_missing_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BUNDLED_CLASSIFIER", tmp_path / "card-classifier.onnx")
    with pytest.raises(ModelError, match=r"card-classifier\.onnx cannot be read .* or to `off`\."):
        Detector(DetectionSettings(provider="cpu"))
    assert Detector(DetectionSettings(provider="cpu", classifier="off")).classifier is None


def test_a_classifier_that_is_no_onnx_is_told_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "classifier.onnx"
    path.write_bytes(b"no ONNX at all")
    with pytest.raises(ModelError, match=r"no ONNX model that can be run: set `classifier`.* `off`\."):
        Classifier(path, ON_CPU)


def test_its_events_tell_the_two_stages_apart(
    tmp_path: Path, corner_onnx: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "app.detection"):
        detector = stages(corner_onnx, classifier_model.save(tmp_path / "c.onnx"))
    assert detector.classifier is not None
    first, second = (record.__dict__ for record in caplog.records)
    assert first["card.model.version"] == detector.model.version
    assert second["card.classifier.version"] == detector.classifier.version
    assert second["card.classifier.name"] == "c"
    assert "card.classifier.version" not in first
    assert "card.model.version" not in second


def test_the_self_test_runs_the_classifier_even_where_no_card_is_found(
    tmp_path: Path, corner_onnx: Path
) -> None:
    """The sample photograph has no dots; the classifier's answer is not finite."""
    detector = stages(corner_onnx, classifier_model.save(tmp_path / "c.onnx", (np.nan, 0.0, 0.0, 0.0)))
    with pytest.raises(ModelError, match="classifier answered"):
        detector.self_test()

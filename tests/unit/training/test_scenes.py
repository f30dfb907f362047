"""Scenes: the same for the same number, labels inside the picture and in reading order."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("PIL", reason="Pillow is in training/requirements.txt")

from app.detection import geometry
from training import fonts, generate, labels
from training.cards import FAMILIES
from training.errors import FontMissing, LabelsInvalid
from training.labels import LabelledCard, LabelledPicture
from training.scenes import camera, scene
from training.scenes.camera import Pose

SEED = 41
NUMBERS = range(24)


@pytest.fixture(scope="module", autouse=True)
def installed_fonts() -> None:
    try:
        for face in fonts.FACES:
            fonts.path(face)
    except FontMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def rendered() -> list[generate.Rendered]:
    return [generate.render(SEED, number) for number in NUMBERS]


def test_a_scene_is_the_same_for_the_same_number(rendered: list[generate.Rendered]) -> None:
    again = generate.render(SEED, 3)
    assert again.jpeg == rendered[3].jpeg
    assert again.jpeg != rendered[4].jpeg


def test_the_corners_lie_inside_the_picture(rendered: list[generate.Rendered]) -> None:
    for item in rendered:
        pixels = cv2.imdecode(np.frombuffer(item.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert pixels.shape[:2] == (item.picture.height, item.picture.width)
        for card in item.picture.cards:
            assert (card.quad >= -0.5).all()
            assert (card.quad <= np.array([item.picture.width, item.picture.height]) + 0.5).all()


def test_the_corners_go_around_clockwise(rendered: list[generate.Rendered]) -> None:
    quads = [card.quad for item in rendered for card in item.picture.cards]
    assert quads
    assert (geometry.area(np.stack(quads)) > 0).all()


def test_some_scenes_have_no_card_some_several(rendered: list[generate.Rendered]) -> None:
    counts = {len(item.picture.cards) for item in rendered}
    assert 0 in counts
    assert max(counts) > 1


@pytest.mark.parametrize("turns", range(4))
def test_the_corners_follow_the_card_when_it_is_turned(turns: int) -> None:
    """The first corner of a card that lies on its side is where its top left went, not the picture's."""
    card = FAMILIES["chinese_identity_front"](np.random.default_rng(1), 3.0)
    pose = Pose((300, 300), 300, turns * np.pi / 2)
    placed = scene.compose(np.random.default_rng(2), (600, 600), [(card, pose)], 0, strength=0.0)
    first = placed.cards[0].quad[0] - (300, 300)
    angle = np.degrees(np.arctan2(first[1], first[0])) % 360
    assert angle == pytest.approx((212.2 + 90 * turns) % 360, abs=3)


def test_the_card_lies_where_the_label_says() -> None:
    """Rectified by its label, a pasted card looks like the card that was drawn."""
    card = FAMILIES["chinese_licence"](np.random.default_rng(8), 4.0)
    pose = Pose((400, 300), 500, 0.3, 0.3, -0.2)
    placed = scene.compose(np.random.default_rng(9), (800, 600), [(card, pose)], 0, strength=0.0)
    height, width = card.pixels.shape[:2]
    matrix = cv2.getPerspectiveTransform(placed.cards[0].quad, card.quad)
    seen = cv2.warpPerspective(placed.pixels, matrix, (width, height))
    drawn = card.pixels[..., :3]
    assert np.corrcoef(seen.ravel(), drawn.ravel())[0, 1] > 0.8
    assert np.corrcoef(seen[::-1].ravel(), drawn.ravel())[0, 1] < 0.6


def test_a_tilted_card_is_smaller_where_it_is_farther() -> None:
    points = np.array([(-50, -30), (50, -30), (50, 30), (-50, 30)], np.float32)
    top_left, top_right, bottom_right, bottom_left = camera.project(
        points, 100, Pose((0, 0), 100, 0, 0.6), 300
    )
    top, bottom = np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_right - bottom_left)
    assert not np.isclose(top, bottom, rtol=0.05)


def test_generating_goes_on_where_it_stopped(tmp_path: Path) -> None:
    assert list(generate.generate(tmp_path, 2, SEED)) == [0, 1, 2]
    first = (tmp_path / "000001.jpg").read_bytes()
    assert list(generate.generate(tmp_path, 3, SEED)) == [2, 3]
    assert (tmp_path / "000001.jpg").read_bytes() == first
    assert [picture.file for picture in labels.read(tmp_path)] == ["000000.jpg", "000001.jpg", "000002.jpg"]


def test_labels_come_back_as_they_were_written(tmp_path: Path) -> None:
    quad = np.array([(1, 2), (30.5, 2), (30, 20), (1, 20)], np.float32)
    labels.write(tmp_path, [LabelledPicture("a.jpg", 40, 30, (LabelledCard("passport", quad),))])
    (picture,) = labels.read(tmp_path)
    assert (picture.file, picture.width, picture.height) == ("a.jpg", 40, 30)
    assert picture.cards[0].type == "passport"
    assert np.array_equal(picture.cards[0].quad, quad)


@pytest.mark.parametrize(
    "content", ["{", '[{"file": "a"}]', '[{"file": "a", "cards": [{"quad": [[1, 2]]}]}]']
)
def test_labels_in_another_form_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / labels.FILE).write_text(content)
    with pytest.raises(LabelsInvalid, match=r"labels\.json"):
        labels.read(tmp_path)


def test_absent_labels_are_named(tmp_path: Path) -> None:
    with pytest.raises(LabelsInvalid, match="not there"):
        labels.read(tmp_path)

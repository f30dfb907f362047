"""Scenes: the same for the same number, labels inside the picture and in reading order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("PIL", reason="Pillow is in training/requirements.txt")

from app.detection import geometry
from training import deck, fonts, generate, labels, lot, views
from training.cards import FAMILIES
from training.commands import training
from training.deck import Deck, Fresh
from training.errors import DeckMissing, FontMissing, LabelsInvalid
from training.labels import LabelledCard, LabelledPicture
from training.scenes import camera, clutter, panel, scene
from training.scenes.camera import Pose
from training.stock import NOTHING, Stock

SEED = 41
NUMBERS = range(24)
SOURCE = Fresh(px_per_mm=4.0)
STRIPES = np.random.default_rng(3).integers(0, 255, (80, 120, 3)).astype(np.uint8)
CUT_OUT = np.random.default_rng(4).integers(0, 255, (40, 30, 4)).astype(np.uint8)
PICTURED = Stock((cv2.imencode(".jpg", STRIPES)[1].tobytes(),), (cv2.imencode(".png", CUT_OUT)[1].tobytes(),))
SMALL = ((160, 120), (120, 160), (160, 90))


@pytest.fixture(scope="module", autouse=True)
def installed_fonts() -> None:
    try:
        for face in fonts.FACES:
            fonts.path(face)
    except FontMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def rendered() -> list[generate.Rendered]:
    return [generate.render(SEED, number, SOURCE) for number in NUMBERS]


def test_a_scene_is_the_same_for_the_same_number(rendered: list[generate.Rendered]) -> None:
    again = generate.render(SEED, 3, SOURCE)
    assert again.jpeg == rendered[3].jpeg
    assert again.jpeg != rendered[4].jpeg


@pytest.mark.parametrize("empty", [False, True])
def test_a_scene_can_be_as_large_as_a_photograph(empty: bool) -> None:
    small, large = (generate.render(SEED, 3, SOURCE, empty, scale).picture for scale in (1, 3))
    assert (large.width, large.height) == (3 * small.width, 3 * small.height)
    assert len(large.cards) == len(small.cards)


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


def test_a_quarter_of_the_scenes_has_no_card() -> None:
    """No more: a card that does not fit where the lot put it is not left out."""
    small = Fresh(px_per_mm=1.5)
    counts = [
        len(scene.random_scene(np.random.default_rng([SEED, number]), small, SMALL).cards)
        for number in range(200)
    ]
    assert 0.2 <= counts.count(0) / len(counts) <= 0.3


@pytest.mark.parametrize("kind", scene.KINDS)
def test_scenes_of_a_kind_have_cards_unless_they_are_to_have_none(kind: str) -> None:
    draw, share = scene.KINDS[kind]
    assert share > 0
    for number in range(30):
        drawn = draw(np.random.default_rng([SEED, number]), SMALL[number % 3], Fresh(px_per_mm=1.5))
        assert bool(drawn.cards) == (kind != "empty")


@pytest.mark.parametrize("kind", clutter.KINDS | clutter.PICTURED)
def test_a_thing_is_the_same_for_the_same_seed_and_has_something_on_it(kind: str) -> None:
    draw, share = (clutter.KINDS | clutter.PICTURED)[kind]
    assert share > 0
    for stock in (PICTURED,) if kind in clutter.PICTURED else (NOTHING, PICTURED):
        first, again, other = (draw(np.random.default_rng(n), 3.0, stock) for n in (1, 1, 2))
        assert first.width_mm > 5
        assert np.array_equal(first.pixels, again.pixels)
        assert first.width_mm != other.width_mm or not np.array_equal(first.pixels, other.pixels)
        assert first.pixels[..., :3].std() > 1


def test_things_of_photographs_are_drawn_only_where_there_are_some() -> None:
    shapes = {clutter.thing(np.random.default_rng(n), 1.0, PICTURED).pixels.shape[:2] for n in range(40)}
    assert (40, 30) in shapes  # the cut-out
    shapes = {clutter.thing(np.random.default_rng(n), 1.0, NOTHING).pixels.shape[:2] for n in range(40)}
    assert (40, 30) not in shapes


def test_a_kind_is_drawn_as_often_as_its_weight_says() -> None:
    rng = np.random.default_rng(2)
    counts = Counter(lot.drawn(rng, {"a": ("A", 3), "b": ("B", 1), "never": ("C", 0)}) for _ in range(800))
    assert counts.keys() == {"A", "B"}
    assert 560 < counts["A"] < 640


@pytest.mark.parametrize("turns", range(4))
def test_the_corners_follow_the_card_when_it_is_turned(turns: int) -> None:
    """The first corner of a card that lies on its side is where its top left went, not the picture's."""
    card = FAMILIES["chinese_identity_front"](np.random.default_rng(1), 3.0)
    pose = Pose((300, 300), 300, turns * np.pi / 2)
    placed = scene.compose(
        np.random.default_rng(2), (600, 600), [(panel.single(card), pose)], 0, strength=0.0
    )
    first = placed.cards[0].quad[0] - (300, 300)
    angle = np.degrees(np.arctan2(first[1], first[0])) % 360
    assert angle == pytest.approx((212.2 + 90 * turns) % 360, abs=3)


def test_the_card_lies_where_the_label_says() -> None:
    """Rectified by its label, a pasted card looks like the card that was drawn."""
    card = FAMILIES["chinese_licence"](np.random.default_rng(8), 4.0)
    pose = Pose((400, 300), 500, 0.3, 0.3, -0.2)
    placed = scene.compose(
        np.random.default_rng(9), (800, 600), [(panel.single(card), pose)], 0, strength=0.0
    )
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


def test_scenes_without_a_card_have_none() -> None:
    assert all(not generate.render(SEED, number, SOURCE, empty=True).picture.cards for number in range(6))


@pytest.mark.parametrize("arrange", [panel.touching, panel.apart])
def test_cards_of_a_panel_lie_inside_it_and_do_not_overlap(arrange: Callable[..., panel.Panel]) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        group = arrange(rng, [SOURCE.card(rng) for _ in range(4)])
        height, width = group.pixels.shape[:2]
        quads = np.stack([quad for _, quad in group.cards])
        assert (quads >= -1.5).all()  # a resized card has whole pixels
        assert (quads <= np.array([width, height]) + 1.5).all()
        assert all(geometry.iou(quads[n], np.delete(quads, n, 0)).max() < 0.01 for n in range(4))


@pytest.mark.parametrize("arrange", [panel.touching, panel.apart])
def test_cards_of_a_panel_are_as_wide_beside_each_other_as_they_are(
    arrange: Callable[..., panel.Panel],
) -> None:
    drawn = [
        FAMILIES[family](np.random.default_rng(3), px_per_mm)
        for family, px_per_mm in (("chinese_licence", 3.0), ("passport_booklet", 2.0), ("identity_id2", 4.0))
    ]
    cards = arrange(np.random.default_rng(4), drawn).cards
    widths = [float(np.linalg.norm(quad[1] - quad[0])) for _, quad in cards]
    assert np.array(widths) / widths[0] == pytest.approx(
        [card.width_mm / drawn[0].width_mm for card in drawn], 0.02
    )
    assert drawn[1].width_mm > drawn[2].width_mm > drawn[0].width_mm


def test_a_deck_gives_back_what_was_drawn(tmp_path: Path) -> None:
    assert list(deck.render(tmp_path, 4, SEED)) == [0, 1, 2, 3, 4]
    assert list(deck.render(tmp_path, 8, SEED)) == [4, 5, 6, 7, 8]
    drawn = Deck.load(tmp_path)
    assert (len(drawn.cards), len(drawn.things)) == (6, 2)
    fresh = Fresh().card(np.random.default_rng([SEED, 0]))
    entry = drawn.cards[0]
    assert (entry.type, entry.quad.tolist()) == (fresh.type, fresh.quad.tolist())
    assert np.abs(entry.pixels().astype(int) - fresh.pixels).mean() < 4


def test_what_is_drawn_with_other_photographs_goes_to_another_folder(tmp_path: Path) -> None:
    def run(command: str, folder: Path, photographs: Path, *words: str) -> str:
        at = ["--folder", str(folder), "--photographs", str(photographs)]
        return CliRunner().invoke(training, [command, *at, *words]).output

    cards, scenes, photographs = (tmp_path / name for name in ("deck", "scenes", "stock"))
    from_cards = ("--cards", str(cards), "--count")
    assert "4/4" in run("deck", cards, photographs, "--count", "4")
    assert "1/1" in run("generate", scenes, photographs, *from_cards, "1")
    assert "2/2" in run("generate", scenes, photographs, *from_cards, "2")
    photographs.mkdir()
    assert "another folder" in run("deck", cards, photographs, "--count", "5")
    assert "another folder" in run("generate", scenes, photographs, *from_cards, "3")


def test_an_empty_deck_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeckMissing, match="training deck"):
        Deck.load(tmp_path)


@pytest.mark.parametrize("name", views.VIEWS)
def test_corners_follow_a_picture_that_is_seen_otherwise(name: str) -> None:
    """A light card on a dark table is where the corners say, in every view."""
    quad = np.array([(60, 40), (220, 50), (210, 150), (50, 140)], np.float32)
    pixels = np.full((200, 300, 3), 10, np.uint8)
    cv2.fillConvexPoly(pixels, quad.astype(np.int32), (250, 250, 250))
    _, data = cv2.imencode(".png", pixels)
    body, (card,) = views.VIEWS[name](data.tobytes(), (LabelledCard("passport", quad),))
    seen = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_GRAYSCALE)
    mask = np.zeros_like(seen)
    cv2.fillConvexPoly(mask, card.quad.astype(np.int32), 1)
    assert seen[mask > 0].mean() > 4 * seen[mask == 0].mean()
    assert geometry.area(card.quad[None])[0] > 0


def test_generating_goes_on_where_it_stopped(tmp_path: Path) -> None:
    assert list(generate.generate(tmp_path, 2, SEED, SOURCE)) == [0, 1, 2]
    first = (tmp_path / "000001.jpg").read_bytes()
    assert list(generate.generate(tmp_path, 3, SEED, SOURCE)) == [2, 3]
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

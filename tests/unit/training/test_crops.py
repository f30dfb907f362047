"""Crops for the classifier, and what is mined for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL", reason="Pillow is in training/requirements.txt")

from training import crops, deck, evaluate, fonts, generate, mine
from training.crops import Crops
from training.deck import Deck
from training.errors import FontMissing, ScenesMissing
from training.settings import CROP_PX, KINDS, MODEL

SEED = 51


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small deck and a few scenes from it."""
    try:
        for face in fonts.FACES:
            fonts.path(face)
    except FontMissing as error:
        pytest.skip(str(error))
    cards, scenes = tmp_path_factory.mktemp("deck"), tmp_path_factory.mktemp("scenes")
    list(deck.render(cards, 24, SEED))
    list(generate.generate(scenes, 16, SEED, Deck.load(cards)))
    return cards, scenes


def test_crops_are_of_all_kinds_and_turns_and_the_same_for_the_same_seed(folders: tuple[Path, Path]) -> None:
    cards, scenes = folders
    source = Crops.load([scenes], [cards])
    first, again = (
        [source.crop(rng) for _ in range(60)] for rng in (np.random.default_rng(1), np.random.default_rng(1))
    )
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))
    assert {crop.pixels.shape for crop in first} == {(CROP_PX[1], CROP_PX[0], 3)}
    assert set(Counter(KINDS[crop.kind] for crop in first)) == set(KINDS)
    assert {crop.turns for crop in first} == {-1, 0, 1, 2, 3}
    assert all((KINDS[crop.kind] == "none") == (crop.turns == -1) for crop in first)


def test_a_crop_is_rolled_by_as_many_quarters_as_it_says(folders: tuple[Path, Path]) -> None:
    """A card with a red top: rolled by n, the red is n quarters on, clockwise from the top."""
    picture = np.full((200, 320, 3), 255, np.uint8)
    picture[:60] = (255, 0, 0)
    quad = np.array([(0, 0), (320, 0), (320, 200), (0, 200)], np.float32)
    seen = set()
    for seed in range(40):
        crop = crops._card(picture, quad, "passport", np.random.default_rng(seed))
        red = (crop.pixels[..., 0] > 200) & (crop.pixels[..., 1] < 60)
        y, x = (axis.mean() - size / 2 for axis, size in zip(np.nonzero(red), CROP_PX[::-1], strict=True))
        side = (0 if y < 0 else 2) if abs(y) > abs(x) else (1 if x > 0 else 3)
        assert side == crop.turns
        seen.add(crop.turns)
    assert seen == {0, 1, 2, 3}


def test_scenes_of_one_kind_alone_are_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    cards, _ = folders
    list(generate.generate(tmp_path, 2, SEED, Deck.load(cards), empty=True))
    with pytest.raises(ScenesMissing, match="without any"):
        Crops.load([tmp_path], [cards])


def test_what_is_mined_is_where_no_card_is(folders: tuple[Path, Path], tmp_path: Path) -> None:
    cards, scenes = folders
    assert mine.read(scenes) == {}
    detector = evaluate.open_detector(MODEL)
    try:
        assert list(mine.mine(detector, scenes, 5))[-1] == 5
        assert len(mine.read(scenes)) == 5
        assert list(mine.mine(detector, scenes, 16))[-1] == 16
        found = mine.read(scenes)
        assert len(found) == 16
        source = Crops.load([scenes], [cards])
        assert len(source.mined) == sum(len(quads) for quads in found.values())
        for number, quad in source.mined:
            assert mine._false(quad, source.scenes.cards[number])
    finally:
        (scenes / mine.FILE).unlink()

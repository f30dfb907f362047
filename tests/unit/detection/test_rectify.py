"""Crops of cards: upright, in proportion, from any place and size of a picture."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.detection import rectify
from app.detection.letterbox import GREY
from tests.unit.detection.photographs import DOTS_BGR, card_photo

SIZE = (320, 224)
QUAD = np.array([[300, 210], [900, 260], [860, 620], [260, 560]], np.float32)


def dots(crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Where the four dots (4, 2) of `card_photo` are: the middle of what is near their colours."""
    found = []
    for colour in DOTS_BGR:
        distance = np.abs(crop.astype(int) - colour).sum(axis=2)
        y, x = np.nonzero(distance < 120)
        found.append((x.mean() + 0.5, y.mean() + 0.5))
    return np.array(found)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
def test_the_corners_come_to_lie_on_the_target(turns: int, scale: float) -> None:
    quad = np.roll(QUAD * scale, turns, axis=0)
    photo = card_photo(int(1200 * scale), int(800 * scale), quad)
    crop = rectify.crop(photo, quad, SIZE)
    assert crop.shape == (SIZE[1], SIZE[0], 3)
    # Half of each dot lies beyond the margin, so that what is left of it has its middle a little inside.
    assert dots(crop) == pytest.approx(rectify.target(quad, SIZE), abs=9)


@pytest.mark.parametrize(("width", "height"), [(160, 100), (100, 160), (100, 100)])
def test_a_card_keeps_its_proportions(width: int, height: int) -> None:
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    place = rectify.target(quad, SIZE)
    found_width, found_height = np.ptp(place, axis=0)
    assert found_width / found_height == pytest.approx(width / height, rel=1e-5)
    assert place.mean(axis=0) == pytest.approx([SIZE[0] / 2, SIZE[1] / 2])
    assert (place >= 0).all()
    assert (place <= SIZE).all()


def test_a_sliver_is_not_stretched_beyond_bounds() -> None:
    quad = np.array([[0, 0], [500, 0], [500, 3], [0, 3]], np.float32)
    width, height = np.ptp(rectify.target(quad, SIZE), axis=0)
    assert width / height < 3


def test_what_is_outside_the_picture_and_the_margin_is_grey() -> None:
    photo = np.full((100, 160, 3), 255, np.uint8)
    whole = np.array([[0, 0], [160, 0], [160, 100], [0, 100]], np.float32)
    crop = rectify.crop(photo, whole, SIZE)
    assert (crop[0, 0] == GREY).all()
    assert (crop[SIZE[1] // 2, SIZE[0] // 2] == 255).all()
    upright = np.array([[50, 10], [80, 10], [80, 60], [50, 60]], np.float32)
    assert (rectify.crop(photo, upright, SIZE)[:, 5] == GREY).all()


@pytest.mark.parametrize("shift", [-5000, 5000])
def test_a_quad_beyond_the_picture_gives_grey(shift: int) -> None:
    photo = np.full((100, 160, 3), 255, np.uint8)
    crop = rectify.crop(photo, QUAD + shift, SIZE)
    assert (crop[SIZE[1] // 2, SIZE[0] // 2] == GREY).all()


def test_a_quad_without_an_area_does_no_harm() -> None:
    photo = card_photo(300, 200, QUAD / 4)
    assert rectify.crop(photo, np.full((4, 2), 50, np.float32), SIZE).shape == (SIZE[1], SIZE[0], 3)

"""Fitting a picture into the model's input, and points back."""

import numpy as np
import pytest

from app.detection.letterbox import GREY, Letterbox, rgb_unit, shrunk


@pytest.mark.parametrize(
    ("picture", "into", "expected"),
    [
        ((640, 480), (352, 352), (0, 44, 352, 264)),
        ((480, 640), (352, 352), (44, 0, 264, 352)),
        ((100, 100), (352, 352), (0, 0, 352, 352)),
        ((100, 100), (640, 320), (160, 0, 320, 320)),
        ((16000, 32), (352, 352), (0, 175, 352, 1)),
    ],
)
def test_fits_centred(picture: tuple[int, int], into: tuple[int, int], expected: tuple[int, ...]) -> None:
    box = Letterbox.fit(picture, into)
    assert (box.left, box.top, box.width, box.height) == expected


def test_brings_the_corners_back_exactly() -> None:
    box = Letterbox.fit((1003, 777), (352, 352))
    corners = np.array([[box.left, box.top], [box.left + box.width, box.top + box.height]], np.float32)
    assert box.to_picture(corners) == pytest.approx(np.array([[0, 0], [1003, 777]]))


def test_fills_rgb_from_0_to_1_on_grey() -> None:
    picture = np.full((50, 100, 3), (0, 51, 255), np.uint8)  # BGR
    tensor = rgb_unit(picture, Letterbox.fit((100, 50), (64, 96)), (64, 96))
    assert tensor.shape == (1, 3, 96, 64)
    assert tensor.dtype == np.float32
    assert tensor[0, :, 48, 32] == pytest.approx([1, 0.2, 0])
    assert tensor[0, :, 0, 0] == pytest.approx([GREY / 255] * 3)


def test_averages_when_it_shrinks() -> None:
    """A chessboard of single pixels becomes even grey, not a pattern."""
    chess = (np.indices((704, 704)).sum(axis=0) % 2 * 255).astype(np.uint8)
    tensor = rgb_unit(np.dstack([chess] * 3), Letterbox.fit((704, 704), (352, 352)), (352, 352))
    assert np.ptp(tensor) < 0.01


@pytest.mark.parametrize(("width", "height"), [(1632, 1224), (1631, 1223), (1760, 1000), (353, 200)])
def test_a_ramp_keeps_its_place_however_the_picture_is_shrunk(width: int, height: int) -> None:
    """Also where a whole step comes first: the ramp's values stand where the letterbox says."""
    ramp = np.tile(np.linspace(0, 255, width)[None, :, None], (height, 1, 3)).astype(np.uint8)
    box = Letterbox.fit((width, height), (352, 352))
    row = rgb_unit(ramp, box, (352, 352))[0, 0, 176, box.left : box.left + box.width]
    assert row == pytest.approx((np.arange(352) + 0.5) / 352, abs=0.006)


def test_squares_are_averaged_and_what_is_over_is_cut_off() -> None:
    picture = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    expected = picture[:4, :6].reshape(2, 2, 3, 2, 3).mean(axis=(1, 3))
    assert shrunk(picture, 2) == pytest.approx(expected, abs=0.51)
    assert shrunk(picture, 1) is picture


@pytest.mark.parametrize("step", range(2, 13))
def test_any_step_gives_the_mean_to_one_level(step: int) -> None:
    picture = np.random.default_rng(step).integers(0, 256, (5 * step + 1, 7 * step + 1, 3), np.uint8)
    squares = picture[: 5 * step, : 7 * step].reshape(5, step, 7, step, 3)
    assert shrunk(picture, step) == pytest.approx(squares.mean(axis=(1, 3)), abs=1.01)

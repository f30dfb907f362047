"""The picture of a card, as if it had been laid flat in front of the camera. Pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.detection.letterbox import GREY, shrunk
from app.detection.opencv import cv2

MARGIN = 0.06  # room around the card, in shares of the crop
_WIDEST = 2.2  # width by height that a card may have; what is beyond comes from a steep view


def crop(pixels: NDArray[np.uint8], quad: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The card, upright if the quad is in reading order, in the middle of a crop with a little around it.

    Args:
        pixels: (height, width, 3).
        quad: (4, 2), corners TL, TR, BR, BL in pixels of the picture.
        size: width and height of the crop.

    Returns:
        (height, width, 3); grey where the picture or the margin ends.
    """
    place = target(quad, size)
    matrix, picture = _shrunk(pixels, quad, place)
    flat = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(GREY, GREY, GREY))
    margin = MARGIN * np.array(size)
    left, top = np.maximum(np.floor(place[0] - margin), 0).astype(int)
    right, bottom = np.ceil(place[2] + margin).astype(int)
    framed = np.full((size[1], size[0], 3), GREY, np.uint8)
    framed[top:bottom, left:right] = flat[top:bottom, left:right]
    return framed


def target(quad: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.float32]:
    """Where the corners (4, 2) come to lie: the largest box of the card's proportions inside the margin."""
    edges = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    across, down = edges[0] + edges[2], edges[1] + edges[3]
    ratio = float(np.clip(across / max(down, 1e-6), 1 / _WIDEST, _WIDEST))
    room = (1 - 2 * MARGIN) * np.array(size, np.float64)
    width = min(room[0], room[1] * ratio)
    half = np.array([width, width / ratio]) / 2
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half + np.array(size) / 2
    return corners.astype(np.float32)


def _shrunk(
    pixels: NDArray[np.uint8], quad: NDArray[np.floating], place: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """The matrix from a picture to the crop, and the picture: the card's surroundings, averaged if large."""
    height, width = pixels.shape[:2]
    middle = (quad.min(axis=0) + quad.max(axis=0)) / 2
    reach = np.ptp(quad, axis=0) * (0.5 + 2 * MARGIN) + 2
    left, top = np.clip(np.floor(middle - reach), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(np.ceil(middle + reach), (left + 1, top + 1), (width, height)).astype(int)
    part = pixels[top:bottom, left:right]
    edges = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    excess = float(edges.max() / max(np.ptp(place, axis=0).max(), 1.0))
    step = int(np.clip(np.round(excess), 1, min(part.shape[:2])))
    source = ((quad - (left, top)) / step).astype(np.float32)
    part = shrunk(part, step)
    # Pixel (0, 0) covers the square from 0 to 1: its centre is at a half.
    return np.asarray(cv2.getPerspectiveTransform(source - 0.5, place - 0.5)), np.ascontiguousarray(part)

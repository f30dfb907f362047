"""What light and the camera do to a picture (h, w, 3) RGB."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.scenes.background import clouds, grain

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def shadow(picture: Pixels, cover: Floats, rng: Generator) -> None:
    """Darkens the surroundings of what covers (h, w), as a thing that lies on them does."""
    height, width = cover.shape
    reach = max(width, height) * rng.uniform(0.003, 0.02)
    shift = np.array([[1, 0, rng.uniform(-2, 2) * reach], [0, 1, rng.uniform(-1, 2) * reach]], np.float32)
    cast = cv2.GaussianBlur(cv2.warpAffine(cover, shift, (width, height)), (0, 0), reach)
    dark = 1 - rng.uniform(0.2, 0.6) * np.clip(cast, 0, 1)
    picture[:] = (picture * dark[..., None]).astype(np.uint8)


def lit(picture: Pixels, rng: Generator, strength: float = 1.0) -> Pixels:
    """Uneven light, a colour cast, sometimes glare, exposure and contrast."""
    height, width = picture.shape[:2]
    light = 1 + strength * rng.uniform(0, 0.35) * clouds(rng, width, height, 2)
    cast = 1 + strength * rng.uniform(-0.1, 0.1, 3)
    bright = picture * light[..., None] * cast.astype(np.float32)
    if rng.uniform() < 0.25 * strength:
        bright += _glare(width, height, rng)[..., None]
    if rng.uniform() < 0.12 * strength:  # too dark
        bright *= rng.uniform(0.2, 0.6)
    contrast = 1 + strength * rng.uniform(-0.3, 0.25)
    offset = strength * rng.uniform(-35, 25)
    return np.clip((bright - 128) * contrast + 128 + offset, 0, 255).astype(np.uint8)


def exposed(picture: Pixels, rng: Generator, strength: float = 1.0) -> Pixels:
    """Blur by focus or motion, and the sensor's noise."""
    longest = max(picture.shape[:2])
    choice = rng.uniform()
    if choice < 0.35 * strength:
        picture = cv2.GaussianBlur(picture, (0, 0), longest / 448 * rng.uniform(0.4, 1.5))
    elif choice < 0.45 * strength:
        picture = cv2.filter2D(picture, -1, _motion(rng, longest))
    noise = grain(rng, picture.shape[1], picture.shape[0], 2000) * rng.uniform(0, 8) * strength
    return np.clip(picture + noise[..., None], 0, 255).astype(np.uint8)


def _glare(width: int, height: int, rng: Generator) -> Floats:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    longest = max(width, height)
    dx, dy = x - width * rng.uniform(), y - height * rng.uniform()
    angle, reach = rng.uniform(0, np.pi), longest * rng.uniform(0.04, 0.2)
    along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    spot = np.exp(-((along / (2.5 * reach)) ** 2) - (across / reach) ** 2)
    return (rng.uniform(40, 190) * spot).astype(np.float32)


def _motion(rng: Generator, longest: int) -> Floats:
    """A kernel that smears along a line."""
    size = max(3, round(longest / 448 * rng.uniform(3, 7))) | 1
    kernel = np.zeros((size, size), np.float32)
    angle = rng.uniform(0, np.pi)
    middle, reach = size // 2, (size - 1) / 2
    ends = [
        (round(middle + s * reach * np.cos(angle)), round(middle + s * reach * np.sin(angle)))
        for s in (-1, 1)
    ]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return kernel / max(float(kernel.sum()), 1.0)

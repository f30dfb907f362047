"""What cards lie on, drawn by lot. Pictures are (h, w, 3) RGB."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.stock import NOTHING, Stock

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

PHOTOGRAPH_SHARE = 0.6


def background(rng: Generator, width: int, height: int, stock: Stock = NOTHING) -> Pixels:
    """A photograph, where there are some, or a drawn surface of any kind."""
    if stock.pictures and rng.uniform() < PHOTOGRAPH_SHARE:
        picture = stock.picture(rng, width, height)
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.8, 4)) if rng.uniform() < 0.25 else picture
    kinds = (_plain, _wood, _cloth, _speckled, _tiles, _striped, _soft)
    surface = kinds[int(rng.choice(len(kinds), p=(0.2, 0.25, 0.15, 0.12, 0.08, 0.08, 0.12)))]
    return np.clip(surface(rng, width, height), 0, 255).astype(np.uint8)


def clouds(rng: Generator, width: int, height: int, cells: float) -> Floats:
    """Smooth noise (h, w) of about -1 to 1 with so many hills along the longer side."""
    longest = max(width, height)
    rows, columns = (max(2, round(side / longest * cells) + 2) for side in (height, width))
    coarse = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def grain(rng: Generator, width: int, height: int, finest: int = 640) -> Floats:
    """Fine noise (h, w) around 0, no finer than `finest` cells along the longer side."""
    scale = min(1.0, finest / max(width, height))
    small = rng.standard_normal((max(2, round(height * scale)), max(2, round(width * scale))), np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _colour(rng: Generator, low: float = 20, high: float = 240) -> Floats:
    value = rng.uniform(low, high)
    return np.clip(value + rng.uniform(-38, 38, 3), 0, 255).astype(np.float32)


def _plain(rng: Generator, width: int, height: int) -> Floats:
    shade = 1 + 0.06 * clouds(rng, width, height, 3)
    noise = grain(rng, width, height) * rng.uniform(0, 5)
    return _colour(rng) * shade[..., None] + noise[..., None]


def _wood(rng: Generator, width: int, height: int) -> Floats:
    """Boards with rings stretched along one side."""
    light = np.array((rng.uniform(110, 225), rng.uniform(75, 170), rng.uniform(40, 120)), np.float32)
    dark = light * rng.uniform(0.5, 0.85)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None] * rng.uniform(10, 45)
    stretched = cv2.resize(clouds(rng, 64, height, 14), (width, height), interpolation=cv2.INTER_CUBIC)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (y + 1.4 * stretched + 0.3 * clouds(rng, width, height, 20)))
    fibre = cv2.resize(rng.uniform(-1, 1, (height, 24)).astype(np.float32), (width, height))
    share = np.clip(0.65 * rings + 0.25 * fibre, 0, 1)[..., None]
    picture = light * (1 - share) + dark * share
    boards = int(rng.integers(0, 6))
    for board in range(1, boards):
        row = height * board // boards
        picture[row : row + max(1, height // 250)] *= 0.5
    return picture if rng.uniform() < 0.5 else _turned(picture, width, height)


def _turned(picture: Floats, width: int, height: int) -> Floats:
    return cv2.resize(cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE), (width, height))


def _cloth(rng: Generator, width: int, height: int) -> Floats:
    longest = max(width, height)
    threads = rng.uniform(60, 160)
    x = np.sin(np.arange(width, dtype=np.float32) / longest * threads * 2 * np.pi)[None, :]
    y = np.sin(np.arange(height, dtype=np.float32) / longest * threads * 2 * np.pi)[:, None]
    weave = 1 + 0.08 * (x + y) + 0.25 * clouds(rng, width, height, 5)
    return _colour(rng) * weave[..., None]


def _speckled(rng: Generator, width: int, height: int) -> Floats:
    """Stone or carpet: two colours mixed by noise at two scales."""
    mix = 0.5 + 0.3 * grain(rng, width, height, 300) + 0.4 * clouds(rng, width, height, 30)
    share = np.clip(mix, 0, 1)[..., None]
    return _colour(rng) * share + _colour(rng) * (1 - share)


def _tiles(rng: Generator, width: int, height: int) -> Floats:
    picture = _plain(rng, width, height)
    step = max(8, round(max(width, height) / rng.uniform(3, 14)))
    joint = max(1, step // 24)
    ink = _colour(rng)
    for start in range(int(rng.integers(step)), max(width, height), step):
        picture[start : start + joint] = ink
        picture[:, start : start + joint] = ink
    return picture


def _striped(rng: Generator, width: int, height: int) -> Floats:
    longest = max(width, height)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / longest
    angle = rng.uniform(0, np.pi)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(10, 90))
    share = (np.clip(wave * 4, -1, 1)[..., None] + 1) / 2
    return _colour(rng) * share + _colour(rng) * (1 - share)


def _soft(rng: Generator, width: int, height: int) -> Floats:
    """A blurred room: large shapes of several colours."""
    small = rng.uniform(20, 235, (int(rng.integers(3, 8)), int(rng.integers(3, 8)), 3)).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)

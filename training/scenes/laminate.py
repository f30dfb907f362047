"""A card sealed in a pouch of clear film that is larger than it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator

from training.cards.sheet import Card

FILM = (0.02, 0.07)  # border of film around the card, in widths of the card
HAZE = (0.1, 0.5)  # how much of the film itself is seen


def laminated(card: Card, rng: Generator) -> Card:
    """The same card with a pale border that lets through what is behind, and streaks of light on it."""
    border = max(1, round(card.pixels.shape[1] * rng.uniform(*FILM)))
    height, width = (side + 2 * border for side in card.pixels.shape[:2])
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = int(rng.integers(200, 256))
    pixels[..., 3] = int(255 * rng.uniform(*HAZE))
    inner = pixels[border:-border, border:-border]
    cover = card.pixels[..., 3:].astype(np.float32) / 255
    inner[..., :3] = (card.pixels[..., :3] * cover + inner[..., :3] * (1 - cover)).astype(np.uint8)
    inner[..., 3] = np.maximum(inner[..., 3], card.pixels[..., 3])
    cv2.rectangle(pixels, (0, 0), (width - 1, height - 1), (235, 235, 235, 200), max(1, border // 6))
    streak = _streak(height, width, rng)
    pixels[..., :3] = np.clip(pixels[..., :3] + streak, 0, 255).astype(np.uint8)
    return replace(card, pixels=pixels, quad=card.quad + np.float32(border))


def _streak(height: int, width: int, rng: Generator) -> np.ndarray:
    """A band of reflected light across the film, (h, w, 1)."""
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    angle, place = rng.uniform(0, np.pi), rng.uniform(-0.8, 0.8)
    across = x * np.cos(angle) + y * np.sin(angle) - place
    band = np.exp(-((across / rng.uniform(0.03, 0.3)) ** 2)) * rng.uniform(0, 110)
    return np.asarray(band, np.float32)[..., None]

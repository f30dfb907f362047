"""Scenes held in memory as JPEG bytes, and changed a little every time they are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training import labels
from training.errors import ScenesMissing
from training.labels import LabelledCard
from training.settings import INPUT_PX

Pixels = NDArray[np.uint8]
GREY = 114
MIN_VISIBLE = 0.75  # share of a card inside the picture from which on it must be found
MIN_THERE = 0.15  # below, it counts as not there; in between it may be found or not


@dataclass(frozen=True, slots=True)
class Example:
    """One input: RGB (352, 352, 3), the cards to be found in it, and quads that may be found or not."""

    pixels: Pixels
    cards: tuple[LabelledCard, ...]
    ignored: tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, slots=True)
class Scenes:
    """Compressed scenes and their cards."""

    jpegs: list[bytes]
    cards: list[tuple[LabelledCard, ...]]

    @classmethod
    def load(cls, *folders: Path) -> Scenes:
        """All labelled scenes of some folders. Raises ScenesMissing, LabelsInvalid."""
        found = [(folder / p.file, p.cards) for folder in folders for p in labels.read(folder)]
        if not found:
            raise ScenesMissing(f"{folders[0]} holds no scenes; run `python -m training generate` first.")
        return cls([path.read_bytes() for path, _ in found], [cards for _, cards in found])

    def pixels(self, number: int) -> Pixels:
        """A scene as it is, RGB (h, w, 3)."""
        data = np.frombuffer(self.jpegs[number], np.uint8)
        return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])

    def example(self, rng: Generator) -> Example:
        """A scene by lot, changed by lot."""
        number = int(rng.integers(len(self.jpegs)))
        moved, matrix = _moved(self.pixels(number), rng)
        cards, ignored = _visible([_through(card, matrix) for card in self.cards[number]])
        return Example(developed(moved, rng), cards, ignored)


def _moved(pixels: Pixels, rng: Generator) -> tuple[Pixels, NDArray[np.float64]]:
    """The picture in the input's square: letterboxed, turned by quarters, or at any angle and size."""
    height, width = pixels.shape[:2]
    scale = INPUT_PX / max(width, height)
    angle = np.pi / 2 * int(rng.integers(4))
    slant = np.zeros(2)
    shift = np.zeros(2)
    if rng.uniform() < 0.6:
        scale *= rng.uniform(0.6, 1.5)
        angle += rng.uniform(-np.pi / 4, np.pi / 4) * (rng.uniform() < 0.6)
        slant = rng.uniform(-0.12, 0.12, 2) / INPUT_PX
        shift = rng.uniform(-0.15, 0.15, 2) * INPUT_PX
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    centred = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    turned = np.array([[cosine, -sine, 0], [sine, cosine, 0], [*slant, 1]])
    back = np.array([[1, 0, INPUT_PX / 2 + shift[0]], [0, 1, INPUT_PX / 2 + shift[1]], [0, 0, 1]])
    matrix = back @ turned @ centred
    if scale < 1:  # as area averaging would
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.35 / scale)
    grey = int(rng.integers(256)) if rng.uniform() < 0.3 else GREY
    border = (grey, grey, grey)
    return cv2.warpPerspective(
        pixels, matrix, (INPUT_PX, INPUT_PX), flags=cv2.INTER_LINEAR, borderValue=border
    ), matrix


def _through(card: LabelledCard, matrix: NDArray[np.float64]) -> LabelledCard:
    return LabelledCard(card.type, cv2.perspectiveTransform(card.quad[None], matrix)[0])


def _visible(
    cards: list[LabelledCard],
) -> tuple[tuple[LabelledCard, ...], tuple[NDArray[np.float32], ...]]:
    """The cards that must be found, and the quads of those that are half outside."""
    frame = np.array([(0, 0), (INPUT_PX, 0), (INPUT_PX, INPUT_PX), (0, INPUT_PX)], np.float32)
    found, ignored = [], []
    for card in cards:
        shared, _ = cv2.intersectConvexConvex(card.quad, frame)
        share = shared / max(cv2.contourArea(card.quad), 1.0)
        if share >= MIN_VISIBLE:
            found.append(card)
        elif share > MIN_THERE:
            ignored.append(card.quad)
    return tuple(found), tuple(ignored)


def developed(pixels: Pixels, rng: Generator) -> Pixels:
    """Other light, colours, sharpness, noise and compression; RGB (h, w, 3)."""
    table = np.linspace(0, 1, 256) ** rng.uniform(0.65, 1.5)
    dark = rng.uniform(0.2, 0.7) if rng.uniform() < 0.2 else 1.0
    gains = dark * rng.uniform(0.75, 1.15) * rng.uniform(0.88, 1.12, 3)
    tables = np.clip(table[:, None] * gains * 255 + rng.uniform(-18, 18) * dark, 0, 255).astype(np.uint8)
    pixels = cv2.LUT(pixels, tables[None])
    if rng.uniform() < 0.12:
        pixels = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    elif rng.uniform() < 0.12:
        pixels = np.ascontiguousarray(pixels[..., rng.permutation(3)])
    if rng.uniform() < 0.4:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 2.2))
    if rng.uniform() < 0.3:
        noise = rng.standard_normal(pixels.shape, np.float32) * rng.uniform(1, 12)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    if rng.uniform() < 0.45:
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 90))])
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return pixels

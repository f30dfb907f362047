"""Crops for the classifier: rectified cards of scenes and decks, and rectified places without a card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from app.detection import rectify
from training import labels, mine
from training.dataset import Scenes, developed
from training.deck import Deck
from training.errors import ScenesMissing
from training.scenes import background
from training.settings import CROP_PX, KINDS
from training.stock import NOTHING, Stock

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

FROM_SCENE, FROM_DECK = 0.48, 0.3  # shares of the sources of crops; the rest are places without a card
TURNS = (0.55, 0.1, 0.25, 0.1)  # how often a crop is rolled by so many quarters
LOOSE_SHARE, LOOSE, CLOSE = 0.25, 0.035, 0.008  # of corners that are badly placed; deviations in sides
MINED_SHARE = 0.45  # of the places without a card, where there are mined ones
MOST_COVERED = 0.35  # of a card that a place without a card may cover


@dataclass(frozen=True, slots=True)
class Crop:
    """RGB (224, 320, 3), the index of its kind, and the quarters it is rolled by (-1: there is no card)."""

    pixels: Pixels
    kind: int
    turns: int


@dataclass(frozen=True, slots=True)
class Crops:
    """Crops of scenes and of the deck that the scenes were made from.

    Attributes:
        full, empty: the numbers of the scenes with cards, and of those without.
        mined: the number of a scene and a quad in it that the detector takes for a card, and that is none.
    """

    scenes: Scenes
    deck: Deck
    full: list[int]
    empty: list[int]
    mined: tuple[tuple[int, Floats], ...] = ()

    @classmethod
    def load(cls, scenes: Sequence[Path], decks: Sequence[Path], stock: Stock = NOTHING) -> Crops:
        """From the folders of both, with what was mined.

        Raises:
            ScenesMissing: there are none with cards, or none without.
            DeckMissing, LabelsInvalid: as they say.
        """
        mined: list[tuple[int, Floats]] = []
        first = 0
        for folder in scenes:
            numbers = {picture.file: first + n for n, picture in enumerate(labels.read(folder))}
            mined += [(numbers[file], q) for file, quads in mine.read(folder).items() for q in quads]
            first += len(numbers)
        loaded = Scenes.load(*scenes)
        full = [n for n, cards in enumerate(loaded.cards) if cards]
        empty = [n for n, cards in enumerate(loaded.cards) if not cards]
        if not full or not empty:
            raise ScenesMissing(f"{scenes[0]} must hold scenes with cards and scenes without any.")
        return cls(loaded, Deck.load(*decks, stock=stock), full, empty, tuple(mined))

    def some(self, count: int, seed: int) -> Iterator[Crop]:
        """So many crops, always the same for a seed."""
        rng = np.random.default_rng(seed)
        for _ in range(count):
            yield self.crop(rng)

    def crop(self, rng: Generator) -> Crop:
        """A crop by lot, changed by lot."""
        choice = rng.uniform()
        if choice < FROM_SCENE:
            found = self._of_scene(rng)
        elif choice < FROM_SCENE + FROM_DECK:
            found = self._of_deck(rng)
        else:
            found = self._without(rng)
        return Crop(developed(_coarser(found.pixels, rng), rng), found.kind, found.turns)

    def _of_scene(self, rng: Generator) -> Crop:
        number = _one_of(self.full, rng)
        card = self.scenes.cards[number][int(rng.integers(len(self.scenes.cards[number])))]
        return _card(self.scenes.pixels(number), card.quad, card.type, rng)

    def _of_deck(self, rng: Generator) -> Crop:
        """A card at its full sharpness, a little tilted, on any background."""
        card = self.deck.card(rng)
        picture, quad = _laid(card.pixels, card.quad, self._ground(rng), rng)
        return _card(picture, quad, card.type, rng)

    def _without(self, rng: Generator) -> Crop:
        """A thing that is no card, a place in a scene, or a place that has only a part of a card."""
        if self.mined and rng.uniform() < MINED_SHARE:
            number, quad = self.mined[int(rng.integers(len(self.mined)))]
            quad = np.roll(quad, int(rng.integers(4)), axis=0)
            return Crop(rectify.crop(self.scenes.pixels(number), quad, CROP_PX), KINDS.index("none"), -1)
        choice = rng.uniform()
        if choice < 0.5:
            thing = self.deck.thing(rng).pixels
            height, width = thing.shape[:2]
            quad = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
            picture, quad = _laid(thing, quad, self._ground(rng), rng)
            quad = _part(quad, rng) if rng.uniform() < 0.4 else quad
        else:
            number = _one_of(self.full if choice < 0.7 else self.empty, rng)
            picture = self.scenes.pixels(number)
            quad = _place(picture.shape[1], picture.shape[0], rng)
            if any(_covered(quad, card.quad) > MOST_COVERED for card in self.scenes.cards[number]):
                return self._without(rng)
        return Crop(rectify.crop(picture, quad, CROP_PX), KINDS.index("none"), -1)

    def _ground(self, rng: Generator) -> Pixels:
        return background.background(rng, 480, 360, self.deck.stock)


def _one_of(numbers: list[int], rng: Generator) -> int:
    return numbers[int(rng.integers(len(numbers)))]


def _card(picture: Pixels, quad: Floats, type_: str, rng: Generator) -> Crop:
    """The crop of a card whose corners are placed as a detector might, rolled by lot."""
    turns = int(rng.choice(4, p=TURNS))
    side = float(np.sqrt(max(cv2.contourArea(quad), 1.0)))
    spread = LOOSE if rng.uniform() < LOOSE_SHARE else CLOSE
    placed = quad + rng.normal(0, spread * side, (4, 2)).astype(np.float32)
    rolled = np.roll(placed, turns, axis=0)
    return Crop(rectify.crop(picture, rolled, CROP_PX), KINDS.index(type_), turns)


def _laid(thing: Pixels, quad: Floats, ground: Pixels, rng: Generator) -> tuple[Pixels, Floats]:
    """RGBA pixels on a background, turned and tilted a little, and where their corners came to lie."""
    height, width = ground.shape[:2]
    centre = (quad.min(0) + quad.max(0)) / 2
    scale = rng.uniform(0.55, 0.9) * min(
        width / max(np.ptp(quad[:, 0]), 1), height / max(np.ptp(quad[:, 1]), 1)
    )
    angle = rng.normal(0, 0.12)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landed = (quad - centre) @ turn.T + np.array([width, height]) / 2
    landed = (landed + rng.normal(0, 0.03 * width, (4, 2)) * rng.uniform(0, 1)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(quad, landed)
    if scale < 0.7:
        thing = cv2.GaussianBlur(thing, (0, 0), 0.4 / scale)
    warped = cv2.warpPerspective(thing, matrix, (width, height), flags=cv2.INTER_LINEAR)
    cover = warped[..., 3:].astype(np.float32) / 255
    return (ground * (1 - cover) + warped[..., :3] * cover).astype(np.uint8), landed


def _coarser(pixels: Pixels, rng: Generator) -> Pixels:
    """Sometimes as from a card that was small in its picture."""
    if rng.uniform() < 0.5:
        return pixels
    share = float(rng.uniform(0.22, 0.8))
    small = cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _part(quad: Floats, rng: Generator) -> Floats:
    """A box inside a quad."""
    low, high = rng.uniform(0, 0.45, 2), rng.uniform(0.55, 1, 2)
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    inner = np.array([low, (high[0], low[1]), high, (low[0], high[1])], np.float32)
    return cv2.perspectiveTransform(inner[None], cv2.getPerspectiveTransform(square, quad))[0]


def _place(width: int, height: int, rng: Generator) -> Floats:
    """A quad of a card's proportions anywhere in a picture."""
    across = min(width, height) * rng.uniform(0.15, 1.0)
    half = np.array([across, across / rng.uniform(1.3, 1.7)]) / 2
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    angle = rng.uniform(-np.pi, np.pi) if rng.uniform() < 0.5 else 0.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = corners @ turn.T * (1 + rng.normal(0, 0.06, (4, 1)))
    return (corners + rng.uniform(0.2, 0.8, 2) * (width, height)).astype(np.float32)


def _covered(quad: Floats, card: Floats) -> float:
    """The share of a card that a quad covers, or of the quad that the card covers, the larger of both."""
    shared, _ = cv2.intersectConvexConvex(cv2.convexHull(quad)[:, 0], card)
    return shared / max(min(cv2.contourArea(card), cv2.contourArea(quad)), 1.0)

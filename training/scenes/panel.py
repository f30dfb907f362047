"""Flat arrangements of cards that lie in one plane: a single one, some that touch, some on one sheet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.cards.sheet import ID1, Card

Pixels = NDArray[np.uint8]
PX_PER_MM = 5.0  # of all cards in an arrangement of several


@dataclass(frozen=True, slots=True)
class Panel:
    """RGBA pixels (h, w, 4), and the type and corners (4, 2) of each card in them."""

    pixels: Pixels
    cards: tuple[tuple[str, NDArray[np.float32]], ...]


def single(card: Card) -> Panel:
    """A card by itself."""
    return Panel(card.pixels, ((card.type, card.quad),))


def touching(rng: Generator, cards: list[Card]) -> Panel:
    """Cards side by side and below each other, edge to edge or nearly."""
    return _grid(rng, cards, float(rng.choice((0.0, 0.0, 0.01, 0.04))), shuffled=True)


def apart(rng: Generator, cards: list[Card]) -> Panel:
    """Cards below each other with room between them, as on a copy of both sides."""
    return _grid(rng, cards, float(rng.uniform(0.05, 0.3)), shuffled=False)


def _grid(rng: Generator, cards: list[Card], gap: float, shuffled: bool) -> Panel:
    columns = int(rng.integers(1, len(cards) + 1)) if shuffled else 1
    between = round(gap * ID1[0] * PX_PER_MM)
    sized = [_sized(card) for card in cards]
    rows = [sized[start : start + columns] for start in range(0, len(sized), columns)]
    height = sum(max(card.pixels.shape[0] for card in row) + between for row in rows)
    width = max(sum(card.pixels.shape[1] + between for card in row) for row in rows)
    pixels = np.zeros((height, width, 4), np.uint8)
    placed = []
    y = 0
    for row in rows:
        x = 0
        for card in row:
            turned = _turned(card) if shuffled and rng.uniform() < 0.3 else card
            down, across = turned.pixels.shape[:2]
            pixels[y : y + down, x : x + across] = turned.pixels
            placed.append((turned.type, turned.quad + np.array([x, y], np.float32)))
            x += across + between
        y += max(card.pixels.shape[0] for card in row) + between
    return Panel(pixels, tuple(placed))


def _sized(card: Card) -> Card:
    """In the scale of the arrangement: a passport beside a card is wider than that."""
    scale = PX_PER_MM * card.width_mm / float(card.quad[1, 0] - card.quad[0, 0])
    pixels = cv2.resize(card.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return replace(card, pixels=pixels, quad=(card.quad * scale).astype(np.float32))


def _turned(card: Card) -> Card:
    """Upside down."""
    height, width = card.pixels.shape[:2]
    return replace(
        card,
        pixels=np.ascontiguousarray(card.pixels[::-1, ::-1]),
        quad=np.array([width, height], np.float32) - card.quad,
    )

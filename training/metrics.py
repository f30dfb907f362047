"""Figures of a detector on labelled pictures. Pure functions of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.detection import geometry
from training.labels import LabelledCard

GOOD = 0.7  # intersection over union from which on a card counts as found
FINE = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A detection: type, score, corners (4, 2) in reading order; a second stage's certainty if asked."""

    type: str
    score: float
    quad: NDArray[np.float32]
    certainty: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A picture's labels and what was found, best score first, down to a low score."""

    file: str
    cards: tuple[LabelledCard, ...]
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A labelled card, the detection that overlaps it most, and by how much (IoU)."""

    card: LabelledCard
    found: Found
    iou: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1; nan where there is nothing to divide by.

    Attributes:
        precision: detections that meet a card with an IoU of at least 0.7.
        recall_70, recall_85: cards found with such an IoU.
        mean_iou, type, passport, orientation: over the cards found at 0.7: overlap, right type, passport told
            from card, right reading order.
        false_cards: detections that meet no card with an IoU of at least 0.7, or one that is found already.
    """

    pictures: int
    cards: int
    precision: float
    recall_70: float
    recall_85: float
    mean_iou: float
    type: float
    passport: float
    orientation: float
    false_cards: int


def pairs(result: Result, min_score: float) -> list[Pair]:
    """Detections matched to cards, the best overlap first; each is used once."""
    found = [item for item in result.found if item.score >= min_score]
    if not found or not result.cards:
        return []
    quads = np.stack([item.quad for item in found])
    overlaps = np.stack([geometry.iou(card.quad, quads) for card in result.cards])
    matched = []
    for _ in range(min(overlaps.shape)):
        row, column = np.unravel_index(int(overlaps.argmax()), overlaps.shape)
        if overlaps[row, column] <= 0:
            break
        matched.append(Pair(result.cards[row], found[column], float(overlaps[row, column])))
        overlaps[row], overlaps[:, column] = -1, -1
    return matched


def figures(results: Sequence[Result], min_score: float) -> Figures:
    """All figures of a set of pictures at a threshold."""
    matched = [pair for result in results for pair in pairs(result, min_score)]
    good = [pair for pair in matched if pair.iou >= GOOD]
    cards = sum(len(result.cards) for result in results)
    detections = sum(item.score >= min_score for result in results for item in result.found)
    return Figures(
        pictures=len(results),
        cards=cards,
        precision=_share(len(good), detections),
        recall_70=_share(len(good), cards),
        recall_85=_share(sum(pair.iou >= FINE for pair in matched), cards),
        mean_iou=_share(sum(pair.iou for pair in good), len(good)),
        type=_share(sum(pair.card.type == pair.found.type for pair in good), len(good)),
        passport=_share(sum(_same_kind(pair) for pair in good), len(good)),
        orientation=_share(sum(in_order(pair) for pair in good), len(good)),
        false_cards=detections - len(good),
    )


def in_order(pair: Pair) -> bool:
    """Whether the detection's first corner is the card's first one, and not one of the other three."""
    turned = [np.roll(pair.found.quad, turn, 0) for turn in range(4)]
    return int(np.argmin([np.abs(quad - pair.card.quad).sum() for quad in turned])) == 0


def _same_kind(pair: Pair) -> bool:
    return (pair.card.type == "passport") == (pair.found.type == "passport")


def _share(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")

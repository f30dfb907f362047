"""How far the network's maps are from the targets."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.network import Maps

WEIGHTS = {
    "objectness": 1.5,
    "corners": 6.0,
    "upward": 1.0,
    "types": 0.7,
    "corner_map": 0.6,
    "card_map": 0.5,
}  # of the parts in the sum
POSITIVE = 0.25  # objectness from which on a cell must know its card
CORNER_BETA = 0.04  # where the corners' loss turns from square to linear, in sides of the card


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs (n, 3, 352, 352) from 0 to 1 and the targets of n examples, each as in targets.Targets."""

    pictures: Tensor
    objectness: Tensor
    counts: Tensor
    quads: Tensor
    types: Tensor
    upward: Tensor
    corner_map: Tensor
    card_map: Tensor


def losses(maps: Maps, batch: Batch) -> dict[str, Tensor]:
    """The weighted parts of the loss by name; their sum is what is minimised."""
    weights = batch.objectness * (batch.objectness > POSITIVE) * batch.counts
    cards = weights.sum().clamp(min=1.0)
    seen = weights > 0
    share = weights[seen] / cards
    types = functional.cross_entropy(maps.types[seen], batch.types[seen], reduction="none")
    parts = {
        "objectness": _focused(maps.objectness, batch.objectness, batch.counts) / cards,
        "corners": (_corners(maps.corners[seen], batch.quads[seen]) * share).sum(),
        "upward": (_upward(maps.upward[seen], batch.upward[seen]) * share).sum(),
        "types": (types * share).sum(),
        "corner_map": _corner_map(maps.corner_map, batch.corner_map),
        "card_map": _card_map(maps.card_map, batch.card_map),
    }
    return {name: WEIGHTS[name] * value for name, value in parts.items()}


def _focused(logits: Tensor, wanted: Tensor, counts: Tensor) -> Tensor:
    """Cross entropy weighted by the squared error: the many easy cells do not drown the few others."""
    distance = (wanted - logits.sigmoid()).abs().square()
    crossed = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (crossed * distance * counts).sum()


def _corners(found: Tensor, wanted: Tensor) -> Tensor:
    """(k,): distance of quads (k, 4, 2) in sides of the card, for the best of the four cyclic orders."""
    side = _area(wanted).clamp(min=64.0).sqrt()[:, None, None]
    orders = torch.stack([torch.roll(wanted, -turn, 1) for turn in range(4)], 1)
    apart = (found[:, None] - orders) / side[:, None]
    distance = functional.smooth_l1_loss(apart, torch.zeros_like(apart), reduction="none", beta=CORNER_BETA)
    return distance.mean((2, 3)).amin(1)


def _area(quads: Tensor) -> Tensor:
    x, y = quads[..., 0], quads[..., 1]
    return ((x * torch.roll(y, -1, 1) - torch.roll(x, -1, 1) * y).sum(1) / 2).abs()


def _upward(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).square().sum(1)


def _corner_map(logits: Tensor, wanted: Tensor) -> Tensor:
    return _focused(logits, wanted, torch.ones_like(wanted)) / wanted.sum().clamp(min=10.0)


def _card_map(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross entropy plus one minus the Dice coefficient of the batch."""
    probability = logits.sigmoid()
    overlap = 2 * (probability * wanted).sum() + 1
    dice = 1 - overlap / (probability.sum() + wanted.sum() + 1)
    return functional.binary_cross_entropy_with_logits(logits, wanted) + dice

"""The classifier's task: crops in, kinds and turns out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training import warm
from training.classifier import ClassifierNet
from training.crops import Crop, Crops
from training.settings import KINDS, TrainSettings

SMOOTHING = 0.03
TURNS_WEIGHT = 0.6


@dataclass(frozen=True, slots=True)
class Batch:
    """Crops (n, 3, 224, 320) from 0 to 1, their kinds (n,) and turns (n,), -1 where there is no card."""

    pictures: Tensor
    kinds: Tensor
    turns: Tensor


class Classifying:
    """Learns what a rectified card is and which way up it lies."""

    def __init__(self, crops: Crops, settings: TrainSettings, start: Path | None = None) -> None:
        """Begins with the pretrained trunk, or with the weights of the ONNX file `start`."""
        self._crops, self._settings, self._start = crops, settings, start

    def network(self, fresh: bool) -> nn.Module:
        return warm.begun(ClassifierNet, fresh, self._start, lambda number: self.batch(number).pictures)

    def batch(self, number: int) -> Batch:
        rng = np.random.default_rng([self._settings.seed, number])
        crops = [self._crops.crop(rng) for _ in range(self._settings.batch)]
        pictures = (
            torch.from_numpy(np.stack([crop.pixels for crop in crops])).permute(0, 3, 1, 2).float() / 255
        )
        return Batch(
            pictures.contiguous(memory_format=torch.channels_last),
            torch.tensor([crop.kind for crop in crops]),
            torch.tensor([crop.turns for crop in crops]),
        )

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            kinds, turns = network(batch.pictures)
        known = batch.turns >= 0
        return {
            "kinds": functional.cross_entropy(kinds, batch.kinds, label_smoothing=SMOOTHING),
            "turns": TURNS_WEIGHT
            * functional.cross_entropy(turns[known], batch.turns[known], reduction="sum")
            / known.sum().clamp(min=1),
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """How a classifier does on crops: shares of right kinds and turns; its probability of none on cards."""

    kinds: float
    turns: float
    none_of_cards: NDArray[np.float32]


@torch.no_grad()
def judged(classifier: ClassifierNet, crops: Iterable[Crop]) -> Judged:
    """Measures on crops."""
    right, upright, none = [], [], []
    for crop in crops:
        picture = torch.from_numpy(crop.pixels).permute(2, 0, 1)[None].float() / 255
        kinds, turns = classifier.eval()(picture)
        right.append(int(kinds.argmax()) == crop.kind)
        if crop.turns >= 0:
            upright.append(int(turns.argmax()) == crop.turns)
            none.append(float(functional.softmax(kinds, 1)[0, KINDS.index("none")]))
    return Judged(float(np.mean(right)), float(np.mean(upright)), np.array(none, np.float32))

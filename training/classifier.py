"""The classifier's network: the pretrained trunk, and a head that sees what is where on the crop."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.settings import CROP_PX, KINDS
from training.trunk import CHANNELS, Trunk

PLACED = 32  # channels that keep their place
HIDDEN = 160
DROPPED = 0.2
TURNS = 4


class ClassifierNet(nn.Module):
    """RGB crops (n, 3, 224, 320) from 0 to 1 to logits of kinds (n, 4) and of turns (n, 4)."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk
        cells = (CROP_PX[0] // 32) * (CROP_PX[1] // 32)
        self.place = nn.Sequential(
            nn.Conv2d(CHANNELS[3], PLACED, 1, bias=False), nn.BatchNorm2d(PLACED), nn.GELU()
        )
        self.fine = nn.Sequential(
            nn.Conv2d(CHANNELS[2], PLACED, 3, 2, 1, bias=False), nn.BatchNorm2d(PLACED), nn.GELU()
        )
        self.hidden = nn.Linear(CHANNELS[3] + CHANNELS[2] + 2 * PLACED * cells, HIDDEN)
        self.drop = nn.Dropout(DROPPED)
        self.kinds = nn.Linear(HIDDEN, len(KINDS))
        self.turns = nn.Linear(HIDDEN, TURNS)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        *_, middle, deep = self.trunk(crops)
        parts = [
            deep.mean((2, 3)),
            middle.mean((2, 3)),
            self.place(deep).flatten(1),
            self.fine(middle).flatten(1),
        ]
        hidden = self.drop(functional.gelu(self.hidden(torch.cat(parts, 1))))
        return self.kinds(hidden).float(), self.turns(hidden).float()


class Answers(nn.Module):
    """The same with probabilities; `none_bias` is added to the logit of no card."""

    def __init__(self, classifier: ClassifierNet, none_bias: float = 0.0) -> None:
        super().__init__()
        self.classifier = classifier
        bias = torch.tensor([none_bias if kind == "none" else 0.0 for kind in KINDS])
        self.register_buffer("bias", bias)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        kinds, turns = self.classifier(crops)
        return functional.softmax(kinds + self.bias, 1), functional.softmax(turns, 1)

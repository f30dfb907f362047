"""The detector's network: the pretrained trunk, a small neck, a coarse and a fine head.

The coarse head looks at cells of 16 pixels. Channels per cell: 1 objectness, 8 corner offsets, 2 the
direction in which the card's top lies, 3 types. The fine head looks at cells of 4 pixels: 1 corner, 1 card.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.settings import COARSE_STRIDE, CORNER_UNIT_PX, TYPES
from training.trunk import CHANNELS, Trunk

COARSE = 96  # channels of the neck at 1/16
MIDDLE = 48  # at 1/8
FINE = 32  # at 1/4
OBJECTNESS_PRIOR = -3.0  # logit: most cells hold no card


@dataclass(frozen=True, slots=True)
class Maps:
    """What the network says of n pictures; logits unless said otherwise.

    Attributes:
        objectness: (n, cells).
        corners: (n, cells, 4, 2), pixels of the input, clockwise, from any corner on.
        upward: (n, cells, 2), the direction from the card's centre to the middle of its top edge.
        types: (n, cells, 3).
        corner_map: (n, h/4, w/4).
        card_map: the same; learned only because the others learn better beside it, nothing reads it.
    """

    objectness: Tensor
    corners: Tensor
    upward: Tensor
    types: Tensor
    corner_map: Tensor
    card_map: Tensor


class Mix(nn.Module):
    """A wide depthwise and a pointwise convolution, with a residual."""

    def __init__(self, channels: int, kernel: int = 5) -> None:
        super().__init__()
        self.spread = nn.Conv2d(channels, channels, kernel, 1, kernel // 2, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.expand = nn.Conv2d(channels, 2 * channels, 1)
        self.project = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.project(functional.gelu(self.expand(self.norm(self.spread(x)))))
        return x + mixed


class DetectorNet(nn.Module):
    """RGB pictures (n, 3, h, w) from 0 to 1 to Maps; h and w are multiples of 32."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk
        self.lateral = nn.ModuleList(
            _project(channels, width)
            for channels, width in zip(CHANNELS, (FINE, MIDDLE, COARSE, COARSE), strict=True)
        )
        self.detail = nn.Sequential(nn.Conv2d(MIDDLE, COARSE, 3, 2, 1, bias=False), nn.BatchNorm2d(COARSE))
        self.wide = Mix(COARSE, 7)
        self.coarse = nn.Sequential(Mix(COARSE, 7), Mix(COARSE), Mix(COARSE))
        self.to_middle = _project(COARSE, MIDDLE)
        self.middle = Mix(MIDDLE)
        self.to_fine = _project(MIDDLE, FINE)
        self.fine = Mix(FINE)
        self.find = nn.Conv2d(COARSE, 1 + 8 + 2 + len(TYPES), 1)
        self.outline = nn.Conv2d(FINE, 2, 1)
        self.corner_scale = nn.Parameter(torch.ones(()))
        _start(self.find.bias, objectness=0)
        _start(self.outline.bias, objectness=0)

    def forward(self, pictures: Tensor) -> Maps:
        fine, middle, coarse, deep = (
            lateral(x) for lateral, x in zip(self.lateral, self.trunk(pictures), strict=True)
        )
        coarse = self.coarse(coarse + _double(self.wide(deep)) + self.detail(middle))
        middle = self.middle(middle + _double(self.to_middle(coarse)))
        outline = self.outline(self.fine(fine + _double(self.to_fine(middle))))
        return self._maps(self.find(coarse).float(), outline.float())

    def _maps(self, found: Tensor, outline: Tensor) -> Maps:
        cells = found.flatten(2).transpose(1, 2)
        offsets = cells[..., 1:9].unflatten(2, (4, 2)) * (self.corner_scale * CORNER_UNIT_PX)
        centres = cell_centres(found.shape[2], found.shape[3]).to(found.device)
        return Maps(
            cells[..., 0],
            offsets + centres[:, None, :],
            cells[..., 9:11],
            cells[..., 11:],
            outline[:, 0],
            outline[:, 1],
        )


def cell_centres(rows: int, columns: int) -> Tensor:
    """(rows * columns, 2): x, y of the coarse cells' centres in pixels of the input."""
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return (torch.stack([x, y], -1).flatten(0, 1) + 0.5) * float(COARSE_STRIDE)


def _project(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width))


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _start(bias: Tensor | None, objectness: int) -> None:
    """Begins with the belief that there is hardly ever a card."""
    if bias is not None:
        nn.init.zeros_(bias)
        with torch.no_grad():
            bias[objectness] = OBJECTNESS_PRIOR

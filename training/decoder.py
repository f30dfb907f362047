"""From the network's maps to detections, in tensor operations that the ONNX graph holds.

The best cells are taken; cells that see the same card vote on its top, its type and its corners; each corner
is then drawn to the peak of the corner map nearby. What is left for the reader of the output: a threshold,
and suppression of overlapping quads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.network import DetectorNet, Maps
from training.settings import FINE_STRIDE, DecoderSettings


class Decoded(nn.Module):
    """One RGB picture (1, 3, h, w) from 0 to 1 to (1, 4 + 3 + 12, candidates), the Ultralytics pose layout.

    Rows: centre x, centre y, width, height in pixels; score of each type; x, y, visibility of the four
    corners in reading order (top left, top right, bottom right, bottom left of the upright card). The best
    type's score is the probability that there is a card.
    """

    def __init__(self, detector: DetectorNet, settings: DecoderSettings, sharpness: float = 1.0) -> None:
        super().__init__()
        self.detector = detector
        self.settings = settings
        self.sharpness = sharpness

    def forward(self, pictures: Tensor) -> Tensor:
        return decode(self.detector(pictures), self.settings, self.sharpness)


def decode(maps: Maps, settings: DecoderSettings, sharpness: float = 1.0) -> Tensor:
    """Detections (1, 19, candidates) of the first picture; the scores are raised to the power `sharpness`."""
    scores, best = torch.topk(maps.objectness[0].sigmoid(), settings.candidates)
    quads = maps.corners[0][best]
    size = _sides(quads)
    same = _same_card(quads, size, settings) * scores[None, :]
    upright = _reading_order(quads, same @ maps.upward[0][best])
    agreed = _averaged(upright, size, same, settings.same_corner_distance)
    corners, seen = _drawn(agreed, maps.corner_map[0].sigmoid(), settings)
    types = _normal(same) @ functional.softmax(maps.types[0][best], 1)
    types = types / types.amax(1, keepdim=True) * scores[:, None] ** sharpness
    points = torch.cat([corners, seen[..., None]], 2).flatten(1)
    return torch.cat([_boxes(corners), types, points], 1).transpose(0, 1)[None]


def _sides(quads: Tensor) -> Tensor:
    """(n,): square roots of the areas of quads (n, 4, 2)."""
    x, y = quads[..., 0], quads[..., 1]
    following_x, following_y = torch.roll(x, -1, 1), torch.roll(y, -1, 1)
    return ((x * following_y - following_x * y).sum(1) / 2).abs().clamp(min=1.0).sqrt()


def _same_card(quads: Tensor, size: Tensor, settings: DecoderSettings) -> Tensor:
    """(n, n): 1 where cells i and j see a card at the same place and of the same size."""
    centres = quads.mean(1)
    apart = (centres[:, None] - centres[None]).abs().amax(2) / size[:, None]
    ratio = size[:, None] / size[None]
    most = settings.same_card_ratio
    same = (apart < settings.same_card_distance) & (ratio < most) & (ratio > 1 / most)
    return same.float()


def _reading_order(quads: Tensor, upward: Tensor) -> Tensor:
    """Quads (n, 4, 2), rolled so that the first edge lies in the direction `upward` (n, 2)."""
    middles = (quads + torch.roll(quads, -1, 1)) / 2 - quads.mean(1, keepdim=True)
    length = (middles * middles).sum(2).clamp(min=1e-6).sqrt()
    first = ((middles * upward[:, None]).sum(2) / length).argmax(1)
    order = (first[:, None] + torch.arange(4)) % 4
    return torch.gather(quads, 1, order[..., None].expand(-1, -1, 2))


def _averaged(quads: Tensor, size: Tensor, same: Tensor, distance: float) -> Tensor:
    """Each quad's mean with those of the same card whose corners are near, weighted by their scores."""
    apart = (quads[:, None] - quads[None]).abs().amax((2, 3)) / size[:, None]
    weights = _normal(same * (apart < distance).float())
    return (weights @ quads.flatten(1)).unflatten(1, (4, 2))


def _normal(weights: Tensor) -> Tensor:
    return weights / weights.sum(1, keepdim=True).clamp(min=1e-6)


def _drawn(quads: Tensor, heat: Tensor, settings: DecoderSettings) -> tuple[Tensor, Tensor]:
    """Corners (n, 4, 2) moved to the peak of the corner map (h, w) nearby, and the peaks' heights (n, 4)."""
    start = quads / FINE_STRIDE - 0.5
    around = _offsets(settings.window)
    places = start.round()[:, :, None] + around
    squared = (places - start[:, :, None]).square().sum(3)
    pull = _read(heat, places) * torch.exp(-squared / (2 * settings.reach**2))
    top = torch.gather(places, 2, pull.argmax(2)[..., None, None].expand(-1, -1, 1, 2))
    near = top + _offsets(1)
    weights = _read(heat, near)
    peak = weights.amax(2)
    weights = weights.square() + 1e-6
    refined = (near * weights[..., None]).sum(2) / weights.sum(2)[..., None]
    moved = torch.where((peak > settings.min_peak)[..., None], refined, start)
    return (moved + 0.5) * FINE_STRIDE, peak


def _offsets(radius: int) -> Tensor:
    """((2 * radius + 1)^2, 2): whole steps x, y around a cell."""
    steps = torch.arange(-radius, radius + 1).float()
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack([x, y], -1).flatten(0, 1)


def _read(heat: Tensor, places: Tensor) -> Tensor:
    """The map's values (...) at whole places (..., 2); 0 outside of it."""
    height, width = heat.shape
    x, y = places[..., 0], places[..., 1]
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    index = (y.clamp(0, height - 1) * width + x.clamp(0, width - 1)).long()
    return heat.flatten()[index] * inside.float()


def _boxes(quads: Tensor) -> Tensor:
    """(n, 4): centre x, centre y, width and height of the boxes around quads (n, 4, 2)."""
    low, high = quads.amin(1), quads.amax(1)
    return torch.cat([(low + high) / 2, high - low], 1)

"""The detector's task: scenes in, maps of cards and corners out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training import warm
from training.dataset import Scenes
from training.losses import Batch, losses
from training.network import DetectorNet
from training.settings import TrainSettings
from training.targets import targets


class Detecting:
    """Learns where cards lie."""

    def __init__(self, scenes: Scenes, settings: TrainSettings, start: Path | None = None) -> None:
        """Begins with the pretrained trunk, or with the weights of the ONNX file `start`."""
        self._scenes, self._settings, self._start = scenes, settings, start

    def network(self, fresh: bool) -> nn.Module:
        return warm.begun(DetectorNet, fresh, self._start, lambda number: self.batch(number).pictures)

    def batch(self, number: int) -> Batch:
        return make_batch(self._scenes, self._settings, number)

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            maps = network(batch.pictures)
        return losses(maps, batch)


def make_batch(scenes: Scenes, settings: TrainSettings, number: int) -> Batch:
    """Batch `number` of the settings' seed."""
    rng = np.random.default_rng([settings.seed, number])
    examples = [scenes.example(rng) for _ in range(settings.batch)]
    wanted = [targets(example) for example in examples]
    pictures = torch.from_numpy(np.stack([e.pixels for e in examples])).permute(0, 3, 1, 2).float() / 255
    columns = {
        field.name: torch.from_numpy(np.stack([getattr(target, field.name) for target in wanted]))
        for field in dataclasses.fields(wanted[0])
    }
    return Batch(pictures.contiguous(memory_format=torch.channels_last), **columns)

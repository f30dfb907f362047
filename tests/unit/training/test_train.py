"""The training loop: broken off and resumed it ends where an unbroken run ends."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is in training/requirements.txt")

import torch
from torch import Tensor, nn

from training import train
from training.classifier import ClassifierNet
from training.classifying import Batch, Classifying
from training.settings import CROP_PX, TrainSettings
from training.trunk import Trunk

SETTINGS = TrainSettings(batch=2, threads=1, warmup_steps=2)
ENDLESS_MINUTES = 1e9  # so that the rate depends on the step alone


class Noise:
    """The classifier's own network and losses, on noise."""

    def network(self, fresh: bool) -> nn.Module:
        return ClassifierNet(Trunk())

    def batch(self, number: int) -> Batch:
        random = torch.Generator().manual_seed(number)
        pictures = torch.rand(2, 3, *CROP_PX[::-1], generator=random)
        return Batch(pictures, torch.tensor([number % 4, 1]), torch.tensor([number % 4, -1]))

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        return Classifying.losses(self, network, batch)  # type: ignore[arg-type]


def weights(trainer: train.Trainer[Batch]) -> Tensor:
    return torch.cat([value.flatten().float() for value in trainer.averaged.state_dict().values()])


def test_a_resumed_training_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    """Batches, rates and what dropout drops go on as if nothing had happened."""
    whole = train.Trainer(Noise(), tmp_path / "whole", SETTINGS)
    assert list(whole.run(4, ENDLESS_MINUTES)) == [1, 2, 3, 4]

    broken = train.Trainer(Noise(), tmp_path / "broken", SETTINGS)
    steps = broken.run(4, ENDLESS_MINUTES)
    assert [next(steps), next(steps)] == [1, 2]
    steps.close()  # as Ctrl-C does
    resumed = train.Trainer(Noise(), tmp_path / "broken", SETTINGS)
    assert list(resumed.run(4, ENDLESS_MINUTES)) == [3, 4]

    assert torch.equal(weights(resumed), weights(whole))
    assert not torch.equal(weights(broken), weights(whole))

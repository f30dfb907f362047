"""A network that goes on from an ONNX file computes what the file does, and learns from there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is in training/requirements.txt")
pytest.importorskip("onnx", reason="onnx is in training/requirements.txt")

import onnxruntime
import torch
from torch import nn

from training import export, warm
from training.classifier import Answers, ClassifierNet
from training.decoder import Decoded
from training.errors import StartInvalid
from training.network import DetectorNet
from training.settings import CLASSIFIER, CROP_PX, INPUT_PX, MODEL, DecoderSettings
from training.trunk import Trunk


def pictures(count: int, width: int, height: int) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(3))


def ran(path: Path, inputs: torch.Tensor) -> list[np.ndarray]:
    return list(onnxruntime.InferenceSession(path).run(None, {"images": inputs.numpy()}))


def strange(network: nn.Module) -> nn.Module:
    """The same with norms that are far from doing nothing."""
    torch.manual_seed(5)
    for norm in (module for module in network.modules() if isinstance(module, nn.BatchNorm2d)):
        nn.init.uniform_(norm.weight, 0.3, 2)
        nn.init.normal_(norm.bias)
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.2, 4)
    return network.eval()


def test_a_detector_comes_back_from_its_file(tmp_path: Path) -> None:
    written = strange(DetectorNet(Trunk()))
    with torch.no_grad():
        written.corner_scale.fill_(0.7)
    export.export(written, tmp_path / "d.onnx")
    inputs = pictures(2, INPUT_PX, INPUT_PX)
    found = DetectorNet(Trunk())
    warm.restore(found, tmp_path / "d.onnx", [inputs])
    assert found.corner_scale.item() == pytest.approx(0.7)
    with torch.no_grad():
        for name in ("objectness", "corners", "types", "corner_map"):
            expected, value = (getattr(net.eval()(inputs), name) for net in (written, found))
            # A file holds halves, of some 11 bits.
            assert value.numpy() == pytest.approx(expected.numpy(), rel=1e-2, abs=3e-2)


def test_in_training_it_computes_the_same_on_what_its_norms_were_measured_on(tmp_path: Path) -> None:
    export.export(strange(DetectorNet(Trunk())), tmp_path / "d.onnx")
    inputs = pictures(2, INPUT_PX, INPUT_PX)
    found = DetectorNet(Trunk())
    warm.restore(found, tmp_path / "d.onnx", [inputs])
    with torch.no_grad():
        in_use, training = found.eval()(inputs), found.train()(inputs)
    assert training.objectness.numpy() == pytest.approx(in_use.objectness.numpy(), rel=1e-2, abs=1e-2)


def test_the_bundled_detector_comes_back() -> None:
    inputs = pictures(1, INPUT_PX, INPUT_PX)
    found = DetectorNet(Trunk())
    warm.restore(found, MODEL, [inputs])
    (expected,) = ran(MODEL, inputs)
    with torch.no_grad():
        value = Decoded(found.eval(), DecoderSettings())(inputs).numpy()
    assert value[:, 7:] == pytest.approx(expected[:, 7:], abs=0.05)  # the scores may be raised to a power


def test_the_bundled_classifier_comes_back() -> None:
    inputs = pictures(2, *CROP_PX)
    found = ClassifierNet(Trunk())
    warm.restore(found, CLASSIFIER, [inputs])
    _, turns = ran(CLASSIFIER, inputs)
    with torch.no_grad():
        value = Answers(found.eval())(inputs)[1].numpy()
    assert value == pytest.approx(turns, abs=1e-3)


def test_another_file_is_refused(tmp_path: Path) -> None:
    inputs = [pictures(1, INPUT_PX, INPUT_PX)]
    with pytest.raises(StartInvalid, match="not there"):
        warm.restore(DetectorNet(Trunk()), tmp_path / "none.onnx", inputs)
    with pytest.raises(StartInvalid, match="another network"):
        warm.restore(DetectorNet(Trunk()), CLASSIFIER, inputs)

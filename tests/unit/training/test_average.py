"""The mean of two files of one network."""

from pathlib import Path

import numpy as np
import pytest

from app.detection.classifier import Classifier
from app.detection.settings import DetectionSettings
from tests.unit.detection import classifier_model, corner_model
from training import exported
from training.average import average
from training.errors import StartInvalid


def types(path: Path) -> list[float]:
    classifier = Classifier(path, DetectionSettings(provider="cpu"))
    outputs = classifier.run(np.zeros((1, 3, *reversed(classifier_model.SIZE)), np.float32))
    return [round(float(share), 3) for share in outputs[0][0]]


@pytest.mark.parametrize(("share", "expected"), [(0.5, [0.5, 0.5, 0, 0]), (0.25, [0.75, 0.25, 0, 0])])
def test_each_weight_lies_between_those_of_both(tmp_path: Path, share: float, expected: list[float]) -> None:
    one = classifier_model.save(tmp_path / "one.onnx", (1.0, 0.0, 0.0, 0.0))
    other = classifier_model.save(tmp_path / "other.onnx", (0.0, 1.0, 0.0, 0.0))
    mean = tmp_path / "mean.onnx"
    exported.write(mean, average(one, other, share))
    assert types(mean) == expected


def test_files_of_different_networks_are_refused(tmp_path: Path) -> None:
    one = classifier_model.save(tmp_path / "one.onnx")
    with pytest.raises(StartInvalid, match="different networks"):
        average(one, corner_model.save(tmp_path / "detector.onnx"))
    with pytest.raises(StartInvalid, match="not there"):
        average(one, tmp_path / "none.onnx")

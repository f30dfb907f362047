"""Writes the ONNX files that the product bundles."""

from __future__ import annotations

import io
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from app.detection.classifier import TASK
from training import exported
from training.classifier import Answers, ClassifierNet
from training.decoder import Decoded
from training.errors import CheckpointMissing
from training.network import DetectorNet
from training.settings import (
    CHECKPOINT,
    COARSE_STRIDE,
    CROP_PX,
    INPUT_PX,
    KINDS,
    TYPES,
    DecoderSettings,
)
from training.trunk import Trunk

OPSET = 17
VERSION = "2"
COMMON = {"author": "Cardwatch", "version": VERSION, "license": "Apache-2.0", "channels": "3"}
DETECTOR = COMMON | {
    "description": "Cards in photographs: four corners in reading order, one of three types",
    "stride": str(COARSE_STRIDE * 2),
    "task": "pose",
    "batch": "1",
    "imgsz": str([INPUT_PX, INPUT_PX]),
    "names": str(dict(enumerate(TYPES))),
    "kpt_shape": str([4, 3]),
    "model_name": "card-detector",
}
CLASSIFIER = COMMON | {
    "description": "Rectified cards: one of three types or none, and the quarters they are rolled by",
    "task": TASK,
    "imgsz": str([CROP_PX[1], CROP_PX[0]]),
    "names": str(dict(enumerate(KINDS))),
    "model_name": "card-classifier",
}


def export(detector: DetectorNet, path: Path, sharpness: float = 1.0) -> int:
    """Writes the detector and its decoder to an ONNX file; returns its size in bytes."""
    graph = Decoded(detector.eval(), DecoderSettings(), sharpness)
    return _write(graph, torch.rand(1, 3, INPUT_PX, INPUT_PX), ["output0"], DETECTOR, path)


def export_classifier(classifier: ClassifierNet, path: Path, none_bias: float = 0.0) -> int:
    """Writes the classifier to an ONNX file that takes any number of crops; returns its size in bytes."""
    graph = Answers(classifier.eval(), none_bias)
    return _write(graph, torch.rand(2, 3, *CROP_PX[::-1]), ["types", "turns"], CLASSIFIER, path, many=True)


def restore(folder: Path) -> DetectorNet:
    """The averaged detector of a run's checkpoint. Raises CheckpointMissing."""
    detector = DetectorNet(Trunk())
    detector.load_state_dict(_averaged(folder, "train"))
    return detector.eval()


def restore_classifier(folder: Path) -> ClassifierNet:
    """The averaged classifier of a run's checkpoint. Raises CheckpointMissing."""
    classifier = ClassifierNet(Trunk())
    classifier.load_state_dict(_averaged(folder, "classify"))
    return classifier.eval()


def _averaged(folder: Path, command: str) -> dict[str, Tensor]:
    path = folder / CHECKPOINT
    if not path.exists():
        raise CheckpointMissing(f"{path} is not there; run `python -m training {command}` first.")
    averaged: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)["averaged"]
    return averaged


def _write(
    graph: nn.Module,
    sample: Tensor,
    outputs: list[str],
    metadata: dict[str, str],
    path: Path,
    many: bool = False,
) -> int:
    buffer = io.BytesIO()
    with torch.no_grad():
        torch.onnx.export(
            graph.eval(),
            (sample,),
            buffer,
            input_names=["images"],
            output_names=outputs,
            dynamic_axes={name: {0: "n"} for name in ["images", *outputs]} if many else None,
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    onnx.checker.check_model(model, full_check=True)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata)
    return exported.write(path, model)

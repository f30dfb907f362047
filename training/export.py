"""Writes the ONNX file that the product bundles."""

from __future__ import annotations

import io
from pathlib import Path

import onnx
import torch

from training.decoder import Decoded
from training.errors import CheckpointMissing
from training.network import Detector
from training.settings import CHECKPOINT, COARSE_STRIDE, INPUT_PX, TYPES, DecoderSettings
from training.trunk import Trunk

OPSET = 17
VERSION = "1"
DESCRIPTION = "Cards in photographs: four corners in reading order, one of three types"


def metadata(version: str = VERSION) -> dict[str, str]:
    """The entries that runtimes of Ultralytics models read; each is a Python literal as text."""
    return {
        "description": DESCRIPTION,
        "author": "Cardwatch",
        "version": version,
        "license": "Apache-2.0",
        "stride": str(COARSE_STRIDE * 2),
        "task": "pose",
        "batch": "1",
        "imgsz": str([INPUT_PX, INPUT_PX]),
        "names": str(dict(enumerate(TYPES))),
        "channels": "3",
        "kpt_shape": str([4, 3]),
        "model_name": "card-detector",
    }


def export(detector: Detector, path: Path, sharpness: float = 1.0) -> int:
    """Writes the network and its decoder to an ONNX file; returns its size in bytes."""
    graph = Decoded(detector.eval(), DecoderSettings(), sharpness).eval()
    buffer = io.BytesIO()
    with torch.no_grad():
        torch.onnx.export(
            graph,
            (torch.rand(1, 3, INPUT_PX, INPUT_PX),),
            buffer,
            input_names=["images"],
            output_names=["output0"],
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    onnx.checker.check_model(model, full_check=True)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path.stat().st_size


def restore(folder: Path) -> Detector:
    """The averaged network of a run's checkpoint. Raises CheckpointMissing."""
    path = folder / CHECKPOINT
    if not path.exists():
        raise CheckpointMissing(f"{path} is not there; run `python -m training train` first.")
    detector = Detector(Trunk())
    detector.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["averaged"])
    return detector.eval()

"""Files that `export` wrote: read again, and their scores raised to another power."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, numpy_helper

from training import files
from training.errors import StartInvalid


def read(path: Path) -> ModelProto:
    """The file; raises StartInvalid where it is not there."""
    if not path.is_file():
        raise StartInvalid(f"{path} is not there; name an ONNX file.")
    return onnx.load(path)


def sharpen(path: Path, factor: float) -> float:
    """Multiplies the power of a detector's scores; returns it as it is now.

    Raises:
        StartInvalid: the file is not there, or raises no scores to a power.
    """
    model = read(path)
    power = _power(model, path)
    sharper = factor * float(numpy_helper.to_array(power))
    power.CopyFrom(numpy_helper.from_array(np.array(sharper, np.float32), power.name))
    files.write(path, model.SerializeToString())
    return sharper


def _power(model: ModelProto, path: Path) -> TensorProto:
    graph = model.graph
    powers = {node.input[1] for node in graph.node if node.op_type == "Pow"}
    constants = [node.attribute[0].t for node in graph.node if powers.intersection(node.output)]
    found: list[TensorProto] = constants + [each for each in graph.initializer if each.name in powers]
    if len(found) != 1:
        raise StartInvalid(f"{path} does not tell the power of its scores; name a detector's file.")
    return found[0]

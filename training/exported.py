"""ONNX files of trained networks: written, read again, and their scores raised to another power.

A file holds its larger weights as halves (16 bits), so that it takes half the room; ONNX Runtime turns them
into floats once, when it loads the file. What `read` returns holds floats.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from training import files
from training.errors import StartInvalid

LEAST = 256  # numbers in a tensor that is worth halving
HALF = ".half"  # what the name of a halved tensor ends with


def read(path: Path) -> ModelProto:
    """The file, all its weights as floats; raises StartInvalid where it is not there."""
    if not path.is_file():
        raise StartInvalid(f"{path} is not there; name an ONNX file.")
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if tensor.name.endswith(HALF):
            whole = numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(whole, tensor.name.removesuffix(HALF)))
    casts = [node for node in model.graph.node if node.op_type == "Cast" and node.input[0].endswith(HALF)]
    for node in casts:
        model.graph.node.remove(node)
    return model


def write(path: Path, model: ModelProto) -> int:
    """Writes the file, its larger weights as halves but for the steps of whole numbers; returns its size."""
    halved = ModelProto()
    halved.CopyFrom(model)
    steps = [node for node in model.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    exact = {name for node in steps for name in node.input}
    for tensor in halved.graph.initializer:
        values = numpy_helper.to_array(tensor)
        large = values.dtype == np.float32 and values.size >= LEAST and tensor.name not in exact
        if large and np.abs(values).max() <= np.finfo(np.float16).max:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + HALF))
            cast = helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT)
            halved.graph.node.insert(0, cast)
    files.write(path, halved.SerializeToString())
    return path.stat().st_size


def sharpen(path: Path, factor: float) -> float:
    """Multiplies the power of a detector's scores; returns it as it is now.

    Raises:
        StartInvalid: the file is not there, or raises no scores to a power.
    """
    model = read(path)
    power = _power(model, path)
    sharper = factor * float(numpy_helper.to_array(power))
    power.CopyFrom(numpy_helper.from_array(np.array(sharper, np.float32), power.name))
    write(path, model)
    return sharper


def _power(model: ModelProto, path: Path) -> TensorProto:
    graph = model.graph
    powers = {node.input[1] for node in graph.node if node.op_type == "Pow"}
    constants = [node.attribute[0].t for node in graph.node if powers.intersection(node.output)]
    found: list[TensorProto] = constants + [each for each in graph.initializer if each.name in powers]
    if len(found) != 1:
        raise StartInvalid(f"{path} does not tell the power of its scores; name a detector's file.")
    return found[0]

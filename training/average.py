"""The mean of two ONNX files of one network: often better on pictures of another kind than either.

(Wortsman and others 2022, "Robust fine-tuning of zero-shot models": one trained further from the other.)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import ModelProto, numpy_helper

from training import exported
from training.errors import StartInvalid


def average(one: Path, other: Path, share: float = 0.5) -> ModelProto:
    """The network of `other` with each weight moved towards that of `one`; the power of its scores stays.

    Args:
        one, other: what `export` or `export_classifier` wrote of the same network.
        share: 0 to 1, of `other`.

    Raises:
        StartInvalid: a file is not there, or they hold different networks.
    """
    first, second = exported.read(one), exported.read(other)
    before = {item.name: numpy_helper.to_array(item) for item in first.graph.initializer}
    if _shape(first) != _shape(second):
        raise StartInvalid(f"{one} and {other} hold different networks; name two of the same kind.")
    for item in second.graph.initializer:
        values = numpy_helper.to_array(item)
        if values.dtype == np.float32:
            mean = (1 - share) * before[item.name] + share * values
            item.CopyFrom(numpy_helper.from_array(mean.astype(np.float32), item.name))
    return second


def _shape(model: ModelProto) -> tuple[list[str], list[tuple[str, tuple[int, ...]]]]:
    """The kinds of its nodes, and the names and shapes of its weights."""
    nodes = [node.op_type for node in model.graph.node]
    return nodes, [(item.name, tuple(item.dims)) for item in model.graph.initializer]

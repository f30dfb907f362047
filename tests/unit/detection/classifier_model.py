"""A small ONNX classifier without training: it reads the turn from where a crop's red dot is.

Its probabilities of the types are the same for every crop, as the test says.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NAMES = ("id_card", "driving_licence", "passport", "none")
SIZE = (160, 112)  # width and height of a crop
_IMPURE = 0.6  # redness up to this counts as nothing
_SURE = 400.0


def save(
    path: Path, types: tuple[float, ...] = (0.0, 0.0, 1.0, 0.0), metadata: dict[str, str] | None = None
) -> Path:
    """Writes the model; `metadata` replaces entries, an empty one removes it."""
    width, height = SIZE
    told = {
        "task": "card_classify",
        "names": str(dict(enumerate(NAMES))),
        "imgsz": f"[{height}, {width}]",
    } | (metadata or {})
    half = [height // 2, width // 2]
    nodes = [
        helper.make_node("Conv", ["images", "weights", "impure"], ["redness"]),
        helper.make_node("Relu", ["redness"], ["red"]),
        helper.make_node("AveragePool", ["red"], ["quarters"], kernel_shape=half, strides=half),
        helper.make_node("Flatten", ["quarters"], ["rows"]),
        helper.make_node("Gather", ["rows", "clockwise"], ["corners"], axis=1),
        helper.make_node("Mul", ["corners", "sure"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["turns"], axis=1),
        helper.make_node("ReduceMean", ["turns"], ["quarter"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["quarter", "answer"], ["types"]),
    ]
    constants = {
        "weights": np.array([1, -1, -1], np.float32).reshape(1, 3, 1, 1),
        "impure": np.array([-_IMPURE], np.float32),
        "clockwise": np.array([0, 1, 3, 2], np.int64),
        "sure": np.array(_SURE, np.float32),
        "answer": 4 * np.array([types], np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, height, width])],
        [
            helper.make_tensor_value_info("types", TensorProto.FLOAT, ["n", len(types)]),
            helper.make_tensor_value_info("turns", TensorProto.FLOAT, ["n", 4]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {key: value for key, value in told.items() if value})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path

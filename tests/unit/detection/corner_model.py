"""A small ONNX pose model without training: it finds a card by four coloured dots near its corners.

The dots are red, green, blue and yellow, in the order TL, TR, BR, BL as the card reads. The score is the
purity of the faintest of the four. So a picture with such a card has a known answer, at every turn and scale.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

NAMES = ("id_card", "passport")
COPIES = 3  # the same card three times, as neighbouring anchors would tell it
# For each dot: weights of R, G, B such that its own colour gives 1, and grey and the other dots at most 0.5.
_DOTS = np.array([[1, -1, -1], [-1, 1, -1], [-1, -1, 1], [0.5, 0.5, -1]], np.float32)
_IMPURE = 0.6  # a purity up to this counts as nothing


def save(
    path: Path,
    side_px: int = 352,
    metadata: dict[str, str] | None = None,
    dynamic: bool = False,
    half: bool = False,
    batch: int | str = 1,
    visibility: bool = True,
) -> Path:
    """Writes the model; `metadata` replaces entries of what Ultralytics writes, an empty one removes it."""
    numbers = 3 if visibility else 2
    told = {
        "description": "Finds four dots",
        "task": "pose",
        "stride": "32",
        "imgsz": f"[{side_px}, {side_px}]",
        "names": str(dict(enumerate(NAMES))),
        "kpt_shape": f"[4, {numbers}]",
    } | (metadata or {})
    shape = [batch, 3, "height", "width"] if dynamic else [batch, 3, side_px, side_px]
    rows = 4 + len(NAMES) + 4 * numbers
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    nodes, constants = _nodes(numbers, half)
    graph = helper.make_graph(
        nodes,
        "corners",
        [helper.make_tensor_value_info("images", kind, shape)],
        [helper.make_tensor_value_info("output0", kind, [batch, rows, COPIES])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {key: value for key, value in told.items() if value})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def save_constant(
    path: Path, answer: NDArray[np.float32], names: tuple[str, ...] = NAMES, side_px: int = 64
) -> Path:
    """Writes a model that answers any photograph with the same array (1, 16 + names, n)."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["answer", "nothing"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side_px, side_px])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, answer.shape)],
        [
            numpy_helper.from_array(answer, "answer"),
            numpy_helper.from_array(np.zeros((1, 1, 1), np.float32), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"task": "pose", "kpt_shape": "[4, 3]", "names": str(list(names))})
    path.write_bytes(model.SerializeToString())
    return path


def _nodes(numbers: int, half: bool) -> tuple[list[Any], list[Any]]:
    """The graph: purity of each dot's colour, its centre of mass, then the rows in Ultralytics' order."""

    def node(kind: str, inputs: str, outputs: str, **attributes: Any) -> Any:
        return helper.make_node(kind, inputs.split(), outputs.split(), **attributes)

    nodes = [
        node("Cast", "images", "pixels", to=TensorProto.FLOAT),
        node("Conv", "pixels weights impure", "purity"),
        node("Relu", "purity", "mass"),
        *_centre_of_mass(node, "x", line_axis=2, length_at=3),
        *_centre_of_mass(node, "y", line_axis=3, length_at=2),
        node("Concat", "x y", "xy", axis=2),
        node("ReduceMin", "xy", "least", axes=[1], keepdims=0),
        node("ReduceMax", "xy", "most", axes=[1], keepdims=0),
        node("Add", "least most", "twice_centre"),
        node("Mul", "twice_centre half", "centre"),
        node("Sub", "most least", "size"),
        node("Unsqueeze", "centre axis_2", "centre_rows"),
        node("Unsqueeze", "size axis_2", "size_rows"),
        node("ReduceMax", "purity", "purest", axes=[2, 3], keepdims=0),
        node("ReduceMin", "purest", "weakest", axes=[1], keepdims=1),
        node("Sub", "weakest impure_1", "pure"),
        node("Clip", "pure zero one", "score"),
        node("Unsqueeze", "score axis_2", "score_rows"),
        node("Concat", "xy" if numbers == 2 else "xy seen", "keypoints", axis=2),
        node("Reshape", "keypoints column", "keypoint_rows"),
        node("Concat", "centre_rows size_rows score_rows other_type keypoint_rows", "answer", axis=1),
        node("Tile", "answer copies", "answers"),
        node("Cast", "answers", "output0", to=TensorProto.FLOAT16 if half else TensorProto.FLOAT),
    ]
    used = {name for made in nodes for name in made.input}
    constants = {
        "weights": _DOTS.reshape(4, 3, 1, 1),
        "impure": np.full(4, -_IMPURE, np.float32),
        "impure_1": np.array(-_IMPURE, np.float32),
        "tiny": np.array(1e-6, np.float32),
        "half": np.array(0.5, np.float32),
        "zero": np.array(0, np.float32),
        "one": np.array(1, np.float32),
        "zero_index": np.array(0, np.int64),
        "one_index": np.array(1, np.int64),
        "axis_2": np.array([2], np.int64),
        "axis_3": np.array([3], np.int64),
        "index_2": np.array(2, np.int64),
        "index_3": np.array(3, np.int64),
        "column": np.array([1, -1, 1], np.int64),
        "copies": np.array([1, 1, COPIES], np.int64),
        "other_type": np.array([[[0.01]]], np.float32),
        "seen": np.ones((1, 4, 1), np.float32),
    }
    return nodes, [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used]


def _centre_of_mass(node: Callable[..., Any], name: str, line_axis: int, length_at: int) -> list[Any]:
    """Nodes that leave the mean coordinate (1, 4, 1) of the mass of each dot in `name`."""
    return [
        node("Shape", "mass", f"{name}_shape"),
        node("Gather", f"{name}_shape index_{length_at}", f"{name}_length", axis=0),
        node("Range", f"zero_index {name}_length one_index", f"{name}_indices"),
        node("Cast", f"{name}_indices", f"{name}_edges", to=TensorProto.FLOAT),
        node("Add", f"{name}_edges half", f"{name}_centres"),
        node("ReduceSum", f"mass axis_{line_axis}", f"{name}_lines", keepdims=0),
        node("Mul", f"{name}_lines {name}_centres", f"{name}_moments"),
        node("ReduceSum", f"{name}_moments axis_2", f"{name}_moment", keepdims=1),
        node("ReduceSum", f"{name}_lines axis_2", f"{name}_mass", keepdims=1),
        node("Add", f"{name}_mass tiny", f"{name}_some_mass"),
        node("Div", f"{name}_moment {name}_some_mass", name),
    ]

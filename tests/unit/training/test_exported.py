"""Files that `export` wrote, changed without training."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from app.detection.settings import BUNDLED_CLASSIFIER, BUNDLED_MODEL
from training import exported
from training.errors import StartInvalid


def scores(path: Path) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(1).random((1, 3, 352, 352), np.float32)
    best: np.ndarray = session.run(None, {"images": picture})[0][0, 4:7].max(0)
    return best


def test_a_file_of_halves_takes_half_the_room_and_computes_the_same(tmp_path: Path) -> None:
    model, path = exported.read(BUNDLED_MODEL), tmp_path / "detector.onnx"
    random = np.random.default_rng(3)
    for tensor in model.graph.initializer:  # the bundled file's are halves already
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32:
            moved = values * random.uniform(0.999, 1.001, values.shape).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(moved, tensor.name))
    plain = tmp_path / "plain.onnx"
    onnx.save(model, plain)
    assert exported.write(path, model) < 0.55 * plain.stat().st_size
    assert scores(path) == pytest.approx(scores(plain), rel=0.02, abs=1e-5)
    again = exported.read(path)
    assert [node.op_type for node in again.graph.node] == [node.op_type for node in model.graph.node]
    assert [each.name for each in again.graph.initializer] == [each.name for each in model.graph.initializer]
    assert np.abs(scores(path) - scores(plain)).max() > 0
    halves = path.read_bytes()
    exported.write(path, again)
    assert path.read_bytes() == halves


def test_what_no_half_can_hold_stays_a_float(tmp_path: Path) -> None:
    """Numbers beyond its range, and the steps of whole numbers, which are small."""
    values = {
        "large": np.full(exported.LEAST, 1e5),
        "step": np.full(exported.LEAST, 1e-6),
        "weight": np.ones(999),
    }
    tensors = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()]
    node = helper.make_node("DequantizeLinear", ["whole", "step"], ["y"])
    graph = helper.make_graph([node], "g", [], [], tensors)
    exported.write(tmp_path / "a.onnx", helper.make_model(graph))
    kept = {
        each.name: numpy_helper.to_array(each).dtype
        for each in onnx.load(tmp_path / "a.onnx").graph.initializer
    }
    assert kept == {"large": np.float32, "step": np.float32, f"weight{exported.HALF}": np.float16}


def test_scores_are_raised_to_a_further_power(tmp_path: Path) -> None:
    path = tmp_path / "detector.onnx"
    path.write_bytes(BUNDLED_MODEL.read_bytes())
    before = scores(path)
    first = exported.sharpen(path, 1.0)
    assert exported.sharpen(path, 2.0) == pytest.approx(2 * first)
    assert scores(path) == pytest.approx(before**2, rel=1e-3, abs=1e-7)


def test_a_power_among_the_initializers_is_found_too(tmp_path: Path) -> None:
    """Where ONNX Runtime's optimiser moves it, such as in an INT8 variant."""
    path = tmp_path / "detector.onnx"
    model = onnx.load(BUNDLED_MODEL)
    (power,) = {node.input[1] for node in model.graph.node if node.op_type == "Pow"}
    (constant,) = [node for node in model.graph.node if power in node.output]
    tensor = numpy_helper.from_array(numpy_helper.to_array(constant.attribute[0].t), power)
    model.graph.node.remove(constant)
    model.graph.initializer.append(tensor)
    onnx.save(model, path)
    before = scores(path)
    exported.sharpen(path, 2.0)
    assert scores(path) == pytest.approx(before**2, rel=1e-3, abs=1e-7)


def test_a_file_without_a_power_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "classifier.onnx"
    path.write_bytes(BUNDLED_CLASSIFIER.read_bytes())
    with pytest.raises(StartInvalid, match="power"):
        exported.sharpen(path, 2.0)
    with pytest.raises(StartInvalid, match="not there"):
        exported.read(tmp_path / "none.onnx")

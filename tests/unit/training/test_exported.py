"""Files that `export` wrote, changed without training."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from app.detection.settings import BUNDLED_CLASSIFIER, BUNDLED_MODEL
from training import exported
from training.errors import StartInvalid


def scores(path: Path) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(1).random((1, 3, 352, 352), np.float32)
    best: np.ndarray = session.run(None, {"images": picture})[0][0, 4:7].max(0)
    return best


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

"""An INT8 variant of the detector: faster where the processor has the instructions, if accuracy allows it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from app.detection import images
from app.detection.detector import Detector
from app.detection.letterbox import Letterbox
from training import exported

HEADS = ("find", "outline")  # what the decoder reads stays in floats
WITHIN = 99.99  # percent of the values that a range holds; the few beyond it would make it coarse


class Pictures(CalibrationDataReader):  # type: ignore[misc]
    """Inputs of the detector from pictures, one at a time."""

    def __init__(self, detector: Detector, paths: Iterable[Path]) -> None:
        self._inputs = self._prepared(detector, paths)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._inputs, None)

    def _prepared(
        self, detector: Detector, paths: Iterable[Path]
    ) -> Iterator[dict[str, NDArray[np.float32]]]:
        size = detector.model.input_size
        for path in paths:
            body = path.read_bytes()
            pixels, _ = images.decode(body, detector.inspect(body), max(size))
            box = Letterbox.fit((pixels.shape[1], pixels.shape[0]), size)
            yield {"images": detector.model.layout.prepare(pixels, box, size)}


def quantise(detector: Detector, model: Path, path: Path, pictures: Iterable[Path]) -> int:
    """Writes the variant, its ranges measured on some pictures; returns its size in bytes."""
    plain = exported.read(model)
    with tempfile.TemporaryDirectory() as scratch:
        before, after = Path(scratch) / "plain.onnx", Path(scratch) / "int8.onnx"
        onnx.save(plain, before)
        quant_pre_process(str(before), str(before), skip_symbolic_shape=True)
        quantize_static(
            str(before),
            str(after),
            Pictures(detector, pictures),
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_heads(onnx.load(before)),
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": WITHIN},
        )
        written = onnx.load(after)
    facts = {fact.key: fact.value for fact in plain.metadata_props}
    del written.metadata_props[:]
    onnx.helper.set_model_props(
        written, facts | {"model_name": f"{facts.get('model_name', model.stem)}-int8"}
    )
    return exported.write(path, written)


def _heads(model: onnx.ModelProto) -> list[str]:
    """The names of the convolutions whose outputs the decoder reads."""
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    return [name for name in convolutions if any(f"/{head}/" in name for head in HEADS)]

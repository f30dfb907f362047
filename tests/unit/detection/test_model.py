"""Loading and running ONNX files: what the model tells of itself, its provider, unusable files."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from app.detection import machine
from app.detection.errors import ModelError
from app.detection.model import CPU, CUDA, Model
from app.detection.settings import DetectionSettings
from tests.unit.detection import corner_model

ON_CPU = DetectionSettings(provider="cpu")
without_nvidia = pytest.mark.skipif(machine.has_nvidia(), reason="this machine has an NVIDIA device")


def test_tells_what_it_is(corner_onnx: Path) -> None:
    model = Model(corner_onnx, ON_CPU)
    assert model.name == "corners"
    assert model.version == hashlib.sha256(corner_onnx.read_bytes()).hexdigest()[:12]
    assert model.types == ("id_card", "passport")
    assert model.input_size == (352, 352)
    assert model.metadata["task"] == "pose"


def test_takes_its_name_from_the_metadata(tmp_path: Path) -> None:
    path = corner_model.save(tmp_path / "best.onnx", metadata={"model_name": "card-detector"})
    assert Model(path, ON_CPU).name == "card-detector"


def test_answers_in_the_shape_of_its_layout(corner_onnx: Path) -> None:
    outputs = Model(corner_onnx, ON_CPU).run(np.zeros((1, 3, 352, 352), np.float32))
    assert [output.shape for output in outputs] == [(1, 18, 3)]


def test_runs_with_an_input_of_half_precision(tmp_path: Path) -> None:
    model = Model(corner_model.save(tmp_path / "half.onnx", half=True), ON_CPU)
    assert model.run(np.zeros((1, 3, 352, 352), np.float32))[0].dtype == np.float16


def test_runs_with_a_dynamic_input_at_the_size_it_was_exported_for(tmp_path: Path) -> None:
    path = corner_model.save(
        tmp_path / "dynamic.onnx", dynamic=True, batch="batch", metadata={"imgsz": "[300, 416]"}
    )
    model = Model(path, ON_CPU)
    assert model.input_size == (416, 320)
    assert model.run(np.zeros((1, 3, 320, 416), np.float32))[0].shape == (1, 18, 3)


def test_threads_are_the_cores_shared_by_the_workers(corner_onnx: Path) -> None:
    assert Model(corner_onnx, ON_CPU, workers=1).threads == machine.cores()
    assert Model(corner_onnx, ON_CPU, workers=1000).threads == 1
    assert Model(corner_onnx, DetectionSettings(provider="cpu", intra_op_threads=3)).threads == 3


def test_logs_that_it_is_loaded(corner_onnx: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "app.detection"):
        model = Model(corner_onnx, ON_CPU)
    (record,) = caplog.records
    assert record.__dict__["event.action"] == "model_loaded"
    assert record.__dict__["card.model.version"] == model.version
    assert record.__dict__["card.model.provider"] == CPU


@without_nvidia
@pytest.mark.parametrize("provider", ["auto", "cpu"])
def test_the_cpu_is_no_fallback_where_nothing_else_is(
    corner_onnx: Path, provider: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    model = Model(corner_onnx, DetectionSettings(provider=provider))
    assert (model.requested_provider, model.provider) == (provider, CPU)
    assert (model.fallback, model.fallback_reason) == (False, None)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@without_nvidia
def test_cuda_that_is_not_there_is_a_fallback_and_told_once(
    corner_onnx: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    model = Model(corner_onnx, DetectionSettings(provider="cuda"))
    assert (model.requested_provider, model.provider, model.fallback) == ("cuda", CPU, True)
    assert "NVIDIA device" in (model.fallback_reason or "") or "onnxruntime-gpu" in (
        model.fallback_reason or ""
    )
    model.run(np.zeros((1, 3, 352, 352), np.float32))
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.__dict__["event.action"] for record in warnings] == ["provider_fallback"]
    assert warnings[0].__dict__["event.outcome"] == "failure"
    assert isinstance(warnings[0].__dict__["error.message"], str)
    assert capfd.readouterr().out == ""


@without_nvidia
def test_auto_beside_a_driver_that_does_not_work_is_a_fallback(
    corner_onnx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "has_nvidia", lambda: True)
    model = Model(corner_onnx, DetectionSettings(provider="auto"))
    assert (model.provider, model.fallback) == (CPU, True)
    assert model.fallback_reason


@pytest.mark.skipif(not machine.has_nvidia(), reason="this machine has no NVIDIA device")
def test_cuda_answers_as_the_cpu_does_or_tells_its_fallback(corner_onnx: Path) -> None:
    model = Model(corner_onnx, DetectionSettings(provider="auto"))
    tensor = np.random.default_rng(0).uniform(0, 1, (1, 3, 352, 352)).astype(np.float32)
    assert model.provider == (CPU if model.fallback else CUDA)
    assert bool(model.fallback_reason) == model.fallback
    assert model.run(tensor)[0] == pytest.approx(Model(corner_onnx, ON_CPU).run(tensor)[0], abs=0.5)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"cannot be read \(No such file or directory\): set `model`"
    ) as refused:
        Model(tmp_path / "missing.onnx", ON_CPU)
    assert refused.value.code == "model_unusable"


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Model(tmp_path, ON_CPU)


@pytest.mark.parametrize("content", [b"", b"no ONNX at all", b"\x08\x08" * 50])
def test_refuses_what_is_no_onnx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"no ONNX model that can be run|layout is not known"):
        Model(path, ON_CPU)


@pytest.mark.parametrize("part", range(1, 10))
def test_refuses_a_cut_file(tmp_path: Path, corner_onnx: Path, part: int) -> None:
    whole = corner_onnx.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(whole[: len(whole) * part // 10])
    with pytest.raises(ModelError):
        Model(path, ON_CPU)


def test_refuses_an_unknown_layout_and_says_what_it_saw(tmp_path: Path) -> None:
    path = corner_model.save(tmp_path / "people.onnx", metadata={"kpt_shape": "[17, 3]"})
    with pytest.raises(ModelError, match=r"layout is not known \(task pose, outputs \[\[1, 18, 3\]\]\)"):
        Model(path, ON_CPU)


def test_refuses_a_model_without_metadata(tmp_path: Path) -> None:
    path = corner_model.save(tmp_path / "bare.onnx", metadata={"task": ""})
    with pytest.raises(ModelError, match="task not told"):
        Model(path, ON_CPU)


def test_refuses_an_input_of_bytes(tmp_path: Path) -> None:
    given = helper.make_tensor_value_info("images", TensorProto.UINT8, [1, 3, 32, 32])
    told = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 17, "n"])
    shape = helper.make_tensor("shape", TensorProto.INT64, [3], [1, 17, -1])
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["floats", "start", "end", "axis"], ["some"]),
        helper.make_node("Reshape", ["some", "shape"], ["output0"]),
    ]
    bounds = [
        helper.make_tensor(n, TensorProto.INT64, [1], [v])
        for n, v in (("start", 0), ("end", 17), ("axis", 3))
    ]
    graph = helper.make_graph(nodes, "bytes", [given], [told], [shape, *bounds])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"task": "pose", "kpt_shape": "[4, 3]", "names": "['card']"})
    path = tmp_path / "bytes.onnx"
    onnx.save(model, path)
    with pytest.raises(ModelError, match="32 or 16 bit floats"):
        Model(path, ON_CPU)


def test_an_inference_that_fails_is_a_model_error(corner_onnx: Path) -> None:
    with pytest.raises(ModelError, match="could not be run"):
        Model(corner_onnx, ON_CPU).run(np.zeros((1, 3, 64, 64), np.float32))

"""Network, targets, decoder, export: they agree with one another and with plain NumPy."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="torch is in training/requirements.txt")
pytest.importorskip("onnx", reason="onnx is in training/requirements.txt")

import onnx
import onnxruntime
import torch

from app.detection import classifier
from app.detection.settings import DetectionSettings
from training import decoder, export, train, trunk
from training.classifier import Answers, ClassifierNet
from training.dataset import Example, Scenes
from training.detecting import Detecting
from training.errors import ScenesMissing, TrunkMissing
from training.labels import LabelledCard, LabelledPicture, write
from training.losses import Batch, losses
from training.network import DetectorNet, Maps
from training.settings import CROP_PX, INPUT_PX, KINDS, TYPES, DecoderSettings, TrainSettings
from training.targets import targets
from training.trunk import Trunk

QUAD = np.array([(90, 120), (270, 100), (280, 220), (100, 240)], np.float32)
SURE = 6.0  # logit


def example(*cards: LabelledCard) -> Example:
    return Example(np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8), cards, ())


def perfect_maps(wanted: Example, turns: int = 0) -> Maps:
    """What a network says that has learned everything, though it starts its quads at any corner."""
    truth = targets(wanted)
    probability = np.clip(truth.objectness, 1e-3, 1 - 1e-3)
    types = np.eye(len(TYPES), dtype=np.float32)[truth.types] * SURE
    spots = np.clip(truth.corner_map, 1e-3, 1 - 1e-3)
    arrays = (
        np.log(probability / (1 - probability)),
        np.roll(truth.quads, turns, 1),
        truth.upward,
        types,
        np.log(spots / (1 - spots)),
        (truth.card_map - 0.5) * SURE,
    )
    return Maps(*(torch.from_numpy(np.ascontiguousarray(a)).float()[None] for a in arrays))


def rolled(quad: NDArray[np.float32], turns: int) -> NDArray[np.float32]:
    return np.roll(quad, turns, 0)


@pytest.mark.parametrize("reading", range(4))
@pytest.mark.parametrize("turns", range(4))
def test_corners_come_out_in_reading_order_whatever_the_network_begins_with(reading: int, turns: int) -> None:
    card = LabelledCard("passport", rolled(QUAD, reading))
    output = decoder.decode(perfect_maps(example(card), turns), DecoderSettings())[0].numpy()
    best = output[:, output[4:7].max(0).argmax()]
    corners = best[7:].reshape(4, 3)
    assert np.abs(corners[:, :2] - card.quad).max() < 1.0
    assert corners[:, 2].min() > 0.7
    assert TYPES[best[4:7].argmax()] == "passport"
    low, high = corners[:, :2].min(0), corners[:, :2].max(0)
    assert best[:4] == pytest.approx([*((low + high) / 2), *(high - low)], abs=1e-3)


def test_a_corner_that_is_a_little_off_is_drawn_to_the_peak() -> None:
    maps = perfect_maps(example(LabelledCard("id_card", QUAD)))
    off = Maps(maps.objectness, maps.corners + 5, maps.upward, maps.types, maps.corner_map, maps.card_map)
    output = decoder.decode(off, DecoderSettings())[0].numpy()
    best = output[:, output[4:7].max(0).argmax()]
    assert np.abs(best[7:].reshape(4, 3)[:, :2] - QUAD).max() < 1.5


def test_a_corner_without_a_peak_stays_and_is_not_visible() -> None:
    maps = perfect_maps(example(LabelledCard("id_card", QUAD)))
    blank = torch.full_like(maps.corner_map, -SURE)
    dark = Maps(maps.objectness, maps.corners, maps.upward, maps.types, blank, maps.card_map)
    output = decoder.decode(dark, DecoderSettings())[0].numpy()
    corners = output[:, output[4:7].max(0).argmax()][7:].reshape(4, 3)
    assert np.abs(corners[:, :2] - QUAD).max() < 0.1
    assert corners[:, 2].max() < 0.1


def test_two_cards_do_not_vote_for_one_another() -> None:
    left = LabelledCard("passport", QUAD * 0.5)
    right = LabelledCard("id_card", QUAD * 0.5 + np.float32(170))
    output = decoder.decode(perfect_maps(example(left, right)), DecoderSettings())[0].numpy()
    for card in (left, right):
        apart = np.abs(output[7:].reshape(4, 3, -1)[:, :2] - card.quad[..., None]).max((0, 1))
        assert apart.min() < 1.0
        assert TYPES[output[4:7, apart.argmin()].argmax()] == card.type


def test_the_loss_is_small_only_where_the_network_is_right() -> None:
    card = example(LabelledCard("driving_licence", QUAD))
    truth = targets(card)
    columns = (truth.objectness, truth.counts, truth.quads, truth.types, truth.upward)
    maps = (truth.corner_map, truth.card_map)
    batch = Batch(
        torch.zeros(1, 3, INPUT_PX, INPUT_PX), *(torch.from_numpy(a)[None] for a in (*columns, *maps))
    )
    right = losses(perfect_maps(card), batch)
    assert losses(perfect_maps(card, turns=1), batch)["corners"] == pytest.approx(float(right["corners"]))
    wrong = losses(perfect_maps(example(LabelledCard("passport", rolled(QUAD * 0.7, 2)))), batch)
    for name in ("objectness", "corners", "upward", "types", "corner_map", "card_map"):
        assert wrong[name] > 4 * right[name], name


def test_the_exported_file_agrees_with_the_network(tmp_path: Path) -> None:
    torch.manual_seed(3)
    detector = DetectorNet(Trunk()).eval()
    path = tmp_path / "model.onnx"
    export.export(detector, path, sharpness=0.8)
    pictures = torch.rand(1, 3, INPUT_PX, INPUT_PX)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {"images": pictures.numpy()})
    with torch.no_grad():
        expected = decoder.Decoded(detector, DecoderSettings(), 0.8)(pictures).numpy()
    assert output.shape == (1, 4 + len(TYPES) + 12, DecoderSettings().candidates)
    assert np.abs(output - expected).max() < 0.01


def test_the_exported_metadata_is_what_ultralytics_runtimes_read(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export.export(DetectorNet(Trunk()), path)
    found = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert (found["task"], found["author"], found["model_name"]) == ("pose", "Cardwatch", "card-detector")
    literals = {
        key: ast.literal_eval(found[key]) for key in ("names", "kpt_shape", "imgsz", "stride", "batch")
    }
    assert literals["names"] == dict(enumerate(TYPES))
    assert (literals["kpt_shape"], literals["imgsz"]) == ([4, 3], [INPUT_PX, INPUT_PX])


def test_the_classifiers_file_agrees_with_it_for_any_number_of_crops(tmp_path: Path) -> None:
    torch.manual_seed(4)
    network = ClassifierNet(Trunk()).eval()
    path = tmp_path / "classifier.onnx"
    export.export_classifier(network, path, none_bias=-0.7)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for count in (1, 5):
        crops = torch.rand(count, 3, *CROP_PX[::-1])
        kinds, turns = session.run(None, {"images": crops.numpy()})
        with torch.no_grad():
            expected = Answers(network, -0.7)(crops)
        assert np.abs(kinds - expected[0].numpy()).max() < 1e-4
        assert np.abs(turns - expected[1].numpy()).max() < 1e-4
        assert kinds.sum(1) == pytest.approx(np.ones(count), abs=1e-5)


def test_the_product_takes_the_classifiers_file(tmp_path: Path) -> None:
    path = tmp_path / "classifier.onnx"
    export.export_classifier(ClassifierNet(Trunk()), path)
    taken = classifier.Classifier(path, DetectionSettings(provider="cpu"))
    assert (taken.names, taken.size) == (KINDS, CROP_PX)
    pixels = np.random.default_rng(1).integers(0, 255, (300, 400, 3)).astype(np.uint8)
    (verdict,) = taken.judge(pixels, QUAD[None])
    assert verdict.type in TYPES


def test_the_trunk_is_the_published_one() -> None:
    """Its four maps are those of the published graph."""
    try:
        own = trunk.pretrained().eval()
    except TrunkMissing as error:
        pytest.skip(str(error))
    model = onnx.load(trunk._file())
    names = [f"p2o.pd_op.add.{number}.0" for number in (14, 27, 50, 63)]
    for name in names:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    pictures = np.random.default_rng(1).uniform(0, 1, (1, 3, 96, 128)).astype(np.float32)
    mean, deviation = (np.array(v, np.float32).reshape(1, 3, 1, 1) for v in (trunk.MEAN, trunk.DEVIATION))
    expected = session.run(names, {model.graph.input[0].name: (pictures[:, ::-1] - mean) / deviation})
    with torch.no_grad():
        found = own(torch.from_numpy(pictures))
    for mine, theirs in zip(found, expected, strict=True):
        assert np.abs(mine.numpy() - theirs).max() < 1e-3


def test_training_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    try:
        trunk.pretrained()
    except TrunkMissing as error:
        pytest.skip(str(error))
    settings = TrainSettings(batch=2, threads=1)
    task = Detecting(_scenes(), settings)
    assert list(train.Trainer(task, tmp_path, settings).run(2, 10.0)) == [1, 2]
    resumed = train.Trainer(task, tmp_path, settings)
    assert list(resumed.run(3, 10.0)) == [3]
    trained, frozen = resumed.network.state_dict(), trunk.pretrained().state_dict()
    assert torch.equal(trained["trunk.stem.first.weight"], frozen["stem.first.weight"])
    assert not torch.equal(trained["trunk.stages.3.0.expand.weight"], frozen["stages.3.0.expand.weight"])
    assert isinstance(export.restore(tmp_path), DetectorNet)


def test_there_must_be_scenes_to_train_on(tmp_path: Path) -> None:
    write(tmp_path, list[LabelledPicture]())
    with pytest.raises(ScenesMissing, match="generate"):
        Scenes.load(tmp_path)


def _scenes() -> Scenes:
    import cv2

    picture = np.random.default_rng(2).integers(0, 255, (300, 400, 3)).astype(np.uint8)
    _, data = cv2.imencode(".jpg", picture)
    return Scenes([data.tobytes()], [(LabelledCard("id_card", QUAD),)])

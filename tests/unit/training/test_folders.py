"""Folders of the training: whole files, one recipe each, pictures with labels and without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from training import files, labels, overlays, recipe
from training.errors import LabelsInvalid, RecipeDiffers
from training.labels import LabelledCard, LabelledPicture
from training.metrics import Found, Result
from training.settings import TrainSettings
from training.views import as_it_is

QUAD = np.array([(40, 30), (160, 30), (160, 105), (40, 105)], np.float32)


def test_a_file_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    files.write(path, b"[1]")
    (tmp_path / "index.json.new").mkdir()
    with pytest.raises(OSError, match=r"index\.json\.new"):
        files.write(path, b"[1, 2]")
    assert path.read_bytes() == b"[1]"


def test_a_file_is_replaced_when_all_went_well_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "models" / "detector.onnx"
    with files.replaced(path) as fresh:
        fresh.write_bytes(b"1")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"), files.replaced(tmp_path / "taken") as fresh:
        fresh.write_bytes(b"2")  # a file cannot replace a folder
    assert not fresh.exists()
    assert [each.name for each in path.parent.iterdir()] == ["detector.onnx"]
    assert path.read_bytes() == b"1"


def test_a_training_goes_on_with_its_own_start_seed_and_rate_alone(tmp_path: Path) -> None:
    settings = TrainSettings(seed=1)
    recipe.keep_training(tmp_path, settings, Path("a.onnx"))
    recipe.keep_training(tmp_path, settings, Path("a.onnx"))
    for other, start in (
        (replace(settings, seed=2), "a.onnx"),
        (replace(settings, learning_rate=settings.learning_rate / 2), "a.onnx"),
        (settings, "b.onnx"),
        (settings, None),
    ):
        with pytest.raises(RecipeDiffers):
            recipe.keep_training(tmp_path, other, Path(start) if start else None)


def test_a_folder_goes_on_with_its_own_recipe_alone(tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    recipe.keep(folder, seed=1, empty=False)
    recipe.keep(folder, seed=1, empty=False)
    with pytest.raises(RecipeDiffers, match="give another folder"):
        recipe.keep(folder, seed=2, empty=False)


def test_pictures_without_labels_are_pictures_without_a_card(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt"):
        (tmp_path / name).touch()
    assert [(p.file, p.cards) for p in labels.read_or_none(tmp_path)] == [("a.PNG", ()), ("b.jpg", ())]
    labels.write(tmp_path, [LabelledPicture("b.jpg", 4, 3, (LabelledCard("passport", QUAD),))])
    assert [(p.file, len(p.cards)) for p in labels.read_or_none(tmp_path)] == [("b.jpg", 1)]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabelsInvalid, match="no folder"):
        labels.read_or_none(tmp_path / "nowhere")


def test_an_overlay_shows_the_label_green_and_what_was_found_red(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((150, 200, 3), 120, np.uint8))
    card = LabelledCard("id_card", QUAD)
    sure, unsure = (Found("id_card", score, QUAD + shift) for score, shift in ((0.9, 10), (0.2, -20)))
    picture, result = LabelledPicture("a.png", 200, 150, (card,)), Result("a.png", (card,), (sure, unsure))
    overlays.write(tmp_path / "seen", tmp_path, picture, as_it_is, result, 0.5)
    drawn = cv2.imread(str(tmp_path / "seen" / "a.jpg")).astype(int)
    scale = drawn.shape[1] / 200
    green, red, left_out = (drawn[round((30 + by) * scale), round((100 + by) * scale)] for by in (0, 10, -20))
    assert green[1] - green[2] > 80
    assert red[2] - red[1] > 80
    assert abs(left_out - 120).max() < 20

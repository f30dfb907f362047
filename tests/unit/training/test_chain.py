"""The whole chain once, in miniature: photographs, deck, scenes, two trainings, two files, the figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is in training/requirements.txt")
pytest.importorskip("onnx", reason="onnx is in training/requirements.txt")

from click.testing import CliRunner

from training import fonts, labels, trunk
from training.commands import training
from training.errors import FontMissing, TrunkMissing
from training.settings import PHOTOS
from training.views import VIEWS

STEPS = 3


@pytest.fixture(autouse=True)
def installed() -> None:
    try:
        trunk.pretrained()
        for face in fonts.FACES:
            fonts.path(face)
    except (FontMissing, TrunkMissing) as error:
        pytest.skip(str(error))


def run(*words: object) -> str:
    result = CliRunner().invoke(training, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_photographs_to_figures(tmp_path: Path) -> None:
    stock, deck, scenes, empty = (tmp_path / name for name in ("stock", "deck", "scenes", "empty"))
    detector, classifier = tmp_path / "card-detector.onnx", tmp_path / "card-classifier.onnx"
    run("stock", PHOTOS, "--folder", stock)
    assert list((stock / "pictures").glob("*.jpg"))
    run("deck", "--folder", deck, "--count", 16, "--photographs", stock)
    run("generate", "--folder", scenes, "--cards", deck, "--count", 12, "--photographs", stock)
    run("generate", "--folder", empty, "--cards", deck, "--count", 3, "--photographs", stock, "--empty")
    assert sum(len(picture.cards) for picture in labels.read(scenes)) > 3
    run("train", "--scenes", scenes, "--folder", tmp_path / "d", "--steps", STEPS, "--threads", 1)
    run("mine", "--scenes", scenes, "--count", 2)
    run("classify", "--scenes", scenes, "--cards", deck, "--photographs", stock, "--folder", tmp_path / "c",
        "--steps", STEPS, "--threads", 1)  # fmt: skip
    run("export-classifier", "--folder", tmp_path / "c", "--classifier", classifier, "--scenes", scenes,
        "--cards", deck, "--count", 20)  # fmt: skip
    files = ("--model", detector, "--classifier", classifier)
    run("export", "--folder", tmp_path / "d", *files, "--scenes", scenes, "--scenes", empty)
    run("train", "--from", detector, "--rate", 5e-4, "--scenes", scenes, "--folder", tmp_path / "d2",
        "--steps", STEPS, "--threads", 1)  # fmt: skip
    run("classify", "--from", classifier, "--scenes", scenes, "--cards", deck, "--photographs", stock,
        "--folder", tmp_path / "c2", "--steps", STEPS, "--threads", 1)  # fmt: skip
    run("average", detector, detector, "--to", detector)
    assert "power" in run("calibrate", *files, "--scenes", scenes)
    smaller = tmp_path / "int8.onnx"
    assert "power" in run("quantise", *files, "--path", smaller, "--pictures", scenes, "--count", 4,
        "--scenes", scenes)  # fmt: skip
    assert smaller.stat().st_size < detector.stat().st_size
    assert "recall" in run("evaluate", scenes, "--model", smaller, "--alone")
    run("photos", "--folder", tmp_path / "photos")
    assert len(labels.read(tmp_path / "photos")) == len(labels.read(PHOTOS))
    figures, overlays = tmp_path / "goals.json", tmp_path / "overlays"
    output = run("goals", *files, "--specimens", PHOTOS, "--holdout", scenes, "--empty", empty, "--json",
        figures, "--overlays", overlays, "--smaller", smaller)  # fmt: skip
    assert {len(list(folder.iterdir())) for folder in overlays.iterdir()} == {len(labels.read(PHOTOS))}
    written = json.loads(figures.read_text())
    assert set(written["files"]) == {path.name for path in (detector, classifier)}
    rows = written["figures"]
    assert len(rows) == len(VIEWS) + 15  # of specimens in each view, and all others once
    assert all(row["words"][:20] in output for row in rows)
    assert all(row["reached"] in (True, False) for row in rows)
    assert all(row["value"] is not None for row in rows if "false cards" in row["words"])
    assert sum(path.stat().st_size for path in (detector, classifier)) < 25_000_000

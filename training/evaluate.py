"""Measures an ONNX file on folders of labelled pictures, through the product's own detector."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from app.detection.detector import Detector
from app.detection.settings import DetectionSettings
from training import labels
from training.labels import LabelledPicture
from training.metrics import Figures, Found, Result

LOWEST_SCORE = 0.02  # detections below are not looked at
COLUMNS = {
    "pictures": "pictures",
    "cards": "cards",
    "precision": "precision",
    "recall_70": "recall .7",
    "recall_85": "recall .85",
    "mean_iou": "mean IoU",
    "type": "type",
    "passport": "passport/card",
    "orientation": "orientation",
    "false_cards": "false cards",
}


def results(model: Path, folder: Path) -> Iterator[Result]:
    """What the model finds on each labelled picture of a folder. Raises LabelsInvalid."""
    pictures = labels.read(folder)
    detector = Detector(DetectionSettings(model=model, provider="cpu", min_score=LOWEST_SCORE))
    for picture in pictures:
        yield _result(detector, folder, picture)


def table(rows: dict[str, Figures]) -> Table:
    """One row per folder."""
    shown = Table("folder", *COLUMNS.values())
    for name, values in rows.items():
        shown.add_row(name, *(_text(value) for value in asdict(values).values()))
    return shown


def write(path: Path, model: Path, min_score: float, rows: dict[str, Figures]) -> None:
    """The same as JSON; what cannot be divided is null."""
    entries = {
        name: {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in asdict(values).items()
        }
        for name, values in rows.items()
    }
    content = {"model": model.name, "min_score": min_score, "folders": entries}
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _result(detector: Detector, folder: Path, picture: LabelledPicture) -> Result:
    body = (folder / picture.file).read_bytes()
    detection = detector.detect(body, detector.inspect(body), LOWEST_SCORE)
    found = tuple(Found(card.type, card.score, card.quad) for card in detection.cards)
    return Result(picture.file, picture.cards, found)


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else "-" if math.isnan(value) else f"{value:.3f}"

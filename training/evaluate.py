"""Measures an ONNX file on folders of labelled pictures, through the product's own detector."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from rich.table import Table

from app.detection import images
from app.detection.classifier import WANTED_PX, Classifier
from app.detection.detector import SAME_OVERLAP, Detector
from app.detection.settings import DetectionSettings
from training import views
from training.labels import LabelledPicture
from training.metrics import Figures, Found, Result
from training.views import View

LOWEST_SCORE = 0.02  # detections below are not looked at
WARM_UP = 5
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


def open_detector(model: Path, classifier: Path | None = None, threads: int = 0) -> Detector:
    """The product's own detector with these files, alone or with its second stage."""
    return Detector(_settings(model, str(classifier) if classifier else "off", threads))


def open_first_stage(model: Path) -> Detector:
    """The detector alone; of candidates that overlap it reports all that a second stage would judge."""
    return Detector(
        _settings(model, "off").model_copy(update={"max_overlap": SAME_OVERLAP, "max_covered": 1.0})
    )


def _settings(model: Path, classifier: str, threads: int = 0) -> DetectionSettings:
    return DetectionSettings(
        model=model,
        classifier=classifier,
        provider="cpu",
        min_score=LOWEST_SCORE,
        intra_op_threads=threads,
    )


def results(
    detector: Detector, folder: Path, pictures: Sequence[LabelledPicture], view: View = views.as_it_is
) -> Iterator[Result]:
    """What is found on each picture of a folder, seen in some way."""
    for picture in pictures:
        body, cards = view((folder / picture.file).read_bytes(), picture.cards)
        detection = detector.detect(body, detector.inspect(body), LOWEST_SCORE)
        found = tuple(Found(card.type, card.score, card.quad) for card in detection.cards)
        yield Result(picture.file, cards, found)


def with_certainties(results: Sequence[Result], folder: Path, classifier: Classifier) -> Iterator[Result]:
    """The same results of a detector alone with the classifier's certainty that each detection is a card."""
    for result in results:
        body = (folder / result.file).read_bytes()
        facts = images.inspect(body, DetectionSettings())
        pixels, scale = images.decode(body, facts, WANTED_PX)
        quads = np.array([item.quad for item in result.found], np.float32).reshape(-1, 4, 2)
        verdicts = classifier.judge(pixels, quads * np.float32(scale))
        found = [
            replace(item, certainty=verdict.certainty)
            for item, verdict in zip(result.found, verdicts, strict=True)
        ]
        yield replace(result, found=tuple(found))


def durations_ms(detector: Detector, path: Path, runs: int, min_score: float) -> Iterator[float]:
    """Milliseconds from pixels to cards for one photograph, decoding excluded; some runs before warm up.

    The lower `min_score`, the more candidates the second stage judges.
    """
    body = path.read_bytes()
    facts = detector.inspect(body)
    for _ in range(WARM_UP):
        detector.detect(body, facts, min_score)
    for _ in range(runs):
        timings = detector.detect(body, facts, min_score).timings_ms
        yield sum(ms for stage, ms in timings.items() if stage != "decode")


def inferences_compared(one: Detector, other: Detector, path: Path, runs: int) -> Iterator[float]:
    """How often the other's time of an inference one takes, run by run in turns; some before warm up."""
    body = path.read_bytes()
    facts = one.inspect(body)
    for number in range(-WARM_UP, runs):
        first, second = (detector.detect(body, facts).timings_ms["infer"] for detector in (one, other))
        if number >= 0:
            yield first / second


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


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else "-" if math.isnan(value) else f"{value:.3f}"

"""Places that the detector takes for cards and that are none: what the classifier must learn to reject.

mined.json: {"model": VERSION, "scenes": {"scene's file": [quad, ...]}}, quads (4, 2) in pixels of the scene;
a scene that was looked at and gave nothing has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.detection import geometry
from app.detection.detector import Detector
from training import files, labels
from training.labels import LabelledCard

Quads = list[list[list[float]]]

FILE = "mined.json"
MIN_SCORE = 0.15
SAVE_EVERY = 200  # scenes
MOST_OVERLAP = 0.35  # IoU with a card up to which a detection is a false one


def mine(detector: Detector, folder: Path, count: int) -> Iterator[int]:
    """Looks at the first `count` scenes of a folder and writes what was false; yields how many were seen.

    Goes on where an earlier run with the same model stopped.
    """
    found = _known(folder, detector.model.version)
    pictures = labels.read(folder)[:count]
    for number, picture in enumerate(pictures, 1):
        if picture.file not in found:
            body = (folder / picture.file).read_bytes()
            cards = detector.detect(body, detector.inspect(body), MIN_SCORE).cards
            found[picture.file] = [c.quad.tolist() for c in cards if _false(c.quad, picture.cards)]
        if number % SAVE_EVERY == 0 or number == len(pictures):
            content = {"model": detector.model.version, "scenes": found}
            files.write(folder / FILE, json.dumps(content).encode())
        yield number


def read(folder: Path) -> dict[str, list[NDArray[np.float32]]]:
    """The false quads by file; none where nothing was mined yet."""
    return {file: [np.array(quad, np.float32) for quad in quads] for file, quads in _known(folder).items()}


def _known(folder: Path, version: str | None = None) -> dict[str, Quads]:
    """What was mined with any model, or with this version of it."""
    path = folder / FILE
    content = json.loads(path.read_text("utf-8")) if path.exists() else {"model": version, "scenes": {}}
    scenes: dict[str, Quads] = content["scenes"] if version in (None, content["model"]) else {}
    return scenes


def _false(quad: NDArray[np.float32], cards: tuple[LabelledCard, ...]) -> bool:
    return not cards or float(geometry.iou(quad, np.stack([c.quad for c in cards])).max()) < MOST_OVERLAP

"""Places that the detector takes for cards and that are none: what the classifier must learn to reject.

mined.json: {"scene's file": [quad, ...]}, quads (4, 2) in pixels of the scene.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.detection import geometry
from app.detection.detector import Detector
from training import labels
from training.labels import LabelledCard

FILE = "mined.json"
MIN_SCORE = 0.15
MOST_OVERLAP = 0.35  # IoU with a card up to which a detection is a false one


def mine(detector: Detector, folder: Path, count: int) -> Iterator[int]:
    """Looks at the first `count` scenes of a folder and writes what was false; yields how many were seen."""
    found: dict[str, list[list[list[float]]]] = {}
    for number, picture in enumerate(labels.read(folder)[:count], 1):
        body = (folder / picture.file).read_bytes()
        cards = detector.detect(body, detector.inspect(body), MIN_SCORE).cards
        wrong = [card.quad.tolist() for card in cards if _false(card.quad, picture.cards)]
        if wrong:
            found[picture.file] = wrong
        yield number
    (folder / FILE).write_text(json.dumps(found), "utf-8")


def read(folder: Path) -> dict[str, list[NDArray[np.float32]]]:
    """The false quads by file; none where nothing was mined yet."""
    path = folder / FILE
    if not path.exists():
        return {}
    entries = json.loads(path.read_text("utf-8"))
    return {file: [np.array(quad, np.float32) for quad in quads] for file, quads in entries.items()}


def _false(quad: NDArray[np.float32], cards: tuple[LabelledCard, ...]) -> bool:
    return not cards or float(geometry.iou(quad, np.stack([c.quad for c in cards])).max()) < MOST_OVERLAP

"""Pictures with the labels and what was found drawn over them, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.labels import LabelledPicture
from training.metrics import Result
from training.views import View

LONGEST_PX = 900
WANTED, FOUND = (60, 200, 60), (40, 40, 230)  # green and red, BGR


def write(
    folder: Path, source: Path, picture: LabelledPicture, view: View, result: Result, least: float
) -> None:
    """Draws one picture of `source`, seen in some way, into a folder: labels green, detections red."""
    body, _ = view((source / picture.file).read_bytes(), picture.cards)
    pixels = np.asarray(cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR))
    scale = LONGEST_PX / max(pixels.shape[:2])
    canvas = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for card in result.cards:
        _outline(canvas, card.quad * scale, WANTED, card.type)
    for item in result.found:
        if item.score >= least:
            _outline(canvas, item.quad * scale, FOUND, f"{item.type} {item.score:.2f}")
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{Path(picture.file).stem}.jpg"), canvas)


def _outline(canvas: NDArray[np.uint8], quad: NDArray[np.floating], ink: Sequence[int], words: str) -> None:
    """The quad with a dot on its first corner, and words beside its last."""
    points = np.round(quad).astype(np.int32)
    cv2.polylines(canvas, [points], True, ink, 2, cv2.LINE_AA)
    cv2.circle(canvas, points[0].tolist(), 6, ink, -1, cv2.LINE_AA)
    place = (int(points[3][0]) + 4, int(points[3][1]) - 6)
    cv2.putText(canvas, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, ink, 2, cv2.LINE_AA)

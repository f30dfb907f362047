"""Labelled pictures seen otherwise: turned, blurred, darkened, compressed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from training.labels import LabelledCard

Pixels = NDArray[np.uint8]
Cards = tuple[LabelledCard, ...]
View = Callable[[bytes, Cards], tuple[bytes, Cards]]

FINE_QUALITY, LOW_QUALITY = 95, 30
BLUR = 1 / 250  # of the long side, standard deviation
DARK = 0.35


def as_it_is(body: bytes, cards: Cards) -> tuple[bytes, Cards]:
    return body, cards


def turned(body: bytes, cards: Cards, quarters: int = 1) -> tuple[bytes, Cards]:
    """Turned clockwise by so many quarters."""
    pixels = _decoded(body)
    for _ in range(quarters):
        height = pixels.shape[0]
        pixels = cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE)
        cards = tuple(LabelledCard(c.type, _quarter(c.quad, height)) for c in cards)
    return _encoded(pixels), cards


def blurred(body: bytes, cards: Cards) -> tuple[bytes, Cards]:
    pixels = _decoded(body)
    return _encoded(cv2.GaussianBlur(pixels, (0, 0), max(pixels.shape[:2]) * BLUR)), cards


def darkened(body: bytes, cards: Cards) -> tuple[bytes, Cards]:
    return _encoded((_decoded(body) * DARK).astype(np.uint8)), cards


def compressed(body: bytes, cards: Cards) -> tuple[bytes, Cards]:
    return _encoded(_decoded(body), LOW_QUALITY), cards


VIEWS: dict[str, View] = {
    "as it is": as_it_is,
    "turned by 90": turned,
    "turned by 180": partial(turned, quarters=2),
    "turned by 270": partial(turned, quarters=3),
    "blurred": blurred,
    "darkened": darkened,
    "JPEG 30": compressed,
}


def _quarter(quad: NDArray[np.float32], height: int) -> NDArray[np.float32]:
    return np.stack([height - quad[:, 1], quad[:, 0]], 1).astype(np.float32)


def _decoded(body: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR))


def _encoded(pixels: Pixels, quality: int = FINE_QUALITY) -> bytes:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()

"""What years, copiers and printers do to a card."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from training.cards.sheet import Pixels


def worn(pixels: Pixels, rng: Generator) -> Pixels:
    """RGBA of a card after some years, photocopied, laminated or printed in other colours."""
    colours = pixels[..., :3]
    choice = rng.uniform()
    if choice < 0.06:  # a photocopy
        grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.float32)
        copied = np.clip((grey - 128) * rng.uniform(1.0, 2.2) + rng.uniform(120, 190), 0, 255).astype(
            np.uint8
        )
        colours = cv2.cvtColor(copied, cv2.COLOR_GRAY2RGB)
    elif choice < 0.16:
        colours = _hued(colours, rng)
    elif choice < 0.24:  # faded
        share = float(rng.uniform(0.5, 0.8))
        colours = np.clip(colours * share + (1 - share) * 225, 0, 255).astype(np.uint8)
    return np.dstack([colours, pixels[..., 3]])


def _hued(colours: Pixels, rng: Generator) -> Pixels:
    hsv = cv2.cvtColor(colours, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + int(rng.integers(180))) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.6, 1.5), 0, 255).astype(np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)

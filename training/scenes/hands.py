"""What lies over a card: fingers that hold it, things that cover a corner or an edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.scenes import camera
from training.scenes.camera import Pose

if TYPE_CHECKING:
    from training.deck import Source

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
THIN, THICK = (0.09, 0.16), (0.14, 0.3)  # widths of fingers in sides of the card


def hold(picture: Pixels, quad: Floats, rng: Generator) -> None:
    """Fingers over one edge, sometimes over the one across too."""
    edge = int(rng.integers(4))
    tone = skin(rng)
    for side in (edge, (edge + 2) % 4)[: 1 + (rng.uniform() < 0.35)]:
        for _ in range(int(rng.integers(1, 4))):
            _finger(picture, quad, side, tone, rng, THIN)


def skin(rng: Generator) -> NDArray[np.float64]:
    """A colour of skin, RGB."""
    return np.array((214, 168, 140)) * rng.uniform(0.4, 1.12) * rng.uniform(0.93, 1.07, 3)


def behind(picture: Pixels, quad: Floats, tone: NDArray[np.float64], rng: Generator) -> None:
    """A palm and the fingers of the hand that lies behind a card that is pasted afterwards."""
    edge = int(rng.integers(4))
    middle = (quad[edge] + quad[(edge + 1) % 4]) / 2
    outward = middle - quad.mean(0)
    side = float(np.sqrt(cv2.contourArea(quad)))
    centre = middle + outward * rng.uniform(-0.2, 0.9)
    axes = (max(1, int(side * rng.uniform(0.3, 0.6))), max(1, int(side * rng.uniform(0.25, 0.5))))
    angle = float(rng.uniform(0, 180))
    for share, shade in ((1.0, 0.7), (0.92, 0.85), (0.7, 0.96)):
        colour = np.clip(tone * shade, 0, 255).tolist()
        size = (max(1, int(axes[0] * share)), max(1, int(axes[1] * share)))
        cv2.ellipse(picture, _point(centre), size, angle, 0, 360, colour, -1, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 5))):
        _finger(picture, quad, int(rng.integers(4)), tone, rng, THICK, below=True)


def grip(picture: Pixels, quad: Floats, tone: NDArray[np.float64], rng: Generator) -> None:
    """The thumb, and at times fingers, over the card; at times nothing."""
    for _ in range(int(rng.choice((0, 1, 2, 3), p=(0.1, 0.45, 0.3, 0.15)))):
        _finger(picture, quad, int(rng.integers(4)), tone, rng, THICK)


def cover(picture: Pixels, quad: Floats, rng: Generator, source: Source) -> None:
    """A thing over a corner or an edge of a card."""
    thing = source.thing(rng)
    corner = int(rng.integers(4))
    place = quad[corner] + (quad[corner] - quad.mean(0)) * rng.uniform(0.0, 0.4)
    span = float(np.linalg.norm(quad[0] - quad[1])) * rng.uniform(0.2, 0.5)
    extent = (thing.pixels.shape[1], thing.pixels.shape[0])
    pose = Pose((float(place[0]), float(place[1])), span, rng.uniform(-np.pi, np.pi))
    matrix, _ = camera.homography(extent, pose, max(picture.shape[:2]))
    camera.paste(picture, thing.pixels, matrix, 0.4)


def _finger(
    picture: Pixels,
    quad: Floats,
    edge: int,
    skin: NDArray[np.float64],
    rng: Generator,
    widths: tuple[float, float],
    below: bool = False,
) -> None:
    """A capsule that comes from outside over an edge, lighter in the middle, with a nail at its tip."""
    thick = float(np.sqrt(cv2.contourArea(quad))) * rng.uniform(*widths)
    start, end = quad[edge], quad[(edge + 1) % 4]
    inward = quad.mean(0) - (start + end) / 2
    inward /= max(float(np.linalg.norm(inward)), 1e-6)
    turn = rng.uniform(-0.5, 0.5)
    inward = -inward if below else inward  # from behind, the tip looks out over the edge
    along = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ inward
    tip = start + (end - start) * rng.uniform(0.1, 0.9) + inward * thick * rng.uniform(0.0, 1.0)
    root = tip - along * thick * rng.uniform(3, 9)
    for share, tone in ((1.0, 0.72), (0.86, 0.88), (0.6, 1.0), (0.3, 1.06)):
        colour = np.clip(skin * tone, 0, 255).tolist()
        cv2.line(picture, _point(tip), _point(root), colour, max(1, int(thick * share)), cv2.LINE_AA)
    if rng.uniform() < 0.6:
        nail = np.clip(skin * 1.1 + (14, 6, 8), 0, 255).tolist()
        angle = float(np.degrees(np.arctan2(along[1], along[0])))
        axes = (max(1, int(thick * 0.32)), max(1, int(thick * 0.24)))
        cv2.ellipse(picture, _point(tip + along * thick * 0.1), axes, angle, 0, 360, nail, -1, cv2.LINE_AA)


def _point(place: NDArray[np.floating]) -> tuple[int, int]:
    return int(place[0]), int(place[1])

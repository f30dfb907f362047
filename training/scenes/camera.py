"""Where flat things lie before the camera, and how they get into the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

FOCAL = 1.3  # focal length, in longer sides of the picture: a telephone's main camera


@dataclass(frozen=True, slots=True)
class Pose:
    """How a flat thing lies.

    Attributes:
        centre: of the thing in the picture, in pixels.
        span: how wide it appears, in pixels, if it were not tilted.
        turn: in the plane of the picture, radians.
        tilt, lean: around its horizontal and its vertical axis, radians.
    """

    centre: tuple[float, float]
    span: float
    turn: float = 0.0
    tilt: float = 0.0
    lean: float = 0.0


def project(points: Floats, width: float, pose: Pose, longest: float) -> Floats:
    """Points (n, 2) of a thing `width` wide, measured from its centre, as points (n, 2) of the picture."""
    focal = FOCAL * longest
    flat = np.concatenate([points * (pose.span / width), np.zeros((len(points), 1))], 1)
    x, y, z = (flat @ _rotation(pose).T).T
    depth = focal / (focal + z)
    return (np.stack([x * depth, y * depth], 1) + np.array(pose.centre)).astype(np.float32)


def homography(size: tuple[int, int], pose: Pose, longest: float) -> tuple[NDArray[np.float64], Floats]:
    """The matrix that takes pixels of a thing (width, height) into the picture, and its corners there."""
    width, height = size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    centred = corners - np.array([width / 2, height / 2], np.float32)
    landed = project(centred, width, pose, longest)
    return cv2.getPerspectiveTransform(corners, landed), landed


def random_pose(
    rng: Generator, size: tuple[int, int], share: tuple[float, float], steepest: float = 0.5
) -> Pose:
    """A pose in a picture (width, height); `share` bounds the span, in shorter sides of the picture."""
    width, height = size
    turn = rng.normal(0, 0.15) + (0 if rng.uniform() < 0.6 else np.pi / 2 * rng.integers(4))
    if rng.uniform() < 0.2:
        turn = rng.uniform(-np.pi, np.pi)
    tilt, lean = np.clip(rng.normal(0, 0.45 * steepest, 2), -steepest, steepest)
    span = min(width, height) * rng.uniform(*share)
    centre = (width * rng.uniform(0.15, 0.85), height * rng.uniform(0.15, 0.85))
    return Pose(centre, span, float(turn), float(tilt), float(lean))


def paste(picture: Pixels, thing: Pixels, matrix: NDArray[np.float64], soft: float = 0.0) -> Floats:
    """Warps RGBA pixels into an RGB picture in place; returns how much it covers, (h, w) from 0 to 1.

    A thing much larger than its place is shrunk by areas first, so that nothing aliases.
    """
    height, width = picture.shape[:2]
    thing, matrix = _shrunk(thing, matrix)
    warped = cv2.warpPerspective(thing, matrix, (width, height), flags=cv2.INTER_LINEAR)
    cover = warped[..., 3].astype(np.float32) / 255
    if soft > 0:
        cover = cv2.GaussianBlur(cover, (0, 0), soft)
    picture[:] = (picture * (1 - cover[..., None]) + warped[..., :3] * cover[..., None]).astype(np.uint8)
    return cover


def _shrunk(thing: Pixels, matrix: NDArray[np.float64]) -> tuple[Pixels, NDArray[np.float64]]:
    height, width = thing.shape[:2]
    corners = np.array([[(0, 0), (width, 0), (width, height), (0, height)]], np.float32)
    landed = cv2.perspectiveTransform(corners, matrix)[0]
    longest = max(np.linalg.norm(landed[1] - landed[0]), np.linalg.norm(landed[2] - landed[3]), 1.0)
    scale = min(1.0, 1.1 * longest / width)
    if scale > 0.8:
        return thing, matrix
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    back = np.diag([width / size[0], height / size[1], 1.0])
    return cv2.resize(thing, size, interpolation=cv2.INTER_AREA), matrix @ back


def _rotation(pose: Pose) -> NDArray[np.float64]:
    """The tilts first, then the turn in the picture's plane."""
    ca, sa, cb, sb = np.cos(pose.tilt), np.sin(pose.tilt), np.cos(pose.lean), np.sin(pose.lean)
    cc, sc = np.cos(pose.turn), np.sin(pose.turn)
    around_x = np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    around_y = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    around_z = np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]])
    return np.asarray(around_z @ around_y @ around_x)

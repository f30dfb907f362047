"""A picture, fitted into a model's input with its proportions kept, and points brought back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from app.detection.opencv import cv2

GREY = 114


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture lies in the input.

    Attributes:
        left, top: pixels of border before the picture.
        width, height: of the picture in the input.
        scale_x, scale_y: pixels of the input per pixel of the picture; they differ by the rounding.
    """

    left: int
    top: int
    width: int
    height: int
    scale_x: float
    scale_y: float

    @classmethod
    def fit(cls, picture: tuple[int, int], into: tuple[int, int]) -> Letterbox:
        """The largest placement, centred, of a picture (width, height) in an input (width, height)."""
        scale = min(into[0] / picture[0], into[1] / picture[1])
        width, height = (
            min(room, max(1, round(side * scale))) for side, room in zip(picture, into, strict=True)
        )
        left, top = (into[0] - width) // 2, (into[1] - height) // 2
        return cls(left, top, width, height, width / picture[0], height / picture[1])

    def to_picture(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (..., 2) of the input as points of the picture."""
        return (points.astype(np.float64) - (self.left, self.top)) / (self.scale_x, self.scale_y)


def rgb_unit(pixels: NDArray[np.uint8], box: Letterbox, size: tuple[int, int]) -> NDArray[np.float32]:
    """The tensor (1, 3, height, width), RGB from 0 to 1, of a BGR picture on grey of 114.

    Shrinking averages areas (so that nothing aliases, whatever the size), enlarging interpolates.
    """
    method = cv2.INTER_AREA if box.scale_x < 1 else cv2.INTER_LINEAR
    canvas = np.full((size[1], size[0], 3), GREY, np.uint8)
    inside = canvas[box.top : box.top + box.height, box.left : box.left + box.width]
    part = shrunk(pixels, _whole_step(pixels, box))
    cv2.resize(part, (box.width, box.height), dst=inside, interpolation=method)
    return cast(NDArray[np.float32], cv2.dnn.blobFromImage(canvas, 1 / 255, swapRB=True))


def shrunk(pixels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Squares of `step` x `step` pixels averaged to one; sides that are no multiples lose what is over.

    OpenCV averages by a whole number many times faster than by any other, and four times faster still by two:
    so even steps halve first, which rounds twice (to one level of 255 beside the exact mean).
    """
    if step < 2:
        return pixels
    height, width = (side // step for side in pixels.shape[:2])
    whole = pixels[: height * step, : width * step]
    if step > 2 and step % 2 == 0:
        halves = (width * step // 2, height * step // 2)
        whole = cast(NDArray[np.uint8], cv2.resize(whole, halves, interpolation=cv2.INTER_AREA))
    return cast(NDArray[np.uint8], cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))


def _whole_step(pixels: NDArray[np.uint8], box: Letterbox) -> int:
    """The largest number that divides both sides and leaves at least as much as the box holds."""
    height, width = pixels.shape[:2]
    most = min(width // box.width, height // box.height)
    return max((step for step in range(2, most + 1) if width % step == height % step == 0), default=1)

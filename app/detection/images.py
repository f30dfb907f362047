"""The bytes of a photograph -> its facts, and its upright pixels.

`inspect` reads the header and the structure of the file and refuses what is hostile or not wanted; no pixel
is decoded before it has answered. `decode` then makes pixels, of a JPEG only as many as are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from app.detection.errors import (
    ImageTruncated,
    NotAnImage,
    SideOutOfRange,
    TooManyPixels,
    UnsupportedFormat,
)
from app.detection.formats import FORMATS, recognised
from app.detection.opencv import cv2
from app.detection.settings import DetectionSettings

Pixels = NDArray[np.uint8]

WANTED: Final = "send a JPEG, PNG, WebP or BMP"

_REDUCED: Final = {
    1: cv2.IMREAD_COLOR_BGR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_ROWS_AT_ONCE = 256  # bounds the memory that blending with white takes

# EXIF orientation -> what makes the stored picture upright.
_TURN: Final[dict[int, Callable[[Pixels], Pixels]]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}
_LEFT_WAS_FAR_END: Final = frozenset({2, 3, 6, 7})  # the upright left edge is where a stored axis ends
_TOP_WAS_FAR_END: Final = frozenset({3, 4, 7, 8})


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header of a photograph says.

    Attributes:
        width, height: in pixels of the upright photograph, its orientation applied.
        format: `jpeg`, `png`, `webp` or `bmp`, told from the bytes.
        orientation: EXIF orientation, 1 to 8; from 5 on the stored width and height are swapped.
        alpha: whether pixels can be transparent.
    """

    width: int
    height: int
    format: str
    orientation: int
    alpha: bool = False

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height as stored, before the orientation is applied."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def inspect(body: bytes, limits: DetectionSettings) -> ImageFacts:
    """The facts of a photograph from its header; no pixel is decoded.

    Raises:
        ImageError: it is refused; the subclass says why.
    """
    facts = _read(body, limits)
    if facts.width * facts.height > limits.max_pixels:
        raise TooManyPixels(
            f"The photograph has {facts.width} x {facts.height} pixels, more than {limits.max_pixels:,} in"
            " all: send a smaller one."
        )
    if max(facts.width, facts.height) > limits.max_side_px:
        raise SideOutOfRange(
            f"A side of the photograph is longer than {limits.max_side_px:,} pixels: send a smaller one."
        )
    if min(facts.width, facts.height) < limits.min_side_px:
        raise SideOutOfRange(
            f"A side of the photograph is shorter than {limits.min_side_px} pixels: send a larger one."
        )
    return facts


def decode(body: bytes, facts: ImageFacts, at_least_px: int) -> tuple[Pixels, float]:
    """Decodes a photograph that `inspect` let through.

    A JPEG is decoded at the smallest of 1, 1/2, 1/4 and 1/8 of its size whose long side still has
    `at_least_px` pixels (scaled inverse cosine transform); the other formats at their full size. The
    orientation is applied to the decoded picture. Grey becomes three equal channels; of 16 bits the high 8
    are kept; a palette is resolved; transparent pixels are laid on white; CMYK and YCCK are read as Adobe
    writes them (inverted), as all common readers do; colour profiles are not applied.

    Returns:
        Upright BGR pixels of shape (height, width, 3), contiguous; and their scale: pixels of this picture
        per pixel of the original. Where the original's size is no multiple of 1/scale, see `overhang`.

    Raises:
        ImageTruncated, NotAnImage: the pixels cannot be decoded despite the header.
    """
    divisor = _divisor(facts, at_least_px)
    stored = _imdecode_on_white(body) if facts.alpha else _imdecode_colour(body, _REDUCED[divisor])
    expected = tuple(-(-side // divisor) for side in facts.stored_size)
    if (stored.shape[1], stored.shape[0]) != expected:
        raise NotAnImage("The photograph's pixels do not fit its header: send an undamaged photograph.")
    return np.ascontiguousarray(_TURN[facts.orientation](stored)), 1 / divisor


def overhang(facts: ImageFacts, scale: float) -> tuple[float, float]:
    """How far the decoded picture reaches beyond the left and the top edge of the upright original.

    A scaled JPEG is rounded up to whole pixels at the stored right and bottom; the orientation may have
    turned these to the left or the top. A point (x, y) of the picture is (x / scale - left, y / scale - top)
    of the original.

    Args:
        facts: of the photograph.
        scale: what `decode` returned.

    Returns:
        left and top, in pixels of the original.
    """
    divisor = round(1 / scale)
    left = -facts.width % divisor if facts.orientation in _LEFT_WAS_FAR_END else 0
    top = -facts.height % divisor if facts.orientation in _TOP_WAS_FAR_END else 0
    return float(left), float(top)


def _read(body: bytes, limits: DetectionSettings) -> ImageFacts:
    name = next((name for name, image_format in FORMATS.items() if image_format.signed(body)), None)
    if name is None:
        raise _refusal(body)
    header = FORMATS[name].read(body, limits)
    if header.width == 0 or header.height == 0:
        raise NotAnImage("The photograph has no pixels: send an undamaged photograph.")
    size = (header.width, header.height)
    width, height = size[::-1] if header.orientation >= 5 else size
    return ImageFacts(width, height, name, header.orientation, header.alpha)


def _refusal(body: bytes) -> NotAnImage | UnsupportedFormat:
    if not body:
        return NotAnImage(f"The photograph is empty: {WANTED}.")
    other = recognised(body)
    if other:
        return UnsupportedFormat(f"This is a {other} file, which is not read here: {WANTED}.")
    return NotAnImage(f"These bytes are no photograph: {WANTED}.")


def _divisor(facts: ImageFacts, at_least_px: int) -> int:
    """The largest reduction of a JPEG that leaves its long side enough pixels."""
    if facts.format != "jpeg":
        return 1
    long_side = max(facts.width, facts.height)
    return max((n for n in _REDUCED if long_side >= n * at_least_px), default=1)


def _imdecode(body: bytes, flags: int) -> NDArray[np.unsignedinteger]:
    """Decodes as stored, 8 or 16 bits; a memory that does not suffice is no fault of the photograph."""
    try:
        decoded = cv2.imdecode(np.frombuffer(body, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError(str(error)) from error
        raise NotAnImage("The photograph cannot be decoded: send an undamaged photograph.") from error
    if decoded is None:
        raise ImageTruncated("The photograph's pixels are damaged or cut off: send the whole file.")
    return cast(NDArray[np.unsignedinteger], decoded)


def _imdecode_colour(body: bytes, flags: int) -> Pixels:
    """Decodes as BGR of 8 bits, as all flags in _REDUCED ask for."""
    return _imdecode(body, flags).astype(np.uint8, copy=False)


def _imdecode_on_white(body: bytes) -> Pixels:
    """Decodes all channels, 8 or 16 bits, and lays transparent pixels on white."""
    decoded = _imdecode(body, cv2.IMREAD_UNCHANGED)
    pixels = (decoded >> 8).astype(np.uint8) if decoded.dtype == np.uint16 else decoded
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[2] == 3 or pixels[..., 3].min() == 255:
        return np.ascontiguousarray(pixels[..., :3])
    return _on_white(pixels)


def _on_white(pixels: Pixels) -> Pixels:
    """BGRA (height, width, 4) -> BGR (height, width, 3), a band of rows at a time to bound the memory."""
    blended = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, len(pixels), _ROWS_AT_ONCE):
        band = pixels[top : top + _ROWS_AT_ONCE].astype(np.uint16)
        alpha = band[..., 3:]
        blended[top : top + _ROWS_AT_ONCE] = (band[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return blended

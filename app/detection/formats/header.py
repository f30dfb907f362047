"""What every image format tells before its pixels are decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Protocol

from app.detection.errors import ImageTruncated
from app.detection.exif import UPRIGHT


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says.

    Attributes:
        width, height: in pixels as stored, before the orientation is applied.
        orientation: EXIF orientation, 1 to 8.
        alpha: whether pixels can be transparent.
    """

    width: int
    height: int
    orientation: int = UPRIGHT
    alpha: bool = False


class Limits(Protocol):
    """Bounds on the structure of a file."""

    @property
    def max_chunks(self) -> int:
        """Most segments or chunks in one file."""

    @property
    def max_scans(self) -> int:
        """Most scans of one JPEG."""


def unpack(layout: str, body: bytes, at: int) -> tuple[Any, ...]:
    """`struct.unpack_from`, where bytes that are not there mean a truncated image.

    Raises:
        ImageTruncated: the body ends before the layout does.
    """
    if at + struct.calcsize(layout) > len(body):
        raise ImageTruncated("The image ends inside its header: send the whole file.")
    return struct.unpack_from(layout, body, at)

"""The image formats that are read, one module each, told apart by their first bytes.

Each module has `signed(body)` and `read(body, limits)`, which looks at the header and at the structure of the
file up to its end without decoding a pixel. Whatever the bytes are, `read` answers or raises an ImageError.

jpeg    markers up to the end of the image
png     chunks up to IEND
webp    chunks of the RIFF container
bmp     header against the size of the file
header  what they all return
"""

from __future__ import annotations

from typing import Final, Protocol

from app.detection.formats import bmp, jpeg, png, webp
from app.detection.formats.header import Header, Limits


class Format(Protocol):
    """What the module of a format offers."""

    def signed(self, body: bytes) -> bool:
        """Whether the body begins as this format does."""

    def read(self, body: bytes, limits: Limits) -> Header:
        """The header; raises an ImageError."""


FORMATS: Final[dict[str, Format]] = {"jpeg": jpeg, "png": png, "webp": webp, "bmp": bmp}

# Known images of other kinds: (offset, bytes, name).
_OTHERS: Final = (
    (0, b"GIF8", "GIF"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"%PDF-", "PDF"),
    (0, b"8BPS", "Photoshop"),
    (0, b"\0\0\1\0", "icon"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"v/1\1", "OpenEXR"),
    (0, b"<svg", "SVG"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftyphev", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypmsf1", "HEIC"),
)


def recognised(body: bytes) -> str | None:
    """The name of a known image format that is not read here, or None."""
    return next((name for at, magic, name in _OTHERS if body.startswith(magic, at)), None)

"""BMP (Windows bitmap, header versions 1 to 5): the header against the size of the file."""

from __future__ import annotations

from typing import Final

from app.detection.errors import ImageTruncated, NotAnImage, UnsupportedFormat
from app.detection.formats.header import Header, Limits, unpack

SIGNATURE: Final = b"BM"

_HEADERS: Final = frozenset({40, 52, 56, 108, 124})
_DEPTHS: Final = frozenset({1, 4, 8, 16, 24, 32})
_RGB, _BITFIELDS = 0, 3


def signed(body: bytes) -> bool:
    """Whether the body begins as a bitmap: its letters, and reserved fields that are zero."""
    return body.startswith(SIGNATURE) and body[6:10] == bytes(len(body[6:10]))


def read(body: bytes, limits: Limits) -> Header:
    """Reads the header and asks for as many bytes as the pixels need.

    A fourth channel is not taken for alpha: most writers leave it at zero.

    Raises:
        ImageTruncated: fewer bytes than the pixels need.
        UnsupportedFormat: run-length coded, embedded JPEG or PNG, or the header of OS/2.
        NotAnImage: sizes that make no sense.
    """
    offset, header, width, height, planes, depth, compression = unpack("<I I ii HH I", body, 10)
    if header not in _HEADERS or compression not in (_RGB, _BITFIELDS):
        raise UnsupportedFormat("This kind of BMP is not read: save it uncompressed, or as PNG or JPEG.")
    if planes != 1 or depth not in _DEPTHS or width <= 0 or height == 0 or offset < 14 + header:
        raise NotAnImage("The BMP's header is damaged: send an undamaged photograph.")
    row_bytes = (width * depth + 31) // 32 * 4
    if offset + row_bytes * abs(height) > len(body):
        raise ImageTruncated("The BMP ends before its last row: send the whole file.")
    return Header(width, abs(height))

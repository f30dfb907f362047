"""JPEG (ITU-T T.81, annex B): the markers from SOI to EOI."""

from __future__ import annotations

import re
from typing import Final

from app.detection import exif
from app.detection.errors import ImageTruncated, NotAnImage, UnsupportedFormat
from app.detection.formats.header import Header, Limits, unpack

SIGNATURE: Final = b"\xff\xd8\xff"

_SOS, _EOI, _APP1, _DNL = 0xDA, 0xD9, 0xE1, 0xDC
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: 8 bits, Huffman
_OTHER_FRAMES: Final = frozenset(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}  # lossless, hierarchical, arithmetic
# In a scan, FF is followed by 00 (stuffed), FF (fill) or D0..D7 (restart); all else is the next marker.
_MARKER: Final = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_FILL: Final = re.compile(rb"\xff+([\x01-\xfe])")


def signed(body: bytes) -> bool:
    """Whether the body begins with SOI and a marker."""
    return body.startswith(SIGNATURE)


def read(body: bytes, limits: Limits) -> Header:
    """Walks the markers up to EOI; bytes behind it (other pictures of a phone's file) are left alone.

    Raises:
        ImageTruncated: it ends before EOI.
        UnsupportedFormat: a coding that is not read, more scans than the limit.
        NotAnImage: markers that make no sense.
    """
    size: tuple[int, int] | None = None
    orientation = 0
    scans = 0
    at = 2
    for _ in range(limits.max_chunks):
        marker, at = _next_marker(body, at, scans > 0)
        if marker == _EOI:
            return _header(size, orientation, scans)
        (length,) = unpack(">H", body, at)
        if length < 2:
            raise NotAnImage("The JPEG has a segment without a length: send an undamaged photograph.")
        if marker in _OTHER_FRAMES or marker == _DNL:
            raise UnsupportedFormat(
                "This kind of JPEG is not read: save it as a baseline or progressive JPEG."
            )
        if marker in _FRAMES:
            size = _frame(body, at, size)
        elif marker == _APP1 and not orientation and body.startswith(b"Exif\0\0", at + 2):
            orientation = exif.orientation(body[at + 2 : at + length])
        elif marker == _SOS:
            scans += 1
            _check_scans(size, scans, limits)
        at += length
    raise UnsupportedFormat("The JPEG has too many segments: save it again without its extra data.")


def _next_marker(body: bytes, at: int, in_scan: bool) -> tuple[int, int]:
    """The next marker and where its segment begins; in a scan, behind the coded data."""
    found = _MARKER.search(body, at) if in_scan else _FILL.match(body, at)
    if found:
        return found[1][0], found.end()
    if in_scan or at + 1 >= len(body):
        raise ImageTruncated("The JPEG ends before its last scan line: send the whole file.")
    raise NotAnImage("The JPEG's header is damaged: send an undamaged photograph.")


def _frame(body: bytes, at: int, earlier: tuple[int, int] | None) -> tuple[int, int]:
    """Width and height from a frame header."""
    _, bits, height, width, components = unpack(">HBHHB", body, at)
    if earlier is not None:
        raise NotAnImage("The JPEG has two frames in one: send an undamaged photograph.")
    if bits != 8 or components not in (1, 3, 4):
        raise UnsupportedFormat(
            "Only JPEG of 8 bits with 1, 3 or 4 channels is read: save it as an ordinary JPEG."
        )
    return width, height


def _check_scans(size: tuple[int, int] | None, scans: int, limits: Limits) -> None:
    if size is None:
        raise NotAnImage("The JPEG has pixels before their size: send an undamaged photograph.")
    if scans > limits.max_scans:
        raise UnsupportedFormat(
            f"The JPEG has more than {limits.max_scans} scans: save it as an ordinary JPEG."
        )


def _header(size: tuple[int, int] | None, orientation: int, scans: int) -> Header:
    if size is None or scans == 0:
        raise NotAnImage("The JPEG ends without a picture in it: send an undamaged photograph.")
    return Header(*size, orientation=orientation or exif.UPRIGHT)

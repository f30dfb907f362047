"""WebP (RFC 9649): the RIFF container, simple (VP8, VP8L) or extended (VP8X)."""

from __future__ import annotations

from typing import Final

from app.detection import exif
from app.detection.errors import ImageAnimated, ImageTruncated, NotAnImage, UnsupportedFormat
from app.detection.formats.header import Header, Limits, unpack

SIGNATURE: Final = b"RIFF"

_ALPHA, _ANIMATION = 0x10, 0x02  # flags of VP8X
_DAMAGED = "The WebP's header is damaged: send an undamaged photograph."


def signed(body: bytes) -> bool:
    """Whether the body begins as a RIFF file of kind WEBP."""
    return body.startswith(SIGNATURE) and body.startswith(b"WEBP", 8)


def read(body: bytes, limits: Limits) -> Header:
    """Walks the chunks up to the size that RIFF tells; bytes behind it are left alone.

    Raises:
        ImageTruncated: it ends before that size.
        ImageAnimated: VP8X's animation flag or an ANIM or ANMF chunk.
        NotAnImage: no picture in it, or one whose size is not the canvas's.
        UnsupportedFormat: more chunks than the limit.
    """
    canvas: Header | None = None
    picture: Header | None = None
    orientation = exif.UPRIGHT
    for kind, at, length in _chunks(body, limits):
        match kind:
            case b"VP8X":
                canvas = _vp8x(body, at)
            case b"VP8 ":
                picture = picture or _vp8(body, at)
            case b"VP8L":
                picture = picture or _vp8l(body, at)
            case b"ANIM" | b"ANMF":
                raise ImageAnimated("The WebP is animated: send a single picture.")
            case b"EXIF":
                orientation = exif.orientation(body[at : at + length])
    return _header(picture, canvas, orientation)


def _chunks(body: bytes, limits: Limits) -> list[tuple[bytes, int, int]]:
    """Type, start and length of each chunk's data."""
    (size,) = unpack("<I", body, 4)
    end = 8 + size
    if end > len(body):
        raise ImageTruncated("The WebP ends before the size it tells: send the whole file.")
    found: list[tuple[bytes, int, int]] = []
    at = 12
    while at + 8 <= end:
        kind, length = unpack("<4sI", body, at)
        if at + 8 + length > end:
            raise ImageTruncated("The WebP ends inside a chunk: send the whole file.")
        if len(found) == limits.max_chunks:
            raise UnsupportedFormat("The WebP has too many chunks: save it again as an ordinary WebP.")
        found.append((kind, at + 8, length))
        at += 8 + length + length % 2
    return found


def _vp8x(body: bytes, at: int) -> Header:
    flags, width, wide, height, high = unpack("<I HB HB", body, at)
    if flags & _ANIMATION:
        raise ImageAnimated("The WebP is animated: send a single picture.")
    return Header((width | wide << 16) + 1, (height | high << 16) + 1, alpha=bool(flags & _ALPHA))


def _vp8(body: bytes, at: int) -> Header:
    """A lossy key frame (RFC 6386, section 9.1)."""
    tag, start, width, height = unpack("<B2x3sHH", body, at)
    if tag & 1 or start != b"\x9d\x01\x2a":
        raise NotAnImage(_DAMAGED)
    return Header(width & 0x3FFF, height & 0x3FFF)


def _vp8l(body: bytes, at: int) -> Header:
    """A lossless picture: 14 bits each of width and height less one, then the alpha flag."""
    magic, bits = unpack("<BI", body, at)
    if magic != 0x2F:
        raise NotAnImage(_DAMAGED)
    return Header((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, alpha=bool(bits >> 28 & 1))


def _header(picture: Header | None, canvas: Header | None, orientation: int) -> Header:
    if picture is None:
        raise NotAnImage("The WebP has no picture in it: send an undamaged photograph.")
    if canvas is not None and (canvas.width, canvas.height) != (picture.width, picture.height):
        raise NotAnImage(_DAMAGED)
    alpha = picture.alpha or (canvas is not None and canvas.alpha)
    return Header(picture.width, picture.height, orientation, alpha)

"""PNG (W3C Portable Network Graphics, third edition): the chunks from IHDR to IEND."""

from __future__ import annotations

from typing import Final

from app.detection import exif
from app.detection.errors import ImageAnimated, ImageTruncated, NotAnImage, UnsupportedFormat
from app.detection.formats.header import Header, Limits, unpack

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_CHUNK_FRAME = 12  # length, type and checksum around the data
_GREY_ALPHA, _RGB_ALPHA = 4, 6


def signed(body: bytes) -> bool:
    """Whether the body begins with PNG's signature."""
    return body.startswith(SIGNATURE)


def read(body: bytes, limits: Limits) -> Header:
    """Walks the chunks up to IEND; bytes behind it are left alone.

    Raises:
        ImageTruncated: it ends before IEND.
        ImageAnimated: an APNG (acTL chunk).
        NotAnImage: IHDR is not the first chunk.
        UnsupportedFormat: more chunks than the limit.
    """
    width, height, colour = _ihdr(body)
    orientation = exif.UPRIGHT
    alpha = colour in (_GREY_ALPHA, _RGB_ALPHA)
    at = len(SIGNATURE)
    for _ in range(limits.max_chunks):
        length, kind = unpack(">I4s", body, at)
        end = at + _CHUNK_FRAME + length
        if end > len(body):
            raise ImageTruncated("The PNG ends before its last chunk: send the whole file.")
        match kind:
            case b"IEND":
                return Header(width, height, orientation, alpha)
            case b"acTL":
                raise ImageAnimated("The PNG is animated: send a single picture.")
            case b"eXIf":
                orientation = exif.orientation(body[at + 8 : end - 4])
            case b"tRNS":
                alpha = True
        at = end
    raise UnsupportedFormat("The PNG has too many chunks: save it again as an ordinary PNG.")


def _ihdr(body: bytes) -> tuple[int, int, int]:
    """Width, height and colour type."""
    length, kind, width, height, _, colour = unpack(">I4sIIBB", body, len(SIGNATURE))
    if kind != b"IHDR" or length != 13:
        raise NotAnImage("The PNG's header is damaged: send an undamaged photograph.")
    return width, height, colour

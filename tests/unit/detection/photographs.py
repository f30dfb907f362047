"""Photographs made in memory: the card that `corner_model` finds, in every format and orientation."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

DATA = Path(__file__).parent / "data"  # small files that another library (Pillow) wrote

DOTS_BGR = ((0, 0, 255), (0, 255, 0), (255, 0, 0), (0, 255, 255))
# What a camera stores for each orientation: the inverse of what makes the stored picture upright.
_STORED = {
    1: lambda p: p,
    2: lambda p: cv2.flip(p, 1),
    3: lambda p: cv2.rotate(p, cv2.ROTATE_180),
    4: lambda p: cv2.flip(p, 0),
    5: lambda p: cv2.transpose(p),
    6: lambda p: cv2.rotate(p, cv2.ROTATE_90_COUNTERCLOCKWISE),
    7: lambda p: cv2.flip(cv2.transpose(p), -1),
    8: lambda p: cv2.rotate(p, cv2.ROTATE_90_CLOCKWISE),
}


def card_photo(width: int, height: int, quad: NDArray[np.floating]) -> Pixels:
    """A light card with these corners (4, 2) on a grey table, each with a dot 6 % of the long side wide."""
    pixels = np.full((height, width, 3), 90, np.uint8)
    cv2.fillConvexPoly(pixels, np.round(quad).astype(np.int32), (200, 205, 210), cv2.LINE_AA)
    for (x, y), colour in zip(quad, DOTS_BGR, strict=True):
        centre = (round(float(x)), round(float(y)))
        cv2.circle(pixels, centre, max(width, height) * 3 // 100, colour, cv2.FILLED, cv2.LINE_AA)
    return pixels


def noise_photo(width: int, height: int, seed: int = 0) -> Pixels:
    """Soft colours with a little noise, as a photograph has them."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    soft = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(soft.astype(np.int16) + random.integers(-6, 7, soft.shape), 0, 255).astype(np.uint8)


def stored(pixels: Pixels, orientation: int) -> Pixels:
    """The pixels as a camera stores them that then tells this EXIF orientation."""
    return np.ascontiguousarray(_STORED[orientation](pixels))


def encode(pixels: Pixels, kind: str, orientation: int = 1, *options: int) -> bytes:
    """A file of the kind `jpeg`, `png`, `webp` or `bmp` that tells the orientation (bmp cannot)."""
    suffix = ".jpg" if kind == "jpeg" else f".{kind}"
    done, encoded = cv2.imencode(suffix, stored(pixels, orientation), list(options))
    assert done
    body = encoded.tobytes()
    if orientation == 1:
        return body
    return {"jpeg": jpeg_exif, "png": png_exif, "webp": webp_exif}[kind](body, orientation)


def exif_block(orientation: int, order: str = "<") -> bytes:
    """A TIFF block with two entries, the second of them the orientation."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    entries = struct.pack(f"{order}HHIHH", 0x0100, 3, 1, 640, 0) + struct.pack(
        f"{order}HHIHH", 0x0112, 3, 1, orientation, 0
    )
    return head + struct.pack(f"{order}H", 2) + entries + bytes(4)


def jpeg_exif(body: bytes, orientation: int, order: str = ">") -> bytes:
    """The JPEG with an APP1 segment behind SOI."""
    block = b"Exif\0\0" + exif_block(orientation, order)
    return body[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + body[2:]


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(body: bytes, kind: bytes, data: bytes) -> bytes:
    """The PNG with one more chunk behind IHDR."""
    return body[:33] + png_chunk(kind, data) + body[33:]


def png_exif(body: bytes, orientation: int) -> bytes:
    """The PNG with an eXIf chunk."""
    return png_with(body, b"eXIf", exif_block(orientation))


def webp_chunk(kind: bytes, data: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def webp_extended(body: bytes, width: int, height: int, flags: int, *more: bytes) -> bytes:
    """The simple WebP in an extended container, with more chunks behind its picture."""
    canvas = struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    data = b"WEBP" + webp_chunk(b"VP8X", canvas) + body[12:] + b"".join(more)
    return b"RIFF" + struct.pack("<I", len(data)) + data


def webp_exif(body: bytes, orientation: int) -> bytes:
    """The WebP with an EXIF chunk."""
    height, width = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    return webp_extended(
        body, width, height, 0x08, webp_chunk(b"EXIF", b"Exif\0\0" + exif_block(orientation))
    )


def bmp(
    width: int, height: int, depth: int, pixels: bytes, compression: int = 0, masks: tuple[int, ...] = ()
) -> bytes:
    """A BMP with a header of version 3 and no palette; a negative height stores the top row first."""
    extra = struct.pack(f"<{len(masks)}I", *masks)
    offset = 14 + 40 + len(extra)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, len(pixels), 0, 0, 0, 0)
    return struct.pack("<2sIII", b"BM", offset + len(pixels), 0, offset) + info + extra + pixels


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of one colour that is some thousand times smaller than its pixels."""
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(1 + width // 8)) for _ in range(height)) + rows.flush()
    ihdr = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", ihdr) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    )

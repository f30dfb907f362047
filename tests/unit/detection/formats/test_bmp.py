"""The structure of BMP files."""

import struct

import pytest

from app.detection.errors import ImageTruncated, NotAnImage, UnsupportedFormat
from app.detection.formats import bmp
from app.detection.formats.header import Header
from app.detection.settings import DetectionSettings
from tests.unit.detection import photographs
from tests.unit.detection.photographs import encode, noise_photo

LIMITS = DetectionSettings()


@pytest.fixture(scope="module")
def body() -> bytes:
    return encode(noise_photo(161, 120), "bmp")


def test_tells_its_size(body: bytes) -> None:
    assert bmp.read(body, LIMITS) == Header(161, 120)


def test_reads_rows_from_the_top(body: bytes) -> None:
    assert bmp.read(photographs.bmp(40, -32, 24, bytes(120 * 32)), LIMITS) == Header(40, 32)


@pytest.mark.parametrize("part", range(50))
def test_refuses_every_fiftieth(body: bytes, part: int) -> None:
    with pytest.raises(ImageTruncated):
        bmp.read(body[: len(body) * part // 50], LIMITS)


@pytest.mark.parametrize("compression", [1, 2, 4, 5])
def test_refuses_compressed_pixels(compression: int) -> None:
    with pytest.raises(UnsupportedFormat):
        bmp.read(photographs.bmp(40, 32, 8, bytes(40 * 32), compression), LIMITS)


@pytest.mark.parametrize(("width", "height", "depth"), [(-40, 32, 24), (0, 32, 24), (40, 0, 24), (40, 32, 7)])
def test_refuses_sizes_that_make_no_sense(width: int, height: int, depth: int) -> None:
    with pytest.raises(NotAnImage):
        bmp.read(photographs.bmp(width, height, depth, bytes(4000)), LIMITS)


def test_refuses_the_lowest_height() -> None:
    """The one whose sign cannot be turned in 32 bits."""
    with pytest.raises(ImageTruncated):
        bmp.read(photographs.bmp(1, -(2**31), 24, bytes(4)), LIMITS)


def test_refuses_pixels_inside_the_header(body: bytes) -> None:
    with pytest.raises(NotAnImage):
        bmp.read(body[:10] + struct.pack("<I", 2) + body[14:], LIMITS)

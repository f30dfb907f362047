"""The structure of PNG files."""

import pytest

from app.detection.errors import ImageAnimated, ImageTruncated, NotAnImage, UnsupportedFormat
from app.detection.formats import png
from app.detection.formats.header import Header
from app.detection.settings import DetectionSettings
from tests.unit.detection.photographs import DATA, encode, noise_photo, png_exif, png_with

LIMITS = DetectionSettings()


@pytest.fixture(scope="module")
def body() -> bytes:
    return encode(noise_photo(160, 120), "png")


def test_tells_its_size(body: bytes) -> None:
    assert png.read(body, LIMITS) == Header(160, 120)


def test_reads_the_orientation(body: bytes) -> None:
    assert png.read(png_exif(body, 5), LIMITS).orientation == 5
    assert png.read((DATA / "turned.png").read_bytes(), LIMITS) == Header(48, 32, orientation=6)


@pytest.mark.parametrize("name", ["grey_alpha.png", "palette_transparent.png"])
def test_tells_what_can_be_transparent(name: str) -> None:
    assert png.read((DATA / name).read_bytes(), LIMITS).alpha


def test_leaves_bytes_behind_the_end_alone(body: bytes) -> None:
    assert png.read(body + b"more", LIMITS) == Header(160, 120)


@pytest.mark.parametrize("part", range(50))
def test_refuses_every_fiftieth(body: bytes, part: int) -> None:
    with pytest.raises(ImageTruncated):
        png.read(body[: len(body) * part // 50], LIMITS)


def test_refuses_an_animation() -> None:
    with pytest.raises(ImageAnimated):
        png.read((DATA / "animated.png").read_bytes(), LIMITS)


def test_refuses_another_first_chunk(body: bytes) -> None:
    with pytest.raises(NotAnImage):
        png.read(body.replace(b"IHDR", b"IDAT", 1), LIMITS)


def test_refuses_more_chunks_than_the_limit(body: bytes) -> None:
    for _ in range(20):
        body = png_with(body, b"tEXt", b"")
    assert png.read(body, LIMITS) == Header(160, 120)
    with pytest.raises(UnsupportedFormat, match="too many chunks"):
        png.read(body, DetectionSettings(max_chunks=16))


def test_refuses_a_chunk_that_is_longer_than_the_file(body: bytes) -> None:
    with pytest.raises(ImageTruncated):
        png.read(body[:33] + b"\xff\xff\xff\xfftEXt" + body[33:], LIMITS)

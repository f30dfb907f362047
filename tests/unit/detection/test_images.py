"""From bytes to facts and upright pixels: limits, formats, depths, orientations, hostile files."""

from __future__ import annotations

import struct
import subprocess
import sys

import cv2
import numpy as np
import pytest

from app.detection.errors import (
    ImageTruncated,
    NotAnImage,
    SideOutOfRange,
    TooManyPixels,
    UnsupportedFormat,
)
from app.detection.images import ImageFacts, decode, inspect, overhang
from app.detection.settings import DetectionSettings
from tests.unit.detection.photographs import (
    DATA,
    bmp,
    card_photo,
    encode,
    noise_photo,
    png_bomb,
    stored,
)

LIMITS = DetectionSettings()
FORMATS = ("jpeg", "png", "webp", "bmp")
WITH_EXIF = ("jpeg", "png", "webp")


def decoded(body: bytes, at_least_px: int = 1_000_000) -> np.ndarray:
    return decode(body, inspect(body, LIMITS), at_least_px)[0]


@pytest.mark.parametrize("kind", FORMATS)
def test_tells_the_facts_of_each_format(kind: str) -> None:
    assert inspect(encode(noise_photo(64, 48), kind), LIMITS) == ImageFacts(64, 48, kind, 1)


@pytest.mark.parametrize("kind", FORMATS)
def test_decodes_each_format(kind: str) -> None:
    photo = noise_photo(64, 48)
    pixels, scale = decode(encode(photo, kind), ImageFacts(64, 48, kind, 1), 1000)
    assert scale == 1
    assert pixels.flags.c_contiguous
    assert np.abs(pixels.astype(int) - photo).mean() < (6 if kind == "jpeg" else 1e-9)


@pytest.mark.parametrize("kind", WITH_EXIF)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turns_every_orientation_upright(kind: str, orientation: int) -> None:
    quad = np.array([[60, 40], [150, 45], [145, 100], [55, 95]])
    photo = card_photo(200, 130, quad)
    body = encode(photo, kind, orientation)
    facts = inspect(body, LIMITS)
    assert (facts.width, facts.height, facts.orientation) == (200, 130, orientation)
    assert facts.stored_size == stored(photo, orientation).shape[1::-1]
    pixels, _ = decode(body, facts, 1000)
    assert np.abs(pixels.astype(int) - photo).mean() < (3 if kind == "jpeg" else 1e-9)


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_reads_the_orientation_that_another_library_wrote(kind: str) -> None:
    body = (DATA / f"turned.{kind}").read_bytes()
    facts = inspect(body, LIMITS)
    assert (facts.width, facts.height, facts.orientation) == (32, 48, 6)
    assert decode(body, facts, 1000)[0].shape == (48, 32, 3)


@pytest.mark.parametrize(
    ("at_least_px", "divisor"), [(401, 1), (201, 1), (200, 2), (101, 2), (100, 4), (51, 4), (50, 8), (1, 8)]
)
def test_decodes_a_jpeg_no_larger_than_needed(at_least_px: int, divisor: int) -> None:
    body = encode(noise_photo(300, 400), "jpeg")
    pixels, scale = decode(body, inspect(body, LIMITS), at_least_px)
    assert scale == 1 / divisor
    assert pixels.shape == (400 // divisor, -(-300 // divisor), 3)


@pytest.mark.parametrize("kind", ["png", "webp", "bmp"])
def test_decodes_the_other_formats_whole(kind: str) -> None:
    body = encode(noise_photo(300, 400), kind)
    assert decode(body, inspect(body, LIMITS), 1)[0].shape == (400, 300, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tells_where_a_scaled_picture_lies_on_the_original(orientation: int) -> None:
    """A dot at a known place, in a size that is no multiple of eight, is found there at every orientation."""
    width, height, dot = 1003, 805, (250.5, 601.5)
    photo = np.zeros((height, width, 3), np.uint8)
    cv2.circle(photo, (250, 601), 40, (255, 255, 255), cv2.FILLED)
    body = encode(photo, "jpeg", orientation, cv2.IMWRITE_JPEG_QUALITY, 98)
    facts = inspect(body, LIMITS)
    pixels, scale = decode(body, facts, 125)
    assert scale == 1 / 8
    y, x = np.indices(pixels.shape[:2]) + 0.5
    mass = np.where(pixels[..., 1] > 30, pixels[..., 1], 0).astype(float)
    centre = np.array([(x * mass).sum(), (y * mass).sum()]) / mass.sum()
    assert centre / scale - overhang(facts, scale) == pytest.approx(dot, abs=0.5)


def test_reads_grey_as_three_equal_channels() -> None:
    pixels = decoded(encode(noise_photo(64, 48)[..., 0], "png"))
    assert pixels.shape == (48, 64, 3)
    assert (pixels == pixels[..., :1]).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_keeps_the_high_bits_of_sixteen(channels: int) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (48, 64, channels), dtype=np.uint16)
    deep[..., 3:] = 65535
    pixels = decoded(encode(deep, "png"))
    assert (pixels == deep[..., : min(channels, 3)] >> 8).all()


@pytest.mark.parametrize(
    ("name", "opaque"),
    [
        ("grey_alpha.png", (100, 100, 100)),
        ("palette_transparent.png", (255, 0, 0)),
        ("alpha.webp", (0, 0, 255)),
    ],
)
def test_lays_transparent_pixels_on_white(name: str, opaque: tuple[int, int, int]) -> None:
    pixels = decoded((DATA / name).read_bytes())
    assert (pixels[:, :24] == opaque).all()
    assert (pixels[:, 24:] == 255).all()


def test_blends_half_transparent_pixels_with_white() -> None:
    photo = np.zeros((600, 40, 4), np.uint8)
    photo[..., 3] = 51  # a fifth
    assert (decoded(encode(photo, "png")) == 204).all()


def test_reads_cmyk_as_adobe_writes_it() -> None:
    pixels = decoded((DATA / "cmyk.jpg").read_bytes()).astype(int)
    assert np.abs(pixels[4:-4, 4:20] - (0, 0, 255)).max() < 12
    assert np.abs(pixels[4:-4, 28:-4] - 255).max() < 12


def test_ignores_the_fourth_byte_of_a_bmp() -> None:
    pixels = decoded(bmp(40, 32, 32, bytes([10, 20, 30, 0]) * (40 * 32)))
    assert (pixels == (10, 20, 30)).all()


def test_reads_a_bmp_of_sixteen_bits() -> None:
    red = struct.pack("<H", 0xF800)
    pixels = decoded(bmp(40, 32, 16, red * (40 * 32), 3, (0xF800, 0x07E0, 0x001F)))
    assert (pixels[..., 2] > 240).all()
    assert (pixels[..., :2] < 10).all()


def test_reads_a_bmp_from_its_top_row() -> None:
    rows = bytes([0, 0, 255] * 40) * 16 + bytes([255, 0, 0] * 40) * 16
    pixels = decoded(bmp(40, -32, 24, rows))
    assert (pixels[0, 0] == (0, 0, 255)).all()
    assert (pixels[-1, 0] == (255, 0, 0)).all()


@pytest.mark.parametrize("body", [b"", b"\0" * 100, b"hello", b"\x89PNG", b"RIFF1234WAVE", b"BM", b"<html>"])
def test_refuses_what_is_no_image(body: bytes) -> None:
    with pytest.raises((NotAnImage, ImageTruncated)) as refused:
        inspect(body, LIMITS)
    assert refused.value.code in {"not_an_image", "image_truncated"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ((DATA / "animated.gif").read_bytes(), "GIF"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\0\0\0\x20ftypheic\0\0\0\0", "HEIC"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"8BPS\0\1", "Photoshop"),
    ],
)
def test_names_known_formats_that_it_does_not_read(body: bytes, name: str) -> None:
    with pytest.raises(UnsupportedFormat, match=f"This is a {name} file.*send a JPEG, PNG, WebP or BMP"):
        inspect(body, LIMITS)


@pytest.mark.parametrize("kind", FORMATS)
def test_refuses_too_many_pixels_and_sides_out_of_range(kind: str) -> None:
    body = encode(noise_photo(64, 48), kind)
    assert inspect(body, DetectionSettings(max_pixels=64 * 48, max_side_px=64, min_side_px=48)).width == 64
    with pytest.raises(TooManyPixels, match="64 x 48 pixels, more than 3,071"):
        inspect(body, DetectionSettings(max_pixels=64 * 48 - 1))
    with pytest.raises(SideOutOfRange, match="longer than 63"):
        inspect(body, DetectionSettings(max_side_px=63))
    with pytest.raises(SideOutOfRange, match="shorter than 49"):
        inspect(body, DetectionSettings(min_side_px=49))


@pytest.mark.parametrize("kind", FORMATS)
def test_survives_damaged_pixels_behind_a_whole_header(kind: str) -> None:
    """Zeroes in place of the pixels; what the decoder can make of them has the right size."""
    body = encode(noise_photo(160, 120), kind)
    half = len(body) // 2
    damaged = body[:half] + bytes(100) + body[half + 100 :]
    facts = inspect(damaged, LIMITS)
    try:
        pixels, _ = decode(damaged, facts, 1000)
    except (ImageTruncated, NotAnImage):
        return
    assert pixels.shape == (120, 160, 3)


def test_refuses_pixels_that_do_not_fit_the_header() -> None:
    body = encode(noise_photo(64, 48), "jpeg")
    with pytest.raises(NotAnImage, match="do not fit"):
        decode(body, ImageFacts(64, 47, "jpeg", 1), 1000)


BOMB = """
import resource, sys
from app.detection import images
from app.detection.errors import TooManyPixels
from app.detection.settings import DetectionSettings
body = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    images.inspect(body, DetectionSettings())
except TooManyPixels:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_refuses_a_decompression_bomb_without_growing() -> None:
    """18 KB that would become 144 million pixels, in a process of its own."""
    bomb = png_bomb(12_000, 12_000)
    assert len(bomb) < 20_000
    done = subprocess.run([sys.executable, "-c", BOMB], input=bomb, capture_output=True, check=True)
    grown_kib = int(done.stdout)
    assert grown_kib < 4_096


def test_refuses_sides_that_only_a_header_claims() -> None:
    body = encode(noise_photo(64, 48), "png")
    claimed = body[:16] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + body[24:]
    with pytest.raises(TooManyPixels):
        inspect(claimed, LIMITS)

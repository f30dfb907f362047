"""The structure of WebP files."""

import cv2
import pytest

from app.detection.errors import ImageAnimated, ImageTruncated, NotAnImage, UnsupportedFormat
from app.detection.formats import webp
from app.detection.formats.header import Header
from app.detection.settings import DetectionSettings
from tests.unit.detection.photographs import DATA, encode, noise_photo, webp_chunk, webp_exif, webp_extended

LIMITS = DetectionSettings()
LOSSY = (cv2.IMWRITE_WEBP_QUALITY, 80)


@pytest.fixture(scope="module", params=[(), LOSSY], ids=["lossless", "lossy"])
def body(request: pytest.FixtureRequest) -> bytes:
    return encode(noise_photo(161, 120), "webp", 1, *request.param)


def test_tells_its_size(body: bytes) -> None:
    assert webp.read(body, LIMITS) == Header(161, 120)


def test_reads_the_orientation(body: bytes) -> None:
    assert webp.read(webp_exif(body, 7), LIMITS) == Header(161, 120, orientation=7)
    assert webp.read((DATA / "turned.webp").read_bytes(), LIMITS) == Header(48, 32, orientation=6)


def test_tells_what_can_be_transparent() -> None:
    assert webp.read((DATA / "alpha.webp").read_bytes(), LIMITS).alpha


def test_leaves_bytes_behind_the_end_alone(body: bytes) -> None:
    assert webp.read(body + b"more", LIMITS) == Header(161, 120)


@pytest.mark.parametrize("part", range(50))
def test_refuses_every_fiftieth(body: bytes, part: int) -> None:
    with pytest.raises(ImageTruncated):
        webp.read(body[: len(body) * part // 50], LIMITS)


def test_refuses_animations(body: bytes) -> None:
    with pytest.raises(ImageAnimated):
        webp.read((DATA / "animated.webp").read_bytes(), LIMITS)
    with pytest.raises(ImageAnimated):
        webp.read(webp_extended(body, 161, 120, 0x02), LIMITS)
    with pytest.raises(ImageAnimated):
        webp.read(webp_extended(body, 161, 120, 0, webp_chunk(b"ANIM", bytes(6))), LIMITS)


def test_refuses_a_canvas_of_another_size(body: bytes) -> None:
    with pytest.raises(NotAnImage):
        webp.read(webp_extended(body, 160, 120, 0), LIMITS)


def test_refuses_a_file_without_a_picture(body: bytes) -> None:
    with pytest.raises(NotAnImage, match="no picture"):
        webp.read(b"RIFF\x0c\0\0\0WEBP" + webp_chunk(b"ICCP", b""), LIMITS)


def test_refuses_a_damaged_frame(body: bytes) -> None:
    with pytest.raises(NotAnImage, match="damaged"):
        webp.read(body[:20] + bytes([body[20] ^ 0x01]) + b"\0\0\0\0" + body[25:], LIMITS)


def test_refuses_more_chunks_than_the_limit(body: bytes) -> None:
    many = webp_extended(body, 161, 120, 0, *[webp_chunk(b"XMP ", b"")] * 20)
    assert webp.read(many, LIMITS) == Header(161, 120)
    with pytest.raises(UnsupportedFormat, match="too many chunks"):
        webp.read(many, DetectionSettings(max_chunks=16))

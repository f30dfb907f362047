"""The structure of JPEG files."""

import struct

import pytest

from app.detection.errors import ImageTruncated, NotAnImage, UnsupportedFormat
from app.detection.formats import jpeg
from app.detection.formats.header import Header
from app.detection.settings import DetectionSettings
from tests.unit.detection.photographs import DATA, encode, jpeg_exif, noise_photo

LIMITS = DetectionSettings()


@pytest.fixture(scope="module")
def body() -> bytes:
    return encode(noise_photo(160, 120), "jpeg")


def frame_at(body: bytes) -> int:
    return body.index(b"\xff\xc0")


def with_frame(body: bytes, at: int, value: bytes) -> bytes:
    """The file with bytes of its frame header replaced; `at` counts from the marker."""
    start = frame_at(body) + at
    return body[:start] + value + body[start + len(value) :]


def test_tells_its_size(body: bytes) -> None:
    assert jpeg.read(body, LIMITS) == Header(160, 120)


def test_reads_a_progressive_file_of_another_library() -> None:
    assert jpeg.read((DATA / "progressive.jpg").read_bytes(), LIMITS) == Header(48, 32)


def test_reads_the_orientation_that_another_library_wrote() -> None:
    assert jpeg.read((DATA / "turned.jpg").read_bytes(), LIMITS).orientation == 6


def test_takes_the_first_of_two_orientations(body: bytes) -> None:
    assert jpeg.read(jpeg_exif(jpeg_exif(body, 3), 8), LIMITS).orientation == 8


def test_leaves_bytes_behind_the_end_alone(body: bytes) -> None:
    assert jpeg.read(body + body[:200], LIMITS) == Header(160, 120)


def test_is_not_fooled_by_the_end_of_a_thumbnail(body: bytes) -> None:
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    whole = body[:2] + thumbnail + body[2:]
    assert jpeg.read(whole, LIMITS) == Header(160, 120)
    with pytest.raises(ImageTruncated):
        jpeg.read(whole[:-2], LIMITS)


def test_tolerates_fill_bytes_before_a_marker(body: bytes) -> None:
    at = frame_at(body)
    assert jpeg.read(body[:at] + b"\xff\xff\xff" + body[at:], LIMITS) == Header(160, 120)


@pytest.mark.parametrize("part", range(50))
def test_refuses_every_fiftieth(body: bytes, part: int) -> None:
    with pytest.raises(ImageTruncated):
        jpeg.read(body[: len(body) * part // 50], LIMITS)


def test_refuses_more_scans_than_the_limit() -> None:
    body = (DATA / "progressive.jpg").read_bytes()
    assert body.count(b"\xff\xda") > 2
    with pytest.raises(UnsupportedFormat, match="more than 2 scans"):
        jpeg.read(body, DetectionSettings(max_scans=2))


def test_refuses_more_segments_than_the_limit(body: bytes) -> None:
    many = body[:2] + b"\xff\xe5\0\2" * 100 + body[2:]
    assert jpeg.read(many, LIMITS) == Header(160, 120)
    with pytest.raises(UnsupportedFormat, match="too many segments"):
        jpeg.read(many, DetectionSettings(max_chunks=50))


@pytest.mark.parametrize("marker", [0xC3, 0xC5, 0xC7, 0xC9, 0xCB, 0xCF])
def test_refuses_other_codings(body: bytes, marker: int) -> None:
    with pytest.raises(UnsupportedFormat, match="baseline or progressive"):
        jpeg.read(with_frame(body, 1, bytes([marker])), LIMITS)


@pytest.mark.parametrize(("at", "value"), [(4, 12), (9, 2), (9, 5)])
def test_refuses_other_depths_and_channels(body: bytes, at: int, value: int) -> None:
    with pytest.raises(UnsupportedFormat, match="8 bits"):
        jpeg.read(with_frame(body, at, bytes([value])), LIMITS)


def test_refuses_a_segment_without_a_length(body: bytes) -> None:
    with pytest.raises(NotAnImage, match="without a length"):
        jpeg.read(body[:2] + b"\xff\xe5\0\0" + body[2:], LIMITS)


def test_refuses_garbage_between_segments(body: bytes) -> None:
    at = frame_at(body)
    with pytest.raises(NotAnImage, match="header is damaged"):
        jpeg.read(body[:at] + b"garbage" + body[at:], LIMITS)


def test_refuses_a_file_without_a_frame_or_without_a_scan(body: bytes) -> None:
    with pytest.raises(NotAnImage, match="without a picture"):
        jpeg.read(b"\xff\xd8\xff\xe5\0\2\xff\xd9", LIMITS)
    with pytest.raises(NotAnImage, match="before their size"):
        jpeg.read(b"\xff\xd8" + body[body.index(b"\xff\xda") :], LIMITS)


def test_refuses_two_frames(body: bytes) -> None:
    at = frame_at(body)
    with pytest.raises(NotAnImage, match="two frames"):
        jpeg.read(body[:at] + body[at : at + 19] + body[at:], LIMITS)

"""Whatever the bytes are: a picture of the size that the header told, or an ImageError; nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.detection.errors import ImageError
from app.detection.exif import orientation
from app.detection.images import decode, inspect
from app.detection.settings import DetectionSettings
from tests.unit.detection.photographs import DATA, encode, noise_photo

LIMITS = DetectionSettings(max_pixels=1_000_000, min_side_px=1)
PHOTO = noise_photo(72, 56)
BODIES = {
    "jpeg": encode(PHOTO, "jpeg", 6),
    "progressive": encode(PHOTO, "jpeg", 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "png": encode(PHOTO, "png", 8),
    "deep png": encode(PHOTO.astype(np.uint16) * 257, "png"),
    "webp": encode(PHOTO, "webp", 3, cv2.IMWRITE_WEBP_QUALITY, 70),
    "lossless webp": encode(PHOTO, "webp", 5),
    "bmp": encode(PHOTO, "bmp"),
} | {path.name: path.read_bytes() for path in sorted(DATA.iterdir())}
STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBP", b"BM\0\0\0\0\0\0\0\0")

quick = hypothesis_settings(max_examples=60, deadline=None)


def is_read_or_refused(body: bytes, at_least_px: int = 32) -> bool:
    """Whether it is a picture of the size that its header told; an ImageError is an answer too."""
    try:
        facts = inspect(body, LIMITS)
        pixels, scale = decode(body, facts, at_least_px)
    except ImageError:
        return True
    told = (-(-facts.height // round(1 / scale)), -(-facts.width // round(1 / scale)), 3)
    return bool(pixels.dtype == np.uint8 and pixels.shape == told)


@pytest.mark.parametrize("name", BODIES)
@quick
@given(data=st.data())
def test_flipped_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    body = bytearray(BODIES[name])
    # Half of the flips hit the header, where they mean most.
    places = st.integers(0, min(len(body), 128) - 1) | st.integers(0, len(body) - 1)
    for at, mask in data.draw(st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=8)):
        body[at] ^= mask
    assert is_read_or_refused(bytes(body))


@pytest.mark.parametrize("name", BODIES)
@quick
@given(data=st.data())
def test_cut_and_spliced_files_are_read_or_refused(name: str, data: st.DataObject) -> None:
    body = BODIES[name]
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(body)), st.integers(0, len(body)))))
    assert is_read_or_refused(body[:start] + data.draw(st.binary(max_size=24)) + body[end:])


@quick
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=200))
def test_random_bytes_behind_a_signature_are_read_or_refused(start: bytes, rest: bytes) -> None:
    assert is_read_or_refused(start + rest)


@quick
@given(
    block=st.sampled_from((b"II*\0", b"MM\0*", b"Exif\0\0II*\0", b"")).flatmap(
        lambda b: st.binary(max_size=80).map(b.__add__)
    )
)
def test_any_exif_block_has_an_orientation(block: bytes) -> None:
    assert 1 <= orientation(block) <= 8


@quick
@given(
    width=st.integers(1, 130),
    height=st.integers(1, 130),
    turn=st.integers(1, 8),
    at_least_px=st.integers(1, 200),
)
def test_a_jpeg_is_decoded_upright_and_large_enough(
    width: int, height: int, turn: int, at_least_px: int
) -> None:
    body = encode(noise_photo(width, height), "jpeg", turn)
    facts = inspect(body, LIMITS)
    pixels, scale = decode(body, facts, at_least_px)
    assert (facts.width, facts.height) == (width, height)
    assert max(pixels.shape) >= min(at_least_px, max(width, height))
    assert scale == 1 / 8 or max(width, height) * scale / 2 < at_least_px

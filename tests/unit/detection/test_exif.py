"""The orientation in EXIF data, whole, damaged and hostile."""

import struct

import pytest

from app.detection.exif import orientation
from tests.unit.detection.photographs import exif_block


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_reads_all_orientations_in_both_byte_orders(order: str, value: int) -> None:
    assert orientation(exif_block(value, order)) == value
    assert orientation(b"Exif\0\0" + exif_block(value, order)) == value


@pytest.mark.parametrize("value", [0, 9, 255, 65535])
def test_takes_values_that_do_not_exist_for_upright(value: int) -> None:
    assert orientation(exif_block(value)) == 1


def test_takes_every_cut_block_for_upright() -> None:
    block = exif_block(6)
    needed = 8 + 2 + 12 + 12 - 2  # up to the second entry's value
    assert all(orientation(block[:length]) == 1 for length in range(needed))
    assert orientation(block[:needed]) == 6


def test_takes_another_kind_of_value_for_upright() -> None:
    block = bytearray(exif_block(6))
    struct.pack_into("<H", block, 8 + 2 + 12 + 2, 4)  # a long instead of a short
    assert orientation(bytes(block)) == 1


def test_survives_a_directory_that_points_nowhere() -> None:
    assert orientation(b"II*\0" + struct.pack("<I", 0xFFFFFFFF) + bytes(64)) == 1


def test_survives_a_directory_that_claims_more_entries_than_there_are() -> None:
    assert orientation(b"MM\0*" + struct.pack(">IH", 8, 65535) + bytes(40)) == 1

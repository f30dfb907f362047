import uuid

import pytest

from app.service.ids import RANDOM_BYTES, accepted, uuid7


def test_a_made_id_is_a_uuid_of_version_7_with_its_time() -> None:
    made = uuid.UUID(uuid7(0x0123456789AB, bytes(range(RANDOM_BYTES))))

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 0x0123456789AB


def test_made_ids_sort_by_time() -> None:
    random = b"\xff" * RANDOM_BYTES
    assert [uuid7(moment, random) for moment in (1, 2, 10_000)] == sorted(
        uuid7(moment, random) for moment in (10_000, 2, 1)
    )


def test_random_bytes_make_ids_differ() -> None:
    assert len({uuid7(1, bytes([byte]) * RANDOM_BYTES) for byte in range(64)}) == 64


@pytest.mark.parametrize("token", ["abcdefgh", "A.b_c-01", "a" * 64, "019aafc2-1f70-7c55-9d3e-5a1c0c7be7aa"])
def test_a_safe_token_is_taken(token: str) -> None:
    assert accepted(token) == token


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "short",
        "a" * 65,
        "has space",
        "line\nbreak1",
        'quote"12345',
        "äöüäöüäö",
        "<script>alert",
        "110101199003077758",
        "order-13812345678",
        "E12345678",
    ],
)
def test_anything_else_is_not(token: str | None) -> None:
    assert accepted(token) is None

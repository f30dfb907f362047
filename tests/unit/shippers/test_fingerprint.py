import pytest

from shippers.files.fingerprint import first_line, identity

LINE = b'{"@timestamp":"2026-11-23T03:12:45.123456Z","message":"x"}'


def test_identity_begins_with_the_time_of_the_first_line() -> None:
    seconds, digest = identity(LINE).split("-")
    assert int(seconds, 16) == 1795403565
    assert len(digest) == 16


def test_identities_sort_by_time_of_the_file() -> None:
    later = LINE.replace(b"03:12:45", b"04:12:45")
    assert identity(LINE) < identity(later)


def test_ordinals_give_different_identities_and_the_same_ones_each_time() -> None:
    names = [identity(LINE, ordinal) for ordinal in range(20)]
    assert len(set(names)) == 20
    assert names == [identity(LINE, ordinal) for ordinal in range(20)]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b'{"@timestamp":"2026-13-45T99:99:99Z"}',
        b'{"@timestamp":1795403565000}',
        b'{"@timestamp":"1901-01-01T00:00:00Z"}',
    ],
)
def test_without_a_usable_time_the_prefix_is_zero_not_the_present(line: bytes) -> None:
    assert identity(line).startswith("00000000-")


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (b"", None),
        (b"abc", None),
        (b"abc\n", b"abc"),
        (b"abc\ndef\n", b"abc"),
        (b"\n", b""),
        (b"12345678", None),
        (b"12345678\n", b"12345678"),
        (b"123456789", b"12345678"),
        (b"123456789\n", b"12345678"),
    ],
)
def test_the_first_line_is_whole_at_its_end_or_beyond_the_limit(head: bytes, line: bytes | None) -> None:
    assert first_line(head, 8) == line

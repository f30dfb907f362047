"""Whatever stands around a number, the number goes; what is none, stays."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime

from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.service.redaction import MARK, redact

LEFT_OVER = 8
"""Digits that may stay of a number whose head was read as another kind: `A0086138 1234 5678`."""

LIKE_A_UNIT = re.compile(r"\s?[A-Za-z]{1,7}(?![0-9A-Za-z])")

DIGITS = st.sampled_from("0123456789")
WORDS = st.text(alphabet=string.ascii_letters + "身份证号电话护照:;=(){}[]\"'/ \n", max_size=20)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


@st.composite
def birthdays(draw: st.DrawFn) -> str:
    moment = draw(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)))
    return f"{moment:%Y%m%d}"


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    region = draw(st.sampled_from("123456789")) + draw(digits(5))
    return region + draw(birthdays()) + draw(digits(3)) + draw(st.sampled_from("0123456789Xx"))


@st.composite
def old_identity_numbers(draw: st.DrawFn) -> str:
    return draw(st.sampled_from("123456789")) + draw(digits(5)) + draw(birthdays())[2:] + draw(digits(3))


@st.composite
def grouped(draw: st.DrawFn, numbers: st.SearchStrategy[str]) -> str:
    number = draw(numbers)
    gaps = draw(
        st.lists(st.sampled_from(["", "", "", " ", "-", "."]), min_size=len(number), max_size=len(number))
    )
    return "".join(character + gap for character, gap in zip(number, gaps, strict=True)).rstrip(" -.")


mobiles = st.builds(
    lambda prefix, head, gap, rest: f"{prefix}{head}{gap}{rest[:4]}{gap}{rest[4:]}",
    st.sampled_from(["", "+86", "+86 ", "0086", "86", "(+86) "]),
    st.builds(lambda second, third: f"1{second}{third}", st.sampled_from("3456789"), DIGITS),
    st.sampled_from(["", " ", "-"]),
    digits(8),
)
passports = st.one_of(
    st.builds(lambda letter, rest: letter + rest, st.sampled_from(string.ascii_letters), digits(8)),
    st.builds(
        lambda letters, rest: letters + rest,
        st.text(string.ascii_uppercase, min_size=2, max_size=2),
        digits(7),
    ),
)
names = st.text(string.ascii_uppercase, min_size=1, max_size=12)
mrz_lines = st.builds(lambda one, two: f"P<CHN{one}<<{two}".ljust(44, "<"), names, names)


@given(
    WORDS, st.one_of(identity_numbers(), grouped(identity_numbers()), old_identity_numbers(), mobiles), WORDS
)
def test_numbers_go(before: str, number: str, after: str) -> None:
    assume(after[:1] not in "Xx" or not after)  # read as part of the number
    assume(not LIKE_A_UNIT.match(after))  # which makes an amount of it: 15 digits of bytes
    cleaned = redact(before + number + after)

    assert number not in cleaned
    assert sum(character.isdigit() for character in cleaned) <= LEFT_OVER, cleaned


@given(WORDS, st.one_of(passports, mrz_lines), WORDS)
def test_passports_go(before: str, number: str, after: str) -> None:
    cleaned = redact(f"{before} {number} {after}")

    assert number not in cleaned
    assert MARK in cleaned


@given(st.uuids(), st.integers(1, 99))
@example("01912345-1234-7123-8123-123456789012", 3)
def test_uuids_stay(uuid: object, number: int) -> None:
    assert redact(str(uuid)) == str(uuid)
    assert redact(f"{uuid}.{number}") == f"{uuid}.{number}"


@given(st.binary(min_size=32, max_size=32))
def test_digests_stay(digest: bytes) -> None:
    for text in (digest.hex(), digest.hex().upper()):
        assert redact(text) == text or text.isdigit()


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_stay(moment: datetime) -> None:
    for text in (
        moment.isoformat(),
        f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}",
        f"{moment:%Y-%m-%d %H:%M:%S}",
        f"{moment:%Y%m%dT%H%M%S%f}",
        moment.date().isoformat(),
    ):
        assert redact(text) == text


@given(
    st.integers(0, 10**15 - 1),
    st.sampled_from(["ns", "ms", "s", "bytes", "B", "MiB"]),
    st.sampled_from(["", " "]),
)
def test_amounts_stay(amount: int, unit: str, gap: str) -> None:
    assert redact(f"{amount}{gap}{unit}") == f"{amount}{gap}{unit}"


@given(st.floats(0, 1000), st.sampled_from(["ms", "s"]))
def test_durations_stay(amount: float, unit: str) -> None:
    assert redact(f"{amount:.17f} {unit}") == f"{amount:.17f} {unit}"


@given(st.text(alphabet=string.digits + "+-. ()<AEGPXx年\n", max_size=80))
def test_a_second_look_changes_nothing(text: str) -> None:
    once = redact(text)

    assert redact(once) == once

"""Machine readable zones in the forms of ICAO 9303. Every check digit is wrong, the last one too."""

from __future__ import annotations

from numpy.random import Generator

from training.cards import people

VALUES = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
STATES = ("UTO", "XXA", "XXB", "ZZZ", "QQQ")


def right_check(text: str) -> int:
    """The check digit of ICAO 9303 part 3, section 4.9."""
    return sum(VALUES[c] * (7, 3, 1)[i % 3] for i, c in enumerate(text)) % 10


def right_last_check(lines: list[str]) -> int:
    """The last check digit, over most of what stands before it.

    Three lines are TD1 (ICAO 9303 part 5), two TD3 or TD2 (parts 4, 6), one a driving licence's (ISO 18013).
    """
    if len(lines) == 1:
        return right_check(lines[0][:-1])
    if len(lines) == 3:
        upper, middle, _ = lines
        return right_check(upper[5:] + middle[:7] + middle[8:15] + middle[18:-1])
    lower = lines[1]
    return right_check(lower[:10] + lower[13:20] + lower[21:-1])


def passport_lines(rng: Generator, surname: str, given: str, birth: people.Date) -> list[str]:
    """Two lines of 44, some with a personal number."""
    state, number = people.pick(rng, STATES), people.letters(rng, 1) + people.digits(rng, 8)
    upper = f"P<{state}{surname}<<{given}"
    lower = _checked(rng, number) + state + _checked(rng, birth.short()) + _sex(rng) + _expiry(rng)
    if rng.uniform() < 0.5:
        lower += _checked(rng, _fill(people.digits(rng, int(rng.integers(7, 15))), 14))
    return _closed(rng, [_fill(upper, 44), _fill(lower, 44)])


def card_lines(rng: Generator, surname: str, given: str, birth: people.Date) -> list[str]:
    """Three lines of 30."""
    state = people.pick(rng, STATES)
    first = f"I<{state}" + _checked(rng, people.letters(rng, 2) + people.digits(rng, 7))
    second = _checked(rng, birth.short()) + _sex(rng) + _expiry(rng) + state
    return _closed(rng, [_fill(first, 30), _fill(second, 30), _fill(f"{surname}<<{given}", 30)])


def id2_lines(rng: Generator, surname: str, given: str, birth: people.Date) -> list[str]:
    """Two lines of 36, as on cards of the larger size ID-2."""
    state, number = people.pick(rng, STATES), people.letters(rng, 1) + people.digits(rng, 8)
    upper = f"{people.pick(rng, ('I<', 'ID', 'I<', 'AC'))}{state}{surname}<<{given}"
    lower = _checked(rng, number) + state + _checked(rng, birth.short()) + _sex(rng) + _expiry(rng)
    return _closed(rng, [_fill(upper, 36), _fill(lower, 36)])


def licence_line(rng: Generator, surname: str) -> list[str]:
    """One line of 30, as on driving licences (ISO 18013-2)."""
    number = people.digits(rng, 2) + people.letters(rng, 2) + people.digits(rng, 6)
    return _closed(rng, [_fill(f"D1{people.pick(rng, STATES)}{number}{people.digits(rng, 6)}{surname}", 30)])


def _fill(text: str, length: int) -> str:
    return text[:length].ljust(length, "<")


def _checked(rng: Generator, text: str) -> str:
    """The text and a digit that is not its check digit."""
    return text + _wrong(rng, right_check(text))


def _closed(rng: Generator, lines: list[str]) -> list[str]:
    """The lines with a digit that is not the last check digit in its place, whatever stands there."""
    row = min(1, len(lines) - 1)
    ended = lines[row][:-1] + _wrong(rng, right_last_check(lines))
    return [*lines[:row], ended, *lines[row + 1 :]]


def _wrong(rng: Generator, right: int) -> str:
    return str((right + int(rng.integers(1, 10))) % 10)


def _sex(rng: Generator) -> str:
    return people.pick(rng, "MF<")


def _expiry(rng: Generator) -> str:
    return _checked(rng, people.date(rng, 2024, 2039).short())

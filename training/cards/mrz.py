"""Machine readable zones in the forms of ICAO 9303, with wrong check digits."""

from __future__ import annotations

from numpy.random import Generator

from training.cards import people

VALUES = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
STATES = ("UTO", "XXA", "XXB", "ZZZ", "QQQ")


def right_check(text: str) -> int:
    """The check digit of ICAO 9303 part 3, section 4.9."""
    return sum(VALUES[c] * (7, 3, 1)[i % 3] for i, c in enumerate(text)) % 10


def passport_lines(rng: Generator, surname: str, given: str, birth: people.Date) -> list[str]:
    """Two lines of 44."""
    state, number = people.pick(rng, STATES), people.letters(rng, 1) + people.digits(rng, 8)
    upper = f"P<{state}{surname}<<{given}"
    lower = _checked(rng, number) + state + _checked(rng, birth.short()) + _sex(rng) + _expiry(rng)
    return [_fill(upper, 44), _fill(lower, 43) + people.digits(rng, 1)]


def card_lines(rng: Generator, surname: str, given: str, birth: people.Date) -> list[str]:
    """Three lines of 30."""
    state = people.pick(rng, STATES)
    first = f"I<{state}" + _checked(rng, people.letters(rng, 2) + people.digits(rng, 7))
    second = _checked(rng, birth.short()) + _sex(rng) + _expiry(rng) + state
    return [_fill(first, 30), _fill(second, 29) + people.digits(rng, 1), _fill(f"{surname}<<{given}", 30)]


def id2_lines(rng: Generator, surname: str, given: str, birth: people.Date) -> list[str]:
    """Two lines of 36, as on cards of the larger size ID-2."""
    state, number = people.pick(rng, STATES), people.letters(rng, 1) + people.digits(rng, 8)
    upper = f"{people.pick(rng, ('I<', 'ID', 'I<', 'AC'))}{state}{surname}<<{given}"
    lower = _checked(rng, number) + state + _checked(rng, birth.short()) + _sex(rng) + _expiry(rng)
    return [_fill(upper, 36), _fill(lower, 35) + people.digits(rng, 1)]


def licence_line(rng: Generator, surname: str) -> list[str]:
    """One line of 30, as on driving licences (ISO 18013-2)."""
    number = people.digits(rng, 2) + people.letters(rng, 2) + people.digits(rng, 6)
    return [
        _fill(f"D1{people.pick(rng, STATES)}{number}{people.digits(rng, 6)}{surname}", 29)
        + people.digits(rng, 1)
    ]


def _fill(text: str, length: int) -> str:
    return text[:length].ljust(length, "<")


def _checked(rng: Generator, text: str) -> str:
    """The text and a digit that is not its check digit."""
    return text + str((right_check(text) + int(rng.integers(1, 10))) % 10)


def _sex(rng: Generator) -> str:
    return people.pick(rng, "MF<")


def _expiry(rng: Generator) -> str:
    return _checked(rng, people.date(rng, 2024, 2039).short())

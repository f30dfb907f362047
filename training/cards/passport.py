"""Data pages of passports (护照), alone or as the lower page of an open booklet."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from training.cards import mrz, ornament, people
from training.cards.portrait import portrait
from training.cards.sheet import Card, Colour, Sheet, outline

WIDTH, HEIGHT = 125.0, 88.0
INK: Colour = (28, 28, 34)
PAPERS: tuple[Colour, ...] = (
    (232, 226, 236),
    (226, 236, 240),
    (240, 234, 220),
    (232, 240, 228),
    (238, 226, 226),
    (222, 226, 240),
)
STATES = ("UTOPIA", "REPUBLIC OF VALMONT", "KINGDOM OF ESTERDAL", "中华民乐国", "РЕСПУБЛИКА ТАРНОГРАД")
FIELDS = (
    ("姓/Surname", "surname"),
    ("名/Given names", "given"),
    ("国籍/Nationality", "state"),
    ("出生日期/Date of birth", "birth"),
    ("性别/Sex", "sex"),
    ("出生地点/Place of birth", "town"),
    ("签发日期/Date of issue", "issue"),
    ("有效期至/Date of expiry", "expiry"),
)


def page(rng: Generator, px_per_mm: float) -> Card:
    """One data page with its MRZ."""
    return _page(rng, px_per_mm).card("passport", float(rng.uniform(0, 4)))


def booklet(rng: Generator, px_per_mm: float) -> Card:
    """A data page below the page before it; the quad is the data page alone."""
    lower, upper = _page(rng, px_per_mm), _notes(rng, px_per_mm)
    pixels = np.vstack([upper.cut(3), lower.cut(3)])
    seam, height = upper.image.height, pixels.shape[0]
    pixels[seam - lower.px(4) : seam + lower.px(4), :, 3] = 255  # no round corners in the fold
    shade = 1 - 0.35 * np.exp(-(((np.arange(height) - seam) / (3.5 * px_per_mm)) ** 2))
    pixels[..., :3] = (pixels[..., :3] * shade[:, None, None]).astype(np.uint8)
    return Card("passport", pixels, outline(0, seam, pixels.shape[1], height))


def _page(rng: Generator, px_per_mm: float) -> Sheet:
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, (236, 236, 236))
    _paper(sheet, rng)
    chinese = rng.uniform() < 0.45
    ink = ornament.colour(rng, 0, 120)
    state = people.pick(rng, STATES)
    sheet.text(6, 8.5, "护照 PASSPORT" if chinese else "PASSPORT", 4.4, ink, "black")
    sheet.text(62, 8.5, state, 3.4, ink, "black", "ms")
    number = people.letters(rng, 1) + people.digits(rng, 8)
    sheet.text(96, 8.5, number, 4.0, (170, 40, 40), "mono")
    left = rng.uniform() < 0.88
    width = float(rng.uniform(30, 36))
    face = portrait(rng, (230, 234, 238) if rng.uniform() < 0.7 else None, bool(rng.uniform() < 0.25))
    sheet.put(face, 5 if left else WIDTH - 5 - width, 15, width, width * 1.28)
    holder = (people.pick(rng, people.LAST), people.pick(rng, people.FIRST), people.date(rng, 1945, 2010))
    _fields(sheet, rng, 44 if left else 7, holder, chinese, ink)
    if rng.uniform() < 0.5:
        sheet.put(portrait(rng, None, True), 98 if left else 62, 38, 17, 22, 0.4)
    if rng.uniform() < 0.4:
        ornament.hologram(sheet, rng)
    _zone(sheet, rng, holder)
    return sheet


def _paper(sheet: Sheet, rng: Generator) -> None:
    paper = PAPERS[int(rng.integers(len(PAPERS)))]
    ornament.tint(sheet, rng, paper, ornament.colour(rng, 205, 250))
    ornament.waves(sheet, rng, ornament.colour(rng, 130, 225), float(rng.uniform(0.2, 0.6)), 1.6)
    if rng.uniform() < 0.6:
        ornament.rosette(sheet, rng, 75, 40, float(rng.uniform(18, 32)), ornament.colour(rng, 150, 230))


def _fields(
    sheet: Sheet,
    rng: Generator,
    x: float,
    holder: tuple[str, str, people.Date],
    chinese: bool,
    ink: Colour,
) -> None:
    surname, given, birth = holder
    values = {
        "surname": f"{people.chinese_name(rng)} / {surname}" if chinese else surname,
        "given": given,
        "state": people.pick(rng, mrz.STATES),
        "birth": birth.european(),
        "sex": people.pick(rng, "MF"),
        "town": people.pick(rng, people.TOWNS),
        "issue": people.date(rng, 2014, 2024).european(),
        "expiry": people.date(rng, 2025, 2034).european(),
    }
    step = float(rng.uniform(6.0, 6.9))
    for row, (label, key) in enumerate(FIELDS):
        y = 16 + step * row
        words = label if chinese else label.rpartition("/")[2]
        sheet.text(x, y, words, 1.9, ink, "hei")
        sheet.text(x, y + 3.2, values[key], 3.1, INK, "hei" if chinese else "plain")


def _zone(sheet: Sheet, rng: Generator, holder: tuple[str, str, people.Date]) -> None:
    if rng.uniform() < 0.7:
        sheet.rectangle(0, HEIGHT - 18, WIDTH, 18, (240, 240, 236))
    for row, line in enumerate(mrz.passport_lines(rng, *holder)):
        sheet.text(WIDTH / 2, HEIGHT - 10.5 + 6.8 * row, line, 4.35, INK, "mono", "ms")


def _notes(rng: Generator, px_per_mm: float) -> Sheet:
    """The page above: an observation, a signature, an emblem, or hardly anything."""
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, (236, 236, 236))
    _paper(sheet, rng)
    ink = ornament.colour(rng, 30, 150)
    choice = rng.uniform()
    if choice < 0.35:
        sheet.put(ornament.emblem(rng, ink, ornament.colour(rng, 150, 240)), 47, 22, 32, 32, 0.8)
    elif choice < 0.75:
        for row in range(int(rng.integers(4, 10))):
            words = " ".join(people.pick(rng, people.TOWNS).lower() for _ in range(5))
            sheet.text(12, 20 + 6 * row, words, 3.0, ink, "serif")
    sheet.text(WIDTH / 2, HEIGHT - 5, str(int(rng.integers(1, 4))), 3, ink, "serif", "ms")
    return sheet

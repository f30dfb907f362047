"""Things that are no cards of the three types, as flat RGBA pictures with their width in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from training.cards import ornament, people
from training.cards.sheet import Colour, Pixels, Sheet


@dataclass(frozen=True, slots=True)
class Thing:
    """A flat thing: RGBA pixels (h, w, 4) and how wide it is."""

    pixels: Pixels
    width_mm: float


def thing(rng: Generator, px_per_mm: float) -> Thing:
    """A thing of any kind."""
    kinds = (_page, _page, _newspaper, _bank_card, _bank_card, _receipt, _screen, _book, _pen, _note, _keys)
    return kinds[int(rng.integers(len(kinds)))](rng, px_per_mm)


def _thing(sheet: Sheet, corner: float) -> Thing:
    return Thing(sheet.cut(corner), sheet.width)


def _words(rng: Generator, count: int) -> str:
    if rng.uniform() < 0.4:
        return "".join(
            people.pick(rng, people.GIVEN + "的一是在不了有和人这中大为上个国") for _ in range(count * 3)
        )
    return " ".join(people.pick(rng, people.TOWNS).lower()[: int(rng.integers(2, 9))] for _ in range(count))


def _lines(sheet: Sheet, rng: Generator, box: tuple[float, float, float, float], size: float) -> None:
    """Lines of text in a box of left, top, width, height."""
    left, top, width, height = box
    ink = ornament.colour(rng, 10, 80)
    per_line = max(1, int(width / (size * 3.6)))
    row = top + size
    while row < top + height:
        if rng.uniform() > 0.08:
            sheet.text(left, row, _words(rng, per_line), size, ink, "song")
        row += size * 1.6


def _page(rng: Generator, px_per_mm: float) -> Thing:
    width, height = (148.0, 210.0) if rng.uniform() < 0.5 else (105.0, float(rng.uniform(70, 148)))
    sheet = Sheet(width, height, px_per_mm, ornament.colour(rng, 225, 256))
    if rng.uniform() < 0.6:
        title = _words(rng, 2)
        sheet.text(width / 2, 16, title[:22], float(rng.uniform(5, 9)), (30, 30, 40), "black", "ms")
    _lines(sheet, rng, (10, 22, width - 20, height - 34), float(rng.uniform(2.4, 4.5)))
    if rng.uniform() < 0.3:
        inner = ornament.colour(rng, 60, 200)
        sheet.rectangle(float(rng.uniform(8, width / 2)), height * 0.5, width * 0.35, height * 0.22, inner)
    return _thing(sheet, 0.3)


def _newspaper(rng: Generator, px_per_mm: float) -> Thing:
    sheet = Sheet(180, 150, px_per_mm, (226, 222, 210))
    sheet.text(90, 20, _words(rng, 2)[:18].upper(), 13, (20, 20, 20), "song", "ms")
    for column in range(4):
        _lines(sheet, rng, (6 + 43 * column, 30, 38, 114), 2.6)
    sheet.rectangle(50, 60, 80, 45, ornament.colour(rng, 70, 190))
    return _thing(sheet, 0.3)


def _bank_card(rng: Generator, px_per_mm: float) -> Thing:
    ink: Colour = (245, 245, 245) if rng.uniform() < 0.7 else (30, 30, 40)
    sheet = Sheet(85.6, 54, px_per_mm, (60, 60, 60))
    dark = ink[0] > 100
    low, high = (10, 150) if dark else (170, 250)
    ornament.tint(sheet, rng, ornament.colour(rng, low, high), ornament.colour(rng, low, high))
    if rng.uniform() < 0.5:
        ornament.waves(sheet, rng, ornament.colour(rng, low, high), 0.4, 3.0)
    if rng.uniform() < 0.2:
        sheet.rectangle(0, 7, 85.6, 11, (20, 20, 20))
        sheet.rectangle(6, 24, 55, 8, (236, 236, 230))
    else:
        sheet.text(8, 10, people.pick(rng, ("银行", "BANK", "CREDIT", "会员卡", "CLUB")), 5, ink, "black")
        if rng.uniform() < 0.8:
            ornament.chip(sheet, 9, 19, rng)
    sheet.text(8, 38, " ".join(people.digits(rng, 4) for _ in range(4)), 5.2, ink, "mono")
    sheet.text(8, 48, f"{people.pick(rng, people.FIRST)} {people.pick(rng, people.LAST)}", 3.4, ink, "plain")
    for x in (66, 72):
        sheet.pen.ellipse(sheet.box(x, 40, 10, 10), fill=ornament.colour(rng, 60, 255))
    return _thing(sheet, 3)


def _receipt(rng: Generator, px_per_mm: float) -> Thing:
    height = float(rng.uniform(80, 170))
    sheet = Sheet(58, height, px_per_mm, (244, 244, 242))
    sheet.text(29, 8, people.pick(rng, people.TOWNS), 4.5, (40, 40, 40), "mono", "ms")
    row = 16.0
    while row < height - 14:
        sheet.text(4, row, _words(rng, 1)[:12], 2.8, (60, 60, 60), "song")
        sheet.text(
            54, row, f"{people.digits(rng, 2)}.{people.digits(rng, 2)}", 2.8, (60, 60, 60), "mono", "rs"
        )
        row += 4.2
    ornament.bars(sheet, 8, height - 12, 42, 8, rng)
    return _thing(sheet, 0.3)


def _screen(rng: Generator, px_per_mm: float) -> Thing:
    """A telephone."""
    sheet = Sheet(72, 148, px_per_mm, (18, 18, 20))
    ornament.tint(sheet, rng, (16, 16, 18), (30, 30, 34))
    sheet.rectangle(3, 5, 66, 138, ornament.colour(rng, 30, 250))
    for row in range(int(rng.integers(2, 6))):
        for column in range(4):
            icon = ornament.colour(rng, 60, 250)
            sheet.pen.rounded_rectangle(
                sheet.box(8 + 15 * column, 14 + 20 * row, 11, 11), sheet.px(2.5), fill=icon
            )
    return _thing(sheet, 8)


def _book(rng: Generator, px_per_mm: float) -> Thing:
    cover, ink = ornament.colour(rng, 20, 220), ornament.colour(rng, 120, 256)
    sheet = Sheet(120, float(rng.uniform(150, 185)), px_per_mm, cover)
    ornament.tint(sheet, rng, cover, ornament.colour(rng, 20, 220))
    sheet.text(60, 40, _words(rng, 1)[:12].upper(), 11, ink, "black", "ms")
    sheet.text(60, 130, _words(rng, 2)[:20], 6, ink, "song", "ms")
    sheet.pen.ellipse(sheet.box(35, 60, 50, 50), outline=ink, width=sheet.px(1.5))
    return _thing(sheet, 1)


def _pen(rng: Generator, px_per_mm: float) -> Thing:
    sheet = Sheet(140, 9, px_per_mm, ornament.colour(rng, 10, 240))
    sheet.rectangle(0, 0, 22, 9, ornament.colour(rng, 10, 240))
    sheet.rectangle(0, 1.5, 140, 1.5, ornament.colour(rng, 200, 256))
    return _thing(sheet, 4)


def _note(rng: Generator, px_per_mm: float) -> Thing:
    """A sticky note with a few handwritten-looking strokes."""
    sheet = Sheet(76, 76, px_per_mm, ornament.colour(rng, 170, 250))
    x = np.linspace(8, 66, 40)
    for row in range(int(rng.integers(1, 6))):
        y = 14 + 11 * row + rng.normal(0, 1.2, 40)
        for step in range(39):
            sheet.line(x[step], y[step], x[step + 1], y[step + 1], (40, 40, 90), 0.5)
    return _thing(sheet, 0.5)


def _keys(rng: Generator, px_per_mm: float) -> Thing:
    """Part of a keyboard."""
    sheet = Sheet(150, 62, px_per_mm, ornament.colour(rng, 20, 120))
    cap, ink = ornament.colour(rng, 30, 240), ornament.colour(rng, 0, 256)
    for row in range(3):
        for column in range(7):
            x, y = 4 + 20.5 * column + 3 * row, 3 + 19 * row
            sheet.pen.rounded_rectangle(sheet.box(x, y, 17, 16), sheet.px(2), fill=cap)
            sheet.text(x + 5, y + 9, people.letters(rng, 1), 6, ink, "plain")
    return _thing(sheet, 3)

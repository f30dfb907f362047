"""Things on walls: signs and boards."""

from __future__ import annotations

from numpy.random import Generator

from training.cards import ornament, people
from training.cards.scripts import script
from training.cards.sheet import Sheet
from training.scenes.flat import Thing, blank, cut, lettering, phrase
from training.stock import Stock


def sign(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A few lines of large letters on one colour: directions with arrows, a shop's name, a number plate."""
    dark = rng.uniform() < 0.5
    sheet = blank(rng, px_per_mm, (90, 180), (25, 120), (0, 130) if dark else (0, 256))
    ink = ornament.colour(rng, 215, 256) if dark else lettering(rng)
    words = script(rng)
    face_ = people.pick(rng, words.bolds)
    rows = int(rng.integers(1, 6))
    step = (sheet.height - 10) / rows
    arrow = min(step, 30)  # millimetres, with the room around it
    arrows, middle = rng.uniform() < 0.3, rng.uniform() < 0.5
    for row in range(rows):
        y = 5 + step * (row + 0.72)
        line = phrase(rng, words, int(rng.integers(1, 3)))
        left = arrow + 6 if arrows else 8
        if arrows:
            sheet.text(5, y, people.pick(rng, "←↑→↗↘"), arrow * 0.7, ink, "sans")
        if middle and not arrows:
            sheet.text(sheet.width / 2, y, line, step * 0.56, ink, face_, "ms", sheet.width - 10)
        else:
            sheet.text(left, y, line, step * 0.62, ink, face_, "ls", sheet.width - left - 5)
    if rng.uniform() < 0.65:
        box = sheet.box(1.5, 1.5, sheet.width - 3, sheet.height - 3)
        sheet.pen.rounded_rectangle(box, sheet.px(float(rng.uniform(0.5, 5))), outline=ink, width=sheet.px(1))
    return cut(rng, sheet, 0.3, 2, 6)


def board(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A grid: a chess board, markers of a calibration target, a puzzle of numbers."""
    columns, rows = int(rng.integers(3, 11)), int(rng.integers(3, 9))
    sheet = Sheet(15 * columns + 8, 15 * rows + 8, px_per_mm * 0.6, (246, 246, 244))
    dark = ornament.colour(rng, 0, 110)
    kind = int(rng.integers(3))
    for column in range(columns):
        for row in range(rows):
            x, y = 4 + 15 * column, 4 + 15 * row
            if kind == 0 and (column + row) % 2:
                sheet.rectangle(x, y, 15, 15, dark)
            elif kind == 1:
                sheet.rectangle(x + 2, y + 2, 11, 11, dark)
                sheet.rectangle(
                    x + 5, y + 4, float(rng.uniform(1, 6)), float(rng.uniform(1, 7)), (246, 246, 244)
                )
            elif kind == 2:
                sheet.frame(x, y, 15, 15, dark)
                if rng.uniform() < 0.5:
                    sheet.text(x + 7.5, y + 11, people.digits(rng, 1), 9, dark, "plain", "ms")
    return cut(rng, sheet, 0.3)

"""Things on paper that are no cards: pages, forms, notes, prints."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image

from training.cards import ornament, people
from training.cards.faces import before, face, grey
from training.cards.scripts import script
from training.cards.sheet import Sheet
from training.scenes.flat import DARK, PALE, Thing, blank, cut, jumble, lettering, paragraphs, phrase
from training.stock import Stock


def page(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    width, height = (148.0, 210.0) if rng.uniform() < 0.5 else (105.0, float(rng.uniform(70, 148)))
    sheet = Sheet(width, height, px_per_mm, ornament.colour(rng, 225, 256))
    if rng.uniform() < 0.6:
        title = jumble(rng, 2)
        sheet.text(width / 2, 16, title[:22], float(rng.uniform(5, 9)), (30, 30, 40), "black", "ms")
    paragraphs(sheet, rng, (10, 22, width - 20, height - 34), float(rng.uniform(2.4, 4.5)))
    if rng.uniform() < 0.3:
        inner = ornament.colour(rng, 60, 200)
        sheet.rectangle(float(rng.uniform(8, width / 2)), height * 0.5, width * 0.35, height * 0.22, inner)
    return cut(rng, sheet, 0.3)


def newspaper(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    sheet = Sheet(180, 150, px_per_mm, (226, 222, 210))
    sheet.text(90, 20, jumble(rng, 2)[:18].upper(), 13, (20, 20, 20), "song", "ms")
    for column in range(4):
        paragraphs(sheet, rng, (6 + 43 * column, 30, 38, 114), 2.6)
    sheet.rectangle(50, 60, 80, 45, ornament.colour(rng, 70, 190))
    return cut(rng, sheet, 0.3)


def spread(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """An open book: two pages of text and a fold."""
    sheet = Sheet(230, 160, px_per_mm * 0.7, ornament.colour(rng, 215, 250))
    size = float(rng.uniform(3.2, 5))
    for left in (12, 125):
        paragraphs(sheet, rng, (left, 16, 92, 128), size)
    for offset in range(8):
        tone = 150 + 11 * offset
        for side in (-1, 1):
            sheet.line(115 + side * offset, 0, 115 + side * offset, 160, (tone, tone, tone), 1)
    return cut(rng, sheet, 1)


def table(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A printed form: a grid with words."""
    sheet = Sheet(
        float(rng.uniform(90, 180)), float(rng.uniform(70, 150)), px_per_mm, ornament.colour(rng, 225, 256)
    )
    rows, columns = int(rng.integers(4, 14)), int(rng.integers(2, 6))
    step, width = (sheet.height - 16) / rows, (sheet.width - 12) / columns
    for row in range(rows):
        for column in range(columns):
            sheet.frame(6 + column * width, 8 + row * step, width, step, (90, 90, 96))
            if rng.uniform() < 0.7:
                words = jumble(rng, 1)[:12]
                sheet.text(
                    7 + column * width,
                    8 + (row + 0.7) * step,
                    words,
                    step * 0.5,
                    (40, 40, 46),
                    "hei",
                    "ls",
                    width - 2,
                )
    return cut(rng, sheet, 0.3)


def receipt(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    height = float(rng.uniform(80, 170))
    sheet = Sheet(58, height, px_per_mm, (244, 244, 242))
    sheet.text(29, 8, people.pick(rng, people.TOWNS), 4.5, (40, 40, 40), "mono", "ms")
    row = 16.0
    while row < height - 14:
        sheet.text(4, row, jumble(rng, 1)[:12], 2.8, (60, 60, 60), "song")
        sheet.text(
            54, row, f"{people.digits(rng, 2)}.{people.digits(rng, 2)}", 2.8, (60, 60, 60), "mono", "rs"
        )
        row += 4.2
    ornament.bars(sheet, 8, height - 12, 42, 8, rng)
    return cut(rng, sheet, 0.3)


def note(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """On a desk or a wall: strokes, or a few lines, large or by hand; a pin, a strip of tape, or nothing."""
    sticky = rng.uniform() < 0.25
    sides = ((76, 76), (76, 76)) if sticky else ((50, 130), (40, 130))
    sheet = blank(rng, px_per_mm, *sides, (170, 256))
    if sticky or rng.uniform() < 0.1:
        _strokes(sheet, rng)
    else:
        _large_lines(sheet, rng)
    if rng.uniform() < 0.4:
        sheet.pen.ellipse(sheet.box(sheet.width / 2, 2, 5, 5), fill=ornament.colour(rng, 0, 256))
    elif rng.uniform() < 0.4:
        sheet.rectangle(sheet.width / 2 - 12, 0, 24, 6, ornament.colour(rng, 190, 250))
    return cut(rng, sheet, 0.3, 0.5, 2)


def _strokes(sheet: Sheet, rng: Generator) -> None:
    """What looks like writing from afar."""
    x = np.linspace(8, sheet.width - 10, 40)
    for row in range(int(rng.integers(1, 6))):
        y = 14 + 11 * row + rng.normal(0, 1.2, 40)
        for step in range(39):
            sheet.line(x[step], y[step], x[step + 1], y[step + 1], (40, 40, 90), 0.5)


def _large_lines(sheet: Sheet, rng: Generator) -> None:
    words = script(rng)
    ink = ornament.colour(rng, 0, 130)
    hand = words.cased and rng.uniform() < 0.4
    size = float(rng.uniform(3, 12))
    row = 10 + size
    while row < sheet.height - 5:
        if rng.uniform() < 0.85:
            face_ = people.pick(rng, ("hand", "scrawl")) if hand else people.pick(rng, words.faces)
            sheet.text(6, row, phrase(rng, words, 3), size, ink, face_, "ls", sheet.width - 12)
        row += size * float(rng.uniform(1.3, 2.2))


def grey_text(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A page whose letters have run together: paragraphs of grey bars, a heading, a box."""
    sheet = blank(rng, px_per_mm, (60, 160), (60, 180), PALE)
    ink = ornament.colour(rng, 60, 150)
    thick = float(rng.uniform(1, 3))
    row = float(rng.uniform(4, 20))
    while row < sheet.height - 6:
        end = sheet.width - 6 if rng.uniform() < 0.75 else float(rng.uniform(0.3, 0.9)) * sheet.width
        x = 6.0
        while x < end:
            width = float(rng.uniform(2, 16))
            sheet.rectangle(x, row, min(width, end - x), thick, ink)
            x += width + thick * 0.7
        row += thick * (float(rng.uniform(1.7, 2.2)) if rng.uniform() < 0.85 else 4.5)
    if rng.uniform() < 0.3:
        sheet.rectangle(sheet.width * 0.5, sheet.height * 0.3, 30, 22, ornament.colour(rng, 40, 220))
    return cut(rng, sheet, 0.3, 2)


def outlines(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """Boxes with round corners and hardly anything in them, as on a sheet of drawn cards or on a form."""
    sheet = blank(rng, px_per_mm, (70, 200), (60, 150), (225, 256))
    ink = ornament.colour(rng, *DARK)
    columns, rows = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    across, down = sheet.width / columns, sheet.height / rows
    radius = sheet.px(float(rng.uniform(0.5, 6)))
    for column in range(columns):
        for row in range(rows):
            box = sheet.box(column * across + 3, row * down + 3, across - 6, down - 6)
            sheet.pen.rounded_rectangle(box, radius, outline=ink, width=sheet.px(float(rng.uniform(0.3, 1))))
            if rng.uniform() < 0.6:
                sign = people.pick(rng, "♥♦♣♠A23456789JQK?+●■▲")
                size = min(across, down) * float(rng.uniform(0.15, 0.6))
                place = ((column + 0.5) * across, (row + 0.62) * down)
                sheet.text(*place, sign, size, lettering(rng, True), "sans", "ms")
    return cut(rng, sheet, 0.3, 2)


def figures(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A figure of several pictures or plots with captions above them."""
    sheet = blank(rng, px_per_mm, (110, 190), (80, 150), (235, 256))
    columns, rows = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    across, down = sheet.width / columns, sheet.height / rows
    words = script(rng)
    shared = rng.uniform() < 0.5  # the same picture in every place
    size = (sheet.px(across - 4), sheet.px(down - 9))
    first = stock.picture(rng, *size) if stock.pictures else None
    for column in range(columns):
        for row in range(rows):
            x, y = column * across + 2, row * down + 7
            sheet.text(
                x + across / 2 - 2, y - 1.5, phrase(rng, words, 1), 4, (20, 20, 24), words.faces[0], "ms"
            )
            sheet.rectangle(x, y, across - 4, down - 9, ornament.colour(rng, 0, 256))
            if first is not None:
                part = first if shared else stock.picture(rng, *size)
                inset = float(rng.choice((0, 0, 3)))
                sheet.put(
                    Image.fromarray(part), x + inset, y + inset, across - 4 - 2 * inset, down - 9 - 2 * inset
                )
    return cut(rng, sheet, 0.3, 2)


def letter(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A page about a person: a portrait in a corner and much text."""
    sheet = Sheet(148, 210, px_per_mm * 0.8, ornament.colour(rng, 235, 256))
    words = script(rng)
    wall = ornament.colour(rng, 180, 250)
    sheet.put(before(face(rng, stock), wall), float(rng.choice((8, 108))), 10, 30, 38)
    for row in range(int(rng.integers(12, 30))):
        face_ = people.pick(rng, words.faces)
        sheet.text(12, 60 + 5 * row, phrase(rng, words, 9), 3.2, (40, 40, 46), face_, "ls", 124)
    return cut(rng, sheet, 0.3, 2)


def photograph(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A photograph on paper, a postcard, the cover of a magazine."""
    width, height = ((100.0, 70.0), (70.0, 100.0), (90.0, 120.0), (85.6, 54.0))[int(rng.integers(4))]
    sheet = Sheet(width, height, px_per_mm, (246, 246, 244))
    border = float(rng.choice((0, 0, 3, 6)))
    size = (sheet.px(width - 2 * border), sheet.px(height - 2 * border))
    sheet.put(
        Image.fromarray(stock.picture(rng, *size)), border, border, width - 2 * border, height - 2 * border
    )
    if rng.uniform() < 0.4:
        sheet.text(
            8,
            14,
            jumble(rng, 1)[:12].upper(),
            float(rng.uniform(5, 10)),
            ornament.colour(rng, 0, 255),
            "black",
        )
    return cut(rng, sheet, 0.5)


def snapshot(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A photograph of a person, on paper or on a screen: a face alone makes no document."""
    width, height = ((35.0, 45.0), (60.0, 80.0), (120.0, 90.0))[int(rng.integers(3))]
    sheet = Sheet(width, height, px_per_mm, (248, 248, 248))
    if stock.pictures and rng.uniform() < 0.6:
        sheet.put(Image.fromarray(stock.picture(rng, sheet.px(width), sheet.px(height))), 0, 0, width, height)
    across = min(width, height / 1.28) * float(rng.uniform(0.7, 1.0))
    person = face(rng, stock)
    if rng.uniform() < 0.2:
        person = grey(person)
    sheet.put(person, (width - across) * float(rng.uniform()), height - across * 1.28, across, across * 1.28)
    return cut(rng, sheet, 0.5)

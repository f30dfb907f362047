"""Things of shelves and desks: books, packages, labels, pens, keyboards."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image

from training.cards import ornament, people
from training.cards.scripts import script
from training.cards.sheet import Colour, Sheet
from training.scenes.flat import Thing, blank, cut, filled, jumble, lettering, phrase
from training.stock import Stock


def book(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A closed book from above."""
    return cut(rng, _cover(rng, px_per_mm, stock), 0.3, 1, 2)


def _cover(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A book's: a picture or areas of colour, a title and an author, seldom in a box of their own."""
    sheet = blank(rng, px_per_mm, (85, 150), (110, 190), (10, 245))
    if rng.uniform() < 0.25:
        ornament.tint(sheet, rng, ornament.colour(rng, 20, 220), ornament.colour(rng, 20, 220))
    else:
        filled(sheet, rng, stock)
    ink = lettering(rng)
    words = script(rng)
    if rng.uniform() < 0.4:
        top = float(rng.uniform(0, 0.7)) * sheet.height
        sheet.rectangle(0, top, sheet.width, sheet.height * 0.2, ornament.colour(rng, 10, 245))
    for size in (float(rng.uniform(7, 15)), float(rng.uniform(4, 8))):
        row = float(rng.uniform(0.1, 0.95)) * sheet.height
        face_ = people.pick(rng, words.bolds)
        sheet.text(sheet.width / 2, row, phrase(rng, words, 2), size, ink, face_, "ms", sheet.width - 10)
    if rng.uniform() < 0.3:
        sheet.put(ornament.emblem(rng, ink, ornament.colour(rng, 0, 256)), sheet.width / 2 - 12, 60, 24, 24)
    elif rng.uniform() < 0.3:
        place = sheet.box(sheet.width * 0.3, sheet.height * 0.4, sheet.width * 0.4, sheet.width * 0.4)
        sheet.pen.ellipse(place, outline=ink, width=sheet.px(1.5))
    return sheet


def standing(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A book seen from a corner: its cover, and its spine or its pages beside it."""
    cover = _cover(rng, px_per_mm, stock)
    depth = float(rng.uniform(0.06, 0.22)) * cover.width
    sheet = Sheet(cover.width + depth, cover.height, px_per_mm, ornament.colour(rng, 10, 245))
    left = depth if rng.uniform() < 0.5 else 0.0
    side = cover.width if left == 0 else 0.0
    if rng.uniform() < 0.5:  # pages
        sheet.rectangle(side, 1, depth, sheet.height - 2, ornament.colour(rng, 190, 250))
        for x in np.linspace(side + 0.5, side + depth - 0.5, 8):
            sheet.line(x, 1, x, sheet.height - 1, ornament.colour(rng, 140, 190), 0.1)
    else:
        words = script(rng)
        face_ = people.pick(rng, words.bolds)
        middle = (side + depth / 2, sheet.height * float(rng.uniform(0.3, 0.7)))
        sheet.text(*middle, phrase(rng, words, 1), depth * 0.5, lettering(rng), face_, "ms", depth)
    sheet.put(cover.image, left, 0, cover.width, cover.height)
    return cut(rng, sheet, 0.3, 2)


def package(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """The front of a box: a brand at an angle or in an oval, a picture of what is in it, small print."""
    sheet = blank(rng, px_per_mm, (70, 170), (60, 140), (0, 256))
    filled(sheet, rng, stock)
    words, ink = script(rng), lettering(rng)
    if stock.pictures and rng.uniform() < 0.6:
        x, y = rng.uniform(0.05, 0.5, 2) * (sheet.width, sheet.height)
        wide, tall = rng.uniform(0.3, 0.5, 2) * (sheet.width, sheet.height)
        picture = Image.fromarray(stock.picture(rng, sheet.px(wide), sheet.px(tall)))
        sheet.put(picture, float(x), float(y), float(wide), float(tall))
    if rng.uniform() < 0.5:
        _oval(sheet, rng)
    else:
        _slanting(sheet, rng, phrase(rng, words, 1).upper(), ink, people.pick(rng, words.bolds))
    for row in range(int(rng.integers(1, 5))):
        face_ = people.pick(rng, words.faces)
        y, room = sheet.height - 5 - 4.5 * row, sheet.width * float(rng.uniform(0.4, 0.85))
        sheet.text(6, y, phrase(rng, words, 4), 3.2, ink, face_, "ls", room)
    if rng.uniform() < 0.3:
        ornament.bars(sheet, sheet.width - 30, sheet.height - 16, 24, 12, rng)
    return cut(rng, sheet, 0.3, 1, 2)


def _oval(sheet: Sheet, rng: Generator) -> None:
    """A brand in an oval in the middle."""
    middle, top = sheet.width / 2, sheet.height * 0.25
    sheet.pen.ellipse(sheet.box(middle - 28, top, 56, 24), fill=ornament.colour(rng, 0, 256))
    ink = ornament.colour(rng, 0, 256)
    sheet.text(middle, top + 15, jumble(rng, 1)[:10].upper(), 9, ink, "black", "ms", 50)


def _slanting(sheet: Sheet, rng: Generator, words: str, ink: Colour, bold: str) -> None:
    """A brand at an angle."""
    brand = ornament.overprint(rng, words, ink, bold)
    across = sheet.width * float(rng.uniform(0.35, 0.8))
    down = min(across * brand.height / brand.width, sheet.height * 0.5)
    x, y = float(rng.uniform(0, 0.4)) * sheet.width, float(rng.uniform(0, 0.5)) * sheet.height
    sheet.put(brand, x, y, across, down)


def label(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """Stuck on a parcel or a shelf: an address, a barcode, large figures, rules."""
    sheet = blank(rng, px_per_mm, (70, 120), (40, 90), (225, 256))
    words = script(rng)
    ink: Colour = (24, 24, 26)
    sheet.frame(1, 1, sheet.width - 2, sheet.height - 2, ink)
    for row in range(int(rng.integers(2, 6))):
        sheet.text(5, 9 + 5.5 * row, phrase(rng, words, 3), 3.6, ink, people.pick(rng, words.faces), "ls", 60)
    if rng.uniform() < 0.8:
        ornament.bars(sheet, 6, sheet.height - 16, sheet.width * 0.7, 12, rng)
    if rng.uniform() < 0.4:
        ornament.matrix(sheet, sheet.width - 24, 4, 18, 18, rng)
    if rng.uniform() < 0.5:
        sheet.text(sheet.width - 6, sheet.height - 20, people.digits(rng, 3), 12, ink, "heavy", "rs")
    return cut(rng, sheet, 0.3, 2)


def pen(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    sheet = Sheet(140, 9, px_per_mm, ornament.colour(rng, 10, 240))
    sheet.rectangle(0, 0, 22, 9, ornament.colour(rng, 10, 240))
    sheet.rectangle(0, 1.5, 140, 1.5, ornament.colour(rng, 200, 256))
    return cut(rng, sheet, 4)


def keys(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """Part of a keyboard."""
    sheet = Sheet(150, 62, px_per_mm, ornament.colour(rng, 20, 120))
    cap, ink = ornament.colour(rng, 30, 240), ornament.colour(rng, 0, 256)
    for row in range(3):
        for column in range(7):
            x, y = 4 + 20.5 * column + 3 * row, 3 + 19 * row
            sheet.pen.rounded_rectangle(sheet.box(x, y, 17, 16), sheet.px(2), fill=cap)
            sheet.text(x + 5, y + 9, people.letters(rng, 1), 6, ink, "plain")
    return cut(rng, sheet, 3)


def cut_out(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A thing of a photograph, cut out."""
    return Thing(stock.cutout(rng), float(rng.uniform(30, 140)))

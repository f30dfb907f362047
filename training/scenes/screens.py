"""Things that shine: telephones, and windows of screens."""

from __future__ import annotations

from numpy.random import Generator
from PIL import Image

from training.cards import ornament, people
from training.cards.faces import face
from training.cards.scripts import script
from training.cards.sheet import Sheet
from training.scenes.flat import DARK, PALE, Thing, blank, cut, lettering, paragraphs, phrase
from training.stock import Stock


def telephone(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
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
    return cut(rng, sheet, 8)


def window(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A bar, round buttons, a column at the left, and text or code: most of a screen."""
    sheet = blank(rng, px_per_mm, (140, 180), (85, 115), PALE if rng.uniform() < 0.6 else DARK)
    _bar(sheet, rng)
    sheet.rectangle(0, 7, float(rng.uniform(0, 45)), sheet.height - 7, ornament.colour(rng, 60, 245))
    paragraphs(sheet, rng, (48, 12, sheet.width - 54, sheet.height - 20), float(rng.uniform(2.6, 4)))
    return cut(rng, sheet, 0.5)


def dialog(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A small window or a page of a telephone: a bar, a picture or a sign, a few words, buttons."""
    sheet = blank(rng, px_per_mm, (75, 130), (45, 90), PALE if rng.uniform() < 0.7 else DARK)
    _bar(sheet, rng)
    words, ink = script(rng), lettering(rng, True)
    left = 8.0
    if rng.uniform() < 0.5:
        side = float(rng.uniform(10, 24))
        sheet.rectangle(6, 18, side, side, ornament.colour(rng, 20, 240))
        left += side + 4
    for row in range(int(rng.integers(1, 5))):
        face_ = people.pick(rng, words.faces)
        room = sheet.width - left - 4
        sheet.text(left, 22 + 5.5 * row, phrase(rng, words, 4), 3.4, ink, face_, "ls", room)
    for button in range(int(rng.integers(0, 4))):
        box = sheet.box(sheet.width - 24 * (button + 1), sheet.height - 11, 20, 7)
        sheet.pen.rounded_rectangle(box, sheet.px(1), fill=ornament.colour(rng, 60, 240))
    return cut(rng, sheet, 0.3, 2)


def _bar(sheet: Sheet, rng: Generator) -> None:
    """The bar at the top of a window, some with round buttons."""
    sheet.rectangle(0, 0, sheet.width, float(rng.uniform(5, 12)), ornament.colour(rng, 20, 240))
    if rng.uniform() < 0.6:
        for column in range(3):
            sheet.pen.ellipse(sheet.box(3 + 6 * column, 1.2, 3.4, 3.4), fill=ornament.colour(rng, 60, 255))


def album(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A window of a screen that shows one or several photographs, some of people, with a caption."""
    sheet = blank(rng, px_per_mm, (120, 180), (80, 120), DARK if rng.uniform() < 0.5 else PALE)
    sheet.rectangle(0, 0, sheet.width, 6, ornament.colour(rng, 30, 230))
    columns = int(rng.integers(1, 4))
    across = (sheet.width - 6) / columns
    for column in range(columns):
        left, height = 3 + column * across, sheet.height - 20
        if stock.pictures and rng.uniform() < 0.75:
            part = stock.picture(rng, sheet.px(across - 3), sheet.px(height))
            sheet.put(Image.fromarray(part), left, 9, across - 3, height)
        else:
            sheet.rectangle(left, 9, across - 3, height, ornament.colour(rng, 20, 245))
        if rng.uniform() < 0.35:
            wide = min(across - 3, height / 1.28) * float(rng.uniform(0.5, 1))
            sheet.put(face(rng, stock), left, 9 + height - wide * 1.28, wide, wide * 1.28)
    sheet.text(5, sheet.height - 4, phrase(rng, script(rng), 4), 4, ornament.colour(rng, 90, 190), "plain")
    return cut(rng, sheet, 0.3, 2)

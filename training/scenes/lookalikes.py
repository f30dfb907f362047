"""Things that half-trained weights took for cards: covers, notes, windows, labels, boxes, signs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image

from training.cards import ornament, people
from training.cards.faces import face
from training.cards.scripts import Script, script
from training.cards.sheet import Colour, Sheet
from training.stock import Stock

Draw = Callable[[Generator, float, Stock], Sheet]
PALE, DARK = (205, 256), (0, 90)


def lookalike(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """One of any kind."""
    weights = np.array([weight for _, weight in KINDS.values()], float)
    name = list(KINDS)[int(rng.choice(len(KINDS), p=weights / weights.sum()))]
    return KINDS[name][0](rng, px_per_mm, stock)


def _cover(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A book's: a picture or areas of colour, a title and an author, seldom in a box of their own."""
    sheet = _blank(rng, px_per_mm, (85, 150), (110, 190), (10, 245))
    _fill(sheet, rng, stock)
    ink = _ink(rng)
    words = script(rng)
    if rng.uniform() < 0.4:
        top = float(rng.uniform(0, 0.7)) * sheet.height
        sheet.rectangle(0, top, sheet.width, sheet.height * 0.2, ornament.colour(rng, 10, 245))
    for size in (float(rng.uniform(7, 15)), float(rng.uniform(4, 8))):
        row = float(rng.uniform(0.1, 0.95)) * sheet.height
        face_ = people.pick(rng, words.bolds)
        sheet.text(sheet.width / 2, row, _line(rng, words, 2), size, ink, face_, "ms", sheet.width - 10)
    if rng.uniform() < 0.3:
        sheet.put(ornament.emblem(rng, ink, ornament.colour(rng, 0, 256)), sheet.width / 2 - 12, 60, 24, 24)
    return sheet


def _standing(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
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
        sheet.text(*middle, _line(rng, words, 1), depth * 0.5, _ink(rng), face_, "ms", depth)
    sheet.put(cover.image, left, 0, cover.width, cover.height)
    return sheet


def _box(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """The front of a package: a brand in an arc of letters, a picture of what is in it, weights."""
    sheet = _blank(rng, px_per_mm, (80, 170), (60, 140), (20, 250))
    _fill(sheet, rng, stock)
    words, ink = script(rng), _ink(rng)
    if stock.pictures:
        x, y = rng.uniform(0.05, 0.5, 2) * (sheet.width, sheet.height)
        wide, tall = rng.uniform(0.3, 0.5, 2) * (sheet.width, sheet.height)
        picture = Image.fromarray(stock.picture(rng, sheet.px(wide), sheet.px(tall)))
        sheet.put(picture, float(x), float(y), float(wide), float(tall))
    brand = ornament.overprint(rng, _line(rng, words, 1).upper(), ink, people.pick(rng, words.bolds))
    across = sheet.width * float(rng.uniform(0.35, 0.8))
    down = min(across * brand.height / brand.width, sheet.height * 0.5)
    sheet.put(
        brand,
        float(rng.uniform(0, 0.4)) * sheet.width,
        float(rng.uniform(0, 0.5)) * sheet.height,
        across,
        down,
    )
    for row in range(int(rng.integers(1, 4))):
        face_ = people.pick(rng, words.faces)
        sheet.text(
            6, sheet.height - 5 - 4.5 * row, _line(rng, words, 3), 3.4, ink, face_, "ls", sheet.width / 2
        )
    if rng.uniform() < 0.4:
        ornament.bars(sheet, sheet.width - 30, sheet.height - 16, 24, 12, rng)
    return sheet


def _directions(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A sign: a few lines of large letters on one dark or strong colour, arrows, a border."""
    sheet = _blank(rng, px_per_mm, (90, 180), (45, 120), (0, 130))
    ink = ornament.colour(rng, 215, 256)
    words = script(rng)
    face_ = people.pick(rng, words.bolds)
    rows = int(rng.integers(1, 6))
    step = (sheet.height - 10) / rows
    arrows = rng.uniform() < 0.5
    for row in range(rows):
        y = 5 + step * (row + 0.72)
        if arrows:
            sheet.text(5, y, people.pick(rng, "←↑→↗↘"), step * 0.7, ink, "sans")
        left = step + 6 if arrows else 8
        line = _line(rng, words, int(rng.integers(1, 3)))
        sheet.text(left, y, line, step * 0.62, ink, face_, "ls", sheet.width - left - 5)
    if rng.uniform() < 0.7:
        box = sheet.box(1.5, 1.5, sheet.width - 3, sheet.height - 3)
        sheet.pen.rounded_rectangle(box, sheet.px(float(rng.uniform(0.5, 5))), outline=ink, width=sheet.px(1))
    return sheet


def _figures(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A figure of several pictures or plots with captions above them."""
    sheet = _blank(rng, px_per_mm, (110, 190), (80, 150), (235, 256))
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
                x + across / 2 - 2, y - 1.5, _line(rng, words, 1), 4, (20, 20, 24), words.faces[0], "ms"
            )
            sheet.rectangle(x, y, across - 4, down - 9, ornament.colour(rng, 0, 256))
            if first is not None:
                part = first if shared else stock.picture(rng, *size)
                inset = float(rng.choice((0, 0, 3)))
                sheet.put(
                    Image.fromarray(part), x + inset, y + inset, across - 4 - 2 * inset, down - 9 - 2 * inset
                )
    return sheet


def _outlines(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """Boxes with round corners and hardly anything in them, as on a sheet of drawn cards or on a form."""
    sheet = _blank(rng, px_per_mm, (70, 200), (60, 150), (225, 256))
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
                sheet.text(*place, sign, size, _ink(rng, True), "sans", "ms")
    return sheet


def _album(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A window of a screen that shows one or several photographs, some of people, with a caption."""
    sheet = _blank(rng, px_per_mm, (120, 180), (80, 120), DARK if rng.uniform() < 0.5 else PALE)
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
    sheet.text(5, sheet.height - 4, _line(rng, script(rng), 4), 4, ornament.colour(rng, 90, 190), "plain")
    return sheet


def _pinned(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A note on a wall: a few lines, large or by hand, a pin or a strip of tape."""
    sheet = _blank(rng, px_per_mm, (50, 130), (40, 130), (170, 256))
    words = script(rng)
    ink = ornament.colour(rng, 0, 130)
    hand = words.cased and rng.uniform() < 0.4
    size = float(rng.uniform(3, 12))
    row = 10 + size
    while row < sheet.height - 5:
        if rng.uniform() < 0.85:
            face_ = people.pick(rng, ("hand", "scrawl")) if hand else people.pick(rng, words.faces)
            sheet.text(6, row, _line(rng, words, 3), size, ink, face_, "ls", sheet.width - 12)
        row += size * float(rng.uniform(1.3, 2.2))
    if rng.uniform() < 0.5:
        sheet.pen.ellipse(sheet.box(sheet.width / 2, 2, 5, 5), fill=ornament.colour(rng, 0, 256))
    elif rng.uniform() < 0.5:
        sheet.rectangle(sheet.width / 2 - 12, 0, 24, 6, ornament.colour(rng, 190, 250))
    return sheet


def _grey_text(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A page whose letters have run together: paragraphs of grey bars, a heading, a box."""
    sheet = _blank(rng, px_per_mm, (60, 160), (60, 180), PALE)
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
    return sheet


def _dialog(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A small window or a page of a telephone: a bar, a picture or a sign, a few words, buttons."""
    sheet = _blank(rng, px_per_mm, (75, 130), (45, 90), PALE if rng.uniform() < 0.7 else DARK)
    sheet.rectangle(0, 0, sheet.width, float(rng.uniform(5, 12)), ornament.colour(rng, 20, 240))
    words = script(rng)
    ink = _ink(rng, True)
    left = 8.0
    if rng.uniform() < 0.5:
        side = float(rng.uniform(10, 24))
        sheet.rectangle(6, 18, side, side, ornament.colour(rng, 20, 240))
        left += side + 4
    for row in range(int(rng.integers(1, 5))):
        face_ = people.pick(rng, words.faces)
        sheet.text(left, 22 + 5.5 * row, _line(rng, words, 4), 3.4, ink, face_, "ls", sheet.width - left - 4)
    for button in range(int(rng.integers(0, 4))):
        box = sheet.box(sheet.width - 24 * (button + 1), sheet.height - 11, 20, 7)
        sheet.pen.rounded_rectangle(box, sheet.px(1), fill=ornament.colour(rng, 60, 240))
    return sheet


def _label(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """Stuck on a parcel or a shelf: an address, a barcode, large figures, rules."""
    sheet = _blank(rng, px_per_mm, (70, 120), (40, 90), (225, 256))
    words = script(rng)
    ink: Colour = (24, 24, 26)
    sheet.frame(1, 1, sheet.width - 2, sheet.height - 2, ink)
    for row in range(int(rng.integers(2, 6))):
        sheet.text(5, 9 + 5.5 * row, _line(rng, words, 3), 3.6, ink, people.pick(rng, words.faces), "ls", 60)
    if rng.uniform() < 0.8:
        ornament.bars(sheet, 6, sheet.height - 16, sheet.width * 0.7, 12, rng)
    if rng.uniform() < 0.4:
        ornament.matrix(sheet, sheet.width - 24, 4, 18, 18, rng)
    if rng.uniform() < 0.5:
        sheet.text(sheet.width - 6, sheet.height - 20, people.digits(rng, 3), 12, ink, "heavy", "rs")
    return sheet


def _letter(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A page about a person: a portrait in a corner and much text."""
    sheet = Sheet(148, 210, px_per_mm * 0.8, ornament.colour(rng, 235, 256))
    words = script(rng)
    sheet.put(face(rng, stock, ornament.colour(rng, 180, 250)), float(rng.choice((8, 108))), 10, 30, 38)
    for row in range(int(rng.integers(12, 30))):
        face_ = people.pick(rng, words.faces)
        sheet.text(12, 60 + 5 * row, _line(rng, words, 9), 3.2, (40, 40, 46), face_, "ls", 124)
    return sheet


def _banknote(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    """A bill: fine lines, a grey head, large figures in the corners."""
    paper = ornament.colour(rng, 150, 240)
    sheet = Sheet(float(rng.uniform(130, 160)), float(rng.uniform(62, 76)), px_per_mm, paper)
    ornament.tint(sheet, rng, paper, ornament.colour(rng, 150, 240))
    ink = ornament.colour(rng, 20, 150)
    for _ in range(3):
        ornament.waves(sheet, rng, ink, 0.5, float(rng.uniform(1, 2.5)))
    ornament.rosette(sheet, rng, sheet.width * 0.4, sheet.height / 2, 22, ink)
    sheet.put(face(rng, stock, None, True), sheet.width * 0.6, 8, 40, sheet.height - 12)
    value = people.pick(rng, ("5", "10", "20", "50", "100", "500"))
    for x, y, anchor in ((6, 16, "ls"), (sheet.width - 6, sheet.height - 6, "rs")):
        sheet.text(x, y, value, 13, ink, "heavy", anchor)
    return sheet


def _blank(
    rng: Generator,
    px_per_mm: float,
    widths: tuple[float, float],
    heights: tuple[float, float],
    tones: tuple[int, int],
) -> Sheet:
    size = float(rng.uniform(*widths)), float(rng.uniform(*heights))
    return Sheet(*size, px_per_mm, ornament.colour(rng, *tones))


def _fill(sheet: Sheet, rng: Generator, stock: Stock) -> None:
    """A photograph over all or a part of the sheet, or areas of strong colour."""
    if stock.pictures and rng.uniform() < 0.6:
        margin = float(rng.choice((0, 0, 6, 12)))
        top = float(rng.choice((0, 0, 0.3))) * sheet.height + margin
        width, height = sheet.width - 2 * margin, sheet.height - top - margin
        part = stock.picture(rng, sheet.px(width), sheet.px(height))
        sheet.put(Image.fromarray(part), margin, top, width, height)
        return
    for _ in range(int(rng.integers(0, 4))):
        ornament.areas(sheet, rng, ornament.colour(rng, 0, 256))


def _ink(rng: Generator, dark: bool = False) -> Colour:
    if dark or rng.uniform() < 0.4:
        return ornament.colour(rng, 0, 120)
    return ornament.colour(rng, 190, 256)


def _line(rng: Generator, words: Script, count: int) -> str:
    return " ".join(words.word(rng) for _ in range(count))


KINDS: dict[str, tuple[Draw, int]] = {
    "cover": (_cover, 5),
    "outlines": (_outlines, 2),
    "album": (_album, 3),
    "pinned": (_pinned, 4),
    "grey_text": (_grey_text, 3),
    "dialog": (_dialog, 3),
    "label": (_label, 3),
    "letter": (_letter, 1),
    "banknote": (_banknote, 1),
    "standing": (_standing, 5),
    "box": (_box, 3),
    "directions": (_directions, 3),
    "figures": (_figures, 3),
}  # with how often each is drawn

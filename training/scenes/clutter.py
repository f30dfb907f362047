"""Things that are no cards of the three types, as flat RGBA pictures with their width in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image

from training.cards import ornament, people
from training.cards.faces import face
from training.cards.scripts import script
from training.cards.sheet import Colour, Pixels, Sheet
from training.scenes.lookalikes import lookalike
from training.stock import NOTHING, Stock

LOOKALIKES = 0.35  # share of the things that were once taken for cards


@dataclass(frozen=True, slots=True)
class Thing:
    """A flat thing: RGBA pixels (h, w, 4) and how wide it is."""

    pixels: Pixels
    width_mm: float


def thing(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Thing:
    """A thing of any kind."""
    kinds = (
        (_page, 4), (_newspaper, 2), (_spread, 2), (_bank_card, 3), (_business_card, 2),
        (_receipt, 2), (_screen, 1), (_window, 2), (_book, 2), (_pen, 1),
        (_note, 1), (_keys, 1), (_table, 2), (_ticket, 1), (_playing_card, 2),
        (_sign, 2), (_board, 2), (_package, 2),
    )  # fmt: skip
    pictured = ((_print, 4), (_object, 6), (_snapshot, 3)) if stock.pictures and stock.cutouts else ()
    weights = np.array([weight for _, weight in (*kinds, *pictured)], float)
    if rng.uniform() < LOOKALIKES:
        return _thing(lookalike(rng, px_per_mm, stock), float(rng.choice((0.3, 2))))
    chosen = int(rng.choice(len(weights), p=weights / weights.sum()))
    if chosen >= len(kinds):
        return pictured[chosen - len(kinds)][0](rng, px_per_mm, stock)
    return kinds[chosen][0](rng, px_per_mm)


def _thing(sheet: Sheet, corner: float) -> Thing:
    return Thing(sheet.cut(corner), sheet.width)


def _words(rng: Generator, count: int) -> str:
    if rng.uniform() < 0.4:
        return "".join(
            people.pick(rng, people.GIVEN + "的一是在不了有和人这中大为上个国") for _ in range(count * 3)
        )
    if rng.uniform() < 0.5:
        words = script(rng)
        return " ".join(words.word(rng).lower() for _ in range(count))
    return " ".join(people.pick(rng, people.TOWNS).lower()[: int(rng.integers(2, 9))] for _ in range(count))


def _lines(sheet: Sheet, rng: Generator, box: tuple[float, float, float, float], size: float) -> None:
    """Lines of text in a box of left, top, width, height."""
    left, top, width, height = box
    ink = ornament.colour(rng, 10, 80)
    words = script(rng)
    face = people.pick(rng, words.faces)
    gap = float(rng.uniform(1.3, 2.0))
    row = top + size
    while row < top + height:
        if rng.uniform() > 0.08:
            line = ""
            share = 1.0 if rng.uniform() < 0.8 else float(rng.uniform(0.2, 0.9))
            while len(line) * size * (1.0 if words.letters > "\u2e80" else 0.5) < width * share:
                line += words.word(rng).lower() + ("" if words.letters > "\u2e80" else " ")
            sheet.text(left, row, line, size, ink, face, "ls", width)
        row += size * gap


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


def _business_card(rng: Generator, px_per_mm: float) -> Thing:
    """A name, a firm and small lines; no portrait."""
    sheet = Sheet(
        float(rng.uniform(84, 92)), float(rng.uniform(48, 56)), px_per_mm, ornament.colour(rng, 200, 256)
    )
    if rng.uniform() < 0.4:
        ornament.areas(sheet, rng, ornament.colour(rng, 0, 256))
    ink = ornament.colour(rng, 10, 90)
    sheet.text(8, 18, _words(rng, 1)[:14], float(rng.uniform(5, 8)), ink, "black")
    for row in range(int(rng.integers(2, 5))):
        sheet.text(8, 30 + 4.4 * row, _words(rng, 3)[:30], 2.8, ink, "hei", "ls", 60)
    if rng.uniform() < 0.5:
        sheet.put(ornament.emblem(rng, ink, ornament.colour(rng, 90, 250)), 64, 8, 16, 16)
    return _thing(sheet, float(rng.choice((0.3, 3))))


def _spread(rng: Generator, px_per_mm: float) -> Thing:
    """An open book: two pages of text and a fold."""
    sheet = Sheet(230, 160, px_per_mm * 0.7, ornament.colour(rng, 215, 250))
    size = float(rng.uniform(3.2, 5))
    for left in (12, 125):
        _lines(sheet, rng, (left, 16, 92, 128), size)
    for offset in range(8):
        tone = 150 + 11 * offset
        for side in (-1, 1):
            sheet.line(115 + side * offset, 0, 115 + side * offset, 160, (tone, tone, tone), 1)
    return _thing(sheet, 1)


def _table(rng: Generator, px_per_mm: float) -> Thing:
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
                words = _words(rng, 1)[:12]
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
    return _thing(sheet, 0.3)


def _window(rng: Generator, px_per_mm: float) -> Thing:
    """A window of a screen: bar, buttons, text or code."""
    sheet = Sheet(
        160, 100, px_per_mm, ornament.colour(rng, 20, 60) if rng.uniform() < 0.4 else (246, 246, 248)
    )
    sheet.rectangle(0, 0, 160, 7, ornament.colour(rng, 60, 230))
    for column in range(3):
        sheet.pen.ellipse(sheet.box(3 + 6 * column, 2, 3.4, 3.4), fill=ornament.colour(rng, 60, 255))
    sheet.rectangle(0, 7, float(rng.uniform(0, 45)), 93, ornament.colour(rng, 60, 245))
    _lines(sheet, rng, (48, 12, 106, 80), float(rng.uniform(2.6, 4)))
    return _thing(sheet, 0.5)


def _ticket(rng: Generator, px_per_mm: float) -> Thing:
    """A ticket or a voucher: large words, a code, a torn edge."""
    sheet = Sheet(
        float(rng.uniform(100, 160)), float(rng.uniform(45, 70)), px_per_mm, ornament.colour(rng, 140, 255)
    )
    ornament.areas(sheet, rng, ornament.colour(rng, 40, 255))
    sheet.text(8, 16, _words(rng, 2)[:16].upper(), 9, ornament.colour(rng, 0, 120), "black")
    for row in range(3):
        sheet.text(8, 26 + 6 * row, _words(rng, 3)[:26], 3.4, (30, 30, 30), "hei")
    ornament.bars(sheet, sheet.width - 30, 8, 24, sheet.height - 20, rng)
    return _thing(sheet, 0.5)


def _playing_card(rng: Generator, px_per_mm: float) -> Thing:
    """Pips on white."""
    sheet = Sheet(63, 88, px_per_mm, (250, 250, 248))
    ink: Colour = (200, 30, 40) if rng.uniform() < 0.5 else (20, 20, 24)
    suit = people.pick(rng, "♥♦♣♠")
    for x in (18, 45)[: int(rng.integers(1, 3))]:
        for row in range(int(rng.integers(1, 5))):
            sheet.text(x, 28 + 16 * row, suit, 13, ink, "sans", "ms")
    sheet.text(4, 9, people.pick(rng, "A23456789JQK"), 8, ink, "roman bold")
    sheet.text(4, 17, suit, 7, ink, "sans")
    return _thing(sheet, 3)


def _sign(rng: Generator, px_per_mm: float) -> Thing:
    """A plate with a few large words: a road sign, a shop's name, a number plate."""
    height = float(rng.uniform(25, 80))
    sheet = Sheet(110, height, px_per_mm, ornament.colour(rng, 0, 256))
    ink = ornament.colour(rng, 200, 256) if rng.uniform() < 0.6 else ornament.colour(rng, 0, 60)
    words = script(rng)
    rows = int(rng.integers(1, 5))
    for row in range(rows):
        size = height / rows * 0.5
        y = height * (row + 0.7) / rows
        line = " ".join(words.word(rng) for _ in range(int(rng.integers(1, 3))))
        sheet.text(55, y, line, size, ink, people.pick(rng, words.bolds), "ms", 100)
    if rng.uniform() < 0.6:
        sheet.frame(2, 2, 106, height - 4, ink)
    return _thing(sheet, float(rng.choice((0.5, 6))))


def _board(rng: Generator, px_per_mm: float) -> Thing:
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
    return _thing(sheet, 0.3)


def _package(rng: Generator, px_per_mm: float) -> Thing:
    """The front of a box: strong colours, a brand, an oval, small print."""
    sheet = Sheet(
        float(rng.uniform(70, 150)), float(rng.uniform(60, 120)), px_per_mm, ornament.colour(rng, 0, 256)
    )
    for _ in range(int(rng.integers(1, 4))):
        ornament.areas(sheet, rng, ornament.colour(rng, 0, 256))
    middle = sheet.width / 2
    box = sheet.box(middle - 28, sheet.height * 0.25, 56, 24)
    sheet.pen.ellipse(box, fill=ornament.colour(rng, 0, 256))
    sheet.text(
        middle,
        sheet.height * 0.25 + 15,
        _words(rng, 1)[:10].upper(),
        9,
        ornament.colour(rng, 0, 256),
        "black",
        "ms",
        50,
    )
    for row in range(int(rng.integers(1, 5))):
        sheet.text(
            8,
            sheet.height - 8 - 4 * row,
            _words(rng, 4),
            3,
            ornament.colour(rng, 0, 256),
            "hei",
            "ls",
            sheet.width - 16,
        )
    return _thing(sheet, 1)


def _print(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
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
            _words(rng, 1)[:12].upper(),
            float(rng.uniform(5, 10)),
            ornament.colour(rng, 0, 255),
            "black",
        )
    return _thing(sheet, 0.5)


def _snapshot(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A photograph of a person, on paper or on a screen: a face alone makes no document."""
    width, height = ((35.0, 45.0), (60.0, 80.0), (120.0, 90.0))[int(rng.integers(3))]
    sheet = Sheet(width, height, px_per_mm, (248, 248, 248))
    if stock.pictures and rng.uniform() < 0.6:
        sheet.put(Image.fromarray(stock.picture(rng, sheet.px(width), sheet.px(height))), 0, 0, width, height)
    across = min(width, height / 1.28) * float(rng.uniform(0.7, 1.0))
    person = face(rng, stock, None, bool(rng.uniform() < 0.2))
    sheet.put(person, (width - across) * float(rng.uniform()), height - across * 1.28, across, across * 1.28)
    return _thing(sheet, 0.5)


def _object(rng: Generator, px_per_mm: float, stock: Stock) -> Thing:
    """A thing of a photograph, cut out."""
    return Thing(stock.cutout(rng), float(rng.uniform(30, 140)))


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

"""Driving licences of no country in particular: twelve families."""

from __future__ import annotations

from functools import partial

from numpy.random import Generator

from training.cards import design as parts
from training.cards import mrz, ornament, people
from training.cards.design import Design, photo_beside
from training.cards.sheet import ID1, ID2, Card, Colour, Sheet
from training.stock import NOTHING, Stock

PINKS: tuple[Colour, ...] = (
    (244, 206, 214),
    (238, 216, 226),
    (246, 224, 226),
    (240, 220, 214),
    (228, 216, 232),
    (232, 226, 236),
)
PALE: tuple[Colour, ...] = (
    (220, 234, 244),
    (240, 236, 218),
    (226, 238, 226),
    (236, 230, 240),
    (246, 240, 232),
)
WIDTH, HEIGHT = ID1
NUMBERS = ("1.", "2.", "3.", "4a.", "4c.", "4b.", "4d.", "5.", "7.", "8.", "9.")
CLASSES = ("AM", "A1", "A2", "A", "B1", "B", "C1", "C", "D1", "D", "BE", "C1E", "CE", "D1E", "DE", "T")
AMERICAN = ("DL", "EXP", "LN", "FN", "DOB", "SEX", "HGT", "EYES", "ISS", "CLASS", "END", "RSTR")


def numbered(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The European model: pink, a flag with a ring of stars, numbered values, classes below."""
    look, sheet = parts.start(rng, px_per_mm, stock, PINKS, "numbered", 0.95)
    top = parts.head(sheet, rng, look, look.script.licence)
    left, right = photo_beside(sheet, rng, look, stock, top + 1)
    parts.fields(sheet, rng, look, (left, top, right, HEIGHT - 7), NUMBERS)
    sheet.text(left, HEIGHT - 3, "9. " + _classes(rng, "/"), 3, look.ink, "heavy", "ls", right - left)
    if rng.uniform() < 0.4:
        parts.signature(sheet, rng, left, HEIGHT - 7, 4)
    return _finish(sheet, rng, look, stock)


def numbered_zone(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The same with one machine readable line below and a ghost portrait."""
    look, sheet = parts.start(rng, px_per_mm, stock, PINKS + PALE, "numbered", 0.95)
    top = parts.head(sheet, rng, look, look.script.licence)
    left, right = photo_beside(sheet, rng, look, stock, top, 28)
    parts.fields(sheet, rng, look, (left, top, right, HEIGHT - 11), NUMBERS)
    parts.ghost(sheet, rng, stock, float(rng.uniform(45, 70)), 16)
    sheet.text(4, HEIGHT - 9, _classes(rng, "/"), 3, look.ink, "heavy", "ls", 60)
    parts.extras(sheet, rng, look, stock)
    parts.zone(sheet, rng, mrz.licence_line(rng, people.pick(rng, people.LAST)), 2.5)
    return _card(sheet, rng)


def table_back(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A back: a table of classes with dates, small explanations, a code or a chip."""
    look, sheet = parts.start(rng, px_per_mm, stock, PINKS + PALE)
    left, rows = float(rng.uniform(20, 34)), int(rng.integers(8, 15))
    step = 46 / rows
    for row in range(rows + 1):
        y = 4 + row * step
        sheet.line(left, y, 82, y, look.label, 0.15)
        if row < rows:
            sheet.text(left + 1, y + step * 0.75, CLASSES[row], step * 0.75, look.ink, "heavy")
            if rng.uniform() < 0.5:
                dates = (
                    f"{people.date(rng, 1990, 2020).european()}   {people.date(rng, 2024, 2040).european()}"
                )
                sheet.text(left + 18, y + step * 0.75, dates, step * 0.7, look.ink, look.latin)
    for x in (left, left + 8, left + 17, left + 32, 66, 82):
        sheet.line(x, 4, x, 50, look.label, 0.15)
    for row in range(7):
        y, label = 10 + 3 * row, people.pick(rng, look.script.labels)
        sheet.text(3, y, f"{row + 1}.", 1.9, look.label, look.latin)
        sheet.text(5.5, y, label, 1.9, look.label, look.face, "ls", left - 6.5)
    if rng.uniform() < 0.6:
        _code(sheet, rng, 3, 34, left - 6)
    return _finish(sheet, rng, look, stock)


def american(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A state's name in large letters, a landscape below, short labels, two portraits."""
    look, sheet = parts.start(rng, px_per_mm, stock, PALE)
    if stock.pictures:
        parts.picture(sheet, rng, stock)
    if rng.uniform() < 0.6:
        sheet.rectangle(0, 0, WIDTH, 10, ornament.colour(rng, 10, 160))
    state = people.pick(rng, people.TOWNS)
    sheet.text(
        4,
        7.6,
        state,
        7,
        parts.WHITE if rng.uniform() < 0.5 else look.title,
        people.pick(rng, ("heavy", "roman bold", "lato bold")),
    )
    sheet.text(
        WIDTH - 4,
        7,
        people.pick(rng, ("DRIVER LICENSE", "Driver's Licence", "USA  DL", "OPERATOR LICENSE")),
        3.6,
        look.title,
        "heavy",
        "rs",
    )
    left, right = photo_beside(sheet, rng, look, stock, 12)
    sheet.text(left, 15.5, f"DL {people.letters(rng, 1)}{people.digits(rng, 7)}", 4, (190, 30, 30), "heavy")
    parts.fields(sheet, rng, look, (left, 16.5, right - 14, HEIGHT - 4), AMERICAN)
    parts.ghost(sheet, rng, stock, right - 13 if look.left else left + 30, float(rng.uniform(16, 34)))
    parts.signature(sheet, rng, 5, HEIGHT - 2, 4)
    return _finish(sheet, rng, look, stock)


def american_back(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A magnetic stripe or not, a wide two-dimensional code, small print."""
    look, sheet = parts.start(rng, px_per_mm, stock, PALE)
    y = 5.0
    if rng.uniform() < 0.5:
        sheet.rectangle(0, 3, WIDTH, 10, (26, 24, 24))
        y = 16.0
    ornament.matrix(sheet, 6, y, float(rng.uniform(50, 74)), 12, rng)
    ornament.bars(sheet, 6, y + 15, 40, 6, rng)
    parts.fields(sheet, rng, look, (6, y + 22, 78, HEIGHT - 2), ("CLASS", "END", "RESTR", "REV", "DD"))
    return _finish(sheet, rng, look, stock)


def japanese(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Rows from the top, a coloured band of validity, a grid of classes, the portrait at the right."""
    look, sheet = parts.start(rng, px_per_mm, stock, PALE, "left", 0.1)
    cjk = people.pick(rng, ("hei", "song"))
    for row, (label, value) in enumerate(
        (
            ("氏名", "山田花子"),
            ("住所", people.chinese_address(rng)),
            ("交付", people.date(rng, 2015, 2024).dashed()),
        )
    ):
        sheet.text(3, 6 + 5 * row, label, 3, look.label, cjk)
        sheet.text(13, 6 + 5 * row, value, 3.3, look.ink, cjk, "ls", 45)
        sheet.line(2, 7.4 + 5 * row, 60, 7.4 + 5 * row, look.label, 0.15)
    band: Colour = ((226, 190, 90), (110, 170, 220), (140, 200, 120))[int(rng.integers(3))]
    sheet.rectangle(2, 18, 58, 6, band)
    sheet.text(
        4,
        22.6,
        f"{people.date(rng, 2025, 2032).year}年(令和{people.digits(rng, 1)}年)まで有効",
        3.8,
        look.ink,
        "black",
        "ls",
        54,
    )
    photo_beside(sheet, rng, look, stock, float(rng.uniform(10, 16)), 32)
    sheet.text(4, 36, f"番号 第 {people.digits(rng, 12)} 号", 3.4, look.ink, cjk)
    for column in range(14):
        x = 4 + 4 * column
        sheet.frame(x, 41, 4, 9, look.label)
        if rng.uniform() < 0.5:
            sheet.text(x + 2, 46.5, people.pick(rng, "大中普二原引牽自"), 2.8, look.ink, cjk, "ms")
    if rng.uniform() < 0.7:
        sheet.text(84, 6, people.pick(rng, ("運転免許証", "自動車運転免許證")), 4, look.title, "black", "rs")
    return _finish(sheet, rng, look, stock)


def fields_card(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Title, portrait, labelled values and classes, any script."""
    look, sheet = parts.start(rng, px_per_mm, stock, PALE)
    top = parts.head(sheet, rng, look, look.script.licence)
    left, right = photo_beside(sheet, rng, look, stock, top)
    parts.fields(sheet, rng, look, (left, top + 1, right, HEIGHT - 8))
    words = people.pick(rng, ("Classes ", "Class ", "Cat. ", "准驾车型 ", "")) + _classes(rng, " ")
    sheet.text(left, HEIGHT - 3, words, 3, look.ink, "black", "ls", right - left)
    return _finish(sheet, rng, look, stock)


def boxed(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Every value in a box of its own, as in South America."""
    look, sheet = parts.start(rng, px_per_mm, stock, PALE)
    top = parts.head(sheet, rng, look, look.script.licence)
    left, right = photo_beside(sheet, rng, look, stock, top, 30)
    y = top + 1
    while y < HEIGHT - 7:
        cut = (right - left) * float(rng.uniform(0.35, 1.0))
        for x, width in ((left, cut), (left + cut, right - left - cut)):
            if width > 6:
                sheet.frame(x, y, width - 0.5, 6.6, look.label)
                sheet.text(
                    x + 0.8,
                    y + 1.9,
                    people.pick(rng, look.script.labels),
                    1.5,
                    look.label,
                    look.face,
                    "ls",
                    width - 2,
                )
                sheet.text(
                    x + 0.8, y + 5.6, look.script.word(rng, 12), 3, look.ink, look.face, "ls", width - 2
                )
        y += 7.2
    return _finish(sheet, rng, look, stock)


def vehicles(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Drawn vehicles beside the classes, front with a portrait at the right."""
    look, sheet = parts.start(rng, px_per_mm, stock, PALE + PINKS, "left", 0.3)
    top = parts.head(sheet, rng, look, look.script.licence)
    left, right = photo_beside(sheet, rng, look, stock, top)
    parts.fields(sheet, rng, look, (left, top, right, 36))
    for column in range(int(rng.integers(3, 6))):
        x = left + 10.5 * column
        if x + 10 < right:
            _car(sheet, rng, x, 40, look)
            sheet.text(x + 4, HEIGHT - 3, people.pick(rng, CLASSES), 3, look.ink, "heavy", "ms")
    return _finish(sheet, rng, look, stock)


def paper(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """An old folded paper: typewritten values on dots, a glued portrait, a stamp across it."""
    look = parts.design(rng, (*PINKS, (210, 214, 190), (186, 200, 214), (226, 216, 190)))
    sheet = Sheet(*ID2, px_per_mm, look.paper)
    if rng.uniform() < 0.5:
        parts.ground(sheet, rng, look, stock)
    sheet.text(52, 8, people.pick(rng, look.script.licence), 5, look.title, look.bold, "ms", 95)
    left, right = parts.photo(sheet, rng, look, stock, float(rng.uniform(14, 30)), 30, 38)
    for row in range(7):
        y = 18 + 7 * row
        sheet.text(left, y, f"{row + 1}. {'. ' * 22}", 2.4, look.label, look.latin, "ls", right - left)
        sheet.text(
            left + 6,
            y - 0.5,
            look.script.word(rng, 16),
            3.4,
            look.ink,
            "typewriter" if look.script.cased else look.face,
            "ls",
            right - left - 6,
        )
    if rng.uniform() < 0.8:
        sheet.put(
            ornament.stamp(rng, people.pick(rng, people.TOWNS)[:6], (60, 50, 150)), left - 14, 44, 22, 22, 0.7
        )
    return sheet.card("driving_licence", float(rng.uniform(0, 2)))


def chip_licence(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A smart card: chip, emblem, values, as in South Asia and elsewhere."""
    look, sheet = parts.start(rng, px_per_mm, stock, PALE, "left", 0.3)
    top = parts.head(sheet, rng, look, look.script.licence)
    left, right = photo_beside(sheet, rng, look, stock, top + 6, 28)
    ornament.chip(sheet, left + 1, top + 2, rng)
    sheet.text(
        left + 16,
        top + 6,
        f"{people.letters(rng, 2)}{people.digits(rng, 2)} {people.digits(rng, 11)}",
        3.4,
        look.ink,
        "heavy",
        "ls",
        right - left - 16,
    )
    parts.fields(sheet, rng, look, (left, top + 13, right, HEIGHT - 3))
    return _finish(sheet, rng, look, stock)


def broad(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Large values without labels, a strong head, the portrait at the right: Australia and its neighbours."""
    look, sheet = parts.start(rng, px_per_mm, stock, PALE, "none", 0.15)
    sheet.rectangle(0, 0, WIDTH, 12, ornament.colour(rng, 10, 200))
    sheet.text(4, 6, people.pick(rng, look.script.licence), 4.4, parts.WHITE, look.bold, "ls", 70)
    sheet.text(4, 10.5, people.pick(rng, look.script.states), 3, parts.WHITE, look.face, "ls", 70)
    left, right = photo_beside(sheet, rng, look, stock, 14, 36)
    parts.fields(sheet, rng, look, (left, 15, right, 38))
    for column, label in enumerate(("Licence Class", "Conditions", "Expiry Date")):
        sheet.text(left + 18 * column, 42, label, 2, look.label, look.latin)
        value = (
            _classes(rng, " ")[:5],
            people.pick(rng, ("S", "X", "A B", "-")),
            people.date(rng, 2024, 2034).european(),
        )[column]
        sheet.text(left + 18 * column, 47, value, 3.4, look.ink, "heavy")
    return _finish(sheet, rng, look, stock)


def _classes(rng: Generator, between: str) -> str:
    first = int(rng.integers(0, 4))
    return between.join(CLASSES[first : first + int(rng.integers(1, 9))])


def _code(sheet: Sheet, rng: Generator, x: float, y: float, width: float) -> None:
    if rng.uniform() < 0.5:
        ornament.matrix(sheet, x, y, min(width, 14), 14, rng)
    else:
        ornament.bars(sheet, x, y, width, 8, rng)


def _car(sheet: Sheet, rng: Generator, x: float, y: float, look: Design) -> None:
    """A small side view of a vehicle."""
    high = float(rng.uniform(2, 4.5))
    sheet.rectangle(x, y + 5 - high, 8, high, look.label)
    sheet.rectangle(x + 1.5, y + 3.6 - high, 4, 1.6, look.label)
    for wheel in (1.2, 5.6):
        sheet.pen.ellipse(sheet.box(x + wheel, y + 4.2, 1.7, 1.7), fill=look.ink)


_card = partial(parts.rounded, "driving_licence")
_finish = partial(parts.finish, "driving_licence")

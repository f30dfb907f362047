"""Identity cards, residence permits and insurance cards of no country in particular: thirteen families."""

from __future__ import annotations

from functools import partial

from numpy.random import Generator

from training.cards import design as parts
from training.cards import mrz, ornament, people
from training.cards.design import photo_beside
from training.cards.faces import before, face
from training.cards.sheet import ID1, ID2, Card, Sheet
from training.stock import NOTHING, Stock

WIDTH, HEIGHT = ID1


def fields_card(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Title, portrait, labelled values beside it."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    top = parts.head(sheet, rng, look, look.script.identity)
    left, right = photo_beside(sheet, rng, look, stock, top)
    parts.fields(sheet, rng, look, (left, top + 1, right, HEIGHT - 5))
    if rng.uniform() < 0.4:
        parts.signature(sheet, rng, left, HEIGHT - 3)
    return _finish(sheet, rng, look, stock)


def chip_card(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A chip on one side, the portrait on the other, few values: citizen and electronic cards."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    top = parts.head(sheet, rng, look, look.script.identity)
    left, right = photo_beside(sheet, rng, look, stock, top)
    chip_x = right - 15 if look.left else left + 2
    ornament.chip(sheet, chip_x, float(rng.uniform(14, 24)), rng)
    box = (left, top + 1, right - 18, HEIGHT - 6) if look.left else (left + 17, top + 1, right, HEIGHT - 6)
    if rng.uniform() < 0.4:
        box = (left, 34.0, right, HEIGHT - 3)
    parts.fields(sheet, rng, look, box)
    return _finish(sheet, rng, look, stock)


def insurance(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A large name of the scheme on strong colours, a chip, a small portrait or none, a number."""
    look = parts.design(rng, left=0.3)
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, look.paper)
    ornament.tint(sheet, rng, look.paper, look.other)
    for _ in range(int(rng.integers(1, 3))):
        ornament.areas(sheet, rng, ornament.colour(rng, 0, 256))
    name = people.pick(
        rng, ("Salus", "Medica", "Sanitas", "Vita+", "CarePlus", "健康保険", "医保卡", "Santé")
    )
    sheet.text(float(rng.uniform(5, 20)), 14, name, float(rng.uniform(8, 14)), look.title, "black")
    ornament.chip(sheet, float(rng.uniform(6, 14)), float(rng.uniform(18, 26)), rng)
    if rng.uniform() < 0.65:
        photo_beside(sheet, rng, look, stock, float(rng.uniform(4, 18)))
    for row, words in enumerate((people.pick(rng, people.FIRST), people.pick(rng, people.LAST))):
        sheet.text(26, 36 + 4.5 * row, words, 4, look.ink, look.latin)
    sheet.text(26, 48, " ".join(people.digits(rng, n) for n in (1, 2, 2, 3, 3)), 3.6, look.ink, look.latin)
    return _finish(sheet, rng, look, stock)


def scheme(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Strong colours in large shapes, a picture or a sign, one or two large words, a few small ones."""
    look = parts.design(rng, left=0.3)
    ground = ornament.colour(rng, 10, 245)
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, ground)
    ornament.tint(sheet, rng, ground, ornament.colour(rng, 10, 245))
    if stock.pictures and rng.uniform() < 0.25:
        parts.picture(sheet, rng, stock)
    for _ in range(int(rng.integers(1, 4))):
        ornament.areas(sheet, rng, ornament.colour(rng, 0, 256))
    ink = ornament.colour(rng, 225, 256) if rng.uniform() < 0.6 else ornament.colour(rng, 0, 70)
    title = look.script.word(rng, 12)
    middle = rng.uniform() < 0.3
    place = (WIDTH / 2, "ms") if middle else (float(rng.uniform(4, 20)), "ls")
    size = float(rng.uniform(6, 15))
    sheet.text(place[0], float(rng.uniform(12, 46)), title, size, ink, look.bold, place[1], 60)
    if rng.uniform() < 0.6:
        ornament.chip(sheet, float(rng.uniform(5, 14)), float(rng.uniform(15, 28)), rng)
    if rng.uniform() < 0.35:
        sheet.put(
            ornament.emblem(rng, ink, ornament.colour(rng, 0, 256)), float(rng.uniform(45, 64)), 6, 16, 16
        )
    if rng.uniform() < 0.35:
        photo_beside(sheet, rng, look, stock, float(rng.uniform(4, 18)))
    left, top = float(rng.uniform(5, 45)), float(rng.uniform(30, 40))
    for row in range(int(rng.integers(1, 4))):
        words = people.digits(rng, 11) if rng.uniform() < 0.4 else look.script.word(rng, 14)
        sheet.text(left, top + 5 * row, words, float(rng.uniform(2.6, 4)), ink, look.face, "ls", 38)
    return _finish(sheet, rng, look, stock)


def zone_front(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A front with its machine readable lines, one, two or three of them."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    top = parts.head(sheet, rng, look, look.script.identity)
    lines = mrz.card_lines(rng, *parts.holder(rng))
    if rng.uniform() < 0.5:
        lines = mrz.id2_lines(rng, *parts.holder(rng))
    zone_top = HEIGHT - 5 - 4.2 * len(lines)
    left, right = photo_beside(sheet, rng, look, stock, top, zone_top - top)
    parts.fields(sheet, rng, look, (left, top + 1, right, zone_top))
    parts.extras(sheet, rng, look, stock)
    parts.zone(sheet, rng, lines)
    return _card(sheet, rng)


def id2(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The larger size with two lines of 36: easily taken for a passport."""
    look = parts.design(rng)
    sheet = Sheet(*ID2, px_per_mm, look.paper)
    if rng.uniform() < 0.75:
        parts.ground(sheet, rng, look, stock)
    titles = (*look.script.identity, "OFFICIAL TRAVEL DOCUMENT", "CREW MEMBER CERTIFICATE")
    top = 12.0
    if rng.uniform() < 0.35:  # headed as a passport is
        parts.coded_head(sheet, rng, look, people.pick(rng, titles), people.pick(rng, ("I", "ID", "AC")))
    else:
        top = parts.head(sheet, rng, look, titles)
    left, right = parts.photo(sheet, rng, look, stock, top + 3, *_size(rng, 26, 34))
    parts.fields(sheet, rng, look, (left, top + 2, right, 55))
    if rng.uniform() < 0.5:
        parts.signature(sheet, rng, left, 58)
    if rng.uniform() < 0.2:
        ornament.fingerprint(sheet, rng, right - 12, 30, 11)
    parts.extras(sheet, rng, look, stock)
    if rng.uniform() < 0.85:
        parts.zone(sheet, rng, mrz.id2_lines(rng, *parts.holder(rng)), 4)
    return _card(sheet, rng)


def back_zone(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A back: three lines, a few values, a code, a chip or a small portrait."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    parts.fields(sheet, rng, look, (5, 3, float(rng.uniform(45, 80)), float(rng.uniform(20, 32))))
    _thing(sheet, rng, stock)
    parts.zone(sheet, rng, mrz.card_lines(rng, *parts.holder(rng)))
    return _card(sheet, rng)


def back_plain(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A back without lines: an emblem, values, a barcode, a magnetic stripe."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    if rng.uniform() < 0.25:
        sheet.rectangle(0, 4, WIDTH, 11, (30, 28, 28))
    elif rng.uniform() < 0.4:
        emblem = ornament.emblem(rng, look.title, look.pattern)
        sheet.put(emblem, float(rng.uniform(4, 50)), 6, 20, 20)
        sheet.text(60, 14, people.pick(rng, look.script.states), 5, look.title, look.bold, "ms", 50)
    parts.fields(sheet, rng, look, (5, 17, float(rng.uniform(40, 70)), float(rng.uniform(34, 50))))
    _thing(sheet, rng, stock)
    if rng.uniform() < 0.5:
        ornament.bars(sheet, 8, HEIGHT - 11, float(rng.uniform(30, 68)), 8, rng)
    return _finish(sheet, rng, look, stock)


def ruled(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Values on rules, the portrait in a corner: older cards and permits."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    top = parts.head(sheet, rng, look, look.script.identity)
    left, right = photo_beside(sheet, rng, look, stock, top + float(rng.uniform(0, 8)), 28)
    for row in range(int(rng.integers(4, 7))):
        y = top + 5 + 6.2 * row
        sheet.text(left, y, people.pick(rng, look.script.labels), 2.2, look.label, look.face, "ls", 16)
        sheet.text(
            left + 17, y - 0.4, look.script.word(rng, 14), 3, look.ink, look.face, "ls", right - left - 17
        )
        sheet.line(left, y + 0.7, right, y + 0.7, look.label, 0.15)
    return _finish(sheet, rng, look, stock)


def engraved(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Polycarbonate: grey portrait and values, a window with a second portrait, fine lines."""
    tone = int(rng.integers(205, 245))
    look = parts.design(rng, ((tone, tone, tone), (tone - 10, tone, tone + 6), (tone, tone - 4, tone - 14)))
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, look.paper)
    parts.ground(sheet, rng, look, stock)
    top = parts.head(sheet, rng, look, look.script.identity)
    left, right = photo_beside(sheet, rng, look, stock, top)
    parts.fields(sheet, rng, look, (left, top, right - 14, HEIGHT - 4))
    x = right - 13 if look.left else left + (right - left) * 0.7
    parts.ghost(sheet, rng, stock, x, HEIGHT - 20)
    sheet.text(right, top + 3, people.digits(rng, 6), 4.2, look.ink, "mono", "rs")
    return _finish(sheet, rng, look, stock)


def centred(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The portrait in the middle, values to both sides."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    top = parts.head(sheet, rng, look, look.script.identity)
    sheet.holder = face(rng, stock)
    sheet.put(before(sheet.holder, (235, 238, 240)), 32, top + 2, 22, 28)
    parts.fields(sheet, rng, look, (3, top + 1, 31, HEIGHT - 6))
    parts.fields(sheet, rng, look, (56, top + 1, WIDTH - 3, HEIGHT - 6))
    sheet.text(43, HEIGHT - 5, people.digits(rng, 11), 4, look.ink, "mono", "ms")
    return _finish(sheet, rng, look, stock)


def large_number(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A long number across the card in large figures, the address in several lines."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    top = parts.head(sheet, rng, look, look.script.identity)
    number = " ".join(people.digits(rng, 4) for _ in range(int(rng.integers(2, 5))))
    at_top = rng.uniform() < 0.5
    sheet.text(
        WIDTH / 2, top + 4 if at_top else HEIGHT - 4, number, 5.4, look.ink, look.latin, "ms", WIDTH - 8
    )
    start = top + 6 if at_top else top + 1
    left, right = photo_beside(sheet, rng, look, stock, start, 31)
    parts.fields(sheet, rng, look, (left, start, right, HEIGHT - (4 if at_top else 10)))
    return _finish(sheet, rng, look, stock)


def without_portrait(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Title, emblem and values, no portrait."""
    look, sheet = parts.start(rng, px_per_mm, stock)
    top = parts.head(sheet, rng, look, look.script.identity)
    if rng.uniform() < 0.5:
        sheet.put(ornament.emblem(rng, look.title, look.pattern), WIDTH - 26, top + 4, 20, 20)
    if rng.uniform() < 0.4:
        ornament.chip(sheet, 8, 22, rng)
    parts.fields(sheet, rng, look, (24 if rng.uniform() < 0.5 else 5, top + 2, 60, HEIGHT - 5))
    return _finish(sheet, rng, look, stock)


def _size(rng: Generator, low: float, high: float) -> tuple[float, float]:
    width = float(rng.uniform(low, high))
    return width, width * float(rng.uniform(1.2, 1.34))


def _thing(sheet: Sheet, rng: Generator, stock: Stock) -> None:
    """What backs carry at the right: a code, a chip, a fingerprint, a small portrait, nothing."""
    kind = int(rng.integers(6))
    if kind == 0:
        ornament.bars(sheet, 46, 5, 34, 8, rng)
    elif kind == 1:
        ornament.matrix(sheet, 62, 6, 18, 18, rng)
    elif kind == 2:
        ornament.chip(sheet, float(rng.uniform(10, 66)), 10, rng)
    elif kind == 3:
        ornament.fingerprint(sheet, rng, 66, 6, 14)
    elif kind == 4:
        parts.ghost(sheet, rng, stock, 66, 6)


_card = partial(parts.rounded, "id_card")
_finish = partial(parts.finish, "id_card")

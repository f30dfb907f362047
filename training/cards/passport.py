"""Passports (护照): data pages alone, in an open booklet, and closed covers: fourteen families.

The quad of an open booklet is that of the data page alone; the quad of a closed one is its cover.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from training.cards import chinese, mrz, ornament, people
from training.cards import design as parts
from training.cards.design import Design
from training.cards.faces import face, grey
from training.cards.scripts import LATIN
from training.cards.sheet import ID3, Card, Colour, Sheet, outline
from training.stock import NOTHING, Stock

WIDTH, HEIGHT = ID3
PAPERS: tuple[Colour, ...] = (
    (232, 226, 236),
    (226, 236, 240),
    (240, 234, 220),
    (232, 240, 228),
    (238, 226, 226),
    (222, 226, 240),
    (214, 226, 236),
    (240, 214, 206),
    (206, 226, 220),
)
COVERS: tuple[Colour, ...] = (
    (110, 24, 36),
    (24, 34, 78),
    (20, 70, 50),
    (24, 22, 24),
    (150, 40, 40),
    (40, 80, 130),
)
GOLD: Colour = (214, 182, 104)


def page(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """One data page with its MRZ."""
    return _whole(_page(rng, px_per_mm, stock), rng)


def chinese_page(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A data page with labels in two languages, as in China's passports."""
    return _whole(_chinese(rng, px_per_mm, stock), rng)


def booklet(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A data page below the page before it."""
    return _opened(rng, _page(rng, px_per_mm, stock), _notes(rng, px_per_mm, stock))


def chinese_booklet(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The same with labels in two languages."""
    return _opened(rng, _chinese(rng, px_per_mm, stock), _notes(rng, px_per_mm, stock))


def turned_booklet(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A data page above another page: the booklet lies the other way round."""
    return _opened(rng, _page(rng, px_per_mm, stock), _notes(rng, px_per_mm, stock), below=False)


def cut_booklet(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A strip of the other page only, as in a copy that was cut."""
    return _opened(
        rng, _page(rng, px_per_mm, stock), _notes(rng, px_per_mm, stock), share=float(rng.uniform(0.06, 0.5))
    )


def cover(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Closed: a dark cover with a golden coat of arms."""
    base = parts.near(rng, COVERS[int(rng.integers(len(COVERS)))], 18)
    sheet = Sheet(HEIGHT, WIDTH, px_per_mm, base)
    ornament.tint(sheet, rng, base, parts.near(rng, base, 14))
    gold = parts.near(rng, GOLD, 25) if rng.uniform() < 0.85 else (206, 206, 210)
    words = parts.design(rng).script
    sheet.text(44, 22, people.pick(rng, words.states), 7, gold, people.pick(rng, words.bolds), "ms", 76)
    sheet.put(ornament.emblem(rng, gold, base), 22, 38, 44, 44)
    title = people.pick(rng, words.passport)
    sheet.text(44, 100, title, 8, gold, people.pick(rng, words.bolds), "ms", 70)
    if words is not LATIN:
        sheet.text(44, 108, "PASSPORT", 5.5, gold, "roman bold", "ms")
    if rng.uniform() < 0.7:
        sheet.frame(38, 113, 12, 6, gold)
        sheet.pen.ellipse(sheet.box(42, 114, 4, 4), outline=gold, width=sheet.px(0.4))
    return sheet.card("passport", float(rng.uniform(2, 4)))


def early(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A page without machine readable lines: a glued portrait, values by hand, a stamp."""
    look, sheet = _start(rng, px_per_mm, stock)
    sheet.text(WIDTH / 2, 9, people.pick(rng, look.script.passport), 5, look.title, look.bold, "ms")
    left, right = parts.photo(sheet, rng, look, stock, float(rng.uniform(14, 34)), 35, 45)
    for row in range(8):
        y = 19 + 8 * row
        sheet.text(
            left, y, look.script.labels[row % len(look.script.labels)], 2.4, look.label, look.face, "ls", 22
        )
        hand = "hand" if look.script.cased and rng.uniform() < 0.5 else look.face
        sheet.text(left + 24, y, look.script.word(rng, 14), 4, (40, 40, 90), hand, "ls", right - left - 24)
        sheet.line(left + 23, y + 1, right, y + 1, look.label, 0.15)
    sheet.put(
        ornament.stamp(rng, people.pick(rng, people.TOWNS)[:6], (60, 60, 150)), left - 16, 56, 26, 26, 0.7
    )
    return _whole(sheet, rng)


def engraved(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Polycarbonate: grey portraits, a window, values in a narrow column."""
    tone = int(rng.integers(200, 242))
    look = parts.design(rng, ((tone, tone, tone), (tone - 12, tone, tone + 8)), 0.9)
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, look.paper)
    parts.ground(sheet, rng, look, stock)
    _head(sheet, rng, look)
    sheet.holder = face(rng, stock)
    sheet.put(grey(sheet.holder), 5, 16, 36, 46)
    parts.fields(sheet, rng, look, (44, 14, 95, 62))
    parts.ghost(sheet, rng, stock, 98, 36, 20)
    parts.extras(sheet, rng, look, stock)
    _zone(sheet, rng)
    return _whole(sheet, rng)


def two_columns(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """Small values in two columns between a portrait and a second one."""
    look, sheet = _start(rng, px_per_mm, stock)
    _head(sheet, rng, look)
    left, right = parts.photo(sheet, rng, look, stock, 15, 30, 40)
    middle = (left + right) / 2
    parts.fields(sheet, rng, look, (left, 13, middle, 63))
    parts.fields(sheet, rng, look, (middle, 20, right, 63))
    parts.signature(sheet, rng, left, 64)
    parts.extras(sheet, rng, look, stock)
    _zone(sheet, rng)
    return _whole(sheet, rng)


def pictured(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A landscape under everything."""
    look, sheet = _start(rng, px_per_mm, stock)
    if stock.pictures:
        parts.picture(sheet, rng, stock)
    _body(sheet, rng, look, stock)
    return _whole(sheet, rng)


def languages(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The title in several languages above the portrait, the state's name in the middle, typed values."""
    look, sheet = _start(rng, px_per_mm, stock)
    look = replace(look, latin=people.pick(rng, ("mono", "ocr")), left=True)
    top = 7.0
    for title in (people.pick(rng, look.script.passport), "PASSPORT", people.pick(rng, LATIN.passport)):
        face_ = look.face if title in look.script.passport else "plain"
        sheet.text(6, top, title, 3.6, look.title, face_, "ls", 34)
        top += 4.4
    name = people.pick(rng, look.script.states)
    sheet.text(WIDTH * 0.6, 7, name, float(rng.uniform(3, 5)), look.title, look.face, "ms", 70)
    sheet.put(ornament.emblem(rng, look.title, look.paper), WIDTH - 16, 3, 9, 9)
    left, right = parts.photo(sheet, rng, look, stock, top, 32, 40)
    parts.fields(sheet, rng, look, (left, 14, right, 66))
    parts.extras(sheet, rng, look, stock)
    _zone(sheet, rng)
    return _whole(sheet, rng)


def shaded(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """The state's name large beside an emblem, small values, a band of strong colour over the lower part."""
    look, sheet = _start(rng, px_per_mm, stock)
    sheet.put(ornament.emblem(rng, look.title, look.paper), 7, 3, 13, 13)
    name = people.pick(rng, look.script.states)
    sheet.text(24, 8, name, float(rng.uniform(4, 6)), look.title, look.bold, "ls", 90)
    sheet.text(24, 12, people.pick(rng, look.script.passport), 2.4, look.title, look.face, "ls", 40)
    left, right = parts.photo(sheet, rng, look, stock, 17, 34, 46)
    for x, end in ((left, (left + right) / 2), ((left + right) / 2, right)):
        parts.fields(sheet, rng, look, (x, 15, end, 62))
    _banded(sheet, rng)
    parts.signature(sheet, rng, right - 34, 64, 6)
    parts.extras(sheet, rng, look, stock)
    _zone(sheet, rng)
    return _whole(sheet, rng)


def observations(rng: Generator, px_per_mm: float, stock: Stock = NOTHING) -> Card:
    """A data page below a page of small print or of an emblem, both of strong colour."""
    paper = ornament.colour(rng, 120, 230)
    lower, upper = _page(rng, px_per_mm, stock, paper), _notes(rng, px_per_mm, stock, paper)
    return _opened(rng, lower, upper)


def _start(
    rng: Generator, px_per_mm: float, stock: Stock, paper: Colour | None = None
) -> tuple[Design, Sheet]:
    return parts.start(rng, px_per_mm, stock, (paper,) if paper else PAPERS, left=0.88, size=ID3)


def _page(rng: Generator, px_per_mm: float, stock: Stock, paper: Colour | None = None) -> Sheet:
    look, sheet = _start(rng, px_per_mm, stock, paper)
    _body(sheet, rng, look, stock)
    return sheet


def _body(sheet: Sheet, rng: Generator, look: Design, stock: Stock) -> None:
    _head(sheet, rng, look)
    width = float(rng.uniform(28, 38))
    left, right = parts.photo(sheet, rng, look, stock, float(rng.uniform(12, 18)), width, width * 1.28)
    parts.fields(sheet, rng, look, (left, 13, right - (0 if rng.uniform() < 0.5 else 22), 65))
    if rng.uniform() < 0.6:
        x = 8.0 if look.left and rng.uniform() < 0.5 else float(rng.uniform(left, right - 30))
        parts.signature(sheet, rng, x, float(rng.uniform(52, 67)), float(rng.uniform(4, 8)))
    parts.extras(sheet, rng, look, stock)
    _zone(sheet, rng)


def _head(sheet: Sheet, rng: Generator, look: Design) -> None:
    """What stands along the top; now and then as on a card, so that only the lines below tell them apart."""
    if rng.uniform() < 0.45:
        titles = look.script.passport + look.script.states
        parts.head(sheet, rng, look, titles, people.pick(rng, look.script.states + look.script.passport))
        return
    parts.coded_head(sheet, rng, look, people.pick(rng, look.script.passport), "P")


def _zone(sheet: Sheet, rng: Generator) -> None:
    parts.zone(sheet, rng, mrz.passport_lines(rng, *parts.holder(rng)), float(rng.uniform(3, 7)))


def _banded(sheet: Sheet, rng: Generator) -> None:
    """A colour over everything, strongest at some height."""
    pixels = sheet.pixels()
    rows = np.linspace(0, 1, len(pixels))
    share = rng.uniform(0.3, 0.7) * np.exp(-(((rows - rng.uniform(0.5, 0.8)) / rng.uniform(0.08, 0.2)) ** 2))
    ink = np.array(ornament.colour(rng, 20, 240))
    sheet.replace((pixels * (1 - share[:, None, None]) + ink * share[:, None, None]).astype(np.uint8))


def _chinese(rng: Generator, px_per_mm: float, stock: Stock) -> Sheet:
    look, sheet = _start(rng, px_per_mm, stock)
    chinese.passport_page(sheet, rng, look, stock)
    return sheet


def _notes(rng: Generator, px_per_mm: float, stock: Stock, paper: Colour | None = None) -> Sheet:
    """Another page: an observation, an emblem, visas, or hardly anything."""
    look, sheet = _start(rng, px_per_mm, stock, paper)
    ink = ornament.colour(rng, 30, 150)
    choice = int(rng.integers(5))
    if choice == 0:
        sheet.put(ornament.emblem(rng, ink, look.other), 44, 20, 36, 36, 0.8)
        sheet.text(WIDTH / 2, 70, people.pick(rng, look.script.states), 5, ink, look.bold, "ms", 100)
    elif choice == 1:
        for row in range(int(rng.integers(4, 12))):
            words = " ".join(look.script.word(rng).lower() for _ in range(7))
            sheet.text(10, 18 + 5 * row, words, 2.8, ink, look.face, "ls", WIDTH - 20)
    elif choice == 2:
        for _ in range(int(rng.integers(1, 5))):
            stamp = ornament.stamp(rng, people.pick(rng, people.TOWNS)[:6], ornament.colour(rng, 20, 190))
            sheet.put(stamp, float(rng.uniform(0, 95)), float(rng.uniform(0, 60)), 28, 28, 0.7)
    elif choice == 3:
        sheet.text(
            10, 40, people.pick(rng, ("Signature of bearer", "持照人签名", "Unterschrift")), 3, ink, "hei"
        )
        parts.signature(sheet, rng, 20, 56, 9)
    sheet.text(WIDTH / 2, HEIGHT - 5, str(int(rng.integers(1, 40))), 3, ink, "serif", "ms")
    return sheet


def _whole(sheet: Sheet, rng: Generator) -> Card:
    return sheet.card("passport", float(rng.uniform(0, 4)))


def _opened(rng: Generator, page: Sheet, other: Sheet, below: bool = True, share: float = 1.0) -> Card:
    """Two pages on each other, darker in the fold."""
    scale = page.scale
    data, rest = page.cut(3), other.cut(3)
    kept = max(2, round(len(rest) * share))
    rest = rest[-kept:] if below else rest[:kept]
    pixels = np.vstack([rest, data] if below else [data, rest])
    height, width = pixels.shape[:2]
    seam = kept if below else len(data)
    pixels[max(0, seam - page.px(4)) : seam + page.px(4), :, 3] = 255  # no round corners in the fold
    shade = 1 - rng.uniform(0.08, 0.4) * np.exp(
        -(((np.arange(height) - seam) / (rng.uniform(1, 4) * scale)) ** 2)
    )
    pixels[..., :3] = (pixels[..., :3] * shade[:, None, None]).astype(np.uint8)
    top, bottom = (seam, height) if below else (0, seam)
    return Card("passport", pixels, outline(0, top, width, bottom), page.width)

"""What the parts of one card have in common, and the parts: ground, head, portrait, fields, zones, extras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.random import Generator

from training.cards import faces, mrz, ornament, people
from training.cards.scripts import FRENCH, LATIN, Script, script
from training.cards.sheet import ID1, ID3, Card, Colour, Sheet
from training.fonts import holds
from training.stock import Stock

Labels = Literal["above", "left", "numbered", "none", "below"]
WHITE: Colour = (250, 250, 250)
BLACK: Colour = (24, 24, 28)


@dataclass(frozen=True, slots=True)
class Design:
    """The look of one issuer's card.

    Attributes:
        paper, other: colours that the ground changes between.
        pattern: of guilloches; ink: of values; title: of the head; label: of labels.
        script: of the local words; face, bold: fonts of it; latin: a font for Latin values.
        left: whether the portrait is on the left.
        labels: where labels stand.
    """

    paper: Colour
    other: Colour
    pattern: Colour
    ink: Colour
    title: Colour
    label: Colour
    script: Script
    face: str
    bold: str
    latin: str
    left: bool
    labels: Labels


def design(rng: Generator, papers: tuple[Colour, ...] = (), left: float = 0.72) -> Design:
    """A design by lot; `papers` restricts its ground."""
    words = script(rng)
    paper = papers[int(rng.integers(len(papers)))] if papers and rng.uniform() < 0.7 else _paper(rng)
    dark = sum(paper) < 330
    choices: tuple[Labels, ...] = ("above", "above", "above", "left", "none", "below")
    return Design(
        paper,
        near(rng, paper, 45),
        near(rng, paper, 80),
        WHITE if dark else ornament.colour(rng, 5, 70),
        ornament.colour(rng, 200, 256) if dark else ornament.colour(rng, 0, 130),
        ornament.colour(rng, 190, 256) if dark else ornament.colour(rng, 20, 130),
        words,
        people.pick(rng, words.faces),
        people.pick(rng, words.bolds),
        people.pick(rng, LATIN.faces),
        bool(rng.uniform() < left),
        choices[int(rng.integers(len(choices)))],
    )


def start(
    rng: Generator,
    px_per_mm: float,
    stock: Stock,
    papers: tuple[Colour, ...] = (),
    labels: Labels | None = None,
    left: float = 0.72,
    size: tuple[float, float] = ID1,
) -> tuple[Design, Sheet]:
    """A design by lot and a sheet with its ground; `labels` restricts where labels stand."""
    look = design(rng, papers, left)
    if labels:
        look = replace(look, labels=labels)
    sheet = Sheet(*size, px_per_mm, look.paper)
    ground(sheet, rng, look, stock)
    return look, sheet


def finish(type_: str, sheet: Sheet, rng: Generator, look: Design, stock: Stock) -> Card:
    """The sheet as a card, with what may lie over all else."""
    extras(sheet, rng, look, stock)
    return rounded(type_, sheet, rng)


def rounded(type_: str, sheet: Sheet, rng: Generator) -> Card:
    """The sheet as a card with corners of any radius that cards have."""
    return sheet.card(type_, float(rng.uniform(1, 3.6)))


def near(rng: Generator, base: Colour, reach: int) -> Colour:
    """A colour not far from another."""
    red, green, blue = (int(np.clip(v + rng.integers(-reach, reach + 1), 0, 255)) for v in base)
    return red, green, blue


def _paper(rng: Generator) -> Colour:
    """Mostly pale, sometimes strong, seldom dark."""
    choice = rng.uniform()
    if choice < 0.62:
        return ornament.colour(rng, 195, 253)
    if choice < 0.72:
        return (int(v := int(rng.integers(215, 256))), v, v)
    return ornament.colour(rng, 120, 250) if choice < 0.88 else ornament.colour(rng, 10, 190)


def ground(sheet: Sheet, rng: Generator, look: Design, stock: Stock) -> None:
    """The card's ground: a change of colours, often a pattern, sometimes a picture or two areas."""
    ornament.tint(sheet, rng, look.paper, look.other if rng.uniform() < 0.7 else look.paper)
    choice = rng.uniform()
    if choice < 0.14 and stock.pictures:
        picture(sheet, rng, stock)
    elif choice < 0.26:
        ornament.areas(sheet, rng, look.pattern)
    elif choice < 0.32:
        ornament.rays(sheet, rng, look.pattern)
    for _ in range(int(rng.choice((0, 1, 2, 3), p=(0.3, 0.35, 0.2, 0.15)))):
        ornament.waves(sheet, rng, look.pattern, float(rng.uniform(0.15, 0.6)), float(rng.uniform(0.8, 2.6)))
    if rng.uniform() < 0.45:
        x, y = rng.uniform(0.2, 0.8) * sheet.width, rng.uniform(0.3, 0.7) * sheet.height
        ornament.rosette(sheet, rng, x, y, float(rng.uniform(10, 28)), look.pattern)
    if rng.uniform() < 0.2:
        sheet.put(ornament.emblem(rng, look.pattern, look.paper), sheet.width * 0.35, 12, 30, 30, 0.35)


def head(sheet: Sheet, rng: Generator, look: Design, titles: tuple[str, ...], state: str = "") -> float:
    """Title and issuer at the top, in one of several manners; returns where the head ends."""
    title = people.pick(rng, titles)
    issuer = state or people.pick(rng, look.script.states)
    manner = int(rng.integers(6))
    ink = look.title
    if manner in (0, 5):  # a bar
        bar = ornament.colour(rng, 10, 170)
        sheet.rectangle(0, 0, sheet.width, float(rng.uniform(8, 12)), bar)
        ink = WHITE
    if manner in (1, 2, 5) and rng.uniform() < 0.8:
        ornament.flag(sheet, 3, 2, 9.5, 6.4, rng)
    elif rng.uniform() < 0.4:
        sheet.put(ornament.emblem(rng, look.title, (226, 196, 90)), 3, 1.5, 8, 8)
    size = float(rng.uniform(2.8, 4.4))
    if manner == 3:  # in the middle, two lines
        sheet.text(sheet.width / 2, 4.6, issuer, size * 0.85, ink, look.face, "ms", sheet.width - 26)
        sheet.text(sheet.width / 2, 9.2, title, size, ink, look.bold, "ms", sheet.width - 26)
    elif manner == 4:  # at the right
        sheet.text(sheet.width - 4, 5.4, title, size, ink, look.bold, "rs", sheet.width - 20)
        sheet.text(sheet.width - 4, 9, issuer, size * 0.7, ink, look.face, "rs", sheet.width - 20)
    else:
        sheet.text(15, 5.2, title, size, ink, look.bold, "ls", sheet.width - 18)
        sheet.text(15, 8.8, issuer, size * 0.7, ink, look.face, "ls", sheet.width - 18)
    return 11.5


def coded_head(sheet: Sheet, rng: Generator, look: Design, title: str, code: str) -> None:
    """Title, state, type, code and number along the top, as ICAO 9303 has them."""
    latin = "PASSPORT" if code == "P" else "CARD"
    right = sheet.width / ID3[0]
    sheet.text(5, 7, title, 4, look.title, look.bold, "ls", 30)
    if look.script is not LATIN:
        sheet.text(36, 7, latin, 2.6, look.title, "heavy", "ls", 12)
    sheet.text(5, 11, people.pick(rng, look.script.states), 3, look.title, look.face, "ls", 40 * right)
    for x, label, value in ((50, "Type", code), (62, "Code", people.pick(rng, mrz.STATES))):
        sheet.text(x * right, 5, label, 1.9, look.label, look.latin)
        sheet.text(x * right, 9, value, 3.4, look.ink, look.latin)
    sheet.text(84 * right, 5, f"{latin.capitalize()} No.", 1.9, look.label, look.latin)
    number = people.letters(rng, int(rng.integers(0, 3))) + people.digits(rng, 7)
    ink = (170, 40, 40) if rng.uniform() < 0.4 else look.ink
    sheet.text(84 * right, 9.5, number, 4, ink, people.pick(rng, ("mono", "ocr", "heavy")))


def photo(
    sheet: Sheet, rng: Generator, look: Design, stock: Stock, top: float, width: float, height: float
) -> tuple[float, float]:
    """The holder's portrait at the design's side; returns the borders, left and right, of the room beside."""
    margin = float(rng.uniform(2.5, 6))
    left = margin if look.left else sheet.width - margin - width
    sheet.holder = picture = faces.face(rng, stock)
    if rng.uniform() < 0.73:
        blue = (int(rng.integers(60, 120)), int(rng.integers(110, 160)), int(rng.integers(190, 240)))
        picture = faces.before(picture, blue if rng.uniform() < 0.14 else ornament.colour(rng, 190, 252))
    if rng.uniform() < 0.3:
        picture = faces.grey(picture)
    sheet.put(picture, left, top, width, height, float(rng.choice((1.0, 1.0, 0.85))))
    if rng.uniform() < 0.15:
        sheet.frame(left, top, width, height, look.title)
    return (left + width + 2.5, sheet.width - 3) if look.left else (margin, left - 2.5)


def photo_beside(
    sheet: Sheet, rng: Generator, look: Design, stock: Stock, top: float, room: float = 41
) -> tuple[float, float]:
    """A portrait of a card's usual proportions, at most `room` high; returns as `photo` does."""
    height = min(room, sheet.height - top - 2, float(rng.uniform(24, 38)))
    return photo(sheet, rng, look, stock, top, height / float(rng.uniform(1.2, 1.34)), height)


def ghost(sheet: Sheet, rng: Generator, stock: Stock, x: float, y: float, width: float = 12) -> None:
    """The holder once more, smaller and paler."""
    head = sheet.holder or faces.face(rng, stock)
    picture = faces.grey(head) if rng.uniform() < 0.8 else head
    sheet.put(picture, x, y, width, width * 1.28, float(rng.uniform(0.3, 0.8)))


def fields(
    sheet: Sheet,
    rng: Generator,
    look: Design,
    box: tuple[float, float, float, float],
    labels: tuple[str, ...] = (),
) -> None:
    """Labelled values from the top of a box (left, top, right, bottom) to its end, in one or two columns."""
    left, top, right, bottom = box
    labels = labels or look.script.labels
    size = float(rng.uniform(2.3, 3.3))
    step = size * float(rng.uniform(1.35, 1.7)) * (1.55 if look.labels in ("above", "below") else 1.0)
    columns = 2 if right - left > 38 and rng.uniform() < 0.4 else 1
    width = (right - left) / columns
    row, y = 0, top + size
    while y < bottom - 0.5:
        for column in range(columns if row else 1):
            room = width if row else right - left
            _field(
                sheet, rng, look, (left + column * width, y, room - 1, size), labels, row * columns + column
            )
        row, y = row + 1, y + step


def _field(
    sheet: Sheet,
    rng: Generator,
    look: Design,
    place: tuple[float, float, float, float],
    labels: tuple[str, ...],
    number: int,
) -> None:
    x, y, room, size = place
    label = labels[number % len(labels)]
    value, face = _value(rng, look, number)
    if look.labels == "numbered":
        sheet.text(x, y, label, size * 0.7, look.label, look.latin)
        sheet.text(x + 5, y, value, size, look.ink, face, "ls", room - 5)
    elif look.labels == "left":
        sheet.text(x, y, label, size * 0.8, look.label, look.face, "ls", room * 0.42)
        sheet.text(x + room * 0.45, y, value, size, look.ink, face, "ls", room * 0.55)
    else:
        sheet.text(x, y, value, size, look.ink, face, "ls", room)
        if look.labels != "none":
            above = y - size if look.labels == "above" else y + size * 0.6
            words = label if rng.uniform() < 0.6 else _twice(rng, look, label)
            sheet.text(x, above, words, size * 0.55, look.label, look.face, "ls", room)


def _twice(rng: Generator, look: Design, label: str) -> str:
    """A label in two languages, where one font has both."""
    if label in LATIN.labels:
        return f"{label} / {FRENCH[LATIN.labels.index(label)]}"
    both = f"{label} / {people.pick(rng, LATIN.labels)}"
    return both if label in look.script.labels and holds(look.face, both) else label


def _value(rng: Generator, look: Design, number: int) -> tuple[str, str]:
    """What a field holds and a font for it."""
    kind = number if number < 2 else int(rng.integers(2, 8))
    words = " ".join(look.script.word(rng) for _ in range(1 + (rng.uniform() < 0.4)))
    local = (words.upper() if look.script.cased and rng.uniform() < 0.7 else words, look.face)
    if kind < 2 or kind == 6:
        return local
    day = people.date(rng, 1950, 2036)
    values = {
        2: people.pick(
            rng, (day.european(), day.dashed(), day.dotted(), f"{day.month:02}/{day.day:02}/{day.year}")
        ),
        3: people.pick(rng, ("M", "F", "M / M", "F / F", "X")),
        4: people.letters(rng, 2) + people.digits(rng, 7),
        5: people.pick(rng, mrz.STATES),
        7: f"{people.pick(rng, people.TOWNS)} {people.digits(rng, 3)}",
    }
    return values[kind], look.latin


def zone(sheet: Sheet, rng: Generator, lines: list[str], bottom: float = 2.0) -> None:
    """Machine readable lines at the bottom, on the ground or on a pale strip."""
    letters = len(lines[0])
    face = people.pick(rng, ("ocr", "ocr", "mono"))
    room = sheet.width - float(rng.uniform(4, 10))
    size = room / letters * (1.66 if face == "mono" else 1.4)
    step = float(rng.uniform(1.25, 1.65)) * size
    if rng.uniform() < 0.35:
        strip = step * len(lines) + bottom + 1
        sheet.rectangle(0, sheet.height - strip, sheet.width, strip, (240, 240, 236))
    for row, line in enumerate(reversed(lines)):
        y = sheet.height - bottom - 0.8 - step * row
        sheet.text(sheet.width / 2, y, line, size, BLACK, face, "ms", room)


def holder(rng: Generator) -> tuple[str, str, people.Date]:
    return people.pick(rng, people.LAST), people.pick(rng, people.FIRST), people.date(rng, 1945, 2006)


def signature(sheet: Sheet, rng: Generator, x: float, y: float, size: float = 5.0) -> None:
    """A name written by hand."""
    name = f"{people.pick(rng, people.FIRST).capitalize()} {people.pick(rng, people.LAST).capitalize()}"
    ink: Colour = (30, 30, 60) if rng.uniform() < 0.6 else (20, 20, 20)
    sheet.text(x, y, name, size, ink, people.pick(rng, ("hand", "scrawl")))


def extras(sheet: Sheet, rng: Generator, look: Design, stock: Stock) -> None:
    """What may lie over all else: holograms, a ghost, a number down the side, SPECIMEN, a stamp."""
    if rng.uniform() < 0.25:
        side = sheet.width - 15 if look.left else 3
        ghost(sheet, rng, stock, side, float(rng.uniform(14, sheet.height - 20)))
    if rng.uniform() < 0.3:
        ornament.hologram(sheet, rng)
    if rng.uniform() < 0.14:
        _overprinted(sheet, rng)
    if rng.uniform() < 0.08:
        words = people.pick(rng, people.TOWNS)[:6]
        ink = people.pick(rng, ("red", "blue"))
        stamp = ornament.stamp(rng, words, (190, 40, 46) if ink == "red" else (50, 60, 160))
        sheet.put(stamp, float(rng.uniform(5, sheet.width - 25)), sheet.height - 24, 19, 19, 0.75)
    if rng.uniform() < 0.25:
        _number(sheet, rng, look)


def _overprinted(sheet: Sheet, rng: Generator) -> None:
    """SPECIMEN and the like across the values."""
    words = people.pick(rng, ("SPECIMEN", "MUSTER", "FACSIMILE", "VOID", "COPY", "样本", "作废"))
    ink = (205, 50, 50) if rng.uniform() < 0.7 else ornament.colour(rng, 0, 160)
    layer = ornament.overprint(rng, words, ink, "black")
    width = sheet.width * float(rng.uniform(0.2, 0.6))
    height = width * layer.height / layer.width
    x, y = rng.uniform(0.1, 0.9) * (sheet.width - width), rng.uniform(0.1, 0.9) * (sheet.height - height)
    sheet.put(layer, float(x), float(y), width, height, float(rng.uniform(0.3, 0.9)))


def picture(sheet: Sheet, rng: Generator, stock: Stock) -> None:
    """A photograph below all else, paler than it is."""
    under = stock.picture(rng, sheet.image.width, sheet.image.height)
    share = float(rng.uniform(0.15, 0.6))
    sheet.replace(cv2.addWeighted(under, share, sheet.pixels(), 1 - share, 0))


def _number(sheet: Sheet, rng: Generator, look: Design) -> None:
    """The document's number in large figures somewhere near the edge."""
    words = people.letters(rng, int(rng.integers(0, 3))) + people.digits(rng, int(rng.integers(6, 10)))
    y = float(rng.choice((13.0, sheet.height - 3)))
    ink: Colour = (190, 40, 40) if rng.uniform() < 0.4 else look.ink
    sheet.text(
        sheet.width - 4,
        y,
        words,
        float(rng.uniform(3, 4.6)),
        ink,
        people.pick(rng, ("mono", "ocr", "heavy")),
        "rs",
    )

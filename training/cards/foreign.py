"""Identity cards and driving licences of no country in particular: every design is drawn by lot."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

from training.cards import mrz, ornament, people
from training.cards.portrait import portrait
from training.cards.sheet import Card, Colour, Sheet

WIDTH, HEIGHT = 85.6, 54.0
ID2 = (105.0, 74.0)

IDENTITY_TITLES = (
    "IDENTITY CARD",
    "CARTE NATIONALE D'IDENTITÉ",
    "PERSONALAUSWEIS",
    "CARTA D'IDENTITÀ",
    "DOWÓD OSOBISTY",
    "УДОСТОВЕРЕНИЕ ЛИЧНОСТИ",
    "ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ",
    "DOCUMENTO DE IDENTIDAD",
    "RESIDENCE PERMIT",
    "身分証明書",
    "주민등록증",
    "بطاقة الهوية",
    "CITIZEN CARD",
    "HEALTH INSURANCE CARD",
)
LICENCE_TITLES = (
    "DRIVING LICENCE",
    "PERMIS DE CONDUIRE",
    "FÜHRERSCHEIN",
    "PATENTE DI GUIDA",
    "PRAWO JAZDY",
    "ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ",
    "ΑΔΕΙΑ ΟΔΗΓΗΣΗΣ",
    "DRIVER LICENSE",
    "LICENCIA DE CONDUCIR",
    "運転免許証",
    "자동차운전면허증",
    "KÖRKORT",
)
LABELS = ("Surname", "Given names", "Date of birth", "Nationality", "Sex", "Place of birth", "Expiry", "No.")
LICENCE_LABELS = ("1.", "2.", "3.", "4a.", "4b.", "4c.", "5.", "9.")


@dataclass(frozen=True, slots=True)
class Style:
    """What one design's parts have in common."""

    paper: Colour
    other: Colour
    pattern: Colour
    ink: Colour
    title: Colour
    face: str
    portrait_left: bool

    @classmethod
    def draw(cls, rng: Generator, papers: tuple[Colour, ...]) -> Style:
        paper = papers[int(rng.integers(len(papers)))]
        return cls(
            paper,
            ornament.colour(rng, 190, 250),
            ornament.colour(rng, 90, 220),
            ornament.colour(rng, 5, 70),
            ornament.colour(rng, 0, 130),
            people.pick(rng, ("sans", "plain", "narrow", "serif")),
            bool(rng.uniform() < 0.72),
        )


PAPERS: tuple[Colour, ...] = (
    (214, 228, 240),
    (236, 232, 214),
    (224, 240, 226),
    (240, 226, 230),
    (238, 238, 240),
    (210, 224, 214),
    (180, 206, 232),
    (90, 140, 110),
    (120, 150, 190),
)
LICENCE_PAPERS: tuple[Colour, ...] = (
    (244, 206, 214),
    (238, 216, 226),
    (226, 222, 240),
    (220, 234, 244),
    (240, 236, 218),
    (246, 224, 214),
)


def identity(rng: Generator, px_per_mm: float) -> Card:
    """A front: title, portrait, labelled fields; sometimes a chip, a ghost portrait, or MRZ lines on ID-2."""
    style = Style.draw(rng, PAPERS)
    large = rng.uniform() < 0.14
    sheet = Sheet(*(ID2 if large else (WIDTH, HEIGHT)), px_per_mm, style.paper)
    _paper(sheet, rng, style)
    _head(sheet, rng, style, people.pick(rng, IDENTITY_TITLES))
    x = _face(sheet, rng, style)
    chip = not large and rng.uniform() < 0.4
    if chip:
        ornament.chip(sheet, x, 20, rng)
        x += 14
    _fields(sheet, rng, style, x, LABELS)
    if large:
        _zone(sheet, mrz.passport_lines(rng, *_holder(rng))[:2], 36)
    elif rng.uniform() < 0.5:
        sheet.text(x, sheet.height - 4, people.letters(rng, 1) + people.digits(rng, 8), 4, style.ink, "mono")
    _extras(sheet, rng, style)
    return sheet.card("id_card", float(rng.uniform(1, 3.6)))


def identity_back(rng: Generator, px_per_mm: float) -> Card:
    """A back: three MRZ lines, small fields, codes."""
    style = Style.draw(rng, PAPERS)
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, style.paper)
    _paper(sheet, rng, style)
    for row in range(int(rng.integers(2, 5))):
        y = 6 + 6.5 * row
        sheet.text(5, y, people.pick(rng, LABELS), 1.9, style.title, style.face)
        sheet.text(5, y + 3.2, people.pick(rng, people.TOWNS), 2.8, style.ink, style.face)
    choice = rng.uniform()
    if choice < 0.4:
        ornament.bars(sheet, 46, 5, 34, 8, rng)
    elif choice < 0.7:
        ornament.matrix(sheet, 62, 6, 18, 18, rng)
    else:
        ornament.chip(sheet, 60, 8, rng)
    _zone(sheet, mrz.card_lines(rng, *_holder(rng)), 30)
    return sheet.card("id_card", float(rng.uniform(1, 3.6)))


def licence(rng: Generator, px_per_mm: float) -> Card:
    """A front with numbered fields, classes of vehicles and a flag."""
    style = Style.draw(rng, LICENCE_PAPERS)
    sheet = Sheet(WIDTH, HEIGHT, px_per_mm, style.paper)
    _paper(sheet, rng, style)
    _head(sheet, rng, style, people.pick(rng, LICENCE_TITLES))
    x = _face(sheet, rng, style)
    _fields(sheet, rng, style, x, LICENCE_LABELS)
    classes = ["AM", "A1", "A", "B", "BE", "C", "CE", "D"]
    count = int(rng.integers(2, 9))
    sheet.text(x, sheet.height - 3.5, "9. " + " ".join(classes[:count]), 3.0, style.ink, "bold")
    _extras(sheet, rng, style)
    return sheet.card("driving_licence", float(rng.uniform(1, 3.6)))


def _paper(sheet: Sheet, rng: Generator, style: Style) -> None:
    ornament.tint(sheet, rng, style.paper, style.other if rng.uniform() < 0.6 else style.paper)
    for _ in range(int(rng.integers(0, 3))):
        ornament.waves(sheet, rng, style.pattern, float(rng.uniform(0.2, 0.6)), float(rng.uniform(0.9, 2.4)))
    if rng.uniform() < 0.6:
        x, y = rng.uniform(0.2, 0.8) * sheet.width, rng.uniform(0.3, 0.7) * sheet.height
        ornament.rosette(sheet, rng, x, y, float(rng.uniform(10, 26)), style.pattern)


def _head(sheet: Sheet, rng: Generator, style: Style, title: str) -> None:
    ink = style.title
    if rng.uniform() < 0.35:
        sheet.rectangle(0, 0, sheet.width, 9, style.title)
        ink = (248, 248, 248)
    if rng.uniform() < 0.6:
        ornament.flag(sheet, 3, 2, 9.5, 6.2, rng)
    elif rng.uniform() < 0.6:
        sheet.put(ornament.emblem(rng, style.title, (226, 196, 90)), 3, 1.6, 7.5, 7.5)
    face = _face_for(title, style)
    sheet.text(15, 5.2, title, float(rng.uniform(2.9, 4.2)), ink, face)
    if rng.uniform() < 0.6:
        sheet.text(15, 8.2, f"REPUBLIC OF {people.pick(rng, people.TOWNS)}", 2.0, ink, style.face)


def _face_for(title: str, style: Style) -> str:
    """A font that has the title's script."""
    if max(title) > "\u2dff":  # East Asia
        return "black"
    return "sans" if max(title) > "\u02ff" else style.face


def _face(sheet: Sheet, rng: Generator, style: Style) -> float:
    """Draws the portrait and returns where the fields begin."""
    width = float(rng.uniform(20, 26))
    x = float(rng.uniform(3, 6))
    left = x if style.portrait_left else sheet.width - x - width
    backdrop = (232, 236, 240) if rng.uniform() < 0.7 else None
    grey = bool(rng.uniform() < 0.3)
    sheet.put(portrait(rng, backdrop, grey), left, float(rng.uniform(11, 15)), width, width * 1.28)
    return x + width + 3 if style.portrait_left else x + 1


def _fields(sheet: Sheet, rng: Generator, style: Style, x: float, labels: tuple[str, ...]) -> None:
    surname, given, birth = _holder(rng)
    values = [
        surname,
        given,
        birth.european(),
        people.pick(rng, mrz.STATES),
        people.pick(rng, "MF"),
        people.pick(rng, people.TOWNS),
        people.date(rng, 2024, 2036).european(),
        people.letters(rng, 2) + people.digits(rng, 7),
    ]
    short = labels[0].endswith(".")
    step = float(rng.uniform(4.4, 5.6))
    for row in range(int(rng.integers(5, 8))):
        y = 14 + step * row * (0.85 if short else 1.0)
        if y > sheet.height - 7:
            break
        sheet.text(x, y, labels[row], 2.0 if short else 1.6, style.title, style.face)
        sheet.text(x + (5 if short else 0), y if short else y + 2.6, values[row], 2.7, style.ink, style.face)


def _extras(sheet: Sheet, rng: Generator, style: Style) -> None:
    if rng.uniform() < 0.4:
        ghost = portrait(rng, None, True)
        right = sheet.width - 16 if style.portrait_left else 34
        sheet.put(ghost, right, float(rng.uniform(20, 32)), 12, 15, 0.45)
    if rng.uniform() < 0.25:
        ornament.bars(sheet, sheet.width - 30, sheet.height - 7, 26, 4, rng)
    if rng.uniform() < 0.4:
        ornament.hologram(sheet, rng)


def _zone(sheet: Sheet, lines: list[str], letters: int) -> None:
    """MRZ lines at the bottom."""
    size = sheet.width / letters * 1.5
    sheet.rectangle(
        0, sheet.height - 5.2 * len(lines) - 2, sheet.width, 5.2 * len(lines) + 2, (238, 238, 234)
    )
    for row, line in enumerate(lines):
        y = sheet.height - 2.6 - 5.0 * (len(lines) - 1 - row)
        sheet.text(sheet.width / 2, y, line[:letters], size, (20, 20, 22), "mono", "ms")


def _holder(rng: Generator) -> tuple[str, str, people.Date]:
    return people.pick(rng, people.LAST), people.pick(rng, people.FIRST), people.date(rng, 1945, 2006)

"""Flat things as RGBA pictures with their width, and what the drawn ones are made of."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator
from PIL import Image

from training.cards import ornament, people
from training.cards.scripts import Script, script
from training.cards.sheet import Colour, Pixels, Sheet
from training.stock import Stock

PALE, DARK = (205, 256), (0, 90)  # tones of grounds


@dataclass(frozen=True, slots=True)
class Thing:
    """A flat thing: RGBA pixels (h, w, 4) and how wide it is."""

    pixels: Pixels
    width_mm: float


def cut(rng: Generator, sheet: Sheet, *corners: float) -> Thing:
    """The sheet as a thing whose corners have one of these radii, in millimetres."""
    return Thing(sheet.cut(corners[int(rng.integers(len(corners)))]), sheet.width)


def blank(
    rng: Generator,
    px_per_mm: float,
    widths: tuple[float, float],
    heights: tuple[float, float],
    tones: tuple[int, int],
) -> Sheet:
    """An empty sheet of any size and tone between these."""
    size = float(rng.uniform(*widths)), float(rng.uniform(*heights))
    return Sheet(*size, px_per_mm, ornament.colour(rng, *tones))


def filled(sheet: Sheet, rng: Generator, stock: Stock) -> None:
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


def lettering(rng: Generator, dark: bool = False) -> Colour:
    """A colour of letters, dark or pale."""
    if dark or rng.uniform() < 0.4:
        return ornament.colour(rng, 0, 120)
    return ornament.colour(rng, 190, 256)


def phrase(rng: Generator, words: Script, count: int) -> str:
    """So many invented words of a script."""
    return " ".join(words.word(rng) for _ in range(count))


def jumble(rng: Generator, count: int) -> str:
    """Invented words of any script, or Chinese signs."""
    if rng.uniform() < 0.4:
        return "".join(
            people.pick(rng, people.GIVEN + "的一是在不了有和人这中大为上个国") for _ in range(count * 3)
        )
    if rng.uniform() < 0.5:
        words = script(rng)
        return " ".join(words.word(rng).lower() for _ in range(count))
    return " ".join(people.pick(rng, people.TOWNS).lower()[: int(rng.integers(2, 9))] for _ in range(count))


def paragraphs(sheet: Sheet, rng: Generator, box: tuple[float, float, float, float], size: float) -> None:
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

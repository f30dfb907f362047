"""What makes a sheet look like a document: guilloches, emblems, chips, stamps, barcodes, flags, holograms."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from training.cards.sheet import Colour, Pixels, Sheet
from training.fonts import font


def colour(rng: Generator, low: int, high: int) -> Colour:
    red, green, blue = (int(v) for v in rng.integers(low, high, 3))
    return red, green, blue


def tint(sheet: Sheet, rng: Generator, left: Colour, right: Colour) -> None:
    """A soft change of colour across the sheet, at any angle."""
    height, width = sheet.image.height, sheet.image.width
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    share = np.clip((x * np.cos(angle) + y * np.sin(angle) + 1) / 2, 0, 1)[..., None]
    blended = np.array(left) * (1 - share) + np.array(right) * share
    sheet.replace(blended.astype(np.uint8))


def waves(sheet: Sheet, rng: Generator, ink: Colour, opacity: float, gap: float = 1.4) -> None:
    """Guilloche: a family of parallel wavy lines over the whole sheet."""
    layer = sheet.pixels()
    steps = np.linspace(0, sheet.width, 90)
    wave = rng.uniform(1, 5) * np.sin(steps / rng.uniform(4, 16) + rng.uniform(0, 6))
    wave += rng.uniform(0, 2) * np.sin(steps / rng.uniform(1.5, 4))
    slope = rng.uniform(-0.4, 0.4)
    starts = np.arange(-0.6 * sheet.height, 1.6 * sheet.height, gap)
    lines = [np.stack([steps, start + wave + slope * steps], 1) for start in starts]
    _ink(layer, lines, sheet, ink, 0.12)
    _blend(sheet, layer, opacity)


def rosette(sheet: Sheet, rng: Generator, x: float, y: float, radius: float, ink: Colour) -> None:
    """A spirograph flower."""
    layer = sheet.pixels()
    angle = np.linspace(0, 2 * np.pi, 400)
    petals = int(rng.integers(5, 16))
    lines = []
    for share in np.linspace(0.3, 1, 7):
        reach = radius * share * (0.75 + 0.25 * np.sin(petals * angle + share * 4))
        lines.append(np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], 1))
    _ink(layer, lines, sheet, ink, 0.15)
    _blend(sheet, layer, float(rng.uniform(0.3, 0.8)))


def emblem(rng: Generator, ink: Colour, fill: Colour) -> Image.Image:
    """A round coat of arms of no state."""
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((6, 6, 194, 194), fill=(*fill, 255), outline=(*ink, 255), width=9)
    pen.ellipse((28, 28, 172, 172), outline=(*ink, 255), width=5)
    star(pen, 100, 88, 46, int(rng.integers(4, 8)), ink)
    for side in (-1, 1):
        pen.arc((100 + side * 42 - 40, 40, 100 + side * 42 + 40, 176), 30, 150, fill=(*ink, 255), width=8)
    return image


def star(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, points: int, ink: Colour) -> None:
    angles = np.arange(2 * points) * np.pi / points - np.pi / 2
    reach = np.where(np.arange(2 * points) % 2 == 0, radius, radius * 0.42)
    corners = [(x + r * np.cos(a), y + r * np.sin(a)) for a, r in zip(angles, reach, strict=True)]
    pen.polygon(corners, fill=(*ink, 255))


def chip(sheet: Sheet, x: float, y: float, rng: Generator) -> None:
    """The contacts of a smart card, 12 x 9.5 mm."""
    gold = (212, 180, 96) if rng.uniform() < 0.7 else (196, 196, 200)
    dark = (120, 98, 48)
    sheet.pen.rounded_rectangle(sheet.box(x, y, 12, 9.5), sheet.px(1.5), fill=gold, outline=dark)
    for row in (3.2, 6.3):
        sheet.line(x, y + row, x + 4, y + row, dark)
        sheet.line(x + 8, y + row, x + 12, y + row, dark)
    sheet.frame(x + 4, y + 2, 4, 5.5, dark)


def stamp(rng: Generator, words: str, ink: Colour) -> Image.Image:
    """A round stamp with a star, or a square one."""
    if rng.uniform() < 0.5:
        return seal(words, ink, 2)
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((8, 8, 192, 192), outline=(*ink, 230), width=8)
    star(pen, 100, 84, 40, 5, ink)
    pen.text((100, 152), words[:6], (*ink, 230), font("black", 26), anchor="mm")
    return image


def seal(words: str, ink: Colour, rows: int) -> Image.Image:
    """A square stamp with so many rows of letters."""
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rectangle((8, 8, 192, 192), outline=(*ink, 230), width=8)
    across, down = -(-len(words) // rows), 168 // rows
    letters = font("black", min(168 // max(across, 3), down))
    for row in range(rows):
        place = (100, 16 + down * (row + 0.5))
        part = words[row * across : (row + 1) * across]
        pen.text(place, part, (*ink, 230), letters, anchor="mm")
    return image


def overprint(rng: Generator, words: str, ink: Colour, face: str) -> Image.Image:
    """Large letters at an angle."""
    letters = font(face, 60)
    image = Image.new("RGBA", (round(letters.getlength(words)) + 20, 84), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((10, 66), words, (*ink, 255), letters, anchor="ls")
    return image.rotate(float(rng.uniform(-50, 50)), Image.Resampling.BILINEAR, expand=True)


def bars(sheet: Sheet, x: float, y: float, width: float, height: float, rng: Generator) -> None:
    """A linear barcode."""
    position = x
    while position < x + width:
        thick = float(rng.choice((0.25, 0.5, 0.75)))
        sheet.rectangle(position, y, min(thick, x + width - position), height, (20, 20, 20))
        position += thick + float(rng.choice((0.25, 0.5, 0.75)))


def matrix(sheet: Sheet, x: float, y: float, width: float, height: float, rng: Generator) -> None:
    """A two-dimensional code."""
    cells = rng.integers(0, 2, (max(4, int(height / 0.6)), max(4, int(width / 0.6)))).astype(np.uint8)
    code = Image.fromarray(np.where(cells > 0, 30, 235).astype(np.uint8))
    fitted = code.resize((sheet.px(width), sheet.px(height)), Image.Resampling.NEAREST)
    sheet.image.paste(fitted.convert("RGB"), (sheet.px(x), sheet.px(y)))


def flag(sheet: Sheet, x: float, y: float, width: float, height: float, rng: Generator) -> None:
    """Three stripes, or a field with a ring of stars."""
    if rng.uniform() < 0.35:
        sheet.rectangle(x, y, width, height, (20, 50, 140))
        for angle in np.arange(12) * np.pi / 6:
            px, py = (
                x + width / 2 + 0.33 * height * np.cos(angle),
                y + height / 2 + 0.33 * height * np.sin(angle),
            )
            sheet.rectangle(px - 0.3, py - 0.3, 0.6, 0.6, (250, 210, 40))
        return
    upright = rng.uniform() < 0.5
    for part in range(3):
        ink = colour(rng, 0, 256)
        if upright:
            sheet.rectangle(x + part * width / 3, y, width / 3, height, ink)
        else:
            sheet.rectangle(x, y + part * height / 3, width, height / 3, ink)


def hologram(sheet: Sheet, rng: Generator) -> None:
    """A shimmering patch somewhere on the sheet."""
    pixels = sheet.pixels()
    height, width = pixels.shape[:2]
    x, y = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    centre, reach = rng.uniform(0.15, 0.85, 2), rng.uniform(0.08, 0.3)
    distance = np.hypot((x - centre[0]) * 1.5, y - centre[1])
    mask = np.clip(1 - distance / reach, 0, 1)[..., None] * rng.uniform(0.2, 0.7)
    phase = (x + y)[..., None] * rng.uniform(8, 30) + np.array([0, 2.1, 4.2])
    shimmer = 170 + 80 * np.sin(phase)
    sheet.replace((pixels * (1 - mask) + shimmer * mask).astype(np.uint8))


def areas(sheet: Sheet, rng: Generator, ink: Colour) -> None:
    """One part of the sheet in another colour, with a straight or a round border."""
    layer = sheet.pixels()
    width, height = sheet.image.width, sheet.image.height
    if rng.uniform() < 0.5:
        centre = (int(rng.uniform(-0.4, 1.4) * width), int(rng.uniform(0, 1) * height))
        cv2.circle(layer, centre, int(rng.uniform(0.4, 0.9) * width), ink, -1, cv2.LINE_AA)
    else:
        cut = rng.uniform(0.1, 0.9, 2) * width
        corners = np.array([(0, 0), (cut[0], 0), (cut[1], height), (0, height)], np.int32)
        cv2.fillConvexPoly(layer, corners, ink, cv2.LINE_AA)
    _blend(sheet, layer, float(rng.uniform(0.4, 1.0)))


def rays(sheet: Sheet, rng: Generator, ink: Colour) -> None:
    """Straight lines from a point."""
    layer = sheet.pixels()
    x, y = rng.uniform(0, 1) * sheet.width, rng.uniform(0, 1) * sheet.height
    angles = np.linspace(0, 2 * np.pi, int(rng.integers(20, 90)))
    lines = [np.array([(x, y), (x + 150 * np.cos(a), y + 150 * np.sin(a))]) for a in angles]
    _ink(layer, lines, sheet, ink, 0.3)
    _blend(sheet, layer, float(rng.uniform(0.2, 0.5)))


def fingerprint(sheet: Sheet, rng: Generator, x: float, y: float, width: float) -> None:
    """Whorls in an oval."""
    ink = colour(rng, 20, 120)
    for reach in np.arange(0.1, 1.0, 0.14):
        sheet.pen.ellipse(
            sheet.box(
                x + width / 2 * (1 - reach),
                y + width * 0.65 * (1 - reach),
                width * reach,
                width * 1.3 * reach,
            ),
            outline=ink,
            width=sheet.px(0.25),
        )


def _ink(layer: Pixels, lines: list[np.ndarray], sheet: Sheet, ink: Colour, width: float) -> None:
    """Draws lines of (n, 2) millimetres."""
    scaled = [np.round(line * sheet.scale * 16).astype(np.int32) for line in lines]
    cv2.polylines(layer, scaled, False, ink, sheet.px(width), cv2.LINE_AA, 4)


def _blend(sheet: Sheet, layer: Pixels, opacity: float) -> None:
    sheet.replace(cv2.addWeighted(layer, opacity, sheet.pixels(), 1 - opacity, 0))

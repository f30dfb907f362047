"""Drawn faces: flat shapes, slightly blurred, never a photograph."""

from __future__ import annotations

from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from training.cards.sheet import Colour

SKINS: tuple[Colour, ...] = (
    (241, 205, 178),
    (228, 184, 150),
    (206, 158, 122),
    (171, 122, 88),
    (126, 84, 60),
    (92, 60, 44),
)
HAIRS: tuple[Colour, ...] = (
    (24, 20, 20),
    (40, 30, 26),
    (74, 50, 34),
    (120, 84, 50),
    (180, 150, 100),
    (150, 150, 150),
)
HEIGHT = 320


def portrait(rng: Generator) -> Image.Image:
    """A head and shoulders, 250 x 320 pixels, transparent around them."""
    image = Image.new("RGBA", (250, HEIGHT), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    skin, hair = SKINS[int(rng.integers(len(SKINS)))], HAIRS[int(rng.integers(len(HAIRS)))]
    width, height = rng.uniform(96, 124), rng.uniform(138, 168)
    middle, top = rng.uniform(117, 133), rng.uniform(46, 66)
    face = (middle - width / 2, top, middle + width / 2, top + height)
    _hair_behind(rng, pen, face, hair)
    _body(rng, pen, middle, face[3], skin)
    pen.ellipse(face, fill=skin)
    _shade(pen, face, skin)
    _features(rng, pen, face, skin, hair)
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.6, 1.8)))


def _dim(colour: Colour, share: float) -> Colour:
    red, green, blue = (min(255, round(value * share)) for value in colour)
    return red, green, blue


def _hair_behind(
    rng: Generator, pen: ImageDraw.ImageDraw, face: tuple[float, float, float, float], hair: Colour
) -> None:
    left, top, right, bottom = face
    rise, wide = rng.uniform(12, 32), rng.uniform(4, 22)
    long = rng.uniform(0, 1) < 0.45
    end = bottom + rng.uniform(0, 60) if long else top + (bottom - top) * rng.uniform(0.45, 0.65)
    pen.ellipse((left - wide, top - rise, right + wide, top + (bottom - top) * 0.9), fill=hair)
    if long:
        pen.rectangle((left - wide, top + (bottom - top) * 0.4, right + wide, end), fill=hair)


def _body(rng: Generator, pen: ImageDraw.ImageDraw, middle: float, chin: float, skin: Colour) -> None:
    neck, shoulder = rng.uniform(26, 38), rng.uniform(100, 130)
    cloth: Colour = tuple(int(v) for v in rng.integers(15, 220, 3))  # type: ignore[assignment]
    pen.rectangle((middle - neck, chin - 40, middle + neck, chin + 45), fill=_dim(skin, 0.85))
    pen.ellipse((middle - shoulder, chin + 22, middle + shoulder, HEIGHT + 130), fill=cloth)
    if rng.uniform() < 0.6:
        collar = _dim(cloth, 1.4) if rng.uniform() < 0.5 else (240, 240, 240)
        points = [(middle - neck, chin + 25), (middle, chin + 70), (middle + neck, chin + 25)]
        pen.line(points, fill=collar, width=9)


def _shade(pen: ImageDraw.ImageDraw, face: tuple[float, float, float, float], skin: Colour) -> None:
    left, top, right, bottom = face
    pen.ellipse((left + (right - left) * 0.16, top, right, bottom - 6), fill=_dim(skin, 1.04))


def _features(
    rng: Generator,
    pen: ImageDraw.ImageDraw,
    face: tuple[float, float, float, float],
    skin: Colour,
    hair: Colour,
) -> None:
    left, top, right, bottom = face
    middle, width, height = (left + right) / 2, right - left, bottom - top
    apart, eyes = width * rng.uniform(0.19, 0.24), top + height * rng.uniform(0.42, 0.48)
    fringe = top + height * rng.uniform(0.1, 0.26)
    pen.chord((left - 2, top - 12, right + 2, fringe + (fringe - top + 12)), 180, 360, fill=hair)
    glasses = rng.uniform() < 0.25
    for x in (middle - apart, middle + apart):
        pen.ellipse((x - 10, eyes - 5, x + 10, eyes + 5), fill=(245, 243, 238))
        pen.ellipse((x - 5, eyes - 5, x + 5, eyes + 5), fill=(40, 30, 25))
        pen.line((x - 13, eyes - 15, x + 13, eyes - 15 + rng.uniform(-3, 3)), fill=hair, width=4)
        if glasses:
            pen.ellipse((x - 19, eyes - 14, x + 19, eyes + 16), outline=(30, 30, 30), width=3)
    nose, mouth = top + height * 0.65, top + height * 0.79
    pen.line((middle - 2, eyes + 8, middle - 7, nose, middle + 6, nose), fill=_dim(skin, 0.78), width=3)
    lip = _dim((190, 95, 90), float(rng.uniform(0.7, 1.1)))
    pen.ellipse((middle - width * 0.2, mouth - 5, middle + width * 0.2, mouth + 5), fill=lip)
    if rng.uniform() < 0.2:
        pen.arc((left + 8, mouth - 40, right - 8, bottom), 20, 160, fill=hair, width=12)

"""Portraits on cards: drawn ones, and public-domain photographs bent until they are somebody else."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image

from training.cards.portrait import portrait
from training.cards.sheet import Colour, Pixels
from training.stock import Stock

PHOTOGRAPH_SHARE = 0.55  # of portraits, where there are photographs


def face(rng: Generator, stock: Stock) -> Image.Image:
    """A head and shoulders, RGBA, 250 x 320 pixels, transparent around them."""
    if not stock.portraits or rng.uniform() >= PHOTOGRAPH_SHARE:
        return portrait(rng)
    pixels = stock.portraits[int(rng.integers(len(stock.portraits)))]
    pixels = _bent(pixels if rng.uniform() < 0.5 else np.ascontiguousarray(pixels[:, ::-1]), rng)
    pixels[..., :3] = _tinted(pixels[..., :3], rng)
    return Image.fromarray(pixels)


def before(head: Image.Image, backdrop: Colour) -> Image.Image:
    """The same before a wall of one colour."""
    sheet = Image.new("RGBA", head.size, (*backdrop, 255))
    sheet.alpha_composite(head)
    return sheet


def grey(head: Image.Image) -> Image.Image:
    """The same without colours."""
    return Image.merge("LA", (head.convert("L"), head.getchannel("A"))).convert("RGBA")


def _bent(pixels: Pixels, rng: Generator) -> Pixels:
    """Another shape of head: stretched, and moved along a smooth random field."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:320, 0:250].astype(np.float32)
    zoom = float(rng.uniform(0.85, 1.3))
    x = (x / 250 - 0.5) / (zoom * rng.uniform(0.88, 1.12)) + 0.5
    y = (y / 320 - 1.0) / zoom + 1.0 - float(rng.uniform(0, 0.1)) * (zoom - 0.9)
    field = rng.normal(0, 0.02, (2, 5, 4)).astype(np.float32)
    x += cv2.resize(field[0], (250, 320), interpolation=cv2.INTER_CUBIC)
    y += cv2.resize(field[1], (250, 320), interpolation=cv2.INTER_CUBIC)
    return cv2.remap(pixels, x * width, y * height, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _tinted(pixels: Pixels, rng: Generator) -> Pixels:
    """Other skin, hair and clothes."""
    table = np.linspace(0, 1, 256)[:, None] ** rng.uniform(0.6, 1.7)
    gains = rng.uniform(0.8, 1.1) * rng.uniform(0.9, 1.1, 3)
    return cv2.LUT(pixels, np.clip(table * gains * 255, 0, 255).astype(np.uint8)[None])

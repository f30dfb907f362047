"""What a card is drawn on: a picture measured in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.fonts import fitting, font

Colour = tuple[int, int, int]
Pixels = NDArray[np.uint8]

ID1 = (85.6, 54.0)  # sizes of ISO 7810 in millimetres: cards,
ID2 = (105.0, 74.0)  # larger cards and old papers,
ID3 = (125.0, 88.0)  # a page of a passport


@dataclass(frozen=True, slots=True)
class Card:
    """A drawn card.

    Attributes:
        type: one of settings.TYPES.
        pixels: (h, w, 4) RGBA; transparent where there is no card, such as outside rounded corners.
        quad: (4, 2) corners of the document in these pixels: top left, top right, bottom right, bottom left.
        width_mm: of the document, from its top left to its top right.
    """

    type: str
    pixels: Pixels
    quad: NDArray[np.float32]
    width_mm: float


class Sheet:
    """A surface of so many millimetres; all positions and sizes are millimetres from its top left.

    Attributes:
        holder: the face of the portrait on it, transparent around the head; None before there is one.
    """

    def __init__(self, width: float, height: float, px_per_mm: float, colour: Colour) -> None:
        self.width, self.height, self.scale = width, height, px_per_mm
        self.image = Image.new("RGB", (self.px(width), self.px(height)), colour)
        self.pen = ImageDraw.Draw(self.image)
        self.holder: Image.Image | None = None

    def px(self, millimetres: float) -> int:
        """At least one pixel."""
        return max(1, round(millimetres * self.scale))

    def box(self, x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels."""
        return x * self.scale, y * self.scale, (x + width) * self.scale, (y + height) * self.scale

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        colour: Colour = (25, 25, 30),
        face: str = "sans",
        anchor: str = "ls",
        room: float | None = None,
    ) -> None:
        """Text whose baseline begins at (x, y); `size` is that of the font, less where there is no room.

        Where the face lacks a letter, another that has it is taken.
        """
        face = fitting(face, words)
        letters = font(face, self.px(size))
        if room is not None and letters.getlength(words) > room * self.scale:
            share = room * self.scale / letters.getlength(words)
            letters = font(face, max(2, int(self.px(size) * share)))
        self.pen.text((x * self.scale, y * self.scale), words, colour, letters, anchor=anchor)

    def rectangle(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.pen.rectangle(self.box(x, y, width, height), fill=colour)

    def frame(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.pen.rectangle(self.box(x, y, width, height), outline=colour, width=self.px(0.2))

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, width: float = 0.2) -> None:
        ends = (x0 * self.scale, y0 * self.scale, x1 * self.scale, y1 * self.scale)
        self.pen.line(ends, colour, self.px(width))

    def put(
        self, picture: Image.Image, x: float, y: float, width: float, height: float, opacity: float = 1.0
    ) -> None:
        """A picture, with its own transparency, fitted into a box."""
        fitted = picture.convert("RGBA").resize((self.px(width), self.px(height)), Image.Resampling.BILINEAR)
        mask = fitted.getchannel("A").point(lambda value: round(value * opacity))
        self.image.paste(fitted, (round(x * self.scale), round(y * self.scale)), mask)

    def pixels(self) -> Pixels:
        """The picture as (h, w, 3) RGB; writing into it does not change the sheet."""
        return np.array(self.image)

    def replace(self, pixels: Pixels) -> None:
        """Takes other pixels of the same size."""
        self.image = Image.fromarray(pixels)
        self.pen = ImageDraw.Draw(self.image)

    def cut(self, corner: float) -> Pixels:
        """RGBA pixels with rounded corners of so many millimetres."""
        mask = Image.new("L", self.image.size, 0)
        width, height = self.image.size
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), self.px(corner), fill=255)
        return np.dstack([self.pixels(), np.array(mask)])

    def card(self, type_: str, corner: float = 3.0) -> Card:
        """The whole sheet as a card."""
        pixels = self.cut(corner)
        return Card(type_, pixels, outline(0, 0, pixels.shape[1], pixels.shape[0]), self.width)


def outline(x0: float, y0: float, x1: float, y1: float) -> NDArray[np.float32]:
    """The corners (4, 2) of an upright box in reading order."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)

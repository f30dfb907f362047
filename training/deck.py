"""Cards and other flat things, drawn in advance: composing a scene from them is cheap, so scenes can be many.

A folder holds NNNNNN.jpg (colours) and NNNNNN.png (where there is something), and deck.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training import cards, files
from training.cards.sheet import Card
from training.errors import DeckMissing
from training.scenes import clutter
from training.scenes.clutter import Thing
from training.stock import NOTHING, Stock

Pixels = NDArray[np.uint8]

FILE = "deck.json"
SAVE_EVERY = 100
THING_EVERY = 4  # one thing among so many
PX_PER_MM = (4.0, 8.0)
THING_SCALE = 0.7  # things need fewer pixels
QUALITY = 93


class Source(Protocol):
    """Where scenes take their cards, things and photographs from."""

    @property
    def stock(self) -> Stock: ...

    def card(self, rng: Generator) -> Card: ...

    def thing(self, rng: Generator) -> Thing: ...


@dataclass(frozen=True, slots=True)
class Fresh:
    """Draws every card and thing anew: slow, never the same twice."""

    stock: Stock = NOTHING
    px_per_mm: float | None = None  # by lot where it is None
    families: tuple[str, ...] = ()  # of the cards; all of them where none is named

    def card(self, rng: Generator) -> Card:
        return cards.draw(rng, self._scale(rng), self.stock, self.families)

    def thing(self, rng: Generator) -> Thing:
        return clutter.thing(rng, self._scale(rng) * THING_SCALE, self.stock)

    def _scale(self, rng: Generator) -> float:
        return self.px_per_mm or float(rng.uniform(*PX_PER_MM))


@dataclass(frozen=True, slots=True)
class Entry:
    """A compressed card, or a thing where the type is empty; so wide in millimetres."""

    type: str
    quad: NDArray[np.float32]
    width_mm: float
    colours: bytes
    cover: bytes

    def pixels(self) -> Pixels:
        """RGBA (h, w, 4)."""
        colours = cv2.imdecode(np.frombuffer(self.colours, np.uint8), cv2.IMREAD_COLOR)
        cover = cv2.imdecode(np.frombuffer(self.cover, np.uint8), cv2.IMREAD_GRAYSCALE)
        return np.dstack([colours[..., ::-1], cover])


@dataclass(frozen=True, slots=True)
class Deck:
    """Entries of a folder in memory."""

    cards: tuple[Entry, ...]
    things: tuple[Entry, ...]
    stock: Stock

    @classmethod
    def load(cls, *folders: Path, stock: Stock = NOTHING) -> Deck:
        """The entries of some folders. Raises DeckMissing where nothing was drawn yet."""
        entries = [
            _entry(folder, number, words) for folder in folders for number, words in enumerate(_read(folder))
        ]
        if not entries:
            raise DeckMissing(f"{folders[0]} holds no cards; run `python -m training deck` first.")
        cards_, things = [e for e in entries if e.type], [e for e in entries if not e.type]
        return cls(tuple(cards_), tuple(things), stock)

    def card(self, rng: Generator) -> Card:
        entry = self.cards[int(rng.integers(len(self.cards)))]
        return Card(entry.type, entry.pixels(), entry.quad, entry.width_mm)

    def thing(self, rng: Generator) -> Thing:
        entry = self.things[int(rng.integers(len(self.things)))]
        return Thing(entry.pixels(), entry.width_mm)


def render(
    folder: Path, count: int, seed: int, stock: Stock = NOTHING, families: tuple[str, ...] = ()
) -> Iterator[int]:
    """Draws up to `count` entries, going on where an earlier run stopped; yields how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    known = _read(folder)[:count]
    source = Fresh(stock, families=families)
    yield len(known)
    for number in range(len(known), count):
        known.append(_draw(folder, number, np.random.default_rng([seed, number]), source))
        if len(known) % SAVE_EVERY == 0 or len(known) == count:
            lines = ",\n".join(json.dumps(item) for item in known)
            files.write(folder / FILE, f"[\n{lines}\n]\n".encode())
        yield len(known)


def _draw(folder: Path, number: int, rng: Generator, source: Fresh) -> dict[str, object]:
    if number % THING_EVERY == THING_EVERY - 1:
        thing = source.thing(rng)
        _store(folder, number, thing.pixels)
        return {"type": "", "quad": [], "width_mm": thing.width_mm}
    card = source.card(rng)
    _store(folder, number, card.pixels)
    return {"type": card.type, "quad": card.quad.tolist(), "width_mm": card.width_mm}


def _store(folder: Path, number: int, pixels: Pixels) -> None:
    bgr = np.ascontiguousarray(pixels[..., 2::-1])
    cv2.imwrite(str(folder / f"{number:06}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    cv2.imwrite(str(folder / f"{number:06}.png"), np.ascontiguousarray(pixels[..., 3]))


def _read(folder: Path) -> list[dict[str, object]]:
    path = folder / FILE
    return list(json.loads(path.read_text("utf-8"))) if path.exists() else []


def _entry(folder: Path, number: int, words: dict[str, object]) -> Entry:
    return Entry(
        str(words["type"]),
        np.array(words["quad"], np.float32),
        float(words["width_mm"]),  # type: ignore[arg-type]
        (folder / f"{number:06}.jpg").read_bytes(),
        (folder / f"{number:06}.png").read_bytes(),
    )

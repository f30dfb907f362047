"""labels.json: which cards lie where in a folder's photographs.

The form: a list of {"file": NAME, "width": W, "height": H, "cards": [{"type": TYPE, "quad": [[x, y] * 4]}]};
width and height may be absent. Quads are in pixels of the upright photograph, in reading order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import files
from training.errors import LabelsInvalid

FILE = "labels.json"
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True)
class LabelledCard:
    """A card in a picture: its type, and its corners (4, 2) in reading order."""

    type: str
    quad: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture's file name, its upright size in pixels (0 where unknown) and its cards."""

    file: str
    width: int
    height: int
    cards: tuple[LabelledCard, ...]


def read(folder: Path) -> list[LabelledPicture]:
    """The labels of a folder, in the file's order. Raises LabelsInvalid."""
    path = folder / FILE
    try:
        return [_picture(entry) for entry in json.loads(path.read_text("utf-8"))]
    except FileNotFoundError:
        raise LabelsInvalid(f"{path} is not there.") from None
    except (KeyError, TypeError, ValueError) as error:
        raise LabelsInvalid(f"{path} is not in the form of {FILE}: {error!r}.") from error


def read_or_none(folder: Path) -> list[LabelledPicture]:
    """The labels of a folder, or all its pictures without a card where it has no labels.

    Raises:
        LabelsInvalid: there is no such folder, or its labels are not in the documented form.
    """
    if (folder / FILE).exists():
        return read(folder)
    if not folder.is_dir():
        raise LabelsInvalid(f"{folder} is no folder; name one with pictures.")
    pictures = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    return [LabelledPicture(name, 0, 0, ()) for name in pictures]


def write(folder: Path, pictures: Iterable[LabelledPicture]) -> None:
    """Replaces a folder's labels, one picture per line."""
    lines = ",\n".join(json.dumps(_entry(picture)) for picture in pictures)
    files.write(folder / FILE, f"[\n{lines}\n]\n".encode())


def _picture(entry: dict[str, object]) -> LabelledPicture:
    cards = tuple(_card(card) for card in entry["cards"])  # type: ignore[attr-defined]
    width, height = entry.get("width", 0), entry.get("height", 0)
    return LabelledPicture(str(entry["file"]), int(width), int(height), cards)  # type: ignore[call-overload]


def _card(entry: dict[str, object]) -> LabelledCard:
    quad = np.array(entry["quad"], np.float32)
    if quad.shape != (4, 2):
        raise ValueError(f"a quad of the shape {quad.shape}")
    return LabelledCard(str(entry["type"]), quad)


def _entry(picture: LabelledPicture) -> dict[str, object]:
    cards = [
        {"type": card.type, "quad": [[round(float(v), 1) for v in point] for point in card.quad]}
        for card in picture.cards
    ]
    return {"file": picture.file, "width": picture.width, "height": picture.height, "cards": cards}

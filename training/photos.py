"""Renders the sample photographs of the tests and the demo: camera sizes, EXIF, several formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from training import labels
from training.cards import FAMILIES
from training.deck import Fresh
from training.labels import LabelledPicture
from training.scenes import panel, scene
from training.scenes.camera import Pose

BROKEN = "broken.jpg"
BROKEN_SHARE = 0.4  # of the first photograph's bytes
STRENGTH = 0.45  # of light, blur and noise: pictures that somebody took with care
TURNS = {
    1: 0,
    6: 1,
    3: 2,
    8: 3,
}  # EXIF orientation: quarter turns to the left that the sensor's rows are stored in
ORIENTATION, MAKE, MODEL, SOFTWARE, TAKEN = 0x0112, 0x010F, 0x0110, 0x0131, 0x0132


@dataclass(frozen=True, slots=True)
class Lying:
    """A card of a family: its place and width in shares of the picture, its turn and tilts in degrees."""

    family: str
    x: float
    y: float
    width: float
    turn: float = 0.0
    tilt: float = 0.0
    lean: float = 0.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One photograph: its file, upright size in pixels, seed, cards, and how it is stored."""

    file: str
    size: tuple[int, int]
    seed: int
    cards: tuple[Lying, ...] = ()
    things: int = 0
    orientation: int = 1
    camera: tuple[str, str] = ("Nordlicht", "N1")
    quality: int = 82


SHOTS = (
    Shot(
        "identity-card.jpg",
        (3000, 4000),
        11,
        (Lying("chinese_identity_front", 0.5, 0.47, 0.86, 4, 8, -6),),
        orientation=6,
    ),
    Shot(
        "identity-card-back.png",
        (1280, 960),
        12,
        (Lying("chinese_identity_back", 0.49, 0.52, 0.8, -5),),
    ),
    Shot(
        "driving-licence.jpg",
        (3264, 2448),
        13,
        (Lying("chinese_licence", 0.51, 0.5, 0.82, -3, 10, 5),),
        things=1,
        camera=("Auberge", "Clair 8"),
    ),
    Shot(
        "driving-licence-foreign.webp",
        (1600, 1200),
        14,
        (Lying("licence_numbered", 0.5, 0.5, 0.7, 8, -8, 8),),
        quality=84,
    ),
    Shot(
        "passport.jpg",
        (3024, 3780),
        31,
        (Lying("passport_booklet", 0.5, 0.5, 0.8, 2, 6, 0),),
        orientation=8,
        camera=("Auberge", "Clair 8"),
    ),
    Shot(
        "passport-page.jpg",
        (2048, 1536),
        16,
        (Lying("passport_page", 0.5, 0.5, 0.84, -6, -6, 6),),
        orientation=3,
    ),
    Shot(
        "two-cards.jpg",
        (2592, 1944),
        17,
        (
            Lying("identity_fields", 0.27, 0.4, 0.44, -12),
            Lying("chinese_licence", 0.72, 0.62, 0.46, 7),
        ),
        camera=("Nordlicht", "N1 Pro"),
    ),
    Shot("no-card.jpg", (1800, 1350), 18, things=4, camera=("Auberge", "Clair 8")),
)


def photos(folder: Path) -> Iterator[int]:
    """Writes all photographs, their labels and the broken file; yields how many are written."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for number, shot in enumerate(SHOTS, 1):
        taken = take(shot)
        _store(folder / shot.file, taken, shot)
        pictures.append(LabelledPicture(shot.file, *shot.size, taken.cards))
        yield number
    labels.write(folder, pictures)
    whole = (folder / SHOTS[0].file).read_bytes()
    (folder / BROKEN).write_bytes(whole[: int(len(whole) * BROKEN_SHARE)][:60_000])


def take(shot: Shot) -> scene.Scene:
    """The upright photograph with its labels."""
    rng = np.random.default_rng(shot.seed)
    width, height = shot.size
    placed = []
    for card in shot.cards:
        drawn = FAMILIES[card.family](rng, card.width * width / 85.6)
        pose = Pose(
            (card.x * width, card.y * height),
            card.width * width,
            np.radians(card.turn),
            np.radians(card.tilt),
            np.radians(card.lean),
        )
        placed.append((panel.single(drawn), pose))
    return scene.compose(rng, shot.size, placed, shot.things, STRENGTH, Fresh(px_per_mm=max(shot.size) / 160))


def _store(path: Path, taken: scene.Scene, shot: Shot) -> None:
    """Stores the rows as the sensor saw them, with the orientation that makes them upright again."""
    image = Image.fromarray(np.ascontiguousarray(np.rot90(taken.pixels, TURNS[shot.orientation])))
    exif = Image.Exif()
    exif[MAKE], exif[MODEL] = shot.camera
    exif[SOFTWARE], exif[TAKEN] = "Cardwatch training", "2026:01:01 12:00:00"
    exif[ORIENTATION] = shot.orientation
    options = {"optimize": True} if path.suffix == ".png" else {"quality": shot.quality}
    image.save(path, exif=exif, **options)

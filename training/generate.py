"""Renders scenes into a folder: JPEG files and labels.json. Scene number n of a seed is always the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training import labels
from training.deck import Source
from training.labels import LabelledPicture
from training.scenes import scene

SAVE_EVERY = 200  # scenes between two writes of the labels; what comes after the last is rendered again


@dataclass(frozen=True, slots=True)
class Rendered:
    """A scene as a JPEG file's bytes, with its labels."""

    jpeg: bytes
    picture: LabelledPicture


def render(seed: int, number: int, source: Source, empty: bool = False, scale: int = 1) -> Rendered:
    """One scene, so many times larger than usual, compressed with a quality by lot."""
    rng = np.random.default_rng([seed, number])
    sizes = [(scale * width, scale * height) for width, height in scene.SIZES]
    drawn = (scene.empty_scene if empty else scene.random_scene)(rng, source, sizes)
    quality = int(rng.integers(20, 96))
    done, data = cv2.imencode(".jpg", drawn.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV could not write a JPEG file.")
    height, width = drawn.pixels.shape[:2]
    return Rendered(data.tobytes(), LabelledPicture(f"{number:06}.jpg", width, height, drawn.cards))


def generate(
    folder: Path, count: int, seed: int, source: Source, empty: bool = False, scale: int = 1
) -> Iterator[int]:
    """Renders up to `count` scenes, going on where an earlier run stopped; yields how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = labels.read(folder)[:count] if (folder / labels.FILE).exists() else []
    yield len(pictures)
    for number in range(len(pictures), count):
        rendered = render(seed, number, source, empty, scale)
        (folder / rendered.picture.file).write_bytes(rendered.jpeg)
        pictures.append(rendered.picture)
        if len(pictures) % SAVE_EVERY == 0 or len(pictures) == count:
            labels.write(folder, pictures)
        yield len(pictures)

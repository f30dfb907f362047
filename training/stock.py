"""Photographs that scenes and cards are made with: backgrounds, cut-out things, portraits.

A folder that `python -m training stock` fills from pictures on this machine: pictures/*.jpg, cutouts/*.png
(with transparency) and portraits/*.png. Without it everything is drawn.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

PICTURE_PX, CUTOUT_PX, PORTRAIT_PX = 960, 360, 320  # longer sides in the folder
LEAST_PX, LEAST_CONTRAST = 48, 10.0  # smaller or plainer pictures are left out
HOLDOUT_PART = 5  # one of so many is kept for measuring
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True)
class Stock:
    """Compressed pictures; any of the three may be empty."""

    pictures: tuple[bytes, ...] = ()
    cutouts: tuple[bytes, ...] = ()
    portraits: tuple[Pixels, ...] = field(default=(), repr=False)

    @classmethod
    def load(cls, folder: Path, holdout: bool = False) -> Stock:
        """A folder's pictures: those for training, or those kept for measuring; portraits are in both."""
        portraits = [cv2.imread(str(p), cv2.IMREAD_UNCHANGED) for p in sorted(folder.glob("portraits/*.png"))]
        return cls(
            tuple(p.read_bytes() for p in _part(folder / "pictures", holdout)),
            tuple(p.read_bytes() for p in _part(folder / "cutouts", holdout)),
            tuple(cv2.cvtColor(p, cv2.COLOR_BGRA2RGBA) for p in portraits),
        )

    def picture(self, rng: Generator, width: int, height: int) -> Pixels:
        """A random part (height, width, 3) RGB of a random picture, turned and mirrored by lot."""
        data = self.pictures[int(rng.integers(len(self.pictures)))]
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        pixels = np.rot90(pixels, int(rng.choice((0, 0, 0, 1, 2, 3))))
        rows, columns = pixels.shape[:2]
        share = rng.uniform(0.35, 1.0)
        across = int(min(columns, rows * width / height) * share)
        down = int(min(rows, across * height / width))
        left, top = int(rng.integers(columns - across + 1)), int(rng.integers(rows - down + 1))
        part = np.ascontiguousarray(pixels[top : top + down, left : left + across])
        part = part[:, ::-1] if rng.uniform() < 0.5 else part
        return cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=cv2.INTER_AREA)

    def cutout(self, rng: Generator) -> Pixels:
        """A random thing (h, w, 4) RGBA."""
        data = self.cutouts[int(rng.integers(len(self.cutouts)))]
        return cv2.cvtColor(
            cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA
        )


NOTHING = Stock()


def gather(sources: Iterable[Path], portraits: Iterable[Path], folder: Path) -> Iterator[int]:
    """Fills the folder from all pictures below the sources, and the portraits; yields how many are kept."""
    for name in ("pictures", "cutouts", "portraits"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    seen: set[int] = set()
    for path in sorted(path for source in sources for path in source.rglob("*") if path.suffix in SUFFIXES):
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if pixels is not None and pixels.dtype == np.uint8 and _keep(pixels, seen):
            _store(pixels, folder, len(seen))
            yield len(seen)
    for number, path in enumerate(sorted(portraits)):
        cv2.imwrite(str(folder / f"portraits/{number:03}.png"), _cut_out(cv2.imread(str(path))))


def _part(folder: Path, holdout: bool) -> list[Path]:
    return [
        path
        for path in sorted(folder.glob("*.*"))
        if (zlib.crc32(path.name.encode()) % HOLDOUT_PART == 0) == holdout
    ]


def _keep(pixels: Pixels, seen: set[int]) -> bool:
    """Whether a picture is large, has contrast, and is not one of those already seen."""
    if min(pixels.shape[:2]) < LEAST_PX or pixels.ndim < 3 or pixels[..., :3].std() < LEAST_CONTRAST:
        return False
    small = cv2.resize(pixels[..., :3], (8, 8), interpolation=cv2.INTER_AREA) // 24
    key = zlib.crc32(small.tobytes())
    new = key not in seen
    seen.add(key)
    return new


def _store(pixels: Pixels, folder: Path, number: int) -> None:
    clear = pixels.shape[2] == 4 and (pixels[..., 3] < 128).mean() > 0.08
    if clear:
        cv2.imwrite(str(folder / f"cutouts/{number:04}.png"), _shrunk(pixels, CUTOUT_PX))
        return
    flat = _shrunk(np.ascontiguousarray(pixels[..., :3]), PICTURE_PX)
    cv2.imwrite(str(folder / f"pictures/{number:04}.jpg"), flat, [cv2.IMWRITE_JPEG_QUALITY, 90])


def _shrunk(pixels: Pixels, longest: int) -> Pixels:
    scale = longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _cut_out(pixels: Pixels) -> Pixels:
    """Head and shoulders without what is behind them (GrabCut, Rother and others 2004), BGRA."""
    pixels = _shrunk(pixels, PORTRAIT_PX)
    height, width = pixels.shape[:2]
    mask = np.full((height, width), cv2.GC_BGD, np.uint8)
    cv2.ellipse(
        mask, (width // 2, int(height * 0.42)), (int(width * 0.42), int(height * 0.4)), 0, 0, 360, 3, -1
    )
    cv2.rectangle(mask, (int(width * 0.04), int(height * 0.62)), (int(width * 0.96), height), 3, -1)
    cv2.ellipse(
        mask, (width // 2, int(height * 0.45)), (int(width * 0.2), int(height * 0.25)), 0, 0, 360, 1, -1
    )
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(pixels, mask, None, *models, 4, cv2.GC_INIT_WITH_MASK)
    alpha = np.where((mask == 1) | (mask == 3), 255, 0).astype(np.uint8)
    return np.dstack([pixels, cv2.GaussianBlur(alpha, (0, 0), 1.5)])

"""Finds the fonts that cards are set in, and one that has all letters; all are Debian packages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import ImageFont

from training.errors import FontMissing

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")


@dataclass(frozen=True, slots=True)
class Face:
    """A font file: its name, its place in a collection, and the Debian package that brings it."""

    file: str
    package: str
    index: int = 0


FACES = {
    "sans": Face("DejaVuSans.ttf", "fonts-dejavu-core"),
    "bold": Face("DejaVuSans-Bold.ttf", "fonts-dejavu-core"),
    "serif": Face("DejaVuSerif.ttf", "fonts-dejavu-core"),
    "narrow": Face("LiberationSansNarrow-Regular.ttf", "fonts-liberation"),
    "plain": Face("LiberationSans-Regular.ttf", "fonts-liberation"),
    "heavy": Face("LiberationSans-Bold.ttf", "fonts-liberation"),
    "roman": Face("LiberationSerif-Regular.ttf", "fonts-liberation"),
    "roman bold": Face("LiberationSerif-Bold.ttf", "fonts-liberation"),
    "mono": Face("LiberationMono-Bold.ttf", "fonts-liberation"),
    "typewriter": Face("LiberationMono-Regular.ttf", "fonts-liberation"),
    "lato": Face("Lato-Regular.ttf", "fonts-lato"),
    "lato bold": Face("Lato-Bold.ttf", "fonts-lato"),
    "roboto": Face("RobotoCondensed-Regular.ttf", "fonts-roboto-unhinted"),
    "roboto bold": Face("RobotoCondensed-Bold.ttf", "fonts-roboto-unhinted"),
    "ocr": Face("OCRB.otf", "fonts-ocr-b"),
    "hand": Face("DancingScript-Regular.otf", "fonts-dancingscript"),
    "scrawl": Face("dkg.ttf", "fonts-dkg-handwriting"),
    "song": Face("NotoSerifCJK-Regular.ttc", "fonts-noto-cjk", 2),
    "hei": Face("NotoSansCJK-Regular.ttc", "fonts-noto-cjk", 2),
    "black": Face("NotoSansCJK-Bold.ttc", "fonts-noto-cjk", 2),
    "arabic": Face("NotoSansArabic-Bold.ttf", "fonts-noto-core"),
    "hebrew": Face("NotoSansHebrew-Bold.ttf", "fonts-noto-core"),
    "devanagari": Face("NotoSansDevanagari-Bold.ttf", "fonts-noto-core"),
    "thai": Face("NotoSansThai-Bold.ttf", "fonts-noto-core"),
    "georgian": Face("NotoSansGeorgian-Bold.ttf", "fonts-noto-core"),
    "armenian": Face("NotoSansArmenian-Bold.ttf", "fonts-noto-core"),
}

LICENCES = {
    "fonts-dancingscript": "OFL-1.1",
    "fonts-dejavu-core": "Bitstream Vera licence, changes in the public domain",
    "fonts-dkg-handwriting": "OFL-1.1",
    "fonts-lato": "OFL-1.1",
    "fonts-liberation": "GPL-2.0 with exceptions for documents in which the fonts are embedded",
    "fonts-noto-cjk": "OFL-1.1",
    "fonts-noto-core": "OFL-1.1",
    "fonts-ocr-b": "free to use, change and pass on; changes in the public domain",
    "fonts-roboto-unhinted": "Apache-2.0",
}  # of each package, as /usr/share/doc/<package>/copyright says
SUBSTITUTES = (
    "plain",
    "sans",
    "hei",
    "arabic",
    "hebrew",
    "devanagari",
    "thai",
    "georgian",
    "armenian",
)  # for words that a face lacks letters of, the first that has them
NO_LETTER = "\U0010ffff"  # no font has it
TRIAL_PX = 24


@cache
def path(face: str) -> Path:
    """The font's file. Raises FontMissing, which names the package."""
    wanted = FACES[face]
    for folder in FOLDERS:
        found = next(iter(sorted(folder.rglob(wanted.file))), None) if folder.is_dir() else None
        if found:
            return found
    raise FontMissing(f"The font {wanted.file} is not installed; install the package {wanted.package}.")


@cache
def font(face: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The font at a size. Raises FontMissing."""
    return ImageFont.truetype(str(path(face)), max(2, size_px), index=FACES[face].index)


def fitting(face: str, words: str) -> str:
    """The face, or the first substitute that has all letters where it lacks one."""
    return next((name for name in (face, *SUBSTITUTES) if holds(name, words)), face)


def holds(face: str, words: str) -> bool:
    """Whether a face has every letter: none looks as what stands for a missing one."""
    return all(_has(face, letter) for letter in words)


@cache
def _has(face: str, letter: str) -> bool:
    return letter.isspace() or _shape(face, letter) != _shape(face, NO_LETTER)


def _shape(face: str, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font(face, TRIAL_PX).getmask(letter)
    return mask.size, bytes(mask)

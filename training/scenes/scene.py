"""A whole scene: a surface, clutter, cards, light and camera, with labels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training import cards
from training.cards.sheet import Card
from training.labels import LabelledCard
from training.scenes import background, camera, clutter, light
from training.scenes.camera import Pose

Pixels = NDArray[np.uint8]
TRIES = 12  # poses tried for one card before it is left out


@dataclass(frozen=True, slots=True)
class Scene:
    """RGB pixels (h, w, 3) and the cards in them."""

    pixels: Pixels
    cards: tuple[LabelledCard, ...]


SIZES = ((448, 336), (336, 448), (448, 448), (448, 300), (300, 448), (480, 270))


def random_scene(rng: Generator) -> Scene:
    """About 450 pixels: a quarter without a card, now and then a flat scan, else one to three cards."""
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    kind = rng.uniform()
    if kind < 0.25:
        return _without(rng, width, height)
    if kind < 0.37:
        return scan(rng, cards.draw(rng, 6.0), 448)
    count = int(rng.choice((1, 2, 3), p=(0.72, 0.2, 0.08)))
    largest = {1: 1.25, 2: 0.75, 3: 0.6}[count]
    drawn = [cards.draw(rng, float(rng.uniform(4, 7))) for _ in range(count)]
    poses = [camera.random_pose(rng, (width, height), (0.28, largest)) for _ in drawn]
    return compose(rng, (width, height), list(zip(drawn, poses, strict=True)), int(rng.integers(0, 4)))


def compose(
    rng: Generator,
    size: tuple[int, int],
    placed: list[tuple[Card, Pose]],
    things: int,
    px_per_mm: float = 4.0,
    strength: float = 1.0,
) -> Scene:
    """Cards in their poses on a random surface with some clutter below them.

    A card that would leave the picture or meet another is moved by lot; after TRIES it is left out.
    """
    picture = background.background(rng, *size)
    for _ in range(things):
        _scatter(picture, rng, px_per_mm)
    labelled: list[LabelledCard] = []
    taken = np.zeros(picture.shape[:2], np.uint8)
    for card, pose in placed:
        found = _place(rng, card, pose, size, taken)
        if found is None:
            continue
        matrix, quad = found
        _lay(picture, card.pixels, matrix, rng)
        cv2.fillConvexPoly(taken, quad.astype(np.int32), 1)
        if rng.uniform() < 0.1 * strength:
            light.fingers(picture, quad, rng)
        labelled.append(LabelledCard(card.type, quad))
    finished = light.exposed(light.lit(picture, rng, strength), rng, strength)
    return Scene(finished, tuple(labelled))


def scan(rng: Generator, card: Card, longest: int) -> Scene:
    """A card as a scanner or a crop gives it: nearly upright, filling the picture up to a thin border."""
    border = float(rng.choice((0.0, rng.uniform(0, 0.04), rng.uniform(0.02, 0.2))))
    pixels, quad = _only_the_quad(card) if rng.uniform() < 0.7 else (card.pixels, card.quad)
    across = pixels.shape[1] * (1 + 2 * border)
    down = pixels.shape[0] * (1 + 2 * border)
    scale = longest / max(across, down)
    width, height = round(across * scale), round(down * scale)
    pose = Pose(
        (width / 2, height / 2), pixels.shape[1] * scale, float(rng.normal(0, 0.012)) if border else 0.0
    )
    matrix, _ = camera.homography((pixels.shape[1], pixels.shape[0]), pose, max(width, height))
    paper = int(rng.integers(200, 256)) if rng.uniform() < 0.7 else int(rng.integers(0, 200))
    picture = np.full((height, width, 3), paper, np.uint8)
    camera.paste(picture, pixels, matrix)
    landed = cv2.perspectiveTransform(quad[None], matrix)[0]
    turns = int(rng.integers(4)) if rng.uniform() < 0.3 else 0
    picture, landed = _turned(light.exposed(light.lit(picture, rng, 0.5), rng, 0.6), landed, turns)
    return Scene(picture, (LabelledCard(card.type, landed),))


def _without(rng: Generator, width: int, height: int) -> Scene:
    """No card: clutter alone, sometimes large."""
    picture = background.background(rng, width, height)
    for _ in range(int(rng.integers(1, 6))):
        _scatter(picture, rng, 4.0, float(rng.choice((0.7, 1.0, 1.6))))
    return Scene(light.exposed(light.lit(picture, rng), rng), ())


def _scatter(picture: Pixels, rng: Generator, px_per_mm: float, larger: float = 1.0) -> None:
    thing = clutter.thing(rng, px_per_mm)
    height, width = picture.shape[:2]
    share = thing.width_mm / 85.6 * 0.5 * larger
    pose = camera.random_pose(rng, (width, height), (0.7 * share, 1.4 * share))
    size = (thing.pixels.shape[1], thing.pixels.shape[0])
    matrix, _ = camera.homography(size, pose, max(width, height))
    _lay(picture, thing.pixels, matrix, rng)


def _lay(picture: Pixels, thing: Pixels, matrix: NDArray[np.float64], rng: Generator) -> None:
    """Shadow first, then the thing itself."""
    height, width = picture.shape[:2]
    cover = cv2.warpPerspective(np.ascontiguousarray(thing[..., 3]), matrix, (width, height)) / np.float32(
        255
    )
    light.shadow(picture, cover.astype(np.float32), rng)
    camera.paste(picture, thing, matrix, max(width, height) / 448 * 0.4)


def _place(
    rng: Generator, card: Card, pose: Pose, size: tuple[int, int], taken: Pixels
) -> tuple[NDArray[np.float64], NDArray[np.float32]] | None:
    """A matrix and the quad's corners in the picture, inside it and on free ground."""
    extent = (card.pixels.shape[1], card.pixels.shape[0])
    span = pose.span * extent[0] / float(card.quad[1, 0] - card.quad[0, 0])
    for attempt in range(TRIES):
        centre = pose.centre if attempt == 0 else tuple(s * rng.uniform(0.12, 0.88) for s in size)
        moved = Pose(centre, span * 0.95**attempt, pose.turn, pose.tilt, pose.lean)  # type: ignore[arg-type]
        matrix, _ = camera.homography(extent, moved, max(size))
        quad = cv2.perspectiveTransform(card.quad[None], matrix)[0]
        inside = (quad >= 1).all() and (quad[:, 0] < size[0] - 1).all() and (quad[:, 1] < size[1] - 1).all()
        if inside and not _meets(taken, quad):
            return matrix, quad
    return None


def _meets(taken: Pixels, quad: NDArray[np.float32]) -> bool:
    mask = np.zeros_like(taken)
    cv2.fillConvexPoly(mask, quad.astype(np.int32), 1)
    return bool((mask & taken).any())


def _only_the_quad(card: Card) -> tuple[Pixels, NDArray[np.float32]]:
    """The document alone, without the other page of a booklet."""
    left, top = (int(v) for v in card.quad[0])
    right, bottom = (int(v) for v in card.quad[2])
    return np.ascontiguousarray(card.pixels[top:bottom, left:right]), card.quad - card.quad[0]


def _turned(picture: Pixels, quad: NDArray[np.float32], turns: int) -> tuple[Pixels, NDArray[np.float32]]:
    """Picture and corners after so many quarter turns, clockwise."""
    for _ in range(turns):
        height = picture.shape[0]
        picture = cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE)
        quad = np.stack([height - quad[:, 1], quad[:, 0]], 1).astype(np.float32)
    return picture, quad

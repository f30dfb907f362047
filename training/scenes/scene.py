"""A whole scene: a surface, clutter, cards, light and camera, with labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training import lot
from training.cards.sheet import Card
from training.labels import LabelledCard
from training.scenes import background, camera, hands, laminate, light, panel
from training.scenes.camera import Pose
from training.scenes.panel import Panel
from training.stock import NOTHING

if TYPE_CHECKING:
    from training.deck import Source

Draw = Callable[[Generator, tuple[int, int], "Source"], "Scene"]
Pixels = NDArray[np.uint8]
LAMINATED = 0.4  # share of gripped cards
HELD = 0.22  # share of cards under fingers, where the light is not gentle
FAR, SMALL = 0.22, (0.16, 0.4)  # share of scenes of free cards far away, and their width in shorter sides
TRIES = 20  # places tried for a card, each nearer to the middle and a little smaller, before it is left out


@dataclass(frozen=True, slots=True)
class Scene:
    """RGB pixels (h, w, 3) and the cards in them."""

    pixels: Pixels
    cards: tuple[LabelledCard, ...]


SIZES = ((448, 336), (336, 448), (448, 448), (448, 300), (300, 448), (480, 270), (270, 480))


def random_scene(rng: Generator, source: Source, sizes: Sequence[tuple[int, int]] = SIZES) -> Scene:
    """A scene of any of the KINDS in any of the sizes (width, height)."""
    size = sizes[int(rng.integers(len(sizes)))]
    return lot.drawn(rng, KINDS)(rng, size, source)


def empty_scene(rng: Generator, source: Source, sizes: Sequence[tuple[int, int]] = SIZES) -> Scene:
    """A scene without a card, in any of the sizes."""
    return _without(rng, sizes[int(rng.integers(len(sizes)))], source)


def _free(rng: Generator, size: tuple[int, int], source: Source) -> Scene:
    """One to four cards apart from each other; a single one may fill the picture or be tilted strongly."""
    count = int(rng.choice((1, 2, 3, 4), p=(0.72, 0.17, 0.07, 0.04)))
    largest = {1: 1.35, 2: 0.8, 3: 0.6, 4: 0.5}[count]
    steepest = 1.0 if rng.uniform() < 0.2 else 0.5
    share = SMALL if rng.uniform() < FAR else (0.3, largest)
    drawn = [panel.single(source.card(rng)) for _ in range(count)]
    poses = [camera.random_pose(rng, size, share, steepest) for _ in drawn]
    things = int(rng.choice((0, 1, 2, 3), p=(0.45, 0.25, 0.18, 0.12)))
    return compose(rng, size, list(zip(drawn, poses, strict=True)), things, source=source)


def _group(rng: Generator, size: tuple[int, int], source: Source) -> Scene:
    """Two to four cards that touch."""
    group = panel.touching(rng, [source.card(rng) for _ in range(int(rng.integers(2, 5)))])
    middle = (size[0] * float(rng.uniform(0.45, 0.55)), size[1] * float(rng.uniform(0.45, 0.55)))
    pose = camera.random_pose(rng, size, (0.6, 1.3), 0.5)
    rows, columns = group.pixels.shape[:2]
    pose = replace(pose, centre=middle, span=pose.span * min(1.0, columns / rows))  # its longer side counts
    return compose(rng, size, [(group, pose)], int(rng.integers(0, 3)), source=source)


def compose(
    rng: Generator,
    size: tuple[int, int],
    placed: list[tuple[Panel, Pose]],
    things: int,
    strength: float = 1.0,
    source: Source | None = None,
) -> Scene:
    """Panels of cards in their poses on a random surface with some clutter below them, seldom above.

    A panel that would leave the picture or meet another is moved by lot, nearer to the middle and
    a little smaller each time; after TRIES it is left out.
    """
    stock = source.stock if source else NOTHING
    picture = background.background(rng, *size, stock)
    for _ in range(things if source else 0):
        _scatter(picture, rng, source)
    labelled: list[LabelledCard] = []
    taken = np.zeros(picture.shape[:2], np.uint8)
    for group, pose in placed:
        found = _place(rng, group, pose, size, taken)
        if found is None:
            continue
        matrix, quads = found
        _lay(picture, group.pixels, matrix, rng)
        for (type_, _), quad in zip(group.cards, quads, strict=True):
            cv2.fillConvexPoly(taken, quad.astype(np.int32), 1)
            labelled.append(LabelledCard(type_, quad))
        if rng.uniform() < HELD * strength:
            hands.hold(picture, quads[0], rng)
        if source and rng.uniform() < 0.07 * strength:
            hands.cover(picture, quads[0], rng, source)
    finished = light.exposed(light.lit(picture, rng, strength), rng, strength)
    return Scene(finished, tuple(labelled))


def gripped(rng: Generator, size: tuple[int, int], source: Source) -> Scene:
    """One card held up before anything, large, often seen from the side, sometimes laminated."""
    card = source.card(rng)
    if rng.uniform() < LAMINATED:
        card = laminate.laminated(card, rng)
    held = panel.single(card)
    middle = (size[0] * float(rng.uniform(0.35, 0.65)), size[1] * float(rng.uniform(0.35, 0.65)))
    pose = replace(
        camera.random_pose(rng, size, (0.5, 1.3), float(rng.choice((0.4, 0.8, 1.1)))), centre=middle
    )
    picture = background.background(rng, *size, source.stock)
    found = _place(rng, held, pose, size, np.zeros(picture.shape[:2], np.uint8))
    if found is None:
        return _free(rng, size, source)
    matrix, (quad,) = found
    skin = hands.skin(rng)
    hands.behind(picture, quad, skin, rng)
    camera.paste(picture, held.pixels, matrix, max(size) / 448 * 0.4)
    hands.grip(picture, quad, skin, rng)
    finished = light.exposed(light.lit(picture, rng), rng)
    return Scene(finished, (LabelledCard(card.type, quad),))


def _copy(rng: Generator, size: tuple[int, int], source: Source) -> Scene:
    """One to three cards copied to a sheet of white paper, some of them without colours."""
    group = panel.apart(rng, [source.card(rng) for _ in range(int(rng.integers(1, 4)))])
    width, height = size
    paper = int(rng.integers(225, 256))
    picture = np.full((height, width, 3), paper, np.uint8)
    rows, columns = group.pixels.shape[:2]
    span = min(width, height * columns / rows) * float(rng.uniform(0.6, 0.96))
    pose = Pose((width / 2, height / 2), span, float(rng.normal(0, 0.03)))
    matrix, _ = camera.homography((columns, rows), pose, max(size))
    camera.paste(picture, group.pixels, matrix, 0.3)
    if rng.uniform() < 0.4:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    finished = light.exposed(light.lit(picture, rng, 0.5), rng, 0.6)
    return Scene(finished, tuple(_landed(group, matrix)))


def _scanned(rng: Generator, size: tuple[int, int], source: Source) -> Scene:
    return scan(rng, source.card(rng), max(size))


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


def _without(rng: Generator, size: tuple[int, int], source: Source) -> Scene:
    """No card: clutter alone, sometimes so large that it fills the picture, sometimes nothing at all."""
    picture = background.background(rng, *size, source.stock)
    larger = float(rng.choice((0.7, 1.0, 1.6, 2.6)))
    for _ in range(int(rng.integers(0, 5 if larger < 2 else 3))):
        _scatter(picture, rng, source, larger)
    return Scene(light.exposed(light.lit(picture, rng), rng), ())


def _scatter(picture: Pixels, rng: Generator, source: Source, larger: float = 1.0) -> None:
    thing = source.thing(rng)
    height, width = picture.shape[:2]
    share = thing.width_mm / 85.6 * 0.5 * larger
    pose = camera.random_pose(rng, (width, height), (0.7 * share, 1.4 * share))
    extent = (thing.pixels.shape[1], thing.pixels.shape[0])
    matrix, _ = camera.homography(extent, pose, max(width, height))
    _lay(picture, thing.pixels, matrix, rng)


def _landed(group: Panel, matrix: NDArray[np.float64]) -> list[LabelledCard]:
    return [
        LabelledCard(type_, cv2.perspectiveTransform(quad[None], matrix)[0]) for type_, quad in group.cards
    ]


def _lay(picture: Pixels, thing: Pixels, matrix: NDArray[np.float64], rng: Generator) -> None:
    """Shadow first, then the thing itself."""
    height, width = picture.shape[:2]
    cover = cv2.warpPerspective(np.ascontiguousarray(thing[..., 3]), matrix, (width, height)) / np.float32(
        255
    )
    light.shadow(picture, cover.astype(np.float32), rng)
    camera.paste(picture, thing, matrix, max(width, height) / 448 * 0.4)


def _place(
    rng: Generator, group: Panel, pose: Pose, size: tuple[int, int], taken: Pixels
) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]] | None:
    """A matrix and the quads' corners in the picture, inside it and on free ground."""
    extent = (group.pixels.shape[1], group.pixels.shape[0])
    first = group.cards[0][1]
    single = len(group.cards) == 1
    span = pose.span * (extent[0] / float(first[1, 0] - first[0, 0]) if single else 1.0)
    for attempt in range(TRIES):
        nearness = attempt / (TRIES - 1)
        by_lot = pose.centre if attempt == 0 else [side * rng.uniform(0.12, 0.88) for side in size]
        centre = tuple(v + (side / 2 - v) * nearness for v, side in zip(by_lot, size, strict=True))
        moved = Pose(centre, span * 0.95**attempt, pose.turn, pose.tilt, pose.lean)  # type: ignore[arg-type]
        matrix, _ = camera.homography(extent, moved, max(size))
        quads = [card.quad for card in _landed(group, matrix)]
        points = np.concatenate(quads)
        inside = (
            (points >= 1).all() and (points[:, 0] < size[0] - 1).all() and (points[:, 1] < size[1] - 1).all()
        )
        if inside and not any(_meets(taken, quad) for quad in quads):
            return matrix, quads
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


KINDS: dict[str, tuple[Draw, float]] = {
    "empty": (_without, 0.25),
    "scan": (_scanned, 0.1),
    "copy": (_copy, 0.05),
    "group": (_group, 0.16),
    "gripped": (gripped, 0.09),
    "free": (_free, 0.35),
}  # with the share of each

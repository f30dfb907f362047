"""Quads in the plane. x grows to the right and y downwards, so clockwise as seen is a positive area here.

A quad is an array (4, 2); several are (n, 4, 2). All functions are pure and accept any finite numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Quads = NDArray[np.float32]


def area(polygons: NDArray[np.floating]) -> Floats:
    """Signed areas (...) of polygons (..., v, 2), the shoelace formula; positive where clockwise as seen."""
    # Around the first vertex: far from the origin the products would cancel.
    x, y = np.moveaxis(polygons.astype(np.float64) - polygons[..., :1, :], -1, 0)
    following_x, following_y = np.roll(x, -1, axis=-1), np.roll(y, -1, axis=-1)
    return np.asarray((x * following_y - following_x * y).sum(axis=-1) / 2)


def boxes(quads: NDArray[np.floating]) -> Floats:
    """Upright boxes (..., 4) as x0, y0, x1, y1 around quads (..., 4, 2)."""
    return np.concatenate([quads.min(axis=-2), quads.max(axis=-2)], axis=-1).astype(np.float64)


def clockwise(quads: NDArray[np.floating]) -> Floats:
    """The corners (n, 4, 2) by their angle around their mean: clockwise as seen, no edges that cross.

    The first corner is the one that is nearest to the top left of the quad (smallest x + y).
    """
    points = quads.astype(np.float64)
    x, y = np.moveaxis(points - points.mean(axis=-2, keepdims=True), -1, 0)
    points = np.take_along_axis(
        points, np.argsort(np.arctan2(y, x), axis=-1, kind="stable")[..., None], axis=-2
    )
    first = np.argmin(points.sum(axis=-1), axis=-1)
    order = (first[..., None] + np.arange(4)) % 4
    return np.take_along_axis(points, order[..., None], axis=-2)


def hull(quads: NDArray[np.floating]) -> Floats:
    """Convex hulls (n, 4, 2), clockwise as seen; of a hull with three corners one corner stands twice."""
    corners = clockwise(quads)
    before = np.roll(corners, 1, axis=-2)
    after = np.roll(corners, -1, axis=-2)
    dented = _cross(corners - before, after - corners) < 0
    return np.where(dented[..., None], before, corners)


def iou(quad: NDArray[np.floating], others: NDArray[np.floating]) -> Floats:
    """Intersection over union (n,) of the hull of one quad (4, 2) and those of others (n, 4, 2).

    Quads without an area overlap nothing.
    """
    return overlaps(quad, others)[0]


def overlaps(quad: NDArray[np.floating], others: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Intersection over union (n,), and the share (n,) of the smaller hull that the other covers.

    Of the hulls of one quad (4, 2) and of others (n, 4, 2).
    """
    both = intersection(quad, others)
    own, theirs = area(hull(quad[None]))[0], area(hull(others))
    return _share(both, own + theirs - both), _share(both, np.minimum(own, theirs))


def intersection(quad: NDArray[np.floating], others: NDArray[np.floating]) -> Floats:
    """Areas (n,) that the hull of one quad (4, 2) shares with those of others (n, 4, 2).

    Sutherland and Hodgman's clipping (1974), for all of the others at once.
    """
    if not len(others):
        return np.zeros(0)
    window = hull(quad[None])[0]
    shared = hull(others)
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        shared = _clip(shared, start, end)
    return np.asarray(np.maximum(area(shared), 0))


def suppress(
    quads: Quads,
    scores: NDArray[np.float32],
    max_overlap: float,
    limit: int,
    max_covered: float = 1.0,
) -> NDArray[np.intp]:
    """Indices of the quads to keep, best score first: those that no better one overlaps by more than allowed.

    Args:
        quads: (n, 4, 2).
        scores: (n,); of equal scores the earlier counts as better.
        max_overlap: intersection over union from which on two quads are taken for the same card, exclusive.
        limit: most indices returned.
        max_covered: share of the smaller quad that lies in the other from which on it is taken for a part of
            the same card, exclusive.
    """
    order: NDArray[np.intp] = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size and len(kept) < limit:
        best, order = int(order[0]), order[1:]
        kept.append(best)
        near = _near(quads[best], quads[order])
        rivals = quads[order[near]]
        shared, covered = overlaps(quads[best], rivals)
        near[near] = (shared > max_overlap) | (covered > max_covered)
        order = order[~near]
    return np.array(kept, np.intp)


def clip(quads: NDArray[np.floating], width: float, height: float) -> Quads:
    """Quads (..., 4, 2) with each corner moved to the nearest point of the picture."""
    inside: Quads = np.clip(quads, 0, np.array([width, height])).astype(np.float32)
    return inside


def _share(part: Floats, whole: Floats) -> Floats:
    """0 to 1; 0 where the whole is nothing."""
    shares: Floats = np.clip(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0), 0, 1)
    return shares


def _near(quad: Quads, others: Quads) -> NDArray[np.bool_]:
    """Whether the boxes (n,) of others meet that of the quad: only then can they overlap."""
    box, boxes_of_others = boxes(quad), boxes(others)
    meet = (boxes_of_others[:, :2] < box[2:]) & (boxes_of_others[:, 2:] > box[:2])
    return np.asarray(meet.all(axis=1))


def _cross(a: Floats, b: Floats) -> Floats:
    """z of the cross products of vectors (..., 2)."""
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _clip(polygons: Floats, start: Floats, end: Floats) -> Floats:
    """The parts of convex polygons (n, v, 2) to the right of the line, as seen by one who walks it.

    Vertices that fall away repeat one that stays, so that all polygons keep one shape; a polygon of which
    nothing stays becomes a single point.
    """
    side = _cross(end - start, polygons - start)
    following, following_side = np.roll(polygons, -1, axis=1), np.roll(side, -1, axis=1)
    inside = side >= 0
    crosses = inside != (following_side >= 0)
    share = np.divide(side, side - following_side, out=np.zeros_like(side), where=crosses)
    crossing = polygons + share[..., None] * (following - polygons)
    repeated = (polygons == following).all(axis=2)
    vertices = np.stack([polygons, crossing], axis=2).reshape(len(polygons), -1, 2)
    stays = np.stack([inside & ~repeated, crosses], axis=2).reshape(len(polygons), -1)
    return _compact(vertices, stays)


def _compact(vertices: Floats, stays: NDArray[np.bool_]) -> Floats:
    """Moves the vertices that stay to the front and fills up with the last of them."""
    last = np.maximum(stays.sum(axis=1) - 1, 0)
    order = np.argsort(~stays, axis=1, kind="stable")[:, : last.max(initial=0) + 1]
    column = np.minimum(np.arange(order.shape[1]), last[:, None])
    return np.take_along_axis(vertices, np.take_along_axis(order, column, axis=1)[..., None], axis=1)

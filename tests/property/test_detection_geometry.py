"""Laws of quads: areas, hulls, overlaps (against OpenCV's), suppression, the way through the letterbox."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.detection import geometry
from app.detection.letterbox import Letterbox

quick = hypothesis_settings(max_examples=150, deadline=None)
coordinates = st.floats(-1000, 1000, width=32)
quads = arrays(np.float32, (4, 2), elements=coordinates)


def reference_iou(a: np.ndarray, b: np.ndarray) -> float:
    """By OpenCV, from the convex hulls."""
    hulls = [cv2.convexHull(quad.reshape(-1, 1, 2)) for quad in (a, b)]
    areas = [cv2.contourArea(hull) for hull in hulls]
    shared = cv2.intersectConvexConvex(*hulls)[0] if min(map(len, hulls)) > 2 else 0.0
    return shared / (sum(areas) - shared)


def random_quads(seed: int, count: int, spread: float = 100) -> np.ndarray:
    """Turned rectangles near one another, some corners moved."""
    random = np.random.default_rng(seed)
    angle = random.uniform(0, 2 * np.pi, (count, 1))
    x, y = random.uniform(10, 100, (2, count, 1)) * [[[-1, 1, 1, -1]], [[-1, -1, 1, 1]]]
    turned = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=-1)
    moved = turned + random.uniform(-8, 8, turned.shape) + random.uniform(0, spread, (count, 1, 2))
    return moved.astype(np.float32)


@quick
@given(quads)
def test_the_hull_is_that_of_opencv(quad: np.ndarray) -> None:
    corners = cv2.convexHull(quad.reshape(-1, 1, 2))
    expected = 0 if corners is None else cv2.contourArea(corners.reshape(-1, 1, 2))
    assert geometry.area(geometry.hull(quad[None]))[0] == pytest.approx(expected, rel=1e-3, abs=1)


@quick
@given(quads)
def test_clockwise_keeps_the_corners_and_turns_them_clockwise(quad: np.ndarray) -> None:
    ordered = geometry.clockwise(quad[None])[0]
    assert sorted(map(tuple, ordered.tolist())) == sorted(map(tuple, quad.tolist()))
    assert geometry.area(ordered) >= -1e-3
    assert ordered[0].sum() == pytest.approx(quad.astype(np.float64).sum(axis=1).min())


@quick
@given(st.integers(0, 2**32 - 1))
def test_iou_is_that_of_opencv(seed: int) -> None:
    first, *others = random_quads(seed, 8)
    expected = [reference_iou(first, other) for other in others]
    assert geometry.iou(first, np.stack(others)) == pytest.approx(expected, abs=2e-3)


@quick
@given(quads, quads)
def test_iou_is_symmetric_and_between_0_and_1(a: np.ndarray, b: np.ndarray) -> None:
    forth, back = geometry.iou(a, b[None])[0], geometry.iou(b, a[None])[0]
    assert 0 <= forth <= 1
    assert forth == pytest.approx(back, abs=1e-6)


@quick
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10), coordinates, coordinates)
def test_iou_depends_on_neither_place_nor_size(seed: int, size: float, dx: float, dy: float) -> None:
    a, b = random_quads(seed, 2).astype(np.float64)
    moved = geometry.iou(a * size + (dx, dy), b[None] * size + (dx, dy))[0]
    assert moved == pytest.approx(geometry.iou(a, b[None])[0], abs=1e-6)


@quick
@given(st.integers(0, 2**32 - 1))
def test_a_quad_with_itself_is_1_even_when_a_hair_apart(seed: int) -> None:
    (quad,) = random_quads(seed, 1)
    hair = np.random.default_rng(seed).uniform(-1e-4, 1e-4, (20, 4, 2))
    assert geometry.iou(quad, quad[None])[0] == pytest.approx(1)
    assert geometry.iou(quad, (quad + hair).astype(np.float32)) == pytest.approx(np.ones(20), abs=1e-3)


@quick
@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.floats(0, 1), st.integers(1, 6))
def test_suppression_is_the_greedy_one(seed: int, count: int, most: float, limit: int) -> None:
    found = random_quads(seed, count)
    scores = np.random.default_rng(seed).integers(0, 5, count).astype(np.float32) / 4  # with ties
    expected: list[int] = []
    for index in sorted(range(count), key=lambda index: (-scores[index], index)):
        overlaps = (geometry.iou(found[kept], found[index][None])[0] for kept in expected)
        if len(expected) < limit and all(overlap <= most for overlap in overlaps):
            expected.append(index)
    assert geometry.suppress(found, scores, most, limit).tolist() == expected


@quick
@given(arrays(np.float32, (5, 4, 2), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_quads_from_far_outside_raise_nothing_and_are_clipped(far: np.ndarray) -> None:
    kept = geometry.suppress(far, np.ones(5, np.float32), 0.5, 5)
    assert 1 <= len(kept) <= 5
    clipped = geometry.clip(far[kept], 640, 480)
    assert (clipped >= 0).all()
    assert (clipped <= (640, 480)).all()


sides = st.integers(1, 16_000)
inputs = st.integers(1, 40).map(lambda n: 32 * n)


@quick
@given(picture=st.tuples(sides, sides), into=st.tuples(inputs, inputs))
def test_the_letterbox_holds_the_picture_and_touches_two_edges(
    picture: tuple[int, int], into: tuple[int, int]
) -> None:
    box = Letterbox.fit(picture, into)
    assert box.left >= 0
    assert box.top >= 0
    assert box.left + box.width <= into[0]
    assert box.top + box.height <= into[1]
    assert box.width == into[0] or box.height == into[1]
    assert abs(into[0] - box.width - 2 * box.left) <= 1
    assert abs(into[1] - box.height - 2 * box.top) <= 1


@quick
@given(picture=st.tuples(sides, sides), into=st.tuples(inputs, inputs), share=quads.map(lambda q: q / 1000))
def test_points_come_back_through_the_letterbox(
    picture: tuple[int, int], into: tuple[int, int], share: np.ndarray
) -> None:
    box = Letterbox.fit(picture, into)
    points = share.astype(np.float64) * picture
    there = points * (box.scale_x, box.scale_y) + (box.left, box.top)
    assert box.to_picture(there) == pytest.approx(points, abs=1e-6)

"""Areas, orders, overlaps and suppression of quads, on cases that can be worked out by hand."""

import numpy as np
import pytest

from app.detection import geometry

UNIT = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)  # clockwise as seen, y downwards


def square(x: float, y: float, side: float) -> np.ndarray:
    return (UNIT * side + (x, y)).astype(np.float32)


def test_area_is_positive_where_clockwise_as_seen() -> None:
    assert geometry.area(UNIT * 3) == 9
    assert geometry.area(UNIT[::-1] * 3) == -9


def test_area_of_several_far_from_the_origin() -> None:
    far = np.stack([square(1e6, -1e6, 2), square(-1e6, 1e6, 0.5)])
    assert geometry.area(far).tolist() == [4, 0.25]


def test_box_goes_around_the_corners() -> None:
    quad = np.array([[5, 1], [9, 4], [6, 8], [2, 3]], np.float32)
    assert geometry.boxes(quad).tolist() == [2, 1, 9, 8]
    assert geometry.boxes(quad[None]).tolist() == [[2, 1, 9, 8]]


def test_clockwise_unties_a_bow_tie_and_begins_at_the_top_left() -> None:
    tied = np.array([[[0, 0], [1, 1], [1, 0], [0, 1]], [[1, 1], [0, 1], [0, 0], [1, 0]]], np.float32)
    assert geometry.clockwise(tied).tolist() == [UNIT.tolist(), UNIT.tolist()]


def test_hull_drops_a_corner_that_lies_inside() -> None:
    dented = np.array([[[0, 0], [4, 0], [1, 1], [0, 4]]], np.float32)
    assert geometry.area(geometry.hull(dented)) == pytest.approx([8])


def test_iou_of_squares() -> None:
    others = np.stack([square(0, 0, 2), square(1, 0, 2), square(1, 1, 2), square(2, 0, 2), square(9, 9, 1)])
    assert geometry.iou(square(0, 0, 2), others) == pytest.approx([1, 1 / 3, 1 / 7, 0, 0])


def test_iou_of_a_square_and_the_same_turned_by_45_degrees() -> None:
    turned = np.array([[1, 0], [2, 1], [1, 2], [0, 1]], np.float32)
    assert geometry.iou(square(0, 0, 2), turned[None]) == pytest.approx([0.5])


def test_iou_does_not_depend_on_the_direction_of_the_corners() -> None:
    assert geometry.iou(UNIT, UNIT[None, ::-1]) == pytest.approx([1])
    assert geometry.iou(UNIT, np.roll(UNIT, 2, axis=0)[None]) == pytest.approx([1])


def test_quads_without_an_area_overlap_nothing() -> None:
    point, line = np.zeros((4, 2), np.float32), np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.float32)
    assert geometry.iou(point, np.stack([point, UNIT, line])).tolist() == [0, 0, 0]
    assert geometry.iou(UNIT, np.stack([point, line])).tolist() == [0, 0]


def test_suppress_keeps_the_best_of_those_that_overlap() -> None:
    quads = np.stack([square(0, 0, 10), square(1, 0, 10), square(50, 0, 10), square(50.5, 0, 10)])
    scores = np.array([0.6, 0.9, 0.7, 0.7], np.float32)
    assert geometry.suppress(quads, scores, 0.5, 10).tolist() == [1, 2]


def test_suppress_keeps_what_overlaps_exactly_as_much_as_allowed() -> None:
    quads = np.stack([square(0, 0, 2), square(1, 0, 2)])  # a third
    scores = np.array([0.9, 0.8], np.float32)
    assert geometry.suppress(quads, scores, 0.34, 10).tolist() == [0, 1]
    assert geometry.suppress(quads, scores, 0.33, 10).tolist() == [0]


def test_suppress_ends_at_the_limit() -> None:
    quads = np.stack([square(20 * n, 0, 10) for n in range(5)])
    scores = np.linspace(0.1, 0.5, 5, dtype=np.float32)
    assert geometry.suppress(quads, scores, 0.5, 2).tolist() == [4, 3]


def test_suppress_of_nothing_is_nothing() -> None:
    none = geometry.suppress(np.empty((0, 4, 2), np.float32), np.empty(0, np.float32), 0.5, 10)
    assert none.shape == (0,)


def test_clip_moves_corners_to_the_edge() -> None:
    quad = np.array([[-5, 2], [30, -1], [12, 9], [3, 99]], np.float32)
    assert geometry.clip(quad, 20, 10).tolist() == [[0, 2], [20, 0], [12, 9], [3, 10]]


def test_a_quad_inside_a_better_one_is_a_part_of_it() -> None:
    outer = np.array([[0, 0], [100, 0], [100, 60], [0, 60]], np.float32)
    inner = np.array([[5, 5], [35, 5], [35, 45], [5, 45]], np.float32)
    beside = outer + np.float32(90)
    quads, scores = np.stack([inner, outer, beside]), np.array([0.6, 0.9, 0.7], np.float32)
    assert geometry.suppress(quads, scores, 0.5, 10, max_covered=0.8).tolist() == [1, 2]
    assert geometry.suppress(quads, scores, 0.5, 10).tolist() == [1, 2, 0]
    assert geometry.suppress(quads, scores, 0.5, 1, max_covered=0.8).tolist() == [1]
    assert geometry.overlaps(outer, quads)[1].tolist() == pytest.approx([1, 1, 0])

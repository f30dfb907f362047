"""Ultralytics' metadata: Python literals in strings, never run as code."""

from __future__ import annotations

import pytest

from app.detection.errors import ModelError
from app.detection.layouts.ultralytics import Metadata, parse

WRITTEN = {  # as ultralytics 8.3 writes it
    "description": "Ultralytics YOLO11n-pose model trained on cards.yaml",
    "author": "Ultralytics",
    "version": "8.3.40",
    "stride": "32",
    "task": "pose",
    "batch": "1",
    "imgsz": "[352, 640]",
    "names": "{0: 'id_card', 1: 'driving_licence', 2: 'passport'}",
    "kpt_shape": "[4, 3]",
    "args": "{'batch': 1, 'half': False}",
}


def test_reads_what_ultralytics_writes() -> None:
    expected = Metadata(("id_card", "driving_licence", "passport"), (4, 3), (352, 640), 32)
    assert parse(WRITTEN) == expected


def test_knows_what_is_usual_where_nothing_is_told() -> None:
    assert parse({}) == Metadata(None, None, (640, 640), 32)


@pytest.mark.parametrize("text", ["352", "[352, 352]", "(352, 352)"])
def test_reads_one_side_for_both(text: str) -> None:
    assert parse({"imgsz": text}).image_size == (352, 352)


@pytest.mark.parametrize("text", ["['a', 'b']", "('a', 'b')", "{1: 'b', 0: 'a'}"])
def test_reads_names_from_lists_and_by_index(text: str) -> None:
    assert parse({"names": text}).names == ("a", "b")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("names", "{0: 'a', 2: 'b'}"),
        ("names", "{'a': 0}"),
        ("names", "{0: 1}"),
        ("names", "[]"),
        ("names", "'id_card'"),
        ("names", "__import__('os').getcwd()"),
        ("names", "{0: 'a'"),
        ("names", "[" * 90_000),
        ("names", "'" + "x" * 200_000 + "'"),
        ("imgsz", "[352]"),
        ("imgsz", "[352, 352, 3]"),
        ("imgsz", "[0, 352]"),
        ("imgsz", "-1"),
        ("imgsz", "352.0"),
        ("stride", "'32'"),
        ("stride", "0"),
        ("kpt_shape", "4"),
        ("kpt_shape", "[4, -3]"),
    ],
)
def test_refuses_what_it_cannot_read_and_names_it(key: str, text: str) -> None:
    with pytest.raises(ModelError, match=f"metadata `{key}` cannot be read"):
        parse({key: text})

"""The output layouts of ONNX files that can be decoded, one module each.

Each module has `matches`, `plan`, `prepare` and `decode`, see `Layout`. A file is told by its metadata and
its shapes, never by the order of its outputs alone.

ultralytics_pose  [1, 4 + types + 4 * (2 or 3), n]: boxes, scores, four corners
ultralytics       the metadata that Ultralytics' exporter writes
candidates        what the modules take and return
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from app.detection.layouts import ultralytics_pose
from app.detection.layouts.candidates import Candidates, Plan, Shape
from app.detection.letterbox import Letterbox


class Layout(Protocol):
    """What the module of a layout offers."""

    def matches(self, metadata: Mapping[str, str], inputs: Sequence[Shape], outputs: Sequence[Shape]) -> bool:
        """Whether a file with this metadata and these shapes is of this layout."""

    def plan(self, metadata: Mapping[str, str], inputs: Sequence[Shape], outputs: Sequence[Shape]) -> Plan:
        """How to use such a file; raises ModelError."""

    def prepare(
        self, pixels: NDArray[np.uint8], box: Letterbox, size: tuple[int, int]
    ) -> NDArray[np.float32]:
        """BGR pixels (height, width, 3) -> the input tensor (1, 3, h, w)."""

    def decode(self, outputs: Sequence[NDArray[np.floating]], plan: Plan, min_score: float) -> Candidates:
        """The outputs of one photograph -> what they say, unsuppressed; raises ModelError."""


LAYOUTS: Final[dict[str, Layout]] = {"ultralytics_pose": ultralytics_pose}

"""What the layouts take and return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Shape = Sequence[
    int | str | None
]  # as ONNX Runtime tells it: a number, the name of a dynamic axis, or nothing


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file of a layout is used.

    Attributes:
        input_size: width and height of the input, in pixels.
        types: the names of the types that it tells apart, by index.
    """

    input_size: tuple[int, int]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Detections before suppression, in no order.

    Attributes:
        scores: (n,), 0 to 1.
        types: (n,), indices into `Plan.types`.
        shares: (n, types), how the model divides its belief between the types; they sum up to 1.
        quads: (n, 4, 2), corners TL, TR, BR, BL as the card reads, in pixels of the input; finite.
    """

    scores: NDArray[np.float32]
    types: NDArray[np.intp]
    shares: NDArray[np.float32]
    quads: NDArray[np.float32]

    def best(self, limit: int) -> Candidates:
        """The best `limit` of them; of equal scores the earlier ones."""
        if len(self.scores) <= limit:
            return self
        chosen = np.argsort(-self.scores, kind="stable")[:limit]
        return Candidates(self.scores[chosen], self.types[chosen], self.shares[chosen], self.quads[chosen])

"""The second stage: what a rectified card is, which way up it lies, and whether it is one at all.

The ONNX file takes crops [n, 3, height, width], RGB from 0 to 1, and answers with two outputs of
probabilities: types [n, t], and turns [n, 4], by how many quarters the crop would have to be rolled. Its
metadata: `task` card_classify, `names` (Python literal, {index: name}), `imgsz` ([height, width]). A type
called `none` is no card.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, cast

import numpy as np
from numpy.typing import NDArray

from app.detection import rectify
from app.detection.errors import ModelError
from app.detection.layouts import ultralytics
from app.detection.model import Network
from app.detection.opencv import cv2
from app.detection.settings import DetectionSettings

NONE: Final = "none"
TASK: Final = "card_classify"
BATCH: Final = 8  # crops that go through together
WANTED_PX: Final = 960  # long side of a picture on which a card of a third of its width is still sharp

_TURNS: Final = 4
_LEAST: Final = 1e-6  # probability of a type that is as good as excluded


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a card is.

    Attributes:
        type: the likeliest of the classifier's types, never `none`.
        certainty: 0 to 1, that it is a card at all.
        turns: 0 to 3, by how many corners the quad is to be rolled so that the first one is the top left
            one as the card reads.
        shares: how likely each type is if it is a card, by name; they sum up to 1.
    """

    type: str
    certainty: float
    turns: int
    shares: Mapping[str, float]

    def joint_type(self, shares: Mapping[str, float]) -> str:
        """The likeliest type if another judge's shares count as much as these: that of the largest product.

        Where the other judge tells other types apart, this verdict's own.
        """
        if shares.keys() != self.shares.keys():
            return self.type
        return max(self.shares, key=lambda name: self.shares[name] * shares[name])


def joint_score(score: float, certainty: float) -> float:
    """How certain two stages are together: the geometric mean of both."""
    return math.sqrt(score * certainty)


def least_score(joint: float) -> float:
    """The least score of the first stage that comes to this joint score if the second is certain."""
    return joint**2


class Classifier(Network):
    """The second stage's ONNX file.

    Attributes:
        names: of the types, by index.
        size: width and height of the crops.
    """

    role: ClassVar[str] = "classifier"
    remedy: ClassVar[str] = "set `classifier` to another ONNX file, or to `off`"

    def __init__(self, path: Path, settings: DetectionSettings, workers: int = 1) -> None:
        """Loads the file; arguments as for any network.

        Raises:
            ModelError: no such file, no ONNX, or no classifier of cards.
        """
        super().__init__(path, settings, workers)
        self.names, self.size = _plan(self)

    def judge(self, pixels: NDArray[np.uint8], quads: NDArray[np.floating]) -> list[Verdict]:
        """One verdict per quad.

        Args:
            pixels: the upright photograph, BGR (height, width, 3), as sharp as there is.
            quads: (n, 4, 2), in its pixels.

        Raises:
            ModelError: the inference failed, or answered in another form.
        """
        verdicts: list[Verdict] = []
        for start in range(0, len(quads), BATCH):
            part = quads[start : start + BATCH]
            crops = [rectify.crop(pixels, quad, self.size) for quad in part]
            tensor = cast(NDArray[np.float32], cv2.dnn.blobFromImages(crops, 1 / 255, swapRB=True))
            outputs = self.run(tensor)
            verdicts += decode(outputs, self.names, len(crops))
        return verdicts


def decode(outputs: Sequence[NDArray[np.floating]], names: Sequence[str], count: int) -> list[Verdict]:
    """What the outputs say of so many crops.

    Raises:
        ModelError: they have another shape, or are not finite.
    """
    expected = [(count, len(names)), (count, _TURNS)]
    shapes = [output.shape for output in outputs]
    if shapes != expected or not all(np.isfinite(output).all() for output in outputs):
        raise ModelError(f"The classifier answered with {shapes}, not with finite {expected}.")
    cards = np.array([name != NONE for name in names])
    shares = np.where(cards, np.maximum(outputs[0], _LEAST), 0.0)
    shares /= shares.sum(axis=1, keepdims=True)
    types = shares.argmax(axis=1)
    certainties = np.clip(np.where(cards, outputs[0], 0.0).sum(axis=1), 0, 1)
    turns = outputs[1].argmax(axis=1)
    return [
        Verdict(names[type_], float(certainty), int(turn), _named(share, names))
        for type_, certainty, turn, share in zip(types, certainties, turns, shares, strict=True)
    ]


def _named(shares: NDArray[np.floating], names: Sequence[str]) -> dict[str, float]:
    return {name: float(share) for name, share in zip(names, shares, strict=True) if name != NONE}


def _plan(network: Network) -> tuple[tuple[str, ...], tuple[int, int]]:
    """Names of the types, and width and height of the crops."""
    facts = ultralytics.parse(network.metadata)
    if network.metadata.get("task") != TASK or facts.names is None or len(network.outputs) != 2:
        raise ModelError(
            f"The file is no classifier of cards (task {network.metadata.get('task', 'not told')}):"
            f" {network.remedy}."
        )
    if not set(facts.names) - {NONE}:
        raise ModelError(f"The classifier knows no type of card: {network.remedy}.")
    height, width = facts.image_size
    return facts.names, (width, height)

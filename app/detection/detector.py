"""The stages in order, each timed: a photograph -> its cards."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.detection import classifier, geometry, images
from app.detection.classifier import Classifier
from app.detection.errors import ModelError
from app.detection.gate import Gate
from app.detection.images import ImageFacts, Pixels
from app.detection.letterbox import Letterbox
from app.detection.model import Model
from app.detection.opencv import cv2
from app.detection.settings import DetectionSettings

_SAMPLE_QUAD = np.array([(60, 55), (260, 55), (260, 181), (60, 181)], np.float32)

SAME_OVERLAP = 0.8  # IoU beyond which two candidates are the same: the second stage judges the better one
_CANDIDATES_PER_CARD = 2  # most that it judges, for each card that may be reported

Stage = Literal["decode", "preprocess", "queue", "infer", "postprocess"]


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A card on a photograph.

    Attributes:
        type: one of the model's types; where there is a classifier one of its types, on which the model has a
            say if both tell the same types apart.
        score: 0 to 1; where there is a classifier, the geometric mean of both certainties.
        quad: (4, 2), corners TL, TR, BR, BL as the card reads, in pixels of the upright original; a corner
            beyond the picture's edge is moved to it.
    """

    type: str
    score: float
    quad: NDArray[np.float32]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 around the quad."""
        x0, y0, x1, y1 = geometry.boxes(self.quad).tolist()
        return x0, y0, x1, y1


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """What was found on a photograph.

    Attributes:
        cards: best score first.
        facts: of the photograph.
        timings_ms: milliseconds of each stage.
        batch_size: how many photographs went through the model together.
    """

    cards: tuple[Card, ...]
    facts: ImageFacts
    timings_ms: dict[Stage, float]
    batch_size: int = 1


@dataclass(frozen=True, slots=True)
class _Placement:
    """How a point of the model's input lies on the upright original."""

    facts: ImageFacts
    scale: float
    box: Letterbox

    def to_decoded(self, quads: NDArray[np.float32]) -> NDArray[np.float64]:
        """Quads (n, 4, 2) in pixels of the input -> in pixels of the decoded picture."""
        return self.box.to_picture(quads)

    def to_original(self, quads: NDArray[np.float32]) -> NDArray[np.float32]:
        """Quads (n, 4, 2) in pixels of the input -> in pixels of the original, clipped to it."""
        points = self.to_decoded(quads) / self.scale - images.overhang(self.facts, self.scale)
        return geometry.clip(points, self.facts.width, self.facts.height)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A card in the model's input: its type, its score, its corners (4, 2) in reading order.

    And how the model divides its belief between the types, by name.
    """

    type: str
    score: float
    quad: NDArray[np.float32]
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """One photograph's way through the stages: as decoded, as the model answered, and what came of it."""

    pixels: Pixels
    outputs: list[NDArray[np.floating]]
    cards: tuple[Card, ...]
    timings_ms: dict[Stage, float]


class Detector:
    """Finds cards on photographs; may be shared by threads, must not be taken over a fork."""

    def __init__(
        self,
        settings: DetectionSettings,
        *,
        workers: int = 1,
        concurrency: int = 1,
        queue: int = 16,
        queue_timeout_s: float = 10.0,
    ) -> None:
        """Loads the model, and the classifier where there is one.

        Args:
            settings: the models, their provider, the limits.
            workers: how many processes share this machine.
            concurrency: how many inferences run at once.
            queue: how many callers may wait for the model.
            queue_timeout_s: how long one may wait.

        Raises:
            ModelError: the model cannot be used.
        """
        self.model = Model(settings.model, settings, workers)
        path = settings.classifier_path
        self.classifier = Classifier(path, settings, workers) if path else None
        self._settings = settings
        self._gate = Gate(concurrency, queue, queue_timeout_s)

    def inspect(self, body: bytes) -> ImageFacts:
        """The facts of a photograph from its header; raises ImageError where it is refused."""
        return images.inspect(body, self._settings)

    def detect(self, body: bytes, facts: ImageFacts, min_score: float | None = None) -> Detection:
        """The cards on a photograph that `inspect` let through.

        Args:
            body: the encoded photograph.
            facts: what `inspect` returned for it.
            min_score: 0 to 1, instead of the one in the settings.

        Raises:
            ImageError: the pixels cannot be decoded despite the header.
            ModelBusy: too many callers, or too long a wait.
            ModelError: the inference failed.
        """
        self._gate.check()
        least = self._settings.min_score if min_score is None else min_score
        done = self._pass(body, facts, least, self._gate.place())
        return Detection(done.cards, facts, done.timings_ms)

    def self_test(self) -> None:
        """A real inference on a small built-in photograph, past the queue, from its bytes to its cards.

        The first one also pays for what is made at the first run, so that no request does.

        Raises:
            DetectionError: anything went wrong; a model that answers with numbers that are not finite counts.
        """
        done = self._pass(*_sample(), self._settings.min_score, nullcontext(0.0))
        if not all(np.isfinite(output).all() for output in done.outputs):
            raise ModelError(
                "The model answers with numbers that are not finite: try another model or provider."
            )
        if self.classifier is not None:
            self.classifier.judge(done.pixels, _SAMPLE_QUAD[None])  # even where the detector finds nothing

    def _pass(
        self, body: bytes, facts: ImageFacts, least: float, place: AbstractContextManager[float]
    ) -> _Pass:
        """All stages, the model and the classifier inside `place`, which gives the seconds waited for it."""
        timings: dict[Stage, float] = {}
        with _timed(timings, "decode"):
            pixels, scale = images.decode(body, facts, self._needed_px(facts))
        with _timed(timings, "preprocess"):
            tensor, placement = self._prepare(pixels, facts, scale)
        first_least = classifier.least_score(least) if self.classifier else least
        with place as waited_s:
            with _timed(timings, "infer"):
                outputs = self.model.run(tensor)
            with _timed(timings, "postprocess"):
                found = self._found(outputs, first_least)
            with _timed(timings, "infer"):
                judged = self._judged(found, pixels, placement)
        timings["queue"] = 1000 * waited_s
        with _timed(timings, "postprocess"):
            cards = self._cards(judged, placement, least)
        return _Pass(pixels, outputs, cards, timings)

    def _needed_px(self, facts: ImageFacts) -> int:
        """The long side that the photograph has in the model's input, more where cards are cut out of it."""
        box = Letterbox.fit((facts.width, facts.height), self.model.input_size)
        return max(box.width, box.height, classifier.WANTED_PX if self.classifier else 0)

    def _prepare(
        self, pixels: Pixels, facts: ImageFacts, scale: float
    ) -> tuple[NDArray[np.float32], _Placement]:
        size = self.model.input_size
        box = Letterbox.fit((pixels.shape[1], pixels.shape[0]), size)
        return self.model.layout.prepare(pixels, box, size), _Placement(facts, scale, box)

    def _found(self, outputs: list[NDArray[np.floating]], min_score: float) -> list[_Found]:
        """Candidates, best first. Some overlap: which of them is the card is told by all stages together."""
        settings = self._settings
        found = self.model.layout.decode(outputs, self.model.plan, min_score).best(settings.max_candidates)
        overlap = max(SAME_OVERLAP, settings.max_overlap)
        kept = geometry.suppress(
            found.quads, found.scores, overlap, _CANDIDATES_PER_CARD * settings.max_cards
        )
        return [
            _Found(
                self.model.types[found.types[index]],
                float(found.scores[index]),
                found.quads[index],
                dict(zip(self.model.types, found.shares[index].tolist(), strict=True)),
            )
            for index in kept
        ]

    def _judged(self, found: list[_Found], pixels: Pixels, placement: _Placement) -> list[_Found]:
        """The same with what the classifier says of each."""
        if self.classifier is None or not found:
            return found
        quads = np.stack([item.quad for item in found])
        verdicts = self.classifier.judge(pixels, placement.to_decoded(quads))
        return [
            replace(
                item,
                type=verdict.joint_type(item.shares),
                score=classifier.joint_score(item.score, verdict.certainty),
                quad=np.roll(item.quad, -verdict.turns, axis=0),
            )
            for item, verdict in zip(found, verdicts, strict=True)
        ]

    def _cards(self, found: list[_Found], placement: _Placement, min_score: float) -> tuple[Card, ...]:
        """What is certain enough and lies on the photograph, best score first.

        Of those that overlap the better one is kept, whatever their types: at one place is one card.
        """
        certain = [item for item in found if item.score >= min_score]
        if not certain:
            return ()
        settings = self._settings
        quads, scores = np.stack([item.quad for item in certain]), np.array([item.score for item in certain])
        kept = geometry.suppress(
            quads, scores, settings.max_overlap, settings.max_cards, settings.max_covered
        )
        best = [certain[index] for index in kept]
        cards = [Card(item.type, item.score, placement.to_original(item.quad)) for item in best]
        return tuple(card for card in cards if geometry.area(geometry.hull(card.quad[None]))[0] > 0)


@contextmanager
def _timed(timings: dict[Stage, float], stage: Stage) -> Iterator[None]:
    """Adds the milliseconds that the block takes to the stage's."""
    started = time.perf_counter()
    yield
    timings[stage] = timings.get(stage, 0.0) + 1000 * (time.perf_counter() - started)


def _sample() -> tuple[bytes, ImageFacts]:
    """A small photograph of a light card on a dark table, and its facts."""
    pixels = np.full((240, 320, 3), 60, np.uint8)
    cv2.fillConvexPoly(pixels, _SAMPLE_QUAD.astype(np.int32), (225, 215, 200))
    cv2.rectangle(pixels, (205, 80), (245, 135), (120, 100, 90), cv2.FILLED)
    _, body = cv2.imencode(".jpg", pixels)
    return body.tobytes(), ImageFacts(320, 240, "jpeg", 1)

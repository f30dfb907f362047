"""Numbers that the steps of the training share: shapes, sizes and limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TYPES = ("id_card", "driving_licence", "passport")
KINDS = (*TYPES, "none")  # what the classifier tells apart

INPUT_PX = 352
CROP_PX = (320, 224)  # width and height of the classifier's input
COARSE_STRIDE = 16  # of the cells that find cards
FINE_STRIDE = 4  # of the map of corners
CORNER_UNIT_PX = 64.0  # corner offsets are learned in this unit

RUNS = Path(__file__).parent / "runs"
CHECKPOINT = "checkpoint.pt"  # in the folder of a run
MODEL = Path(__file__).parents[1] / "app" / "detection" / "models" / "card-detector.onnx"
CLASSIFIER = MODEL.with_name("card-classifier.onnx")
PHOTOS = Path(__file__).parents[1] / "tests" / "data" / "photos"


@dataclass(frozen=True, slots=True)
class DecoderSettings:
    """How cells become cards; all of it is in the ONNX graph."""

    candidates: int = 48  # best cells that are decoded
    same_card_distance: float = 0.25  # of centres, in sides of the card
    same_card_ratio: float = 1.5  # of sides
    same_corner_distance: float = 0.2  # of corners that are averaged, in sides of the card
    window: int = 6  # cells of the corner map searched to each side of a corner
    reach: float = 3.5  # how far a corner is drawn, in cells of the corner map
    min_peak: float = 0.15  # a weaker peak leaves the corner where it is


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How the network is trained."""

    seed: int = 1
    batch: int = 8
    learning_rate: float = 1.5e-3
    trunk_rate: float = 0.25  # of the learning rate, for the pretrained trunk
    weight_decay: float = 0.02
    warmup_steps: int = 60
    ema_half_life: int = 60  # steps
    threads: int = 2
    checkpoint_s: float = 60.0
    prefetch: int = 4  # batches
    max_gradient: float = 5.0

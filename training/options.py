"""Folders and options that the commands share."""

from __future__ import annotations

from pathlib import Path

import click

from training.settings import CLASSIFIER, MODEL, RUNS

STOCK = RUNS / "stock"
DECK = RUNS / "deck"
SCENES = RUNS / "scenes"
HOLDOUT = RUNS / "holdout"
EMPTY = RUNS / "empty"
CARD_FREE = RUNS / "card-free"
CALIBRATION = RUNS / "calibration"  # scenes of other seeds and other cards than the hold-out's
CALIBRATION_EMPTY = RUNS / "calibration-empty"
CALIBRATION_DECK = RUNS / "calibration-deck"
RUN = RUNS / "detector"
CLASSIFIER_RUN = RUNS / "classifier"

FOLDER = click.Path(path_type=Path)
SEED_OPTION = click.option("--seed", type=int, default=1, show_default=True)
THREADS_OPTION = click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
PHOTOGRAPHS_OPTION = click.option(
    "--photographs", type=FOLDER, default=STOCK, show_default=True, help="What `stock` gathered."
)
HOLDOUT_OPTION = click.option(
    "--holdout", is_flag=True, help="With the photographs that training does not use."
)
START_OPTION = click.option(
    "--from",
    "start",
    type=FOLDER,
    help="Begin with the weights of this ONNX file, such as the bundled one, not with the trunk's.",
)
RATE_OPTION = click.option("--rate", type=float, help="Learning rate instead of the usual one.")
MODEL_OPTION = click.option("--model", type=FOLDER, default=MODEL, show_default=True)
CLASSIFIER_OPTION = click.option("--classifier", type=FOLDER, default=CLASSIFIER, show_default=True)
ALONE_OPTION = click.option("--alone", is_flag=True, help="The detector without the classifier.")

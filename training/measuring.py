"""The commands that write the files of trained networks, and those that measure them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click
from rich.console import Console

from training import files, labels
from training.metrics import Result
from training.options import (
    ALONE_OPTION,
    CALIBRATION,
    CALIBRATION_DECK,
    CALIBRATION_EMPTY,
    CARD_FREE,
    CLASSIFIER_OPTION,
    CLASSIFIER_RUN,
    EMPTY,
    FOLDER,
    HOLDOUT,
    MODEL_OPTION,
    RUN,
    SCENES,
)  # fmt: skip
from training.progress import shown
from training.settings import PHOTOS, RUNS

if TYPE_CHECKING:
    from app.detection.detector import Detector
    from training.views import View

RUNS_TIMED = 40

SCENES_OPTION = click.option(
    "--scenes",
    type=FOLDER,
    multiple=True,
    default=(CALIBRATION, CALIBRATION_EMPTY),
    show_default=True,
    help="To calibrate on.",
)


@click.command()
@click.option("--folder", type=FOLDER, default=RUN, show_default=True)
@MODEL_OPTION
@CLASSIFIER_OPTION
@ALONE_OPTION
@SCENES_OPTION
@click.option("--power", type=float, help="Of the scores, instead of the calibrated one.")
def export(
    folder: Path, model: Path, classifier: Path, alone: bool, scenes: tuple[Path, ...], power: float | None
) -> None:
    """Write the detector's ONNX file; its scores are calibrated on scenes, behind the classifier."""
    from training import export as writer

    with files.replaced(model) as fresh:
        size = writer.export(writer.restore(folder), fresh, power or 1.0)
        if power is None:
            power = set_power(fresh, None if alone else classifier, scenes)
    click.echo(f"{model}: {size / 1e6:.1f} MB, scores to the power of {power:.2f}")


@click.command()
@MODEL_OPTION
@CLASSIFIER_OPTION
@ALONE_OPTION
@SCENES_OPTION
def calibrate(model: Path, classifier: Path, alone: bool, scenes: tuple[Path, ...]) -> None:
    """Calibrate the scores of a detector's ONNX file on scenes, such as after `average`."""
    power = set_power(model, None if alone else classifier, scenes)
    click.echo(f"{model}: scores to the power of {power:.2f}")


def set_power(model: Path, classifier: Path | None, folders: tuple[Path, ...]) -> float:
    """Raises a file's scores to the power that suits them, behind the classifier if any; returns it."""
    from app.detection.classifier import Classifier
    from app.detection.settings import DetectionSettings
    from training import calibrate as calibration
    from training import evaluate as step
    from training import exported

    first = step.open_first_stage(model) if classifier else step.open_detector(model)
    second = Classifier(classifier, DetectionSettings(provider="cpu")) if classifier else None
    results: list[Result] = []
    for folder in folders:
        found = measure(first, folder)
        if second:
            found = list(shown("certainties", step.with_certainties(found, folder, second), len(found)))
        results += found
    return exported.sharpen(model, calibration.sharpness(results))


@click.command("export-classifier")
@click.option("--folder", type=FOLDER, default=CLASSIFIER_RUN, show_default=True)
@CLASSIFIER_OPTION
@click.option("--scenes", type=FOLDER, default=CALIBRATION, show_default=True)
@click.option("--cards", type=FOLDER, default=CALIBRATION_DECK, show_default=True)
@click.option(
    "--count", type=click.IntRange(10), default=600, show_default=True, help="Crops to calibrate on."
)
@click.option("--seed", type=int, default=7, show_default=True)
def export_classifier(
    folder: Path, classifier: Path, scenes: Path, cards: Path, count: int, seed: int
) -> None:
    """Write the classifier's ONNX file; its rejections are calibrated on crops of scenes and cards."""
    from training import calibrate as calibration
    from training import export as writer
    from training.classifying import judged
    from training.crops import Crops

    network = writer.restore_classifier(folder)
    crops = Crops.load([scenes], [cards]).some(count, seed)
    bias = calibration.none_bias(judged(network, shown("crops", crops, count)).none_of_cards)
    size = writer.export_classifier(network, classifier, bias)
    click.echo(f"{classifier}: {size / 1e6:.1f} MB, {bias:+.2f} for none")


@click.command()
@click.argument("one", type=FOLDER)
@click.argument("other", type=FOLDER)
@click.option("--to", "path", type=FOLDER, required=True, help="The file to write; may be one of both.")
@click.option("--share", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Of OTHER.")
def average(one: Path, other: Path, path: Path, share: float) -> None:
    """Write the mean of two ONNX files of one network, such as before and after a training."""
    from training import average as step
    from training import exported

    size = exported.write(path, step.average(one, other, share))
    click.echo(f"{path}: {size / 1e6:.1f} MB")


@click.command()
@MODEL_OPTION
@click.option("--path", type=FOLDER, default=RUNS / "card-detector-int8.onnx", show_default=True)
@click.option(
    "--pictures", type=FOLDER, default=SCENES, show_default=True, help="What ranges are measured on."
)
@click.option("--count", type=click.IntRange(1), default=96, show_default=True, help="So many of them.")
@CLASSIFIER_OPTION
@ALONE_OPTION
@SCENES_OPTION
def quantise(
    model: Path,
    path: Path,
    pictures: Path,
    count: int,
    classifier: Path,
    alone: bool,
    scenes: tuple[Path, ...],
) -> None:
    """Write an INT8 variant of the detector, calibrated as `export` does; `goals --smaller` compares it."""
    from training import evaluate
    from training import quantise as step

    paths = [pictures / picture.file for picture in labels.read(pictures)[:count]]
    seen = shown("pictures", paths, len(paths))
    with files.replaced(path) as fresh:
        size = step.quantise(evaluate.open_detector(model), model, fresh, seen)
        power = set_power(fresh, None if alone else classifier, scenes)
    click.echo(f"{path}: {size / 1e6:.1f} MB, scores to the power of {power:.2f}")


@click.command()
@click.argument("folders", type=click.Path(path_type=Path, exists=True), nargs=-1)
@MODEL_OPTION
@CLASSIFIER_OPTION
@ALONE_OPTION
@click.option("--min-score", type=float, default=0.5, show_default=True)
@click.option("--json", "path", type=FOLDER, help="Write the figures to this file too.")
def evaluate(
    folders: tuple[Path, ...],
    model: Path,
    classifier: Path,
    alone: bool,
    min_score: float,
    path: Path | None,
) -> None:
    """Measure on folders with a labels.json, or without any card (default: those of this machine)."""
    from training import evaluate as step
    from training.metrics import figures

    detector = step.open_detector(model, None if alone else classifier)
    named = folders or tuple(folder for folder in (HOLDOUT, EMPTY, CARD_FREE, PHOTOS) if folder.exists())
    rows = {folder.name: figures(measure(detector, folder), min_score) for folder in named}
    Console(width=140).print(step.table(rows))
    if path:
        step.write(path, model, min_score, rows)


@click.command()
@click.option("--specimens", type=FOLDER, help="Photographs of real specimens, with labels.")
@click.option("--holdout", type=FOLDER, default=HOLDOUT, show_default=True)
@click.option("--empty", type=FOLDER, multiple=True, default=(CARD_FREE, EMPTY), show_default=True)
@click.option("--photo", type=FOLDER, default=PHOTOS / "driving-licence.jpg", show_default=True)
@MODEL_OPTION
@CLASSIFIER_OPTION
@ALONE_OPTION
@click.option("--min-score", type=float, default=0.5, show_default=True)
@click.option("--smaller", type=FOLDER, help="A variant such as `quantise` writes, to compare too.")
@click.option("--overlays", type=FOLDER, help="Draw what was found on the specimens into this folder.")
@click.option("--json", "path", type=FOLDER, help="Write the table to this file too.")
def goals(
    specimens: Path | None,
    holdout: Path,
    empty: tuple[Path, ...],
    photo: Path,
    model: Path,
    classifier: Path,
    alone: bool,
    min_score: float,
    smaller: Path | None,
    overlays: Path | None,
    path: Path | None,
) -> None:
    """Print every figure that the models are to reach next to what they reach."""
    from training import evaluate as step
    from training import goals as wanted
    from training.metrics import figures
    from training.views import VIEWS

    for folder in filter(None, (specimens, *empty, holdout)):
        labels.read_or_none(folder)  # whatever is missing is told at once
    second = None if alone else classifier
    detector = step.open_detector(model, second)
    found: list[wanted.Goal] = []
    views: dict[str, list[Result]] = {}
    if specimens:
        views = {
            name: measure(detector, specimens, view, name, overlays / name if overlays else None, min_score)
            for name, view in VIEWS.items()
        }
        found += wanted.of_specimens(views, min_score)
    found += wanted.of_empty([result for folder in empty for result in measure(detector, folder)], min_score)
    plain = figures(measure(detector, holdout), min_score)
    found += wanted.of_holdout(plain)
    timed = step.durations_ms(step.open_detector(model, second, threads=2), photo, RUNS_TIMED, min_score)
    found += wanted.of_duration(list(shown("runs", timed, RUNS_TIMED)))
    if smaller:
        variant = step.open_detector(smaller, second)
        lost = 0.0
        if specimens:
            kept = figures(measure(variant, specimens), min_score)
            lost = figures(views[wanted.PLAIN], min_score).recall_70 - kept.recall_70
        on_empty = figures([r for folder in empty for r in measure(variant, folder)], min_score)
        on_holdout = figures(measure(variant, holdout), min_score)
        both = step.open_detector(smaller, threads=1), step.open_detector(model, threads=1)
        ratios = step.inferences_compared(*both, photo, RUNS_TIMED)
        ratio = median(shown("runs in turns", ratios, RUNS_TIMED))
        found += wanted.of_smaller(plain, on_holdout, lost, on_empty.false_cards, ratio)
    Console(width=120).print(wanted.table(found))
    if path:
        measured = [model, second] if second else [model]
        hashes = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in measured}
        path.write_text(wanted.as_json(found, hashes), "utf-8")


def measure(
    detector: Detector,
    folder: Path,
    view: View | None = None,
    words: str = "",
    overlays: Path | None = None,
    least: float = 0.0,
) -> list[Result]:
    """The detector's results on a folder, with a progress bar, and drawn into another one if asked."""
    from training import evaluate as step
    from training import overlays as drawn
    from training.views import as_it_is

    seen = view or as_it_is
    pictures = labels.read_or_none(folder)
    results = list(shown(words or folder.name, step.results(detector, folder, pictures, seen), len(pictures)))
    if overlays:
        for picture, result in zip(pictures, results, strict=True):
            drawn.write(overlays, folder, picture, seen, result, least)
    return results


COMMANDS = (export_classifier, export, average, calibrate, quantise, evaluate, goals)

"""The commands of `python -m training`, in the order in which they are run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training import labels
from training.errors import TrainingError
from training.metrics import Result
from training.settings import CLASSIFIER, MODEL, PHOTOS, RUNS

if TYPE_CHECKING:
    from app.detection.detector import Detector
    from training.views import View

STOCK = RUNS / "stock"
DECK = RUNS / "deck"
SCENES = RUNS / "scenes"
HOLDOUT = RUNS / "holdout"
HOLDOUT_DECK = RUNS / "holdout-deck"
EMPTY = RUNS / "empty"
RUN = RUNS / "detector"
CLASSIFIER_RUN = RUNS / "classifier"


class Steps(click.Group):
    """A group whose commands end with one sentence where something is wrong."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except TrainingError as error:
            raise click.ClickException(f"{error} [{error.code}]") from error


@click.group(cls=Steps)
def training() -> None:
    """Make the bundled card detector: render scenes, train, export, evaluate."""
    cv2.setNumThreads(1)


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
CLASSIFIER_RATE = 1e-3


@training.command()
@click.argument("sources", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
@click.option("--portrait", type=FOLDER, multiple=True, help="A photograph of a head and shoulders.")
@click.option("--folder", type=FOLDER, default=STOCK, show_default=True)
def stock(sources: tuple[Path, ...], portrait: tuple[Path, ...], folder: Path) -> None:
    """Gather photographs below some folders as backgrounds and things; optional."""
    from training import stock as step

    watch("pictures", step.gather(sources, portrait, folder), 0)


@training.command()
@click.option("--folder", type=FOLDER, default=DECK, show_default=True)
@click.option(
    "--count", type=click.IntRange(4), default=4800, show_default=True, help="Cards and things in all."
)
@SEED_OPTION
@PHOTOGRAPHS_OPTION
@HOLDOUT_OPTION
def deck(folder: Path, count: int, seed: int, photographs: Path, holdout: bool) -> None:
    """Draw cards and other things in advance; goes on where it stopped."""
    from training import deck as step
    from training.stock import Stock

    watch("cards", step.render(folder, count, seed, Stock.load(photographs, holdout)), count)


@training.command()
@click.option("--folder", type=FOLDER, default=SCENES, show_default=True)
@click.option("--cards", type=FOLDER, default=DECK, show_default=True, help="What `deck` drew.")
@click.option("--count", type=click.IntRange(1), default=9000, show_default=True, help="Scenes in all.")
@SEED_OPTION
@PHOTOGRAPHS_OPTION
@HOLDOUT_OPTION
@click.option("--empty", is_flag=True, help="Only scenes without a card.")
def generate(
    folder: Path, cards: Path, count: int, seed: int, photographs: Path, holdout: bool, empty: bool
) -> None:
    """Render synthetic scenes with labels; goes on where it stopped."""
    from training import generate as step
    from training.deck import Deck
    from training.stock import Stock

    source = Deck.load(cards, stock=Stock.load(photographs, holdout))
    watch("scenes", step.generate(folder, count, seed, source, empty), count)


@training.command()
@click.option("--scenes", type=FOLDER, multiple=True, default=(SCENES,), show_default=True)
@click.option(
    "--folder", type=click.Path(path_type=Path), default=RUN, show_default=True, help="Checkpoints."
)
@click.option("--steps", type=click.IntRange(1), default=6000, show_default=True)
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Ends earlier after so many.")
@THREADS_OPTION
@SEED_OPTION
@START_OPTION
@RATE_OPTION
def train(
    scenes: tuple[Path, ...],
    folder: Path,
    steps: int,
    minutes: float,
    threads: int,
    seed: int,
    start: Path | None,
    rate: float | None,
) -> None:
    """Train the detector; goes on from the last checkpoint."""
    from training.dataset import Scenes
    from training.detecting import Detecting
    from training.settings import TrainSettings
    from training.train import Trainer

    settings = TrainSettings(seed=seed, threads=threads)
    settings = replace(settings, learning_rate=rate or settings.learning_rate)
    trainer = Trainer(Detecting(Scenes.load(*scenes), settings, start), folder, settings)
    watch("steps", trainer.run(steps, minutes), steps)


@training.command()
@click.option("--scenes", type=FOLDER, default=SCENES, show_default=True)
@click.option("--model", type=FOLDER, default=MODEL, show_default=True)
@click.option("--count", type=click.IntRange(1), default=2500, show_default=True, help="Scenes looked at.")
def mine(scenes: Path, model: Path, count: int) -> None:
    """Find places that the detector takes for cards and that are none, for the classifier."""
    from training import evaluate
    from training import mine as step

    total = min(count, len(labels.read(scenes)))
    watch("scenes", step.mine(evaluate.open_detector(model), scenes, count), total)


@training.command()
@click.option("--scenes", type=FOLDER, multiple=True, default=(SCENES,), show_default=True)
@click.option("--cards", type=FOLDER, multiple=True, default=(DECK,), show_default=True)
@PHOTOGRAPHS_OPTION
@click.option("--folder", type=FOLDER, default=CLASSIFIER_RUN, show_default=True, help="Checkpoints.")
@click.option("--steps", type=click.IntRange(1), default=3000, show_default=True)
@click.option("--minutes", type=float, default=25.0, show_default=True, help="Ends earlier after so many.")
@THREADS_OPTION
@SEED_OPTION
@START_OPTION
@RATE_OPTION
def classify(
    scenes: tuple[Path, ...],
    cards: tuple[Path, ...],
    photographs: Path,
    folder: Path,
    steps: int,
    minutes: float,
    threads: int,
    seed: int,
    start: Path | None,
    rate: float | None,
) -> None:
    """Train the classifier of rectified cards; goes on from the last checkpoint."""
    from training.classifying import Classifying
    from training.crops import Crops
    from training.settings import TrainSettings
    from training.stock import Stock
    from training.train import Trainer

    settings = TrainSettings(seed=seed, threads=threads, batch=16, learning_rate=rate or CLASSIFIER_RATE)
    crops = Crops.load(scenes, cards, Stock.load(photographs))
    trainer = Trainer(Classifying(crops, settings, start), folder, settings)
    watch("steps", trainer.run(steps, minutes), steps)


@training.command()
@click.option("--folder", type=click.Path(path_type=Path), default=PHOTOS, show_default=True)
def photos(folder: Path) -> None:
    """Render the sample photographs of the tests and the demo."""
    from training import photos as step

    watch("photographs", step.photos(folder), len(step.SHOTS))


MODEL_OPTION = click.option("--model", type=FOLDER, default=MODEL, show_default=True)
CLASSIFIER_OPTION = click.option(
    "--classifier", type=FOLDER, default=CLASSIFIER, show_default=True, help="Not there: none is used."
)


@training.command()
@click.option("--folder", type=FOLDER, default=RUN, show_default=True)
@MODEL_OPTION
@CLASSIFIER_OPTION
@click.option(
    "--holdout", type=FOLDER, multiple=True, default=(HOLDOUT,), show_default=True, help="To calibrate on."
)
@click.option("--power", type=float, help="Of the scores, instead of the calibrated one.")
def export(
    folder: Path, model: Path, classifier: Path, holdout: tuple[Path, ...], power: float | None
) -> None:
    """Write the detector's ONNX file; its scores are calibrated on scenes, behind the classifier."""
    from app.detection.classifier import Classifier
    from app.detection.settings import DetectionSettings
    from training import calibrate
    from training import evaluate as step
    from training import export as writer

    detector = writer.restore(folder)
    writer.export(detector, model)
    if power is None:
        first = step.open_detector(model)
        second = Classifier(classifier, DetectionSettings(provider="cpu")) if classifier.exists() else None
        results: list[Result] = []
        for scenes in holdout:
            found = measure(first, scenes)
            results += step.judged(found, scenes, second) if second else found
        power = calibrate.sharpness(results)
    size = writer.export(detector, model, power)
    click.echo(f"{model}: {size / 1e6:.1f} MB, scores to the power of {power:.2f}")


@training.command("export-classifier")
@click.option("--folder", type=FOLDER, default=CLASSIFIER_RUN, show_default=True)
@CLASSIFIER_OPTION
@click.option("--holdout", type=FOLDER, default=HOLDOUT, show_default=True)
@click.option("--cards", type=FOLDER, default=HOLDOUT_DECK, show_default=True)
@click.option(
    "--count", type=click.IntRange(10), default=600, show_default=True, help="Crops to calibrate on."
)
def export_classifier(folder: Path, classifier: Path, holdout: Path, cards: Path, count: int) -> None:
    """Write the classifier's ONNX file; its rejections are calibrated on crops of the hold-out."""
    from training import calibrate
    from training import export as writer
    from training.classifying import judged
    from training.crops import Crops

    network = writer.restore_classifier(folder)
    crops = Crops.load([holdout], [cards])
    bias = calibrate.none_bias(judged(network, crops, count).none_of_cards)
    size = writer.export_classifier(network, classifier, bias)
    click.echo(f"{classifier}: {size / 1e6:.1f} MB, {bias:+.2f} for none")


@training.command()
@MODEL_OPTION
@click.option("--path", type=FOLDER, default=RUNS / "card-detector-int8.onnx", show_default=True)
@click.option(
    "--pictures", type=FOLDER, default=SCENES, show_default=True, help="What ranges are measured on."
)
@click.option("--count", type=click.IntRange(1), default=96, show_default=True, help="So many of them.")
def quantise(model: Path, path: Path, pictures: Path, count: int) -> None:
    """Write an INT8 variant of the detector; worth shipping only if `evaluate` says so."""
    from training import evaluate
    from training import quantise as step

    size = step.quantise(evaluate.open_detector(model), model, path, pictures, count)
    click.echo(f"{path}: {size / 1e6:.1f} MB")


@training.command()
@click.argument("folders", type=click.Path(path_type=Path, exists=True), nargs=-1)
@MODEL_OPTION
@CLASSIFIER_OPTION
@click.option("--min-score", type=float, default=0.5, show_default=True)
@click.option("--json", "path", type=FOLDER, help="Write the figures to this file too.")
def evaluate(
    folders: tuple[Path, ...], model: Path, classifier: Path, min_score: float, path: Path | None
) -> None:
    """Measure the models on folders with a labels.json (default: hold-out, card-free, sample photographs)."""
    from training import evaluate as step
    from training.metrics import figures

    detector = step.open_detector(model, classifier if classifier.exists() else None)
    named = folders or tuple(folder for folder in (HOLDOUT, EMPTY, PHOTOS) if folder.exists())
    rows = {folder.name: figures(measure(detector, folder), min_score) for folder in named}
    Console(width=140).print(step.table(rows))
    if path:
        step.write(path, model, min_score, rows)


@training.command()
@click.option("--specimens", type=FOLDER, help="Photographs of real specimens, with labels.")
@click.option("--holdout", type=FOLDER, default=HOLDOUT, show_default=True)
@click.option("--empty", type=FOLDER, multiple=True, default=(EMPTY,), show_default=True)
@click.option("--photo", type=FOLDER, default=PHOTOS / "driving-licence.jpg", show_default=True)
@MODEL_OPTION
@CLASSIFIER_OPTION
@click.option("--min-score", type=float, default=0.5, show_default=True)
@click.option("--json", "path", type=FOLDER, help="Write the table to this file too.")
def goals(
    specimens: Path | None,
    holdout: Path,
    empty: tuple[Path, ...],
    photo: Path,
    model: Path,
    classifier: Path,
    min_score: float,
    path: Path | None,
) -> None:
    """Print every figure that the models are to reach next to what they reach."""
    from training import evaluate as step
    from training import goals as targets
    from training.metrics import figures
    from training.views import VIEWS

    second = classifier if classifier.exists() else None
    detector = step.open_detector(model, second)
    found: list[targets.Goal] = []
    if specimens:
        views = {name: measure(detector, specimens, view, name) for name, view in VIEWS.items()}
        found += targets.of_specimens(views, min_score)
    found += targets.of_empty([result for folder in empty for result in measure(detector, folder)], min_score)
    found += targets.of_holdout(figures(measure(detector, holdout), min_score))
    found += targets.of_duration(
        step.durations_ms(step.open_detector(model, second, threads=2), photo, runs=40)
    )
    Console(width=120).print(targets.table(found))
    if path:
        path.write_text(targets.as_json(found), "utf-8")


def measure(detector: Detector, folder: Path, view: View | None = None, words: str = "") -> list[Result]:
    """The detector's results on a folder, with a progress bar."""
    from training import evaluate as step
    from training.views import as_it_is

    found: list[Result] = []

    def steps() -> Iterator[int]:
        for result in step.results(detector, folder, view or as_it_is):
            found.append(result)
            yield len(found)

    watch(words or folder.name, steps(), len(labels.read(folder)))
    return found


def watch(words: str, steps: Iterator[int], total: int) -> None:
    """Shows a progress bar while the steps run."""
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(words, total=total)
        for done in steps:
            progress.update(task, completed=done)

"""`python -m training generate|photos|train|export|evaluate`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training import labels
from training.errors import TrainingError
from training.metrics import Result
from training.settings import MODEL, PHOTOS, RUNS

STOCK = RUNS / "stock"
DECK = RUNS / "deck"
SCENES = RUNS / "scenes"
HOLDOUT = RUNS / "holdout"
RUN = RUNS / "detector"


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
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--photographs", type=FOLDER, default=STOCK, show_default=True, help="What `stock` gathered.")
@click.option("--holdout", is_flag=True, help="With the photographs that training does not use.")
def deck(folder: Path, count: int, seed: int, photographs: Path, holdout: bool) -> None:
    """Draw cards and other things in advance; goes on where it stopped."""
    from training import deck as step
    from training.stock import Stock

    watch("cards", step.render(folder, count, seed, Stock.load(photographs, holdout)), count)


@training.command()
@click.option("--folder", type=FOLDER, default=SCENES, show_default=True)
@click.option("--cards", type=FOLDER, default=DECK, show_default=True, help="What `deck` drew.")
@click.option("--count", type=click.IntRange(1), default=9000, show_default=True, help="Scenes in all.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--photographs", type=FOLDER, default=STOCK, show_default=True, help="What `stock` gathered.")
@click.option("--holdout", is_flag=True, help="With the photographs that training does not use.")
@click.option("--empty", is_flag=True, help="Only scenes without a card.")
def generate(
    folder: Path, cards: Path, count: int, seed: int, photographs: Path, holdout: bool, empty: bool
) -> None:
    """Render synthetic scenes with labels; goes on where it stopped."""
    from training import generate as step
    from training.deck import Deck
    from training.stock import Stock

    source = Deck.load(cards, Stock.load(photographs, holdout))
    watch("scenes", step.generate(folder, count, seed, source, empty), count)


@training.command()
@click.option("--scenes", type=click.Path(path_type=Path), default=SCENES, show_default=True)
@click.option(
    "--folder", type=click.Path(path_type=Path), default=RUN, show_default=True, help="Checkpoints."
)
@click.option("--steps", type=click.IntRange(1), default=6000, show_default=True)
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Ends earlier after so many.")
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
def train(scenes: Path, folder: Path, steps: int, minutes: float, threads: int, seed: int) -> None:
    """Train the detector; goes on from the last checkpoint."""
    from training.dataset import Scenes
    from training.settings import TrainSettings
    from training.train import Trainer

    trainer = Trainer(Scenes.load(scenes), folder, TrainSettings(seed=seed, threads=threads))
    watch("steps", trainer.run(steps, minutes), steps)


@training.command()
@click.option("--folder", type=click.Path(path_type=Path), default=PHOTOS, show_default=True)
def photos(folder: Path) -> None:
    """Render the sample photographs of the tests and the demo."""
    from training import photos as step

    watch("photographs", step.photos(folder), len(step.SHOTS))


@training.command()
@click.option("--folder", type=click.Path(path_type=Path), default=RUN, show_default=True)
@click.option("--model", type=click.Path(path_type=Path), default=MODEL, show_default=True)
@click.option("--holdout", type=click.Path(path_type=Path), default=HOLDOUT, show_default=True)
def export(folder: Path, model: Path, holdout: Path) -> None:
    """Write the ONNX file; its scores are calibrated on the hold-out."""
    from training import calibrate
    from training import export as step

    detector = step.restore(folder)
    step.export(detector, model)
    power = calibrate.sharpness(measure(model, holdout))
    size = step.export(detector, model, power)
    click.echo(f"{model}: {size / 1e6:.1f} MB, scores to the power of {power:.2f}")


@training.command()
@click.argument("folders", type=click.Path(path_type=Path, exists=True), nargs=-1)
@click.option("--model", type=click.Path(path_type=Path), default=MODEL, show_default=True)
@click.option("--min-score", type=float, default=0.5, show_default=True)
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures to this file too.")
def evaluate(folders: tuple[Path, ...], model: Path, min_score: float, path: Path | None) -> None:
    """Measure an ONNX file on folders with a labels.json (default: hold-out, sample photographs)."""
    from training import evaluate as step
    from training.metrics import figures

    named = folders or tuple(folder for folder in (HOLDOUT, PHOTOS) if folder.exists())
    rows = {folder.name: figures(measure(model, folder), min_score) for folder in named}
    Console(width=140).print(step.table(rows))
    if path:
        step.write(path, model, min_score, rows)


def measure(model: Path, folder: Path) -> list[Result]:
    """The model's results on a folder, with a progress bar."""
    from training import evaluate as step

    found: list[Result] = []

    def steps() -> Iterator[int]:
        for result in step.results(model, folder):
            found.append(result)
            yield len(found)

    watch(folder.name, steps(), len(labels.read(folder)))
    return found


def watch(words: str, steps: Iterator[int], total: int) -> None:
    """Shows a progress bar while the steps run."""
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(words, total=total)
        for done in steps:
            progress.update(task, completed=done)

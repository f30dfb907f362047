"""The commands of `python -m training`, in the order in which they are run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import cv2

from app.detection.errors import DetectionError
from training import labels, measuring
from training.errors import TrainingError
from training.options import (
    CARD_FREE,
    CLASSIFIER_RUN,
    DECK,
    FOLDER,
    HOLDOUT_OPTION,
    MODEL_OPTION,
    PHOTOGRAPHS_OPTION,
    RATE_OPTION,
    RUN,
    SCENES,
    SEED_OPTION,
    START_OPTION,
    STOCK,
    THREADS_OPTION,
)  # fmt: skip
from training.progress import watch
from training.settings import PHOTOS

CLASSIFIER_RATE = 1e-3


def known_name(folder: Path) -> str:
    """What a recipe calls a folder of photographs; nothing where there are none."""
    return folder.name if folder.is_dir() else ""


class Steps(click.Group):
    """A group that lists its commands in order, and ends with one sentence where something is wrong."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (TrainingError, DetectionError) as error:
            raise click.ClickException(f"{error} [{error.code}]") from error


@click.group(cls=Steps)
def training() -> None:
    """Make the bundled card detector: render scenes, train, export, evaluate."""
    cv2.setNumThreads(1)


@training.command()
@click.argument("sources", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
@click.option("--portrait", type=FOLDER, multiple=True, help="A photograph of a head and shoulders.")
@click.option("--folder", type=FOLDER, default=STOCK, show_default=True)
def stock(sources: tuple[Path, ...], portrait: tuple[Path, ...], folder: Path) -> None:
    """Gather photographs below some folders as backgrounds and things; optional."""
    from training import stock as step

    watch("pictures", step.gather(sources, portrait, folder))


@training.command("card-free")
@click.option(
    "--root", type=FOLDER, default=Path("/"), show_default=True, help="Of unpacked Debian packages."
)
@click.option("--folder", type=FOLDER, default=CARD_FREE, show_default=True)
def card_free(root: Path, folder: Path) -> None:
    """Gather the listed pictures without a card, to measure on, from the packages that hold them."""
    from training import cardfree as step

    watch("pictures", step.gather(root, folder))


@training.command()
@click.option("--folder", type=FOLDER, default=DECK, show_default=True)
@click.option(
    "--count", type=click.IntRange(4), default=4800, show_default=True, help="Cards and things in all."
)
@SEED_OPTION
@PHOTOGRAPHS_OPTION
@HOLDOUT_OPTION
@click.option("--family", multiple=True, help="Of the cards, as `training.cards` names them; default all.")
def deck(
    folder: Path, count: int, seed: int, photographs: Path, holdout: bool, family: tuple[str, ...]
) -> None:
    """Draw cards and other things in advance; goes on where it stopped."""
    from training import deck as step
    from training import recipe
    from training.cards import FAMILIES
    from training.stock import Stock

    if unknown := set(family) - FAMILIES.keys():
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: name some of {', '.join(FAMILIES)}.")
    recipe.keep(folder, seed=seed, holdout=holdout, families=" ".join(family), stock=known_name(photographs))
    watch("cards", step.render(folder, count, seed, Stock.load(photographs, holdout), family), count)


@training.command()
@click.option("--folder", type=FOLDER, default=SCENES, show_default=True)
@click.option("--cards", type=FOLDER, default=DECK, show_default=True, help="What `deck` drew.")
@click.option("--count", type=click.IntRange(1), default=9000, show_default=True, help="Scenes in all.")
@SEED_OPTION
@PHOTOGRAPHS_OPTION
@HOLDOUT_OPTION
@click.option("--empty", is_flag=True, help="Only scenes without a card.")
@click.option(
    "--scale",
    type=click.IntRange(1, 9),
    default=1,
    show_default=True,
    help="So many times larger: training wants small ones, photographs are large.",
)
def generate(
    folder: Path,
    cards: Path,
    count: int,
    seed: int,
    photographs: Path,
    holdout: bool,
    empty: bool,
    scale: int,
) -> None:
    """Render synthetic scenes with labels; goes on where it stopped."""
    from training import generate as step
    from training import recipe
    from training.deck import Deck
    from training.stock import Stock

    facts = {"cards": cards.name, "stock": known_name(photographs), "scale": scale}
    recipe.keep(folder, seed=seed, holdout=holdout, empty=empty, **facts)
    source = Deck.load(cards, stock=Stock.load(photographs, holdout))
    watch("scenes", step.generate(folder, count, seed, source, empty, scale), count)


@training.command()
@click.option("--scenes", type=FOLDER, default=SCENES, show_default=True)
@MODEL_OPTION
@click.option("--count", type=click.IntRange(1), default=2500, show_default=True, help="Scenes looked at.")
def mine(scenes: Path, model: Path, count: int) -> None:
    """Find places that the detector takes for cards and that are none, for the classifier."""
    from training import evaluate
    from training import mine as step

    total = min(count, len(labels.read(scenes)))
    watch("scenes", step.mine(evaluate.open_detector(model), scenes, count), total)


@training.command()
@click.option("--scenes", type=FOLDER, multiple=True, default=(SCENES,), show_default=True)
@click.option("--folder", type=FOLDER, default=RUN, show_default=True, help="Checkpoints.")
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
    from training import recipe
    from training.dataset import Scenes
    from training.detecting import Detecting
    from training.settings import TrainSettings
    from training.train import Trainer

    settings = TrainSettings(seed=seed, threads=threads)
    settings = replace(settings, learning_rate=rate or settings.learning_rate)
    recipe.keep_training(folder, settings, start)
    trainer = Trainer(Detecting(Scenes.load(*scenes), settings, start), folder, settings)
    watch("steps", trainer.run(steps, minutes), steps)


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
    from training import recipe
    from training.classifying import Classifying
    from training.crops import Crops
    from training.settings import TrainSettings
    from training.stock import Stock
    from training.train import Trainer

    settings = TrainSettings(seed=seed, threads=threads, batch=16, learning_rate=rate or CLASSIFIER_RATE)
    recipe.keep_training(folder, settings, start)
    crops = Crops.load(scenes, cards, Stock.load(photographs))
    trainer = Trainer(Classifying(crops, settings, start), folder, settings)
    watch("steps", trainer.run(steps, minutes), steps)


@training.command()
@click.option("--folder", type=FOLDER, default=PHOTOS, show_default=True)
def photos(folder: Path) -> None:
    """Render the sample photographs of the tests and the demo."""
    from training import photos as step

    watch("photographs", step.photos(folder), len(step.SHOTS))


for command in measuring.COMMANDS:
    training.add_command(command)

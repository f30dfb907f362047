"""What a folder was made with, so that a later run goes on with nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from training import files
from training.errors import RecipeDiffers
from training.settings import TrainSettings

FILE = "recipe.json"


def keep(folder: Path, **facts: str | int | float | bool) -> None:
    """Notes the facts in a new folder; raises RecipeDiffers where others stand in it."""
    path = folder / FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        files.write(path, json.dumps(facts).encode())
        return
    known = json.loads(path.read_text("utf-8"))
    if known != facts:
        raise RecipeDiffers(f"{folder} was made with {known}, not with {facts}: give another folder.")


def keep_training(folder: Path, settings: TrainSettings, start: Path | None) -> None:
    """Notes what a training begins with; raises RecipeDiffers where its folder holds another one."""
    keep(folder, seed=settings.seed, start=start.name if start else "", rate=settings.learning_rate)

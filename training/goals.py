"""The figures that the models are to reach, next to those that were measured."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.table import Table

from training.metrics import Figures, Result, figures

PLAIN = "as it is"
SMALLER = "smaller variant"
PRECISION, RECALL = 0.97, 0.93  # on the hold-out, at an IoU of 0.7
SHARES = ("precision", "recall_70", "recall_85", "mean_iou", "type", "passport", "orientation")
MOST_FALSE = 3  # cards on all pictures without one


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure: what is measured, the goal, the value; `most` where smaller is better."""

    words: str
    goal: float
    value: float
    most: bool = False

    @property
    def reached(self) -> bool:
        return self.value <= self.goal if self.most else self.value >= self.goal


def of_specimens(views: Mapping[str, Sequence[Result]], min_score: float) -> list[Goal]:
    """Goals for photographs of real specimens, by how they are seen."""
    plain = figures(views[PLAIN], min_score)
    changed = {name: figures(results, min_score) for name, results in views.items() if name != PLAIN}
    every = figures([result for results in views.values() for result in results], min_score)
    return [
        Goal("specimens: recall at IoU 0.7", 1.0, plain.recall_70),
        Goal("specimens: recall at IoU 0.85", 0.9, plain.recall_85),
        *(
            Goal(f"specimens {name}: recall at IoU 0.7", 0.95, found.recall_70)
            for name, found in changed.items()
        ),
        Goal("specimens: passport against card", 0.95, plain.passport),
        Goal("specimens in all views: passport against card", 0.95, every.passport),
        Goal("specimens in all views: orientation", 0.99, every.orientation),
    ]


def of_empty(results: Sequence[Result], min_score: float) -> list[Goal]:
    """The goal for pictures without a card."""
    found = figures(results, min_score)
    words = f"false cards on {found.pictures} pictures without a card"
    return [Goal(words, MOST_FALSE, found.false_cards, most=True)]


def of_holdout(found: Figures) -> list[Goal]:
    """Goals for synthetic scenes that training did not see."""
    return [
        Goal("hold-out: precision", PRECISION, found.precision),
        Goal("hold-out: recall at IoU 0.7", RECALL, found.recall_70),
        Goal("hold-out: mean IoU", 0.93, found.mean_iou),
        Goal("hold-out: type", 0.98, found.type),
        Goal("hold-out: orientation", 0.99, found.orientation),
    ]


def of_duration(durations_ms: Sequence[float]) -> list[Goal]:
    """The goal for the time of one photograph."""
    return [Goal("one photograph, decode excluded, ms", 40, statistics.median(durations_ms), most=True)]


def of_smaller(
    plain: Figures, smaller: Figures, specimens_lost: float, false_cards: int, time_ratio: float
) -> list[Goal]:
    """Goals for a smaller variant of the detector, worth shipping only if it reaches them all.

    Args:
        plain, smaller: both on the hold-out.
        specimens_lost: recall at an IoU of 0.7 that it loses on specimens.
        false_cards: that it finds on the pictures without one.
        time_ratio: of one inference, the variant's by the detector's.
    """
    lost = max(getattr(plain, name) - getattr(smaller, name) for name in SHARES)
    return [
        Goal(f"{SMALLER}: most that a hold-out figure loses", 0.01, lost, most=True),
        Goal(f"{SMALLER}: recall at IoU 0.7 that specimens lose", 0.01, specimens_lost, most=True),
        Goal(f"{SMALLER}: false cards", MOST_FALSE, false_cards, most=True),
        Goal(f"{SMALLER}: time of an inference by the detector's", 1, time_ratio, most=True),
    ]


def table(goals: Sequence[Goal]) -> Table:
    """One row per goal."""
    shown = Table("figure", "goal", "measured", "reached")
    for item in goals:
        sign = "at most " if item.most else ""
        shown.add_row(
            item.words, f"{sign}{item.goal:g}", f"{item.value:.3f}", "yes" if item.reached else "no"
        )
    return shown


def as_json(goals: Sequence[Goal], files: Mapping[str, str]) -> str:
    """The same as JSON, with the SHA-256 of the files by name; what cannot be divided is null."""
    rows = [
        asdict(item) | {"value": None if math.isnan(item.value) else item.value, "reached": item.reached}
        for item in goals
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f'{{"files": {json.dumps(files)}, "figures": [\n{lines}\n]}}\n'

"""What can go wrong while a model is made.

TrainingError               (training_error)
├── FontMissing             (font_missing)
├── LabelsInvalid           (labels_invalid)
├── TrunkMissing            (trunk_missing)
├── DeckMissing             (deck_missing)
├── ScenesMissing           (scenes_missing)
├── CheckpointMissing       (checkpoint_missing)
├── StartInvalid            (start_invalid)
├── RecipeDiffers           (recipe_differs)
└── PictureMissing          (picture_missing)
"""

from __future__ import annotations


class TrainingError(Exception):
    """Base of all; its text is one sentence for the user."""

    code = "training_error"


class FontMissing(TrainingError):
    """A font that the cards are set in is not installed."""

    code = "font_missing"


class LabelsInvalid(TrainingError):
    """A labels.json is absent or not in the documented form."""

    code = "labels_invalid"


class TrunkMissing(TrainingError):
    """The pretrained trunk's file is not there or has another shape."""

    code = "trunk_missing"


class ScenesMissing(TrainingError):
    """There are no scenes to train on."""

    code = "scenes_missing"


class DeckMissing(TrainingError):
    """No cards were drawn yet."""

    code = "deck_missing"


class CheckpointMissing(TrainingError):
    """Nothing was trained yet."""

    code = "checkpoint_missing"


class StartInvalid(TrainingError):
    """An ONNX file to go on from is not there, or holds another network."""

    code = "start_invalid"


class RecipeDiffers(TrainingError):
    """A folder was made with another seed or other options than those asked for now."""

    code = "recipe_differs"


class PictureMissing(TrainingError):
    """A picture to measure on is in no package that is installed or unpacked."""

    code = "picture_missing"

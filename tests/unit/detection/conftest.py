"""Detectors on the small model that needs no training."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.detection.detector import Detector
from app.detection.settings import DetectionSettings
from tests.unit.detection import corner_model


@pytest.fixture(scope="session")
def corner_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that finds a card by four dots."""
    return corner_model.save(tmp_path_factory.mktemp("models") / "corners.onnx")


@pytest.fixture(scope="session")
def settings(corner_onnx: Path) -> DetectionSettings:
    return DetectionSettings(model=corner_onnx, provider="cpu")


@pytest.fixture(scope="session")
def detector(settings: DetectionSettings) -> Detector:
    return Detector(settings)

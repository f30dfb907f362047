"""Milliseconds of each stage of a detection, and what decoding a JPEG scaled is worth.

    python -m tests.benchmarks.detection [--images FOLDER] [--model FILE] [--runs N]

Full and scaled decoding take turns in one run, so that their ratio also holds on a busy machine.
All figures are medians.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from app.detection import images
from app.detection.detector import Detector
from app.detection.errors import ImageError
from app.detection.settings import DetectionSettings

PHOTOS = Path(__file__).parents[1] / "data" / "photos"
COLUMNS = ("header", "decode", "preprocess", "infer", "postprocess", "all", "full decode", "full / scaled")
STAGES = ("decode", "preprocess", "infer", "postprocess")
SIZES = ((1280, 960), (1920, 1080), (4000, 3000))


def made_photos() -> Iterator[tuple[str, bytes]]:
    """Photographs of soft colours and noise, at the sizes and with the quality of cameras."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    for width, height in SIZES:
        soft = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
        photo = np.clip(soft + random.integers(-8, 9, soft.shape), 0, 255).astype(np.uint8)
        yield (
            f"made {width} x {height}",
            cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes(),
        )


def photos(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The photographs of a folder, by name."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp", ".bmp"}:
            yield path.name, path.read_bytes()


def timed_ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def row(detector: Detector, name: str, body: bytes, runs: int) -> str:
    """One line of the table."""
    facts = detector.inspect(body)
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    header, full, total = [], [], []
    for _ in range(runs):
        header.append(timed_ms(lambda: detector.inspect(body)))
        full.append(timed_ms(lambda: images.decode(body, facts, max(facts.width, facts.height))))
        started = time.perf_counter()
        timings = detector.detect(body, facts).timings_ms
        total.append(1000 * (time.perf_counter() - started))
        for stage in STAGES:
            stages[stage].append(timings[stage])
    medians = [statistics.median(values) for values in (header, *stages.values(), total, full)]
    figures = " | ".join(f"{value:.2f}" for value in medians)
    size = f"{facts.width} x {facts.height} | {len(body) / 1000:.0f}"
    return f"| {name} | {size} | {figures} | {medians[-1] / statistics.median(stages['decode']):.2f} |"


def conditions(detector: Detector, runs: int) -> str:
    """The machine, the versions and the model, for whoever compares."""
    model, second = detector.model, detector.classifier
    judge = f"classifier {second.name} {second.version}" if second else "no classifier"
    return (
        f"{platform.machine()}, {os.cpu_count()} processors, {model.threads} threads, {model.provider};"
        f" Python {platform.python_version()}, ONNX Runtime {onnxruntime.__version__},"
        f" OpenCV {cv2.__version__}; model {model.name} {model.version}, input {model.input_size}, {judge};"
        f" medians of {runs} runs, in milliseconds."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, default=PHOTOS)
    parser.add_argument("--model", type=Path, default=DetectionSettings().model)
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    detector = Detector(DetectionSettings(model=arguments.model))
    detector.self_test()  # warms it up
    print(conditions(detector, arguments.runs))
    print("\n| photograph | pixels | kB |", " | ".join(COLUMNS), "|")
    print("|---|---|---:|" + "---:|" * len(COLUMNS))
    for name, body in [*photos(arguments.images), *made_photos()]:
        try:
            print(row(detector, name, body, arguments.runs), flush=True)
        except ImageError as error:
            print(f"| {name} | refused: {error.code} |")


if __name__ == "__main__":
    main()

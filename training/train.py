"""The training loop: resumable, averaged over time, ended by steps or minutes."""

from __future__ import annotations

import copy
import json
import math
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from training import files
from training.settings import CHECKPOINT, TrainSettings

PROGRESS = "progress.ndjson"


Batch = TypeVar("Batch")


class Task(Protocol[Batch]):
    """What is learned: where batches come from, and how far the network is from what they want."""

    def network(self, fresh: bool) -> nn.Module:
        """The network to train, on the pretrained trunk if it is fresh."""

    def batch(self, number: int) -> Batch:
        """Batch `number` of the seed: always the same."""

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The weighted parts of the loss by name."""


class Trainer(Generic[Batch]):
    """The network, its running average and the optimiser, at some step."""

    def __init__(self, task: Task[Batch], folder: Path, settings: TrainSettings) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        folder.mkdir(parents=True, exist_ok=True)
        self.task, self.folder, self.settings = task, folder, settings
        self.step, self.elapsed_s = 0, 0.0
        resumed = (folder / CHECKPOINT).exists()
        # With its channels last a convolution in bfloat16 takes two thirds of the time on the CPU.
        self.network = task.network(not resumed).to(memory_format=torch.channels_last)
        self.network.trunk.freeze_start()
        self.averaged = copy.deepcopy(self.network).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self._groups(), weight_decay=settings.weight_decay)
        if resumed:
            self._resume()

    def run(self, steps: int, minutes: float) -> Iterator[int]:
        """Trains until either is reached; yields the step's number. The rate falls as a half cosine."""
        source = _Source(self.task, self.settings.prefetch, self.step)
        started = time.monotonic() - self.elapsed_s
        saved = time.monotonic()
        try:
            while self.step < steps and self.elapsed_s < minutes * 60:
                progress = max(self.step / steps, self.elapsed_s / (minutes * 60))
                parts = self._update(source.next(), progress)
                self.step += 1
                self.elapsed_s = time.monotonic() - started
                if self.step % 20 == 0:
                    self._note(parts)
                if time.monotonic() - saved > self.settings.checkpoint_s:
                    self.save()
                    saved = time.monotonic()
                yield self.step
        finally:
            source.close()
            self.save()

    def save(self) -> None:
        """Replaces the checkpoint in one step, so that a broken run leaves a whole one."""
        state = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "random": torch.get_rng_state(),
        }
        with files.replaced(self.folder / CHECKPOINT) as fresh:
            torch.save(state, fresh)

    def _resume(self) -> None:
        state = torch.load(self.folder / CHECKPOINT, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.elapsed_s = int(state["step"]), float(state["elapsed_s"])
        torch.set_rng_state(state["random"])

    def _groups(self) -> list[dict[str, object]]:
        rate = self.settings.learning_rate
        trunk = [p for p in self.network.trunk.parameters() if p.requires_grad]
        known = {id(p) for p in self.network.trunk.parameters()}
        rest = [p for p in self.network.parameters() if id(p) not in known]
        return [
            {"params": trunk, "lr": rate * self.settings.trunk_rate, "share": self.settings.trunk_rate},
            {"params": rest, "lr": rate, "share": 1.0},
        ]

    def _update(self, batch: Batch, progress: float) -> dict[str, float]:
        rate = self.settings.learning_rate * min(1.0, (self.step + 1) / self.settings.warmup_steps)
        rate *= 0.5 + 0.5 * math.cos(math.pi * min(progress, 1.0)) * 0.98
        for group in self.optimiser.param_groups:
            group["lr"] = rate * float(group["share"])
        self.network.train()
        parts = self.task.losses(self.network, batch)
        self.optimiser.zero_grad(set_to_none=True)
        sum(parts.values(), torch.zeros(())).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.max_gradient)
        self.optimiser.step()
        self._average()
        return {name: float(value.detach()) for name, value in parts.items()}

    @torch.no_grad()
    def _average(self) -> None:
        """Moves the average towards the network, faster in the beginning."""
        decay = min(0.5 ** (1 / self.settings.ema_half_life), (1 + self.step) / (10 + self.step))
        own = self.network.state_dict()
        for name, value in self.averaged.state_dict().items():
            if value.is_floating_point():
                value.lerp_(own[name], 1 - decay)
            else:
                value.copy_(own[name])

    def _note(self, parts: dict[str, float]) -> None:
        note = {"step": self.step, "elapsed_s": round(self.elapsed_s, 1)}
        values = {name: round(value, 4) for name, value in parts.items()}
        with (self.folder / PROGRESS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(note | values) + "\n")


class _Source(Generic[Batch]):
    """Batches made ahead in a thread."""

    def __init__(self, task: Task[Batch], prefetch: int, first: int) -> None:
        self._task = task
        self._ready: queue.Queue[Batch | BaseException] = queue.Queue(prefetch)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(first,), daemon=True)
        self._thread.start()

    def next(self) -> Batch:
        """The next batch; raises what making it raised."""
        item = self._ready.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def close(self) -> None:
        self._stop.set()
        while self._thread.is_alive():
            try:
                self._ready.get(timeout=0.1)
            except queue.Empty:
                continue

    def _work(self, number: int) -> None:
        try:
            while not self._stop.is_set():
                self._ready.put(self._task.batch(number))
                number += 1
        except Exception as error:  # noqa: BLE001 - handed to the loop, which raises it
            self._ready.put(error)

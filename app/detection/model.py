"""An ONNX file, loaded and run. The only importer of ONNX Runtime."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from app.detection import machine
from app.detection.errors import ModelError
from app.detection.layouts import LAYOUTS, Layout
from app.detection.layouts.candidates import Plan, Shape
from app.detection.settings import DetectionSettings

CPU: Final = "CPUExecutionProvider"
CUDA: Final = "CUDAExecutionProvider"

_VERSION_DIGITS = 12
_ERRORS, _SILENT = 3, 4  # levels of ONNX Runtime's own log, which goes to stderr
_INPUT_TYPES: Final = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_CUDA_OPTIONS: Final = {"arena_extend_strategy": "kSameAsRequested"}  # as much memory as needed, no more
# What ONNX Runtime raises; its own classes have no common base but Exception.
_ORT_ERRORS: Final[tuple[type[Exception], ...]] = (
    RuntimeError,
    ValueError,
    *(kind for kind in vars(ort_errors).values() if isinstance(kind, type) and issubclass(kind, Exception)),
)

logger = logging.getLogger(__name__)


class Network:
    """An ONNX file on the provider that its session got.

    Threads may share one: ONNX Runtime's `run` is safe for them and releases the interpreter lock.

    Attributes:
        name: from the file's metadata, else the file's name without its suffix.
        version: the first 12 hexadecimal digits of the file's SHA-256.
        metadata: as the file holds it.
        inputs, outputs: their shapes.
        requested_provider: what the settings ask for, `auto`, `cuda` or `cpu`.
        threads: inside one inference on the CPU.
        role: what its events call it: its facts are the fields `card.<role>.*`.
        remedy: what an operator does about a file that cannot be used.
    """

    role: ClassVar[str] = "model"
    remedy: ClassVar[str] = "set `model` to another ONNX file"

    def __init__(self, path: Path, settings: DetectionSettings, workers: int = 1) -> None:
        """Loads the file.

        Args:
            path: the ONNX file.
            settings: the provider and the threads.
            workers: how many processes share this machine.

        Raises:
            ModelError: no such file, no ONNX, or an input that is no picture of floats.
        """
        self.version = _digest(path, self.remedy)
        self.requested_provider = settings.provider
        self.threads = settings.intra_op_threads or max(1, machine.cores() // workers)
        self._wants_cuda = settings.provider == "cuda" or (
            settings.provider == "auto" and machine.has_nvidia()
        )
        self._advice = _load_cuda() if self._wants_cuda else ""
        self._session = _session(path, self._wants_cuda, self.threads, self.remedy)
        meta = self._session.get_modelmeta()
        self.metadata: dict[str, str] = dict(meta.custom_metadata_map)
        self.name = self.metadata.get("model_name") or path.stem
        self.inputs: list[Shape] = [node.shape for node in self._session.get_inputs()]
        self.outputs: list[Shape] = [node.shape for node in self._session.get_outputs()]
        first = self._session.get_inputs()[0]
        if first.type not in _INPUT_TYPES:
            raise ModelError(
                f"The model's input is {first.type}: export it with an input of 32 or 16 bit floats."
            )
        self._input_name, self._input_type = first.name, _INPUT_TYPES[first.type]
        self._fallback_known = False
        self._log_loaded()
        self._warn_of_fallback()

    @property
    def provider(self) -> str:
        """The provider that runs the model, as the session tells it now."""
        return str(self._session.get_providers()[0])

    @property
    def fallback(self) -> bool:
        """Whether the model runs on the CPU where an operator expects CUDA.

        That is where `cuda` was asked for, and where `auto` finds an NVIDIA device or its driver. On `auto`
        on a machine without either, and on `cpu`, the CPU is simply what it is.
        """
        return self._wants_cuda and self.provider != CUDA

    @property
    def fallback_reason(self) -> str | None:
        """One sentence on what to do about a fallback; None where there is none."""
        if not self.fallback:
            return None
        if CUDA not in onnxruntime.get_available_providers():
            return "This ONNX Runtime has no CUDA: install onnxruntime-gpu."
        if not machine.has_nvidia():
            return "There is no NVIDIA device: give this process one, or set the provider to auto or cpu."
        return (
            "CUDA could not be started: check the NVIDIA driver, CUDA and cuDNN, or set the provider to cpu."
        )

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.floating]]:
        """Runs the model.

        Args:
            tensor: (n, 3, height, width), as the file wants it.

        Raises:
            ModelError: the inference failed.
        """
        try:
            outputs = self._session.run(None, {self._input_name: tensor.astype(self._input_type, copy=False)})
        except _ORT_ERRORS as error:
            raise ModelError(
                "The model could not be run: see the log, or try another model or provider."
            ) from error
        self._warn_of_fallback()
        return [np.asarray(output) for output in outputs]

    def _warn_of_fallback(self) -> None:
        """Warns once; the session may also change to the CPU later, when CUDA fails while it runs."""
        if self.fallback and not self._fallback_known:
            self._fallback_known = True
            logger.warning(
                "The model %s runs on the CPU. %s",
                self.name,
                self.fallback_reason,
                extra=self._fields("provider_fallback", "failure") | {"error.message": self._advice},
            )

    def _log_loaded(self) -> None:
        fields = self._fields("model_loaded", "success")
        logger.info("The model %s is loaded on %s.", self.name, self.provider, extra=fields)

    def _fields(self, action: str, outcome: str) -> dict[str, str]:
        return {
            "event.action": action,
            "event.outcome": outcome,
            f"card.{self.role}.name": self.name,
            f"card.{self.role}.version": self.version,
            f"card.{self.role}.provider": self.provider,
        }


class Model(Network):
    """A detector's ONNX file.

    Attributes:
        layout, plan: how its output is read.
    """

    def __init__(self, path: Path, settings: DetectionSettings, workers: int = 1) -> None:
        """Loads the file; arguments as for any network.

        Raises:
            ModelError: no such file, no ONNX, or of no known layout.
        """
        super().__init__(path, settings, workers)
        self.layout, self.plan = _understand(self)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of the input, in pixels."""
        return self.plan.input_size

    @property
    def types(self) -> tuple[str, ...]:
        """The names of the types that the model tells apart, by index."""
        return self.plan.types


def _digest(path: Path, remedy: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:_VERSION_DIGITS]
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read ({error.strerror}): {remedy}.") from error


def _load_cuda() -> str:
    """Loads the NVIDIA libraries of Python packages; returns what ONNX Runtime says of missing ones."""
    with contextlib.redirect_stdout(io.StringIO()) as advice:
        onnxruntime.preload_dlls()
    return advice.getvalue().strip()


def _session(path: Path, cuda: bool, threads: int, remedy: str) -> onnxruntime.InferenceSession:
    """A session on CUDA where that is wanted and works, else on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait would take the cores from decoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _SILENT
    # Why CUDA cannot be had is worth a line on stderr; nothing else is.
    onnxruntime.set_default_logger_severity(_ERRORS if cuda else _SILENT)
    cuda = cuda and CUDA in onnxruntime.get_available_providers()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints when it falls back
            providers = [(CUDA, _CUDA_OPTIONS), CPU] if cuda else [CPU]
            return onnxruntime.InferenceSession(path, options, providers=providers)
    except _ORT_ERRORS as error:
        if cuda:
            return _session(path, False, threads, remedy)
        raise ModelError(f"The file {path} is no ONNX model that can be run: {remedy}.") from error


def _understand(network: Network) -> tuple[Layout, Plan]:
    """The layout of a file and how to use it."""
    metadata, inputs, outputs = network.metadata, network.inputs, network.outputs
    layout = next((layout for layout in LAYOUTS.values() if layout.matches(metadata, inputs, outputs)), None)
    if layout is None:
        raise ModelError(
            f"The model's layout is not known (task {metadata.get('task', 'not told')}, outputs {outputs}):"
            f" export it in one of these: {', '.join(LAYOUTS)}."
        )
    return layout, layout.plan(metadata, inputs, outputs)

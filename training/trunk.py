"""The trunk: the backbone of PP-OCRv6_det_small (PaddleOCR, Apache-2.0), rebuilt in native modules.

Its weights come from the ONNX file that the PyPI package `rapidocr` brings. The graph is followed up to the
outputs of its four stages; the convolutions there are copied in order. Strides 4, 8, 16 and 32, channels 48,
96, 192 and 384, 2.3 million parameters, pretrained on pictures of text.
"""

from __future__ import annotations

from importlib import util
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.errors import TrunkMissing

CHANNELS = (48, 96, 192, 384)
SQUEEZED = ((True, False), (True, False), (True, False, True, False), (True, False))  # blocks with SE
LAST = "p2o.pd_op.add.63.0"  # output of the last stage in the graph
FILE = "models/PP-OCRv6_det_small.onnx"
MEAN = (0.406, 0.456, 0.485)  # of B, G, R
DEVIATION = (0.225, 0.224, 0.229)


class Stem(nn.Module):
    """Pictures (n, 3, h, w) to (n, 48, h/4, w/4)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 24, 3, 2, 1)
        self.narrow = nn.Conv2d(24, 12, 2)
        self.widen = nn.Conv2d(12, 24, 2)
        self.down = nn.Conv2d(48, 24, 3, 2, 1)
        self.out = nn.Conv2d(24, 48, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.first(x))
        branch = functional.relu(self.narrow(_pad_end(x)))
        branch = functional.relu(self.widen(_pad_end(branch)))
        pooled = functional.max_pool2d(_pad_end(x), 2, 1)  # x is never negative: padding with 0 is harmless
        return functional.relu(self.out(functional.relu(self.down(torch.cat([pooled, branch], 1)))))


class Squeeze(nn.Module):
    """Squeeze and excitation: channels weighted by their mean over the picture."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shrink = nn.Conv2d(channels, channels // 4, 1)
        self.grow = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.grow(functional.relu(self.shrink(x.mean((2, 3), keepdim=True))))
        return x * functional.hardsigmoid(weights)


class Block(nn.Module):
    """A depthwise convolution, optional squeeze, two pointwise ones; a residual unless the stride changes."""

    def __init__(self, channels: int, wider: int, stride: int = 1, squeezed: bool = False) -> None:
        super().__init__()
        self.residual = stride == 1
        self.depthwise = nn.Conv2d(channels, channels, 3, stride, 1, groups=channels)
        self.squeeze = Squeeze(channels) if squeezed else None
        self.expand = nn.Conv2d(channels, 2 * channels if self.residual else wider, 1)
        self.project = nn.Conv2d(self.expand.out_channels, wider, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(x)
        if self.squeeze is not None:
            x = self.squeeze(x)
        mixed: Tensor = self.project(functional.gelu(self.expand(x)))
        return x + mixed if self.residual else mixed


class Trunk(nn.Module):
    """RGB pictures (n, 3, h, w) from 0 to 1 to four maps of features at strides 4, 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Stem()
        self.stages = nn.ModuleList([_stage(level) for level in range(len(CHANNELS))])
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        bgr = torch.cat([pictures[:, 2:3], pictures[:, 1:2], pictures[:, 0:1]], 1)
        x = self.stem((bgr - self.mean) / self.deviation)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def freeze_start(self) -> None:
        """Keeps the stem and the first stage as they were pretrained."""
        for parameter in [*self.stem.parameters(), *self.stages[0].parameters()]:
            parameter.requires_grad_(False)


def pretrained() -> Trunk:
    """The trunk with its published weights. Raises TrunkMissing."""
    trunk = Trunk()
    own = [module for module in trunk.modules() if isinstance(module, nn.Conv2d)]
    published = _convolutions(_file())
    shapes = [(tuple(m.weight.shape), tuple(w.shape)) for m, (w, _) in zip(own, published, strict=False)]
    if len(own) != len(published) or any(a != b for a, b in shapes):
        raise TrunkMissing(f"{FILE} holds another network than this trunk; install the pinned rapidocr.")
    with torch.no_grad():
        for module, (weight, bias) in zip(own, published, strict=True):
            module.weight.copy_(weight)
            module.bias.copy_(bias)
    return trunk


def _stage(level: int) -> nn.Sequential:
    channels = CHANNELS[level]
    down = [Block(CHANNELS[level - 1], channels, stride=2)] if level else []
    return nn.Sequential(*down, *(Block(channels, channels, squeezed=s) for s in SQUEEZED[level]))


def _pad_end(x: Tensor) -> Tensor:
    """One column to the right and one row below, as SAME_UPPER does for a kernel of 2."""
    return functional.pad(x, (0, 1, 0, 1))


def _file() -> Path:
    """The published ONNX file inside the installed rapidocr package, which need not be importable."""
    spec = util.find_spec("rapidocr")
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders))) / FILE if folders else Path(FILE)
    if not path.is_file():
        raise TrunkMissing(f"{FILE} is not there; install training/requirements.txt.")
    return path


def _convolutions(path: Path) -> list[tuple[Tensor, Tensor]]:
    """(weight, bias) of each convolution up to the last stage, in the order of the graph."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    values = {item.name: item for item in graph.initializer}
    found: list[tuple[Tensor, Tensor | None]] = []
    for node in graph.node:
        constants = [values[name] for name in node.input if name in values]
        tensors = [torch.from_numpy(numpy_helper.to_array(item).copy()) for item in constants]
        if node.op_type == "Conv":
            found.append((tensors[0], None))
        elif node.op_type == "Add" and tensors and found[-1][1] is None:
            found[-1] = (found[-1][0], tensors[0].flatten())
        if LAST in node.output:
            break
    return [(weight, bias) for weight, bias in found if bias is not None]

"""Goes on from an ONNX file instead of from the pretrained trunk: the way back from what `export` wrote.

The exporter folds each batch norm into the convolution before it. The folded convolution is kept, and the
norm after it is set so that it changes nothing: its statistics are measured on some batches, its scale and
shift undo them. So the network computes what the file does, in use and (up to the chance of a batch) in
training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training import exported
from training.errors import StartInvalid
from training.network import DetectorNet
from training.settings import CORNER_UNIT_PX
from training.trunk import Trunk, pretrained

BATCHES = 12  # that the statistics of the norms are measured on

Weights = list[tuple[Tensor, Tensor]]
Layer = nn.Conv2d | nn.Linear
Norms = list[tuple[Layer, nn.BatchNorm2d | None]]


def begun(
    make: Callable[[Trunk], nn.Module], fresh: bool, start: Path | None, pictures: Callable[[int], Tensor]
) -> nn.Module:
    """The network that a training begins with.

    Args:
        make: builds it on a trunk.
        fresh: whether nothing was trained yet; else a checkpoint will fill it, and it is left as built.
        start: an ONNX file to go on from, instead of the pretrained trunk.
        pictures: those of batch n.

    Raises:
        StartInvalid, TrunkMissing: as they say.
    """
    if not fresh:
        return make(Trunk())
    if start is None:
        return make(pretrained())
    network = make(Trunk())
    restore(network, start, (pictures(number) for number in range(BATCHES)))
    return network


def restore(network: nn.Module, path: Path, batches: Iterable[Tensor]) -> None:
    """Copies a file's weights into a fresh network of the kind that it was exported from.

    Args:
        network: changed in place.
        path: what `export` or `export_classifier` wrote.
        batches: pictures (n, 3, h, w) from 0 to 1 like those that the training will show; at least one.

    Raises:
        StartInvalid: the file is not there, or holds another network.
    """
    weights, scales = _read(path)
    pictures = list(batches)
    layers = _called(network, pictures[0][:1])
    if [tuple(layer.weight.shape) for layer, _ in layers] != [tuple(w.shape) for w, _ in weights]:
        raise StartInvalid(f"{path} holds another network; start from a file that this `training` exported.")
    with torch.no_grad():
        for (layer, norm), (weight, bias) in zip(layers, weights, strict=True):
            _fill(layer, norm, weight, bias)
        if isinstance(network, DetectorNet):
            network.corner_scale.fill_(_corner_scale(scales, path))
        _settle([norm for _, norm in layers if norm is not None], network, pictures)


def _read(path: Path) -> tuple[Weights, list[float]]:
    """Weight and bias of each layer in the graph's order, and the single numbers that it multiplies by."""
    graph = exported.read(path).graph
    values = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    known = [(node.op_type, [values[name] for name in node.input if name in values]) for node in graph.node]
    weights = [(held[0], held[1]) for kind, held in known if kind in ("Conv", "Gemm") and len(held) == 2]
    scales = [float(v) for kind, held in known if kind == "Mul" for v in held if v.numel() == 1]
    return weights, scales


def _corner_scale(scales: list[float], path: Path) -> float:
    if len(scales) != 1:
        raise StartInvalid(f"{path} does not tell the scale of its corners; start from another file.")
    return scales[0] / CORNER_UNIT_PX


def _called(network: nn.Module, sample: Tensor) -> Norms:
    """The layers in the order in which they are called, each with the norm that follows it."""
    called: list[nn.Module] = []
    kinds = (nn.Conv2d, nn.Linear, nn.BatchNorm2d)
    hooks = [
        module.register_forward_hook(lambda module, *_: called.append(module))
        for module in network.modules()
        if isinstance(module, kinds)
    ]
    with torch.no_grad():
        network.eval()(sample)
    for hook in hooks:
        hook.remove()
    following = [*called[1:], None]
    return [
        (layer, after if isinstance(after, nn.BatchNorm2d) else None)
        for layer, after in zip(called, following, strict=True)
        if isinstance(layer, (nn.Conv2d, nn.Linear))
    ]


def _fill(layer: Layer, norm: nn.BatchNorm2d | None, weight: Tensor, bias: Tensor) -> None:
    """The folded weight goes to the layer; the bias to the norm, where there is one, for the time being."""
    layer.weight.copy_(weight)
    if norm is None:
        assert layer.bias is not None
        layer.bias.copy_(bias)
        return
    _undo(norm, torch.zeros_like(bias), torch.ones_like(bias), bias)


def _settle(norms: list[nn.BatchNorm2d], network: nn.Module, batches: list[Tensor]) -> None:
    """Gives the norms the statistics of what goes into them."""
    sums = {norm: torch.zeros(3, norm.num_features, dtype=torch.float64) for norm in norms}
    hooks = [norm.register_forward_hook(partial(_add, sums[norm])) for norm in norms]
    for pictures in batches:
        network.eval()(pictures)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        count, total, squares = sums[norm]
        mean = total / count
        variance = (squares / count - mean.square()).clamp(min=0)
        _undo(norm, mean.float(), variance.float(), norm.bias - norm.running_mean)


def _add(sums: Tensor, _: nn.Module, inputs: tuple[Tensor, ...], __: Tensor) -> None:
    """Counts, sums and squares of each channel."""
    values = inputs[0].double().transpose(0, 1).flatten(1)
    sums += torch.stack([torch.full_like(sums[0], values.shape[1]), values.sum(1), values.square().sum(1)])


def _undo(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, shift: Tensor) -> None:
    """Lets the norm add `shift` and do nothing else to inputs of this mean and variance."""
    bias = shift + mean
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.copy_(bias)

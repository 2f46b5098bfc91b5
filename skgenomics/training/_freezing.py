"""Keeping a part of a network as it is while the rest is trained, and layers at rates of their own.

Layers are counted from the input to the scores.  The trunk of a network, its attribute ``trunk``,
is the part that reads the sequence; what lies on top of it is the head.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from skorch.callbacks import Callback
from torch import nn

# Layers of a network that give the scores; what else it holds lies below them.
OUTPUTS = ("output", "linear_path", "kmer_path", "crf", "profile", "count")


@contextlib.contextmanager
def frozen(net, *modules: nn.Module) -> Iterator[None]:
    """Keep the weights of some modules for a block, and the statistics that they have gathered.

    Parameters
    ----------
    net : Net
        The net that trains. It leaves the modules in evaluation mode, so that they neither drop
        units nor update the running means of batch normalization.
    *modules : torch.nn.Module
        Parts of its module.
    """
    weights = [w for module in modules for w in module.parameters() if w.requires_grad]
    before = net.frozen
    net.frozen = [*before, *modules]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        net.frozen = before
        for weight in weights:
            weight.requires_grad_(True)


class GradualUnfreezing(Callback):
    """Callback of skorch that frees one frozen layer more every so many epochs, the top one first.

    Parameters
    ----------
    modules : list of torch.nn.Module
        The frozen layers, from the input to the scores.
    every : int
        Number of epochs between two of them.

    References
    ----------
    Howard and Ruder (2018), Universal language model fine-tuning for text classification, ACL.
    """

    def __init__(self, modules: list[nn.Module], every: int):
        self.modules = modules
        self.every = every

    def on_epoch_begin(self, net, **kwargs) -> None:
        epoch = len(net.history) - 1
        if epoch and epoch % self.every == 0 and self.modules:
            layer = self.modules.pop()
            net.frozen = [module for module in net.frozen if module is not layer]
            for weight in layer.parameters():
                weight.requires_grad_(True)


def find_modules(network: nn.Module, which: str | Sequence[str]) -> list[nn.Module]:
    """Parts of a network to keep as they are, from the input to the scores.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    which : "trunk", "all but head" or sequence of str
        The trunk; everything but the layers that give the scores; or patterns of the names of
        weights, such as ``"trunk.blocks.0.*"``.

    Returns
    -------
    list of torch.nn.Module

    Raises
    ------
    ValueError
        If the network does not tell which part that is, the trunk has no weight, or a pattern
        fits none.
    """
    if which == "trunk":
        return _check_weights(trunk_layers(network))
    if which == "all but head":
        return _below_scores(network)
    is_list = isinstance(which, list | tuple) and all(isinstance(p, str) for p in which)
    if not is_list or not which:
        raise ValueError(
            f"freeze must be None, 'trunk', 'all but head' or a list of patterns, got {which!r}"
        )
    return _matching(network, which)


def trunk_layers(network: nn.Module) -> list[nn.Module]:
    """Layers of the trunk that have weights."""
    trunk = getattr(network, "trunk", None)
    if not isinstance(trunk, nn.Module):
        raise ValueError(
            f"{type(network).__name__} does not tell which of its layers read the sequence; make "
            "them a module `trunk` of the network, or name the weights to freeze by patterns"
        )
    return _layers(trunk)


def _check_weights(layers: list[nn.Module]) -> list[nn.Module]:
    if not any(layer.state_dict() for layer in layers):
        raise ValueError(
            "freeze='trunk' keeps nothing as it is: the trunk of this network has no weights; use "
            "freeze='all but head' or patterns of names"
        )
    return layers


def parameter_groups(network: nn.Module, learning_rate: float, decay: float) -> list[dict]:
    """Weights to train with the learning rate of their layer.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    learning_rate : float
        Rate of the head.
    decay : float
        Factor of the rate from one layer of the trunk to the one below it; 1 for none.

    Returns
    -------
    list of dict
        Groups as torch's optimizers take them, with the ``share`` that each has of the rate.
    """
    if decay == 1:
        return [_group(_trainable([network]), learning_rate, 1.0)]
    layers = trunk_layers(network)
    in_trunk = {id(w) for layer in layers for w in layer.parameters()}
    head = [w for w in _trainable([network]) if id(w) not in in_trunk]
    groups = [_group(head, learning_rate, 1.0)]
    for depth, layer in enumerate(reversed(layers), start=1):
        groups.append(_group(_trainable([layer]), learning_rate, decay**depth))
    return [group for group in groups if group["params"]]


def _group(weights: list, learning_rate: float, share: float) -> dict:
    return {"params": weights, "lr": learning_rate * share, "share": share}


def _trainable(modules: list[nn.Module]) -> list[nn.Parameter]:
    return [w for module in modules for w in module.parameters() if w.requires_grad]


def _layers(module: nn.Module) -> list[nn.Module]:
    """Parts of a module with state, in order; those of a list of blocks one by one."""
    layers: list[nn.Module] = []
    for child in module.children():
        is_list = isinstance(child, nn.ModuleList | nn.Sequential)
        layers += _layers(child) if is_list else [child]
    layers = [layer for layer in layers if layer.state_dict()]
    own = module.parameters(recurse=False)
    return layers if layers and not any(True for _ in own) else [module]


def _below_scores(network: nn.Module) -> list[nn.Module]:
    named = dict(network.named_children())
    if not {"output", "profile"} & named.keys():
        raise ValueError(
            f"{type(network).__name__} does not tell which of its layers gives the scores; name "
            "it `output`, or name the weights to freeze by patterns"
        )
    below = [child for name, child in named.items() if name not in OUTPUTS]
    return [layer for child in below for layer in _layers(child) if layer.state_dict()]


def _matching(network: nn.Module, patterns: Sequence[str]) -> list[nn.Module]:
    names = [name for name, _ in network.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(
                f"freeze has the pattern {pattern!r}, which is the name of no weight; there are "
                f"{', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
            )
    held = {n for n in names if any(fnmatchcase(n, pattern) for pattern in patterns)}
    found = _largest_within(network, "", held)
    # What holds many layers is freed layer by layer.
    many = nn.ModuleList | nn.Sequential
    is_many = [m is getattr(network, "trunk", None) or isinstance(m, many) for m in found]
    parts = [_layers(m) if is_ else [m] for m, is_ in zip(found, is_many, strict=True)]
    return [layer for part in parts for layer in part]


def _largest_within(module: nn.Module, prefix: str, held: set[str]) -> list[nn.Module]:
    """The largest modules all of whose weights are held; a weight held by itself is one too."""
    names = [prefix + name for name, _ in module.named_parameters()]
    if not names:
        return []
    if held.issuperset(names):
        return [module]
    own = module.named_parameters(recurse=False)
    found: list[nn.Module] = [_Weight(w) for n, w in own if prefix + n in held]
    for name, child in module.named_children():
        found += _largest_within(child, f"{prefix}{name}.", held)
    return found


class _Weight(nn.Module):
    """One weight of a module that is not frozen as a whole."""

    def __init__(self, weight: nn.Parameter):
        super().__init__()
        self.weight = weight

"""Frozen layers, gradual unfreezing and layer-wise learning rates.

Layers are ordered from the input to the output. The trunk of a network, its attribute ``trunk``,
reads the sequence; the head is on top of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from skorch.callbacks import Callback
from torch import nn

# Names of the output layers; all other layers are below them.
OUTPUTS = ("output", "linear_path", "kmer_path", "crf", "profile", "count")


@contextlib.contextmanager
def frozen(net, *modules: nn.Module) -> Iterator[None]:
    """Freeze the parameters and running statistics of modules within a block.

    Parameters
    ----------
    net : Net
        Net that trains. It keeps the modules in evaluation mode, so that dropout is inactive and
        the running statistics of batch normalization are not updated.
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
    """Callback of skorch that unfreezes one more layer at regular intervals, from the top down.

    Parameters
    ----------
    modules : list of torch.nn.Module
        Frozen layers, from the input to the output.
    every : int
        Number of epochs between two layers.

    References
    ----------
    Howard and Ruder (2018), Universal language model fine-tuning for text classification, ACL.
    """

    def __init__(self, modules: list[nn.Module], every: int):
        self.modules, self.n_modules = modules, len(modules)
        self.every = every

    def on_epoch_begin(self, net, **kwargs) -> None:
        # A resumed training may begin at any epoch.
        n_frozen = max(0, self.n_modules - (len(net.history) - 1) // self.every)
        while len(self.modules) > n_frozen:
            layer = self.modules.pop()
            net.frozen = [module for module in net.frozen if module is not layer]
            for weight in layer.parameters():
                weight.requires_grad_(True)


def find_modules(network: nn.Module, which: str | Sequence[str]) -> list[nn.Module]:
    """Find the parts of a network to freeze.

    Parameters
    ----------
    network : torch.nn.Module
        Network.
    which : "trunk", "all but head" or sequence of str
        The trunk; all but the output layers; or patterns of parameter names, such as
        ``"trunk.blocks.0.*"``.

    Returns
    -------
    list of torch.nn.Module
        Modules, from the input to the output.

    Raises
    ------
    ValueError
        If the network has no attribute of that name, the trunk has no parameters, or a pattern
        matches none.
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
    """List the layers of the trunk that have parameters or buffers."""
    trunk = getattr(network, "trunk", None)
    if not isinstance(trunk, nn.Module):
        raise ValueError(
            f"{type(network).__name__} has no module `trunk`; put the layers that read the "
            "sequence into one, or select the parameters to freeze by patterns of their names"
        )
    return _layers(trunk)


def _check_weights(layers: list[nn.Module]) -> list[nn.Module]:
    if not any(layer.state_dict() for layer in layers):
        raise ValueError(
            "freeze='trunk' freezes nothing: the trunk of this network has no parameters; use "
            "freeze='all but head' or patterns of parameter names"
        )
    return layers


def parameter_groups(network: nn.Module, learning_rate: float, decay: float) -> list[dict]:
    """Group the trainable parameters by the learning rate of their layer.

    Parameters
    ----------
    network : torch.nn.Module
        Network.
    learning_rate : float
        Learning rate of the head.
    decay : float
        Factor of the learning rate from one layer of the trunk to the one below it; 1 for none.

    Returns
    -------
    list of dict
        Parameter groups of a torch optimizer, with the ``share`` of the learning rate of each.
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
    """List the parts of a module that have state; lists of blocks are expanded."""
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
            f"{type(network).__name__} has no module `output`; name its last layer so, or select "
            "the parameters to freeze by patterns of their names"
        )
    below = [child for name, child in named.items() if name not in OUTPUTS]
    return [layer for child in below for layer in _layers(child) if layer.state_dict()]


def _matching(network: nn.Module, patterns: Sequence[str]) -> list[nn.Module]:
    names = [name for name, _ in network.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(
                f"freeze has the pattern {pattern!r}, which matches no parameter; there are "
                f"{', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
            )
    held = {n for n in names if any(fnmatchcase(n, pattern) for pattern in patterns)}
    found = _largest_within(network, "", held)
    # Containers are expanded, so that they are unfrozen layer by layer.
    many = nn.ModuleList | nn.Sequential
    is_many = [m is getattr(network, "trunk", None) or isinstance(m, many) for m in found]
    parts = [_layers(m) if is_ else [m] for m, is_ in zip(found, is_many, strict=True)]
    return [layer for part in parts for layer in part]


def _largest_within(module: nn.Module, prefix: str, held: set[str]) -> list[nn.Module]:
    """Find the largest modules all of whose parameters are held, and single held parameters."""
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
    """A single parameter of a module that is not frozen as a whole."""

    def __init__(self, weight: nn.Parameter):
        super().__init__()
        self.weight = weight

"""Keeping a part of a network as it is while the rest is trained."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torch import nn


@contextlib.contextmanager
def frozen(net, *modules: nn.Module) -> Iterator[None]:
    """Keep the weights of some modules for a block, and the statistics that they have gathered.

    Parameters
    ----------
    net : SequenceNet
        The net that trains. It leaves the modules in evaluation mode, so that they neither drop
        units nor update the running means of batch normalisation.
    *modules : torch.nn.Module
        Parts of its module.
    """
    weights = [w for module in modules for w in module.parameters() if w.requires_grad]
    net.frozen = modules
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        net.frozen = ()
        for weight in weights:
            weight.requires_grad_(True)

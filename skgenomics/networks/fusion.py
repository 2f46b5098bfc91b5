"""Networks over several views of a sample, some of which may be missing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import nn

from skgenomics.networks._layers import as_tuple, check_sizes, dense_layers, make_activation
from skgenomics.networks._padding import takes_mask, turn_spans
from skgenomics.networks._sequence_network import SequenceNetwork


class Branch(nn.Module):
    """Features of one view: a network without its output layer, which shares its weights.

    Parameters
    ----------
    network : torch.nn.Module
        Network whose output layer is the attribute `output`.
    complement : tuple of int or None, default=None
        Complementary channel of each channel; features are then averaged over both strands, except
        in training.

    Attributes
    ----------
    n_features : int
        Number of inputs of the output layer.
    n_scores : int
        Number of outputs of the linear paths, which follow the features.

    Raises
    ------
    ValueError
        If the network has no attribute `output` with a linear layer.
    """

    def __init__(self, network: nn.Module, complement: tuple[int, ...] | None = None):
        super().__init__()
        self.complement = complement
        self.n_features, n_outputs = _sizes(network)
        has_parts = isinstance(network, SequenceNetwork)
        paths = [getattr(network, name, None) for name in ("linear_path", "kmer_path")]
        has_scores = has_parts and any(path is not None for path in paths)
        self.n_scores = n_outputs if has_scores else 0
        self.network = copy.copy(network)
        self.network._modules = network._modules | {"output": nn.Identity()}

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Compute features and linear paths, of shape (batch, n_features + n_scores)."""
        complement = None if self.training else self.complement
        return mean_over_strands(self._describe, x, complement, mask)

    def _describe(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        if not isinstance(self.network, SequenceNetwork):
            return _call(self.network, x, mask)
        features, scores = self.network.parts(x, mask)
        return (
            torch.cat([features, cast(torch.Tensor, scores)], dim=1) if self.n_scores else features
        )


def _call(network: nn.Module, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Call a network, with the mask if it takes one."""
    if mask is None or not takes_mask(network):
        return network(x)
    return network(x, mask=mask)


def _sizes(network: nn.Module) -> tuple[int, int]:
    """Return the numbers of inputs and outputs of the output layer."""
    layers = getattr(network, "output", nn.Identity()).modules()
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    if not linear:
        raise ValueError(
            f"{type(network).__name__} has no module `output` with a linear layer; name its last "
            "layer so, or use fusion='ensemble'"
        )
    return linear[0].in_features, linear[-1].out_features


def mean_over_strands(
    compute: Callable,
    x: torch.Tensor,
    complement: tuple[int, ...] | None,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """Apply a function to channels, averaged over both strands if they have a complement.

    Parameters
    ----------
    compute : callable
        Maps a Tensor of shape (batch, channels, length) and a mask to a Tensor.
    x : Tensor of shape (batch, channels, length)
        One-hot sequences.
    complement : tuple of int or None
        Channel that pairs with each channel; None for a single strand.
    mask : Tensor of bool of shape (batch, length), optional
        False at padding, which stays where it is on the reverse strand.

    Returns
    -------
    Tensor
    """
    if complement is None:
        return compute(x, mask)
    reverse = turn_spans(x[:, list(complement)], mask)
    return (compute(x, mask) + compute(reverse, mask)) / 2


class Given(nn.Module):
    """Features that are given as they are."""

    n_scores = 0

    def __init__(self, n_features: int):
        super().__init__()
        self.n_features = n_features

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the features."""
        return x


class LoneNetwork(nn.Module):
    """Network of a single view, without fusion.

    Parameters
    ----------
    network : torch.nn.Module
        Network with its output layer.
    complement : tuple of int or None, default=None
        As in :class:`Branch`.
    """

    def __init__(self, network: nn.Module, complement: tuple[int, ...] | None = None):
        super().__init__()
        self.complement = complement
        self.branches = nn.ModuleList([network])

    @property
    def trunk(self) -> nn.Module | None:
        """Layers below the head."""
        return getattr(self.branches[0], "trunk", None)

    def forward(
        self,
        views: Sequence[torch.Tensor],
        present: torch.Tensor,
        masks: Sequence[torch.Tensor | None] = (None,),
    ) -> torch.Tensor:
        """Compute outputs, with shapes as in :class:`FusionNetwork`."""
        complement = None if self.training else self.complement
        scores = mean_over_strands(self._score, views[0], complement, masks[0])
        return scores.reshape(scores.shape[0], -1)

    def _score(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        return _call(self.branches[0], x, mask)


class ConcatFusion(nn.Module):
    """Concatenation of features; a missing view has learned values."""

    def __init__(self, sizes: Sequence[int]):
        super().__init__()
        self.n_features = sum(sizes)
        self.absent = nn.ParameterList(torch.zeros(size) for size in sizes)

    def forward(self, features: list[torch.Tensor], present: torch.Tensor):
        """Fuse features; gives (batch, n_features), and weights (batch, n_views)."""
        filled = [
            torch.where(here[:, None], x, absent)
            for x, absent, here in zip(features, self.absent, present.unbind(1), strict=True)
        ]
        return torch.cat(filled, dim=1), present.to(filled[0].dtype)


class AttentionFusion(nn.Module):
    """Weighted mean of projected features, with weights that depend on the sample.

    The weights are a softmax over the present views of the outputs of a small network.

    References
    ----------
    Ilse, Tomczak and Welling (2018), Attention-based deep multiple instance learning, ICML.
    """

    def __init__(self, sizes: Sequence[int], n_features: int, activation: str):
        super().__init__()
        check_sizes("projection_size", (n_features,))
        self.n_features = n_features
        self.projections = nn.ModuleList(
            nn.Sequential(nn.Linear(size, n_features), make_activation(activation))
            for size in sizes
        )
        self.energy = nn.Sequential(
            nn.Linear(n_features, n_features), nn.Tanh(), nn.Linear(n_features, 1)
        )

    def forward(self, features: list[torch.Tensor], present: torch.Tensor):
        """Fuse features; gives (batch, n_features), and weights (batch, n_views)."""
        pairs = zip(self.projections, features, strict=True)
        projected = torch.stack([project(x) for project, x in pairs], dim=1)
        energies = self.energy(projected).squeeze(2).masked_fill(~present, -torch.inf)
        weights = energies.softmax(dim=1)
        return (weights.unsqueeze(2) * projected).sum(dim=1), weights


class FusionNetwork(nn.Module):
    """Network of several views: a branch for each view, and a shared head.

    Parameters
    ----------
    branches : sequence of Branch or Given
        Modules that compute the features of each view.
    n_outputs : int
        Number of outputs.
    attention : bool, default=False
        Whether to fuse features by :class:`AttentionFusion` rather than by concatenation.
    projection_size : int, default=64
        Dimension of the features that attention projects to.
    hidden_units, hidden_dropout, hidden_normalization, hidden_activation
        Hidden layers between the fused features and the output layer, as in a
        :class:`~skgenomics.networks.SequenceNetwork`.
    """

    def __init__(
        self,
        branches: Sequence[nn.Module],
        n_outputs: int,
        *,
        attention: bool = False,
        projection_size: int = 64,
        hidden_units=(),
        hidden_dropout=0.0,
        hidden_normalization: str | None = None,
        hidden_activation: str = "relu",
    ):
        super().__init__()
        self.branches = nn.ModuleList(branches)
        sizes = [cast(int, branch.n_features) for branch in branches]
        self.fusion: nn.Module
        if attention:
            self.fusion = AttentionFusion(sizes, projection_size, hidden_activation)
        else:
            self.fusion = ConcatFusion(sizes)
        self.hidden, n_features = dense_layers(
            self.fusion.n_features,
            as_tuple(hidden_units),
            normalization=hidden_normalization,
            activation=hidden_activation,
            dropout=hidden_dropout,
        )
        self.output = nn.Linear(n_features, n_outputs)

    @property
    def trunk(self) -> nn.Module:
        """Layers below the head."""
        return self.branches

    def forward(
        self,
        views: Sequence[torch.Tensor],
        present: torch.Tensor,
        masks: Sequence[torch.Tensor | None] | None = None,
    ) -> torch.Tensor:
        """Compute the outputs of a batch.

        Parameters
        ----------
        views : sequence of Tensor of shape (batch, ...)
            Input of each branch.
        present : Tensor of bool of shape (batch, n_views)
            True for the views that a sample has; the values of missing views are ignored.
        masks : sequence of Tensor of bool of shape (batch, length) or None, optional
            False at the padding of each view; None for a view without padding, or if there is
            none in any view.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
            Outputs without a final activation.
        """
        features, paths = self._read(views, present, masks)
        fused, weights = self.fusion(features, present)
        scores = self.output(self.hidden(fused))
        for i, path in enumerate(paths):
            if path.shape[1]:
                scores = scores + weights[:, i, None] * path
        return scores

    def view_weights(
        self,
        views: Sequence[torch.Tensor],
        present: torch.Tensor,
        masks: Sequence[torch.Tensor | None] | None = None,
    ) -> torch.Tensor:
        """Compute the weights of the views, of shape (batch, n_views)."""
        return self.fusion(self._read(views, present, masks)[0], present)[1]

    def _read(self, views, present, masks) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Compute the features and the linear paths of each view."""
        masks = [None] * len(views) if masks is None else masks
        parts = [
            self._describe(branch, x, mask, here)
            for branch, x, mask, here in zip(
                self.branches, views, masks, present.unbind(1), strict=True
            )
        ]
        pairs = list(zip(parts, (branch.n_features for branch in self.branches), strict=True))
        return [x[:, :n] for x, n in pairs], [x[:, n:] for x, n in pairs]

    def _describe(self, branch, x: torch.Tensor, mask, here: torch.Tensor) -> torch.Tensor:
        """Apply a branch to the samples that have its view; zeros for the others."""
        # A graph cannot select samples: it computes all of them, and hides those without the view.
        is_graph = torch.compiler.is_compiling()
        if is_graph or here.all():
            parts = branch(x, mask)
            return parts.masked_fill(~here[:, None], 0) if is_graph else parts
        parts = self.output.weight.new_zeros(x.shape[0], branch.n_features + branch.n_scores)
        if here.any():
            parts[here] = branch(x[here], None if mask is None else mask[here])
        return parts

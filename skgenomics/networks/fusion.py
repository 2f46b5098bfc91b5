"""One network over several views of a sample, some of which may be missing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from torch import nn

from skgenomics.networks._layers import as_tuple, check_sizes, dense_layers, make_activation
from skgenomics.networks._padding import nonzero_span, turn_spans
from skgenomics.networks._sequence_network import SequenceNetwork


class Branch(nn.Module):
    """A network without its last layer, whose weights it shares: features of one view.

    Parameters
    ----------
    network : torch.nn.Module
        It makes its scores in a last layer `output`.
    complement : tuple of int or None
        Channel that pairs with each channel; what is computed is then the mean over both strands,
        except while training.

    Attributes
    ----------
    n_features : int
        What the last layer of the network reads.
    n_scores : int
        Scores of the linear models beside the network, which stand behind the features.

    Raises
    ------
    ValueError
        If the network does not tell which of its layers gives the scores.
    """

    def __init__(self, network: nn.Module, complement: tuple[int, ...] | None = None):
        super().__init__()
        self.complement = complement
        # The strands are aligned as the network masks its input.
        self.masked = getattr(network, "masked", False)
        self.n_features, n_outputs = _sizes(network)
        self.has_paths = isinstance(network, SequenceNetwork)
        paths = [getattr(network, name, None) for name in ("linear_path", "kmer_path")]
        has_scores = self.has_paths and any(path is not None for path in paths)
        self.n_scores = n_outputs if has_scores else 0
        self.network = copy.copy(network)
        self.network._modules = network._modules | {"output": nn.Identity()}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features and scores, of shape (batch, n_features + n_scores)."""
        return mean_over_strands(
            self._describe, x, None if self.training else self.complement, self.masked
        )

    def _describe(self, x: torch.Tensor) -> torch.Tensor:
        if not self.has_paths:
            return self.network(x)
        features, scores = self.network.parts(x)
        return torch.cat([features, scores], dim=1) if self.n_scores else features


def _sizes(network: nn.Module) -> tuple[int, int]:
    """What goes into the last layer and what comes out of it."""
    layers = getattr(network, "output", nn.Identity()).modules()
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    if not linear:
        raise ValueError(
            f"{type(network).__name__} does not tell which of its layers gives the scores; make it "
            "a module `output` with a linear layer, or use fusion='ensemble'"
        )
    return linear[0].in_features, linear[-1].out_features


def mean_over_strands(
    compute: Callable, x: torch.Tensor, complement: tuple[int, ...] | None, masked: bool = False
) -> torch.Tensor:
    """Apply a function to channels, averaged over both strands if they have a complement.

    Parameters
    ----------
    compute : callable
        Maps a Tensor of shape (batch, channels, length) to a Tensor.
    x : Tensor of shape (batch, channels, length)
        One-hot sequences.
    complement : tuple of int or None
        Channel that pairs with each channel; None for a single strand.
    masked : bool, default=False
        Whether zeros at the ends are padding, which stays where it is on the reverse strand.

    Returns
    -------
    Tensor
    """
    if complement is None:
        return compute(x)
    reverse = turn_spans(x[:, list(complement)], nonzero_span(x) if masked else None)
    return (compute(x) + compute(reverse)) / 2


class Given(nn.Module):
    """Features that are there already."""

    n_scores = 0

    def __init__(self, n_features: int):
        super().__init__()
        self.n_features = n_features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


class LoneNetwork(nn.Module):
    """The network of a single view, which there is nothing to fuse with.

    Parameters
    ----------
    network, complement
        As in :class:`Branch`; the network keeps its last layer.
    """

    def __init__(self, network: nn.Module, complement: tuple[int, ...] | None = None):
        super().__init__()
        self.complement = complement
        # The strands are aligned as the network masks its input.
        self.masked = getattr(network, "masked", False)
        self.branches = nn.ModuleList([network])

    @property
    def trunk(self) -> nn.Module:
        """What lies below the head."""
        return getattr(self.branches[0], "trunk", None)

    def forward(self, views: Sequence[torch.Tensor], present: torch.Tensor) -> torch.Tensor:
        """Score a batch, shapes as in :class:`FusionNetwork`."""
        complement = None if self.training else self.complement
        scores = mean_over_strands(self.branches[0], views[0], complement, self.masked)
        return scores.reshape(scores.shape[0], -1)


class ConcatFusion(nn.Module):
    """Features side by side; those of a missing view are learnt values."""

    def __init__(self, sizes: Sequence[int]):
        super().__init__()
        self.n_features = sum(sizes)
        self.absent = nn.ParameterList(torch.zeros(size) for size in sizes)

    def forward(self, features: list[torch.Tensor], present: torch.Tensor):
        filled = [
            torch.where(here[:, None], x, absent)
            for x, absent, here in zip(features, self.absent, present.T, strict=True)
        ]
        return torch.cat(filled, dim=1), present.to(filled[0].dtype)


class AttentionFusion(nn.Module):
    """Mean of the features, brought to one size, with weights that depend on the sample.

    The weights are a softmax over the views that are there, of what a small network makes of the
    features of each.

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
        pairs = zip(self.projections, features, strict=True)
        projected = torch.stack([project(x) for project, x in pairs], dim=1)
        energies = self.energy(projected).squeeze(2).masked_fill(~present, -torch.inf)
        weights = energies.softmax(dim=1)
        return (weights.unsqueeze(2) * projected).sum(dim=1), weights


class FusionNetwork(nn.Module):
    """Scores of samples of several views: a branch for each view, and a head on top of all.

    Parameters
    ----------
    branches : sequence of Branch or Given
        What gives the features of each view.
    n_outputs : int
        Number of scores.
    attention : bool
        Whether features are averaged by :class:`AttentionFusion`, or put side by side.
    projection_size : int
        Size that attention brings features to.
    hidden_units, hidden_dropout, hidden_normalization, hidden_activation
        Layers between the fused features and the scores, as in a
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
        sizes = [branch.n_features for branch in branches]
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
        """What lies below the head."""
        return self.branches

    def forward(self, views: Sequence[torch.Tensor], present: torch.Tensor) -> torch.Tensor:
        """Score a batch.

        Parameters
        ----------
        views : sequence of Tensor of shape (batch, ...)
            What each branch reads.
        present : Tensor of bool of shape (batch, n_views)
            Which views of a sample there are; what stands in `views` for the others is not read.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
        """
        features, paths = self._read(views, present)
        fused, weights = self.fusion(features, present)
        scores = self.output(self.hidden(fused))
        for i, beside in enumerate(paths):
            if beside.shape[1]:
                scores = scores + weights[:, i, None] * beside
        return scores

    def view_weights(self, views: Sequence[torch.Tensor], present: torch.Tensor) -> torch.Tensor:
        """Weights of the views, of shape (batch, n_views)."""
        return self.fusion(self._read(views, present)[0], present)[1]

    def _read(self, views, present) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Features, and scores beside them, of each view."""
        parts = [
            self._describe(branch, x, here)
            for branch, x, here in zip(self.branches, views, present.T, strict=True)
        ]
        pairs = list(zip(parts, (branch.n_features for branch in self.branches), strict=True))
        return [x[:, :n] for x, n in pairs], [x[:, n:] for x, n in pairs]

    def _describe(self, branch, x: torch.Tensor, here: torch.Tensor) -> torch.Tensor:
        """What a branch gives; zeros where there is no view, of which it sees nothing."""
        if here.all():
            return branch(x)
        parts = self.output.weight.new_zeros(x.shape[0], branch.n_features + branch.n_scores)
        if here.any():
            parts[here] = branch(x[here])
        return parts

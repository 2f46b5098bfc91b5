"""Convolutions as long as the sequence, whose filters are implicit functions of the lag."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from scipy.fft import next_fast_len
from torch import nn

from skgenomics.networks._layers import StochasticDepth, check_sizes, depth_rates
from skgenomics.networks._padding import blank
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._stem import Stem
from skgenomics.networks._transformer_layers import FeedForward, InputEmbedding
from skgenomics.networks._trunks import Trunk

# Filters decay to 1 % after these fractions of the length, from the first to the last channel.
_SLOWEST_DECAY, _FASTEST_DECAY = 1.5, 0.3
_DECAY_TARGET = 0.01


class LongConvTrunk(Trunk):
    """Gated convolutions over the whole sequence, as in HyenaDNA.

    Time grows with n log n and memory with n, where n is the length.

    Parameters
    ----------
    n_channels : int
        Number of channels of a position; ignored for token ids.
    length : int
        Number of positions or tokens of a sequence; longer sequences work too.
    vocabulary_size : int or None, default=None
        Number of token ids; None for channels.
    stem_filters : int or tuple of int, default=()
        Number of filters of the stem convolutions, each followed by normalization, activation and
        pooling; an empty tuple for no stem.
    stem_kernel_size, stem_pool_size : int, "auto" or tuple of these
        Kernel size of the stem convolutions, and window of their pooling.
    d_model : int, default=128
        Dimension of the model.
    n_layers : int, default=2
        Number of layers.
    order : int, default=2
        Number of gates of a layer, with ``order - 1`` long convolutions between them; at least 2.
    short_kernel_size : int, default=3
        Kernel size of the depthwise convolution before the gates.
    filter_units, filter_layers : int
        Size and number of hidden layers of the network that computes the filters.
    filter_length : int or None, default=None
        Length, after the stem, that sets the scale of the filters; None for that of `length`.
    n_position_features : int, default=5
        Dimension of the positional encoding that this network reads: the lag and pairs of sine and
        cosine waves; must be odd.
    frequency : float, default=10.0
        Initial frequency of the sine activations of this network, which is trained.
    d_feedforward : int or None, default=None
        Dimension of the feed-forward hidden layers; None for four times `d_model`.
    dropout : float, default=0.1
        Dropout rate of the embedding and of each residual branch.
    bidirectional : bool, default=True
        Whether a position sees both sides, by a second set of filters, or only the positions
        before it.
    stochastic_depth : float, default=0.0
        Rate at which the last layer is dropped in training; the rate grows linearly with depth.
    activation : str, default="gelu"
        Activation of the feed-forward layers.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range.

    References
    ----------
    Poli et al. (2023), Hyena hierarchy: towards larger convolutional language models, ICML;
    Nguyen et al. (2023), HyenaDNA: long-range genomic sequence modeling at single nucleotide
    resolution, NeurIPS.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        vocabulary_size: int | None = None,
        stem_filters=(),
        stem_kernel_size=9,
        stem_pool_size=1,
        d_model: int = 128,
        n_layers: int = 2,
        order: int = 2,
        short_kernel_size: int = 3,
        filter_units: int = 64,
        filter_layers: int = 3,
        filter_length: int | None = None,
        n_position_features: int = 5,
        frequency: float = 10.0,
        d_feedforward: int | None = None,
        dropout: float = 0.1,
        bidirectional: bool = True,
        stochastic_depth: float = 0.0,
        activation: str = "gelu",
    ):
        super().__init__()
        check_sizes("d_model and n_layers", (d_model, n_layers))
        self.stem = Stem(
            n_channels, length, stem_filters, stem_kernel_size, stem_pool_size, vocabulary_size
        )
        self.n_features = d_model
        self.length_out, self.stride = self.stem.length_out, self.stem.stride
        self.embedding = InputEmbedding(self.stem.n_channels_out, d_model, vocabulary_size)
        self.dropout = nn.Dropout(dropout)
        if filter_length is None:
            filter_length = self.length_out
        check_sizes("filter_length", (filter_length,))
        self.blocks = nn.ModuleList(
            LongConvBlock(
                GatedLongConv(
                    d_model,
                    filter_length,
                    order=order,
                    short_kernel_size=short_kernel_size,
                    filter_units=filter_units,
                    filter_layers=filter_layers,
                    n_position_features=n_position_features,
                    frequency=frequency,
                    bidirectional=bidirectional,
                ),
                d_model,
                d_feedforward=4 * d_model if d_feedforward is None else d_feedforward,
                dropout=dropout,
                drop_rate=rate,
                activation=activation,
            )
            for rate in depth_rates(stochastic_depth, n_layers)
        )
        self.final_norm = nn.LayerNorm(d_model)

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        x, mask = self.stem(x, mask)
        x = self.dropout(self.embedding(x))
        for block in self.blocks:
            x = block(x, mask)
        return blank(self.final_norm(x).transpose(1, 2), mask), mask


class LongConv(SequenceNetwork):
    """Long convolutions, for long sequences."""

    trunk_class = LongConvTrunk


class LongConvBlock(nn.Module):
    """A gated long convolution and a feed-forward network, each in a residual branch."""

    def __init__(
        self,
        mixer: GatedLongConv,
        d_model: int,
        *,
        d_feedforward: int,
        dropout: float,
        drop_rate: float,
        activation: str,
    ):
        super().__init__()
        self.mixer_norm = nn.LayerNorm(d_model)
        self.mixer = mixer
        self.feedforward_norm = nn.LayerNorm(d_model)
        self.feedforward = FeedForward(d_model, d_feedforward, activation=activation)
        self.drop = nn.Sequential(nn.Dropout(dropout), StochasticDepth(drop_rate))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Transform (batch, length, d_model)."""
        x = x + self.drop(self.mixer(self.mixer_norm(x), mask))
        return x + self.drop(self.feedforward(self.feedforward_norm(x)))


class GatedLongConv(nn.Module):
    """The Hyena operator: long convolutions that alternate with elementwise gates.

    Parameters are those of :class:`LongConvTrunk`.
    """

    def __init__(
        self,
        d_model: int,
        length: int,
        *,
        order: int,
        short_kernel_size: int,
        filter_units: int,
        filter_layers: int,
        n_position_features: int,
        frequency: float,
        bidirectional: bool,
    ):
        super().__init__()
        check_sizes("order, short_kernel_size", (order, short_kernel_size))
        if order < 2:
            raise ValueError(f"order must be at least 2 for one long convolution, got {order}")
        self.order, self.bidirectional = order, bidirectional
        self.project = nn.Linear(d_model, (order + 1) * d_model)
        self.short = ShortConv((order + 1) * d_model, short_kernel_size, centered=bidirectional)
        n_directions = 2 if bidirectional else 1
        self.filters = ImplicitFilters(
            (order - 1) * n_directions * d_model,
            length,
            n_units=filter_units,
            n_layers=filter_layers,
            n_features=n_position_features,
            frequency=frequency,
            n_scales=d_model,
        )
        # Skip connection of each channel around its convolution, with a weight of its own.
        self.passing = nn.Parameter(torch.randn(order - 1, d_model, 1))
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Mix the positions of (batch, length, d_model)."""
        projected = blank(self.project(x).transpose(1, 2), mask)
        *gates, signal = self.short(projected).chunk(self.order + 1, dim=1)
        filters = self.filters(x.shape[1]).unflatten(0, (self.order - 1, -1, x.shape[2]))
        for gate, kernels, passing in zip(gates[1:], filters, self.passing, strict=True):
            # Filters reach as far as the sequence, so padding has to be zero before each of them.
            signal = blank(signal * gate, mask)
            signal = long_convolution(signal, *kernels) + signal * passing
        return self.out((signal * gates[0]).transpose(1, 2))


class ShortConv(nn.Module):
    """Depthwise convolution over the positions around each one, or before it if causal."""

    def __init__(self, n_channels: int, kernel_size: int, *, centered: bool):
        super().__init__()
        behind = (kernel_size - 1) // 2 if centered else 0
        self.pads = (kernel_size - 1 - behind, behind)
        self.conv = nn.Conv1d(n_channels, n_channels, kernel_size, groups=n_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Convolve (batch, channels, length)."""
        return self.conv(nn.functional.pad(x, self.pads))


class ImplicitFilters(nn.Module):
    """Filters as a function of the lag: a network with sine activations, times a decay.

    The number of parameters does not depend on the length of the filters.

    Parameters
    ----------
    n_filters : int
        Number of filters.
    length : int
        Unit of the lags.
    n_units, n_layers : int
        Size and number of hidden layers.
    n_features : int
        Dimension of the positional encoding of a lag; must be odd.
    frequency : float
        Initial frequency of the sine activations.
    n_scales : int
        Number of decay rates, which are assigned to the filters in turn.

    Raises
    ------
    ValueError
        If a size is out of range.
    """

    decay: torch.Tensor

    def __init__(
        self,
        n_filters: int,
        length: int,
        *,
        n_units: int,
        n_layers: int,
        n_features: int,
        frequency: float,
        n_scales: int,
    ):
        super().__init__()
        check_sizes("filter_units, filter_layers", (n_units, n_layers))
        check_sizes("n_position_features", (n_features,))
        if n_features % 2 == 0:
            raise ValueError(
                "n_position_features counts the lag and pairs of sines and cosines, so it must be "
                f"odd, got {n_features}"
            )
        self.length, self.n_bands = length, n_features // 2
        sizes = [n_features] + [n_units] * n_layers
        self.hidden = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes))
        # All layers share the frequencies.
        self.frequencies = nn.Parameter(torch.full((n_units,), float(frequency)))
        self.out = nn.Linear(n_units, n_filters, bias=False)
        # The mean square of a sine is 1/2. With this standard deviation the squares of a filter sum
        # to at most one over the whole length, so that a convolution keeps the scale of its input
        # however long the sequence is.
        nn.init.normal_(self.out.weight, std=(2 / (n_units * length)) ** 0.5)
        speeds = torch.linspace(1 / _SLOWEST_DECAY, 1 / _FASTEST_DECAY, n_scales)
        decay = -math.log(_DECAY_TARGET) * speeds.repeat(n_filters // n_scales)
        self.register_buffer("decay", decay, persistent=False)

    def forward(self, n_lags: int) -> torch.Tensor:
        """Compute filters of shape (n_filters, n_lags)."""
        # Lags are divided by the length of the fit, not of the batch: a filter has the same weight
        # at a lag in sequences of any length, and padding changes nothing.
        like = self.out.weight
        steps = torch.arange(n_lags, dtype=like.dtype, device=like.device)[:, None]
        # As in HyenaDNA, the last lag is one, but the period of the waves is the length.
        lags = steps / max(self.length - 1, 1)
        hidden = self._features(lags, 2 * math.pi * steps / self.length)
        for layer in self.hidden:
            hidden = torch.sin(self.frequencies * layer(hidden))
        return (self.out(hidden) * torch.exp(-lags * self.decay)).T

    def _features(self, lags: torch.Tensor, phases: torch.Tensor) -> torch.Tensor:
        bands = torch.linspace(
            1e-4, max(self.n_bands - 1, 1e-4), self.n_bands, dtype=lags.dtype, device=lags.device
        )
        angles = phases * bands
        return torch.cat([lags, angles.cos(), -angles.sin()], dim=1)


@torch.compiler.assume_constant_result
def _transform_size(minimum: int) -> int:
    """Return the smallest size from a minimum on whose Fourier transform is fast."""
    return next_fast_len(minimum, real=True)


def long_convolution(
    x: torch.Tensor, before: torch.Tensor, after: torch.Tensor | None = None
) -> torch.Tensor:
    """Convolve sequences with filters of the same length, by Fourier transforms.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, length)
        Input of the convolution.
    before : Tensor of shape (channels, length)
        Weights of a position itself, of the one before it, and so on.
    after : Tensor of shape (channels, length), optional
        Weights of the positions after it, likewise; the first one is not used.  None for a causal
        convolution.

    Returns
    -------
    Tensor of shape (batch, channels, length)
    """
    length = x.shape[-1]
    # A product of Fourier transforms is a circular convolution. In a transform of at least twice
    # the length, what wraps around falls behind the positions that are kept, so that the result is
    # linear. Negative lags stand at the end of the kernel, where circular indices wrap to.
    size = _transform_size(2 * length)
    kernel = before
    if after is not None:
        gap = before.new_zeros(len(before), size - 2 * length + 1)
        kernel = torch.cat([before, gap, after[:, 1:].flip(-1)], dim=-1)
    # Fourier transforms have no types of less precision, which autocast passes on.
    x, kernel = (a.float() if a.dtype.itemsize < 4 else a for a in (x, kernel))
    spectrum = torch.fft.rfft(x, size) * torch.fft.rfft(kernel, size)
    return torch.fft.irfft(spectrum, size)[..., :length]

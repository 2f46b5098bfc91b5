"""Convolutions as long as the sequence, whose filters are functions of the position."""

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

# Filters fall to 1 % after these shares of the length, from the first to the last channel.
_SLOWEST_DECAY, _FASTEST_DECAY = 1.5, 0.3
_DECAY_TARGET = 0.01


class LongConvTrunk(Trunk):
    """Gated convolutions over the whole sequence, as in HyenaDNA.

    Time grows with n log n and memory with n, where n is the length.

    Parameters
    ----------
    n_channels : int
        Channels of a position: 4 for DNA; ignored for token ids.
    length : int
        Positions of a sequence, or tokens.  Longer sequences work too.
    vocabulary_size : int or None
        Number of token ids; None if sequences come as channels.
    stem_filters : int or tuple of int
        Filters of convolutions ahead of the long ones, each followed by normalization, activation
        and pooling; an empty tuple for none.
    stem_kernel_size, stem_pool_size : int, "auto" or tuple of them
        Sizes of these convolutions and of their pooling.
    d_model : int
        Size of the vectors.
    n_layers : int
        Number of layers.
    order : int
        Gates of a layer, between which there are ``order - 1`` long convolutions; at least 2.
    short_kernel_size : int
        Size of the convolution of each channel before the gates.
    filter_units, filter_layers : int
        Size and number of hidden layers of the network that computes the filters.
    filter_length : int or None
        Positions, after the stem, that set the scale of the filters; None for those of `length`.
    n_position_features : int
        What that network gets of a position: its share of the length, and waves in pairs of a
        sine and a cosine; an odd number.
    frequency : float
        Initial frequency of that network's sines, which are trained.
    d_feedforward : int or None
        Size of the hidden layers between convolutions; None for four times `d_model`.
    dropout : float
        Dropout of the embedding and of what each layer adds to it.
    bidirectional : bool
        Whether a position sees both sides, by one more set of filters, or only what comes before
        it, as a model that predicts the next letter needs.
    stochastic_depth : float
        Rate at which the last layer is left out in training; it grows linearly up to it.

    Raises
    ------
    ValueError
        If a setting is out of range.

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
    """A gated long convolution and a feed-forward network, both added to what comes in."""

    def __init__(
        self,
        mixer: GatedLongConv,
        d_model: int,
        *,
        d_feedforward: int,
        dropout: float,
        drop_rate: float,
    ):
        super().__init__()
        self.mixer_norm = nn.LayerNorm(d_model)
        self.mixer = mixer
        self.feedforward_norm = nn.LayerNorm(d_model)
        self.feedforward = FeedForward(d_model, d_feedforward)
        self.drop = nn.Sequential(nn.Dropout(dropout), StochasticDepth(drop_rate))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        x = x + self.drop(self.mixer(self.mixer_norm(x), mask))
        return x + self.drop(self.feedforward(self.feedforward_norm(x)))


class GatedLongConv(nn.Module):
    """The Hyena operator: long convolutions of products with gates.

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
        # Each channel also passes by its convolution, with a weight of its own.
        self.passing = nn.Parameter(torch.randn(order - 1, d_model, 1))
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Mix the positions of (batch, length, d_model)."""
        projected = blank(self.project(x).transpose(1, 2), mask)
        *gates, signal = self.short(projected).chunk(self.order + 1, dim=1)
        filters = self.filters(x.shape[1]).unflatten(0, (self.order - 1, -1, x.shape[2]))
        for gate, kernels, passing in zip(gates[1:], filters, self.passing, strict=True):
            signal = blank(signal * gate, mask)
            signal = long_convolution(signal, *kernels) + signal * passing
        return self.out((signal * gates[0]).transpose(1, 2))


class ShortConv(nn.Module):
    """Convolution of each channel alone, over positions around or before each one."""

    def __init__(self, n_channels: int, kernel_size: int, *, centered: bool):
        super().__init__()
        behind = (kernel_size - 1) // 2 if centered else 0
        self.pads = (kernel_size - 1 - behind, behind)
        self.conv = nn.Conv1d(n_channels, n_channels, kernel_size, groups=n_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(nn.functional.pad(x, self.pads))


class ImplicitFilters(nn.Module):
    """Filters as a function of the lag: a small network with sines, which fades out.

    Parameters
    ----------
    n_filters : int
        Number of filters.
    length : int
        Lag that counts as one; what the network gets of a lag depends on nothing else.
    n_units, n_layers : int
        Size and number of hidden layers.
    n_features : int
        Features of a lag; an odd number.
    frequency : float
        Initial frequencies of the sines.
    n_scales : int
        Number of different speeds of fading, which filters take in turn.
    """

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
                "n_position_features is one and pairs of sines and cosines, so an odd number, "
                f"got {n_features}"
            )
        self.length, self.n_bands = length, n_features // 2
        sizes = [n_features] + [n_units] * n_layers
        self.hidden = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes))
        # All layers share the frequencies.
        self.frequencies = nn.Parameter(torch.full((n_units,), float(frequency)))
        self.out = nn.Linear(n_units, n_filters, bias=False)
        # The mean square of a sine is a half: filters start with an energy of one at the most, so
        # that a convolution neither swells nor drowns a long sequence.
        nn.init.normal_(self.out.weight, std=(2 / (n_units * length)) ** 0.5)
        speeds = torch.linspace(1 / _SLOWEST_DECAY, 1 / _FASTEST_DECAY, n_scales)
        decay = -math.log(_DECAY_TARGET) * speeds.repeat(n_filters // n_scales)
        self.register_buffer("decay", decay, persistent=False)

    def forward(self, n_lags: int) -> torch.Tensor:
        """Filters of shape (n_filters, n_lags)."""
        like = self.out.weight
        lags = torch.arange(n_lags, dtype=like.dtype, device=like.device)[:, None] / self.length
        hidden = self._features(lags)
        for layer in self.hidden:
            hidden = torch.sin(self.frequencies * layer(hidden))
        return (self.out(hidden) * torch.exp(-lags * self.decay)).T

    def _features(self, lags: torch.Tensor) -> torch.Tensor:
        bands = torch.linspace(
            1e-4, max(self.n_bands - 1, 1e-4), self.n_bands, dtype=lags.dtype, device=lags.device
        )
        angles = 2 * math.pi * lags * bands
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
    before : Tensor of shape (channels, length)
        Weights of a position itself, of the one before it, and so on.
    after : Tensor of shape (channels, length), optional
        Weights of the positions after it, likewise; the first one is not used.  None if a position
        takes nothing from these.

    Returns
    -------
    Tensor of shape (batch, channels, length)
    """
    length = x.shape[-1]
    # Room for all lags on both sides: what is cyclic in a Fourier transform never meets itself.
    size = _transform_size(2 * length)
    kernel = before
    if after is not None:
        gap = before.new_zeros(len(before), size - 2 * length + 1)
        kernel = torch.cat([before, gap, after[:, 1:].flip(-1)], dim=-1)
    spectrum = torch.fft.rfft(x, size) * torch.fft.rfft(kernel, size)
    return torch.fft.irfft(spectrum, size)[..., :length]

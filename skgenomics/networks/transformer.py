"""Transformer over sequences or tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import nn

from skgenomics.networks._attention import (
    SelfAttention,
    blank_maps,
    check_heads,
    join_bias,
    visible_before,
    visible_keys,
)
from skgenomics.networks._layers import StochasticDepth, check_sizes, depth_rates
from skgenomics.networks._padding import blank
from skgenomics.networks._positional_encoding import Rotation, check_fits, make_positions
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._stem import Stem
from skgenomics.networks._transformer_layers import FeedForward, InputEmbedding, make_table
from skgenomics.networks._trunks import Trunk


class TransformerTrunk(Trunk):
    """Transformer encoder of one-hot sequences, optionally behind a stem, or of tokens.

    Parameters
    ----------
    n_channels : int
        Number of channels of a position; ignored for token ids.
    length : int
        Number of positions or tokens of a sequence.
    vocabulary_size : int or None, default=None
        Number of token ids; None for channels.
    stem_filters : int or tuple of int, default=()
        Number of filters of the stem convolutions, each followed by normalization, activation and
        pooling; an empty tuple for no stem.
    stem_kernel_size, stem_pool_size : int or tuple of int
        Kernel size of the stem convolutions, and window of their pooling.
    d_model : int, default=128
        Dimension of the model.
    n_layers, n_heads : int
        Number of layers, and of attention heads per layer.
    d_feedforward : int or None, default=None
        Dimension of the feed-forward hidden layers; None for four times `d_model`.
    positions : {"rotary", "alibi", "learned", "sinusoidal", None}, default="rotary"
        Positional encoding; only "learned" limits the length of sequences.
    max_positions : int or None, default=None
        Number of learned positions, counted after the stem; None for those of `length`.
    norm_first : bool, default=True
        Whether normalization comes before attention and feed-forward layers, or after each
        residual sum.
    activation : str, default="gelu"
        "swiglu", or one of :data:`skgenomics.networks._layers.ACTIVATIONS`.
    dropout : float, default=0.1
        Dropout rate of the embedding and of each residual branch.
    attention_dropout : float, default=0.0
        Dropout rate of the attention maps.
    bias : bool, default=True
        Whether the feed-forward layers have biases.
    n_segments : int, default=0
        Number of token-type (segment) embeddings, the first of which is added to every position,
        as in BERT; 0 for none.
    causal : bool, default=False
        Whether a position sees only itself and the positions before it.
    embedding_norm, final_norm : bool
        Whether to normalize the embedding, and the output of the last layer.
    stochastic_depth : float, default=0.0
        Rate at which the last layer is dropped in training, see
        :class:`~skgenomics.networks._layers.StochasticDepth`; the rate grows linearly with depth.

    Raises
    ------
    ValueError
        If a hyperparameter is invalid; in ``forward``, if a sequence has more positions than were
        learned.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, NeurIPS; Ji et al. (2021), DNABERT,
    Bioinformatics 37; Dalla-Torre et al. (2025), Nucleotide Transformer, Nature Methods 22.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        vocabulary_size: int | None = None,
        stem_filters=(),
        stem_kernel_size=9,
        stem_pool_size=4,
        d_model: int = 128,
        n_layers: int = 4,
        n_heads: int = 8,
        d_feedforward: int | None = None,
        positions: str | None = "rotary",
        max_positions: int | None = None,
        norm_first: bool = True,
        activation: str = "gelu",
        dropout: float = 0.1,
        attention_dropout: float = 0.0,
        bias: bool = True,
        n_segments: int = 0,
        causal: bool = False,
        embedding_norm: bool = False,
        final_norm: bool = True,
        stochastic_depth: float = 0.0,
    ):
        super().__init__()
        check_heads(d_model, n_heads)
        check_sizes("n_layers", (n_layers,))
        self.causal = causal
        self.stem = Stem(
            n_channels, length, stem_filters, stem_kernel_size, stem_pool_size, vocabulary_size
        )
        self.n_features = d_model
        self.length_out, self.stride = self.stem.length_out, self.stem.stride
        if max_positions is None:
            max_positions = self.length_out
        if positions == "learned":
            check_fits(self.length_out, max_positions)
            self.length_settings = ("positions='learned'",)
        self.embedding = InputEmbedding(self.stem.n_channels_out, d_model, vocabulary_size)
        self.positions = make_positions(
            positions, d_model=d_model, n_heads=n_heads, max_positions=max_positions
        )
        self.segments = make_table(n_segments, d_model) if n_segments else None
        self.embedding_norm = nn.LayerNorm(d_model) if embedding_norm else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            TransformerBlock(
                d_model,
                n_heads,
                d_feedforward=4 * d_model if d_feedforward is None else d_feedforward,
                norm_first=norm_first,
                activation=activation,
                dropout=dropout,
                attention_dropout=attention_dropout,
                bias=bias,
                drop_rate=rate,
            )
            for rate in depth_rates(stochastic_depth, n_layers)
        )
        self.final_norm = nn.LayerNorm(d_model) if final_norm else nn.Identity()

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        x, mask = self._embed(x, mask)
        visible, rotation = self._context(x, mask)
        for block in self.blocks:
            x = block(x, visible, rotation)
        return blank(self.final_norm(x).transpose(1, 2), mask), mask

    def attention_maps(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> list[torch.Tensor]:
        """Compute the attention maps of all layers.

        Call it in evaluation mode, since dropout between layers is applied as in ``forward``.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length), or of int of shape (batch, length)
            One-hot sequences or signals; or token ids.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding.

        Returns
        -------
        list of Tensor of shape (batch, n_heads, length_out, length_out)
            One per layer. Rows are queries and sum to 1; the attention to padding is 0, so that the
            rows of a sequence without any real position are 0.
        """
        x, mask = self._embed(x, mask)
        visible, rotation = self._context(x, mask)
        maps = []
        for block in cast(Iterable[TransformerBlock], self.blocks):
            maps.append(blank_maps(block.attention_map(x, visible, rotation), mask))
            x = block(x, visible, rotation)
        return maps

    def _embed(self, x, mask):
        x, mask = self.stem(x, mask)
        x = self.positions.add(self.embedding(x), mask)
        if self.segments is not None:
            x = x + self.segments.weight[0]
        return self.dropout(self.embedding_norm(x)), mask

    def _context(self, x, mask) -> tuple[torch.Tensor | None, Rotation | None]:
        visible = visible_before(x, mask) if self.causal else visible_keys(mask)
        visible = join_bias(visible, self.positions.bias(x))
        return visible, self.positions.rotation(x)


class Transformer(SequenceNetwork):
    """Transformer, on bases read by convolutions or on tokens."""

    trunk_class = TransformerTrunk


class TransformerBlock(nn.Module):
    """Self-attention and a feed-forward network, each in a residual branch."""

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        *,
        d_feedforward: int,
        norm_first: bool,
        activation: str,
        dropout: float,
        attention_dropout: float,
        bias: bool,
        drop_rate: float,
    ):
        super().__init__()
        self.norm_first = norm_first
        self.attention = SelfAttention(d_model, n_heads, attention_dropout)
        self.feedforward = FeedForward(d_model, d_feedforward, activation=activation, bias=bias)
        self.attention_norm = nn.LayerNorm(d_model)
        self.feedforward_norm = nn.LayerNorm(d_model)
        self.drop = nn.Sequential(nn.Dropout(dropout), StochasticDepth(drop_rate))

    def forward(
        self, x: torch.Tensor, visible: torch.Tensor | None, rotation: Rotation | None
    ) -> torch.Tensor:
        """Transform (batch, length, d_model)."""
        if self.norm_first:
            x = x + self.drop(self.attention(self.attention_norm(x), visible, rotation))
            return x + self.drop(self.feedforward(self.feedforward_norm(x)))
        x = self.attention_norm(x + self.drop(self.attention(x, visible, rotation)))
        return self.feedforward_norm(x + self.drop(self.feedforward(x)))

    def attention_map(self, x, visible, rotation) -> torch.Tensor:
        """Compute the attention maps of the layer: (batch, heads, length, length)."""
        seen = self.attention_norm(x) if self.norm_first else x
        return self.attention.maps(seen, visible, rotation)

"""Self-attention with access to the attention maps."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import check_sizes
from skgenomics.networks._positional_encoding import Rotation, rotate
from skgenomics.networks._transformer_layers import init_linear


def split_heads(x: torch.Tensor, n_heads: int) -> torch.Tensor:
    """Reshape (batch, length, heads * size) to (batch, heads, length, size)."""
    return x.unflatten(-1, (n_heads, -1)).transpose(-2, -3)


def join_heads(x: torch.Tensor) -> torch.Tensor:
    """Reshape (batch, heads, length, size) to (batch, length, heads * size)."""
    return x.transpose(1, 2).flatten(2)


def visible_keys(mask: torch.Tensor | None) -> torch.Tensor | None:
    """Compute the mask of keys that attention may see, of shape (batch, 1, 1, length).

    A sequence without any real position sees everything, since a softmax over no logits is NaN;
    its output is set to zero later.
    """
    if mask is None:
        return None
    return (mask | ~mask.any(dim=1, keepdim=True))[:, None, None, :]


def visible_before(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Compute the causal mask of (batch, length, d_model): (1 or batch, 1, length, length).

    A position sees itself, which keeps the softmax finite at padding, and real positions before it.
    """
    n = x.shape[1]
    before = torch.ones(n, n, dtype=torch.bool, device=x.device).tril()[None, None]
    if mask is None:
        return before
    return before & (mask[:, None, None, :] | torch.eye(n, dtype=torch.bool, device=x.device))


def join_bias(visible: torch.Tensor | None, bias: torch.Tensor | None) -> torch.Tensor | None:
    """Combine the mask of visible keys with a bias of the logits."""
    if bias is None:
        return visible
    if visible is None:
        return bias[None]
    return bias[None].masked_fill(~visible, -torch.inf)


def softmax_maps(logits: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Compute attention maps from logits and a mask, boolean or additive."""
    if mask is not None and mask.dtype == torch.bool:
        logits = logits.masked_fill(~mask, -torch.inf)
    elif mask is not None:
        logits = logits + mask
    return logits.softmax(dim=-1)


def blank_maps(maps: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Set the attention of sequences without real positions to zero."""
    return maps if mask is None else maps * mask[:, None, None, :]


class SelfAttention(nn.Module):
    """Scaled dot-product attention with several heads.

    Parameters
    ----------
    d_model, n_heads : int
        Dimension of the model, and number of heads.
    dropout : float, default=0.0
        Dropout rate of the attention maps.

    Raises
    ------
    ValueError
        If `d_model` is not divisible by `n_heads`.
    """

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0):
        super().__init__()
        check_heads(d_model, n_heads)
        self.n_heads, self.dropout = n_heads, dropout
        self.query, self.key, self.value, self.out = (nn.Linear(d_model, d_model) for _ in range(4))
        init_linear(self.query, self.key, self.value, self.out)

    def forward(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None = None,
        rotation: Rotation | None = None,
    ) -> torch.Tensor:
        """Attend within a sequence.

        Parameters
        ----------
        x : Tensor of shape (batch, length, d_model)
            Vectors of the positions.
        mask : Tensor that broadcasts to (batch, n_heads, length, length), optional
            Boolean, True where a query sees a key; or a bias added to the logits.
        rotation : tuple of two Tensors, optional
            Cosines and sines of rotary positions.

        Returns
        -------
        Tensor of shape (batch, length, d_model)
        """
        query, key = self._queries_and_keys(x, rotation)
        values = F.scaled_dot_product_attention(
            query,
            key,
            self.values(x),
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.out(join_heads(values))

    def maps(self, x, mask=None, rotation=None) -> torch.Tensor:
        """Compute the attention maps without dropout: (batch, heads, length, length)."""
        query, key = self._queries_and_keys(x, rotation)
        logits = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
        return softmax_maps(logits, mask)

    def values(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the values of all heads: (batch, heads, length, d_model / heads)."""
        return split_heads(self.value(x), self.n_heads)

    def _queries_and_keys(self, x, rotation):
        query = rotate(split_heads(self.query(x), self.n_heads), rotation)
        return query, rotate(split_heads(self.key(x), self.n_heads), rotation)


class RelativeAttention(nn.Module):
    """Attention with relative positional encoding, as in Transformer-XL and Enformer.

    The logit of a query and a key is the sum of a content term, the product of both, and of a
    position term, the product of the query and a linear map of the features of their distance.
    Each term adds a learned bias to the query.  The output layer is initialized at zero.

    Parameters
    ----------
    d_model, n_heads : int
        Dimension of the model, and number of heads.
    d_key : int
        Dimension of the queries and keys of a head.
    n_position_features : int
        Dimension of the relative positional encoding.
    dropout, position_dropout : float, default=0.0
        Dropout rates of the attention maps and of the relative positional encoding.

    Raises
    ------
    ValueError
        If `d_model` is not divisible by `n_heads`.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_key: int,
        n_position_features: int,
        *,
        dropout: float = 0.0,
        position_dropout: float = 0.0,
    ):
        super().__init__()
        check_heads(d_model, n_heads)
        check_sizes("d_key", (d_key,))
        self.n_heads, self.scale = n_heads, d_key**-0.5
        self.query = nn.Linear(d_model, n_heads * d_key, bias=False)
        self.key = nn.Linear(d_model, n_heads * d_key, bias=False)
        self.value = nn.Linear(d_model, d_model, bias=False)
        self.position_key = nn.Linear(n_position_features, n_heads * d_key, bias=False)
        self.content_bias = nn.Parameter(torch.empty(n_heads, 1, d_key))
        self.position_bias = nn.Parameter(torch.empty(n_heads, 1, d_key))
        self.out = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(dropout)
        self.position_dropout = nn.Dropout(position_dropout)
        init_linear(self.query, self.key, self.value, self.position_key)
        for bias in (self.content_bias, self.position_bias):
            nn.init.normal_(bias, std=self.scale)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self, x: torch.Tensor, features: torch.Tensor, visible: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Attend within a sequence.

        Parameters
        ----------
        x : Tensor of shape (batch, length, d_model)
            Vectors of the positions.
        features : Tensor of shape (2 * length - 1, n_position_features)
            Encoding of the distances of a key to a query, from ``1 - length`` to ``length - 1``.
        visible : Tensor of bool, optional
            Mask of keys, see :func:`visible_keys`.

        Returns
        -------
        Tensor of shape (batch, length, d_model)
        """
        maps = self.dropout(self.maps(x, features, visible))
        return self.out(join_heads(maps @ self.values(x)))

    def maps(self, x, features, visible=None) -> torch.Tensor:
        """Compute the attention maps before dropout: (batch, heads, length, length)."""
        return softmax_maps(self.logits(x, features), visible)

    def values(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the values of all heads: (batch, heads, length, d_model / heads)."""
        return split_heads(self.value(x), self.n_heads)

    def logits(self, x: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """Compute the logits of all queries (rows) and keys (columns)."""
        query = split_heads(self.query(x), self.n_heads) * self.scale
        key = split_heads(self.key(x), self.n_heads)
        position_key = split_heads(self.position_key(self.position_dropout(features)), self.n_heads)
        by_content = (query + self.content_bias) @ key.transpose(-1, -2)
        by_distance = (query + self.position_bias) @ position_key.transpose(-1, -2)
        return by_content + relative_shift(by_distance)


def relative_shift(x: torch.Tensor) -> torch.Tensor:
    """Convert logits by distance, (..., n, 2n - 1), to logits by key, (..., n, n).

    Key j has the distance j - i to query i, which is column j - i + n - 1.
    """
    # Row i has to be read from column n - 1 - i on. Padded to 2n columns and flattened, rows start
    # 2n apart; read as rows of 2n - 1, each starts one column earlier than the one before. This
    # needs no gather, whose index would be as large as the logits.
    n = x.shape[-2]
    flat = F.pad(x, (0, 1)).flatten(-2)[..., n - 1 : n - 1 + n * (2 * n - 1)]
    return flat.unflatten(-1, (n, 2 * n - 1))[..., :n]


def check_heads(d_model: int, n_heads: int) -> None:
    """Raise a ValueError unless `d_model` is divisible by `n_heads`."""
    check_sizes("d_model and n_heads", (d_model, n_heads))
    if d_model % n_heads:
        raise ValueError(
            f"d_model={d_model} is not divisible by n_heads={n_heads}; choose another of them"
        )

"""Self-attention, whose maps can be looked at."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import check_sizes
from skgenomics.networks._positional_encoding import Rotation, rotate
from skgenomics.networks._transformer_layers import init_linear


def split_heads(x: torch.Tensor, n_heads: int) -> torch.Tensor:
    """(batch, length, heads * size) to (batch, heads, length, size)."""
    return x.unflatten(-1, (n_heads, -1)).transpose(-2, -3)


def join_heads(x: torch.Tensor) -> torch.Tensor:
    """(batch, heads, length, size) to (batch, length, heads * size)."""
    return x.transpose(1, 2).flatten(2)


def visible_keys(mask: torch.Tensor | None) -> torch.Tensor | None:
    """Keys that attention may see: (batch, 1, 1, length), True where it may.

    A sequence without any real position sees everything, since a softmax over nothing is not a
    number; what comes out of it is blanked later.
    """
    if mask is None:
        return None
    return (mask | ~mask.any(dim=1, keepdim=True))[:, None, None, :]


def visible_before(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Keys that each position of (batch, length, d_model) may see: itself and real ones before it.

    Gives (1 or batch, 1, length, length), True where it may.
    """
    n = x.shape[1]
    before = torch.ones(n, n, dtype=torch.bool, device=x.device).tril()[None, None]
    if mask is None:
        return before
    return before & (mask[:, None, None, :] | torch.eye(n, dtype=torch.bool, device=x.device))


def join_bias(visible: torch.Tensor | None, bias: torch.Tensor | None) -> torch.Tensor | None:
    """One mask out of the visible keys and of what is added to the logits."""
    if bias is None:
        return visible
    if visible is None:
        return bias[None]
    return bias[None].masked_fill(~visible, -torch.inf)


def softmax_maps(logits: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Attention maps of logits to which `mask`, of bool or to be added, is applied."""
    if mask is not None and mask.dtype == torch.bool:
        logits = logits.masked_fill(~mask, -torch.inf)
    elif mask is not None:
        logits = logits + mask
    return logits.softmax(dim=-1)


def blank_maps(maps: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Attention maps without any attention to padding, not even in empty sequences."""
    return maps if mask is None else maps * mask[:, None, None, :]


class SelfAttention(nn.Module):
    """Scaled dot-product attention with several heads.

    Parameters
    ----------
    d_model, n_heads : int
        Size of the vectors, and number of heads that share it.
    dropout : float
        Dropout of the attention maps.

    Raises
    ------
    ValueError
        If the heads cannot share the vectors evenly.
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
        """Attend within (batch, length, d_model).

        `mask`, to be broadcast to (batch, heads, length, length), is of bool (True where a query
        sees a key), or is added to the logits.
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
        """The attention maps of ``forward`` without dropout: (batch, heads, length, length)."""
        query, key = self._queries_and_keys(x, rotation)
        logits = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
        return softmax_maps(logits, mask)

    def values(self, x: torch.Tensor) -> torch.Tensor:
        """What the maps weigh: (batch, heads, length, d_model / heads)."""
        return split_heads(self.value(x), self.n_heads)

    def _queries_and_keys(self, x, rotation):
        query = rotate(split_heads(self.query(x), self.n_heads), rotation)
        return query, rotate(split_heads(self.key(x), self.n_heads), rotation)


class RelativeAttention(nn.Module):
    """Attention whose logits depend on contents and on features of the distance.

    A query meets keys with one learned offset, and linear maps of the features of their distance
    with another, as in Transformer-XL and Enformer.  The output starts at zero.

    Parameters
    ----------
    d_model, n_heads : int
        Size of the vectors, and number of heads that share it as values.
    d_key : int
        Size of the queries and keys of a head.
    n_position_features : int
        Features of a distance.
    dropout, position_dropout : float
        Dropout of the attention maps, and of the features of distances.

    Raises
    ------
    ValueError
        If the heads cannot share the vectors evenly.
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
        """Attend within (batch, length, d_model).

        Parameters
        ----------
        x : Tensor of shape (batch, length, d_model)
        features : Tensor of shape (2 * length - 1, n_position_features)
            Features of the distances from ``1 - length`` to ``length - 1``, of a key to a query.
        visible : Tensor of bool, optional
            Keys that may be seen, see :func:`visible_keys`.
        """
        maps = self.dropout(self.maps(x, features, visible))
        return self.out(join_heads(maps @ self.values(x)))

    def maps(self, x, features, visible=None) -> torch.Tensor:
        """The attention maps of ``forward`` before dropout: (batch, heads, length, length)."""
        return softmax_maps(self.logits(x, features), visible)

    def values(self, x: torch.Tensor) -> torch.Tensor:
        """What the maps weigh: (batch, heads, length, d_model / heads)."""
        return split_heads(self.value(x), self.n_heads)

    def logits(self, x: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """Logits of all queries (rows) and keys (columns)."""
        query = split_heads(self.query(x), self.n_heads) * self.scale
        key = split_heads(self.key(x), self.n_heads)
        position_key = split_heads(self.position_key(self.position_dropout(features)), self.n_heads)
        by_content = (query + self.content_bias) @ key.transpose(-1, -2)
        by_distance = (query + self.position_bias) @ position_key.transpose(-1, -2)
        return by_content + relative_shift(by_distance)


def relative_shift(x: torch.Tensor) -> torch.Tensor:
    """Logits by distance, (..., n, 2n - 1), to logits by key, (..., n, n).

    Key j is at the distance j - i of query i, which is column j - i + n - 1.  With one more column
    and rows laid end to end, a window that is read one column shorter moves by one in each row.
    """
    n = x.shape[-2]
    laid = F.pad(x, (0, 1)).flatten(-2)[..., n - 1 : n - 1 + n * (2 * n - 1)]
    return laid.unflatten(-1, (n, 2 * n - 1))[..., :n]


def check_heads(d_model: int, n_heads: int) -> None:
    """Raise a ValueError unless all heads get the same share of the vectors."""
    check_sizes("d_model and n_heads", (d_model, n_heads))
    if d_model % n_heads:
        raise ValueError(
            f"d_model={d_model} is not divisible by n_heads={n_heads}; choose another of them"
        )

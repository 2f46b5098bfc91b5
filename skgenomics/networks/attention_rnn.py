"""Recurrent networks with attention over positions or signals."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from skgenomics.networks._layers import as_tuple, check_sizes, dense_layers
from skgenomics.networks._padding import blank
from skgenomics.networks._recurrent import Recurrent


class AttentionSummary(nn.Module):
    """Mean over positions with softmax weights.

    Parameters
    ----------
    score : Module
        Maps (batch, length, channels) to logits of shape (batch, length, 1).
    """

    def __init__(self, score: nn.Module):
        super().__init__()
        self.score = score

    def forward(
        self, maps: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Average a feature map, and return the attention weights.

        Parameters
        ----------
        maps : Tensor of shape (batch, channels, length)
            Feature map.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding.

        Returns
        -------
        summary : Tensor of shape (batch, channels)
            Weighted mean.
        weights : Tensor of shape (batch, length)
            Attention weights, which sum to one; all zero if a sequence has no real position.
        """
        scores = self.score(maps.transpose(1, 2)).transpose(1, 2)
        lowest = torch.finfo(scores.dtype).min
        weights = blank(blank(scores, mask, lowest).softmax(dim=2), mask)[:, 0]
        return torch.einsum("bdl,bl->bd", maps, weights), weights


def context_attention(n_features: int) -> AttentionSummary:
    """Build attention whose logits are products with a learned context vector."""
    context = nn.Linear(n_features, 1, bias=False)
    nn.init.uniform_(context.weight, -0.1, 0.1)
    return AttentionSummary(context)


def additive_attention(n_features: int, n_units: int) -> AttentionSummary:
    """Build attention whose logits come from a hidden layer of tanh units."""
    hidden = nn.Linear(n_features, n_units)
    return AttentionSummary(nn.Sequential(hidden, nn.Tanh(), nn.Linear(n_units, 1, bias=False)))


class HierarchicalAttentionRNN(nn.Module):
    """AttentiveChrome: attention over the bins of each mark, then over the marks.

    Each channel, such as the signal of a histone mark, has a bidirectional LSTM of its own over
    the positions, whose output is averaged with attention weights.  A second LSTM with attention
    reads the resulting vectors of all marks in order.

    Parameters
    ----------
    n_channels, length : int
        Number of marks, and of positions ("bins") of each; other numbers of positions work too.
    n_outputs : int
        Number of outputs.
    hidden_size, mark_hidden_size : int
        Number of units per direction of the LSTMs over positions, and of the LSTM over marks.
    dropout : float, default=0.5
        Dropout rate of the vector of each mark, and of the vector of all marks.

    References
    ----------
    Singh, Lanchantin, Sekhon and Qi (2017), Attend and predict: understanding gene regulation by
    selective attention on chromatin, Advances in Neural Information Processing Systems 30.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        hidden_size: int = 32,
        mark_hidden_size: int = 16,
        dropout: float = 0.5,
    ):
        super().__init__()
        check_sizes("n_channels", (n_channels,))
        self.bin_rnns = nn.ModuleList(Recurrent(1, hidden_size) for _ in range(n_channels))
        self.bin_attentions = nn.ModuleList(
            context_attention(2 * hidden_size) for _ in range(n_channels)
        )
        self.mark_rnn = Recurrent(2 * hidden_size, mark_hidden_size)
        self.mark_attention = context_attention(2 * mark_hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * mark_hidden_size, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the outputs of a batch.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            Signals.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
            Outputs without a final activation.
        """
        summary, _, _ = self._attend(x)
        return self.output(self.dropout(summary))

    def attention(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute the attention weights.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            Signals.

        Returns
        -------
        over_bins : Tensor of shape (batch, n_channels, length)
            Weights of the positions of each mark, which sum to one.
        over_marks : Tensor of shape (batch, n_channels)
            Weights of the marks, which sum to one.
        """
        _, over_bins, over_marks = self._attend(x)
        return over_bins, over_marks

    def _attend(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        by_mark = [
            attend(rnn(signal))
            for signal, rnn, attend in zip(
                x.split(1, dim=1), self.bin_rnns, self.bin_attentions, strict=True
            )
        ]
        marks = torch.stack([summary for summary, _ in by_mark], dim=2)
        over_bins = torch.stack([weights for _, weights in by_mark], dim=1)
        summary, over_marks = self.mark_attention(self.mark_rnn(self.dropout(marks)))
        return summary, over_bins, over_marks


class AttentionRNN(nn.Module):
    """Convolutions of several widths, a bidirectional LSTM, and attention over positions.

    Networks of this kind predict the subcellular localization of proteins.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence; other lengths work too.
    n_outputs : int
        Number of outputs.
    kernel_sizes : tuple of int, default=(1, 3, 5, 9, 15, 21)
        Widths of the parallel convolutions that read the sequence.
    n_filters : int, default=10
        Number of filters of each width.
    n_merged_filters : int or None, default=None
        Number of filters of a convolution of width 3 over their outputs, as in DeepLoc; None for
        none.
    hidden_size : int, default=200
        Number of units per direction of the LSTM.
    n_attention_units : int, default=200
        Number of tanh units that compute the attention logits.
    hidden_units : int or tuple of int, default=()
        Sizes of the hidden layers after attention.
    dropout : float, default=0.5
        Dropout rate after the convolutions, after attention and after each hidden layer.

    References
    ----------
    Sønderby, Sønderby, Nielsen and Winther (2015), Convolutional LSTM networks for subcellular
    localization of proteins, Algorithms for Computational Biology.

    Almagro Armenteros et al. (2017), DeepLoc: prediction of protein subcellular localization using
    deep learning, Bioinformatics 33, 3387.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        kernel_sizes: Sequence[int] = (1, 3, 5, 9, 15, 21),
        n_filters: int = 10,
        n_merged_filters: int | None = None,
        hidden_size: int = 200,
        n_attention_units: int = 200,
        hidden_units: int | Sequence[int] = (),
        dropout: float = 0.5,
    ):
        super().__init__()
        kernel_sizes = as_tuple(kernel_sizes)
        if not kernel_sizes:
            raise ValueError("kernel_sizes is empty; name at least one width")
        check_sizes("kernel_sizes", kernel_sizes)
        check_sizes("n_filters", (n_filters,))
        check_sizes("n_attention_units", (n_attention_units,))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(n_channels, n_filters, size, padding="same") for size in kernel_sizes
        )
        n_maps = len(kernel_sizes) * n_filters
        self.merge = None
        if n_merged_filters is not None:
            check_sizes("n_merged_filters", (n_merged_filters,))
            self.merge = nn.Conv1d(n_maps, n_merged_filters, 3, padding="same")
            n_maps = n_merged_filters
        self.dropout = nn.Dropout(dropout)
        self.recurrent = Recurrent(n_maps, hidden_size)
        self.summary = additive_attention(self.recurrent.n_features, n_attention_units)
        self.hidden, n_features = dense_layers(
            self.recurrent.n_features,
            as_tuple(hidden_units),
            normalization=None,
            activation="relu",
            dropout=dropout,
        )
        self.output = nn.Linear(n_features, n_outputs)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Compute the outputs of a batch.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            One-hot sequences.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which is ignored as in the papers; None if there is none.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
            Outputs without a final activation.
        """
        summary, _ = self._attend(x, mask)
        return self.output(self.hidden(summary))

    def attention(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Compute the attention weights.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            One-hot sequences.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which is ignored as in the papers; None if there is none.

        Returns
        -------
        Tensor of shape (batch, length)
            Weights, which sum to one; zero at padding.
        """
        return self._attend(x, mask)[1]

    def _attend(
        self, x: torch.Tensor, mask: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x = blank(x, mask)
        maps = torch.cat([convolution(x) for convolution in self.convolutions], dim=1).relu()
        if self.merge is not None:
            maps = self.merge(blank(maps, mask)).relu()
        return self.summary(self.recurrent(self.dropout(maps), mask), mask)

"""Networks whose scores belong to positions: labels and signals along a sequence."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._convolution import ConvUnit
from skgenomics.networks._heads import masked_mean
from skgenomics.networks._layers import as_tuple
from skgenomics.networks._padding import blank, nonzero_span
from skgenomics.networks._rc_equivariant import StrandOrder, split_strands, tie_strands, turn_rows
from skgenomics.networks._trunks import find_trunk
from skgenomics.networks.crf import CRF


class _PositionNetwork(nn.Module):
    """A trunk by its name, with what both kinds of heads need.

    Parameters
    ----------
    trunk : str
        Name of an architecture, see :func:`~skgenomics.networks._trunks.find_trunk`.
    hidden_filters : int or tuple of int
        Filters of convolutions of width 1 between the trunk and the scores.
    masked, complement
        As in a :class:`~skgenomics.networks.SequenceNetwork`.
    **settings
        Settings of the trunk.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        trunk: str,
        hidden_filters=(),
        hidden_normalization="batch",
        hidden_activation="relu",
        masked=False,
        complement=None,
        **settings,
    ):
        super().__init__()
        self.masked = masked
        self.trunk = find_trunk(trunk)(n_channels, length, **settings)
        self.n_features, self.strand_order = self.trunk.n_features, None
        if complement is not None:
            self.strand_order = StrandOrder(complement)
            tie_strands(self.trunk)
            self.n_features //= 2
        self.hidden = nn.ModuleList()
        for n_filters in as_tuple(hidden_filters):
            unit = ConvUnit(
                self.n_features,
                self.trunk.length_out,
                n_filters=n_filters,
                kernel_size=1,
                bias=hidden_normalization is None,
                normalization=hidden_normalization,
                normalization_epsilon=settings.get("normalization_epsilon", 1e-5),
                activation=hidden_activation,
                order="conv-norm-act",
            )
            self.hidden.append(unit)
            self.n_features = n_filters

    def _strands(self, x: torch.Tensor) -> list:
        """Maps and masks: of one strand, or of both, each in its own direction."""
        mask = nonzero_span(x) if self.masked else None
        if self.strand_order is None:
            return [self._hide(*self.trunk(x, mask))]
        strands = split_strands(*self.trunk(self.strand_order(x), mask), turn=turn_rows)
        return [self._hide(*strand) for strand in strands]

    def _hide(self, maps: torch.Tensor, mask: torch.Tensor | None):
        maps = maps.unsqueeze(2)
        for unit in self.hidden:
            maps, mask = unit(maps, mask)
        return maps.squeeze(2), mask

    def turn_strand(self, scores: torch.Tensor) -> torch.Tensor:
        """Scores of one strand in the order of the other."""
        raise NotImplementedError


class LabelNetwork(_PositionNetwork):
    """A score per class at each position.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Size of a sequence, and number of classes.
    trunk : str
        Name of an architecture that keeps the positions apart.
    crop : int
        Positions at each end that get no scores, since they are there as context.
    crf : bool
        Whether a conditional random field says which labels follow each other.
    transitions : array-like of shape (n_outputs, n_outputs) or None
        What the scores of its transitions start from; None for zeros.
    swap_classes : tuple of int or None
        Class on the other strand of each class; None for the same.
    **settings
        Settings of the trunk, and `hidden_filters`, `masked` and `complement`.

    Raises
    ------
    ValueError
        If the trunk pools positions together, or nothing is left after cropping.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        trunk: str = "resnet",
        crop: int = 0,
        crf: bool = False,
        transitions=None,
        swap_classes: tuple[int, ...] | None = None,
        **settings,
    ):
        super().__init__(n_channels, length, trunk=trunk, **settings)
        self.swap_classes = None if swap_classes is None else list(swap_classes)
        if self.trunk.stride > 1 or self.trunk.length_out != length:
            raise ValueError(
                f"the network makes {self.trunk.length_out} of {length} positions, but each needs "
                "scores of its own; set pool_size=1, stem_pool_size=1 and padding='same'"
            )
        self.crop, self.length_out = crop, self.trunk.length_out - 2 * crop
        if self.length_out < 1:
            raise ValueError(
                f"crop={crop} at each end leaves nothing of {self.trunk.length_out} positions"
            )
        self.output = nn.Conv1d(self.n_features, n_outputs, 1)
        self.crf = CRF(n_outputs) if crf else None
        if crf and transitions is not None:
            self.crf.transitions.data.copy_(torch.as_tensor(transitions))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score a batch of shape (batch, channels, length); gives
        (batch, n_outputs, length_out).
        """
        here, *there = [self.output(maps) for maps, _ in self._strands(x)]
        for scores in there:
            here = (here + self.turn_strand(scores)) / 2
        return here[..., self.crop : here.shape[-1] - self.crop]

    def turn_strand(self, scores: torch.Tensor) -> torch.Tensor:
        if self.swap_classes is not None:
            scores = scores[:, self.swap_classes]
        return scores.flip(-1)


class ProfileNetwork(_PositionNetwork):
    """Signals along a sequence, and how much of each there is in all.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Size of a sequence, and number of tracks.
    n_bins, bin_size : int
        Bins of a track, in the middle of the sequence, and positions in a bin.
    trunk : str
        Name of an architecture.
    profile_kernel_size : int
        Width of the convolution that gives the signals.
    n_controls : int
        Channels, the last ones, that are no part of the sequence but signals to correct for: they
        go to the heads alone, as in BPNet.
    has_counts : bool
        Whether the logarithm of the total of each track is predicted apart.
    mean_log_total : float
        What this prediction starts from.
    joint_tracks : bool
        Whether there is one total for all tracks together.
    swap_tracks : bool
        Whether the order of the tracks turns around with the strand.
    **settings
        Settings of the trunk, and `hidden_filters`, `masked` and `complement`.

    Raises
    ------
    ValueError
        If bins do not fit the positions of the trunk, or there are more than these.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        n_bins: int,
        bin_size: int = 1,
        trunk: str = "resnet",
        profile_kernel_size: int = 1,
        n_controls: int = 0,
        has_counts: bool = False,
        mean_log_total: float = 0.0,
        joint_tracks: bool = False,
        swap_tracks: bool = False,
        **settings,
    ):
        super().__init__(n_channels - n_controls, length, trunk=trunk, **settings)
        self.n_controls, self.swap_tracks, self.length_out = n_controls, swap_tracks, n_bins
        self.bin_size, self.window = bin_size, self._find_window(bin_size)
        self._check_bins()
        self.profile = nn.Conv1d(
            self.n_features + n_controls, n_outputs, profile_kernel_size, padding="same"
        )
        self.count = None
        if has_counts:
            n_totals = 1 if joint_tracks else n_outputs
            self.count = nn.Linear(self.n_features + bool(n_controls), n_totals)
            nn.init.constant_(self.count.bias, mean_log_total)

    def _find_window(self, bin_size: int) -> int:
        """Positions of the trunk in a bin."""
        stride = self.trunk.stride
        if bin_size % stride:
            raise ValueError(
                f"bin_size={bin_size} is no multiple of the {stride} positions that the network "
                "pools together; choose other pool sizes"
            )
        if self.n_controls and stride > 1:
            raise ValueError("n_controls needs a network that pools no positions together")
        return bin_size // stride

    def _check_bins(self) -> None:
        rest = self.trunk.length_out - self.length_out * self.window
        if rest < 0 or rest % 2:
            raise ValueError(
                f"y has {self.length_out} bins of {self.bin_size} positions, to be taken from the "
                f"middle of {self.trunk.length_out * self.trunk.stride}: these must be as many, or "
                f"{2 * self.trunk.stride} more, {4 * self.trunk.stride} more, and so on"
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score a batch of shape (batch, channels, length).

        Gives (batch, n_outputs, n_bins): logarithms of the signals up to a constant; with
        `has_counts` one column more, the logarithm of one and the total, which is the same for
        all tracks with `joint_tracks`.
        """
        n = x.shape[1] - self.n_controls
        x, controls = x[:, :n], x[:, n:]
        here, *there = self._strands(x)
        scores = self._score(*here, controls)
        for strand in there:
            turned = controls.flip(1, 2) if self.swap_tracks else controls.flip(2)
            scores = (scores + self.turn_strand(self._score(*strand, turned))) / 2
        return scores

    def _score(self, maps, mask, controls) -> torch.Tensor:
        features = blank(maps, mask)
        if self.n_controls:
            features = torch.cat([features, _middle(controls, maps.shape[-1])], dim=1)
        tracks = _middle(self.profile(features), self.length_out * self.window)
        if self.window > 1:
            tracks = F.avg_pool1d(tracks, self.window)
        if self.count is None:
            return tracks
        summary = masked_mean(maps, mask)
        if self.n_controls:
            total = _middle(controls, self.length_out * self.bin_size).sum(dim=(1, 2))
            total = total.clamp(min=0).log1p()
            summary = torch.cat([summary, total[:, None]], dim=1)
        totals = self.count(summary).expand(-1, tracks.shape[1])
        return torch.cat([tracks, totals[..., None]], dim=2)

    def turn_strand(self, scores: torch.Tensor) -> torch.Tensor:
        if self.swap_tracks:
            scores = scores.flip(1)
        tracks = scores[..., : self.length_out].flip(-1)
        return torch.cat([tracks, scores[..., self.length_out :]], dim=-1)


def _middle(x: torch.Tensor, length: int) -> torch.Tensor:
    start = (x.shape[-1] - length) // 2
    return x[..., start : start + length]

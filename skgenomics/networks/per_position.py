"""Networks whose scores belong to positions: labels and signals along a sequence."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._convolution import ConvUnit
from skgenomics.networks._heads import masked_mean
from skgenomics.networks._layers import as_tuple, crop_middle
from skgenomics.networks._padding import blank
from skgenomics.networks._rc_equivariant import StrandOrder, split_strands, turn_rows
from skgenomics.networks._trunks import Trunk, find_trunk
from skgenomics.networks.crf import CRF

# From here downwards the logarithm of softplus is the identity in single precision.
_LOWEST = -15.0


class _PositionNetwork(nn.Module):
    """A trunk with what both kinds of heads need.

    Parameters
    ----------
    trunk : str or Trunk
        Name of an architecture, see :func:`~skgenomics.networks._trunks.find_trunk`; or the trunk
        itself.
    hidden_filters : int or tuple of int
        Number of filters of pointwise convolutions between the trunk and the output layer.
    hidden_normalization, hidden_activation : str or None
        Normalization and activation of these convolutions.
    complement
        As in a :class:`~skgenomics.networks.SequenceNetwork`.
    **settings
        Hyperparameters of the trunk.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        trunk: str | Trunk,
        hidden_filters=(),
        hidden_normalization="batch",
        hidden_activation="relu",
        complement=None,
        **settings,
    ):
        super().__init__()
        if not isinstance(trunk, Trunk):
            trunk = find_trunk(trunk)(n_channels, length, **settings)
        self.trunk = trunk
        self.n_features, self.strand_order = self.trunk.n_features, None
        if complement is not None:
            self.strand_order = StrandOrder(complement)
            self.n_features = self.trunk.tie()
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

    @property
    def length_settings(self) -> tuple[str, ...]:
        """Hyperparameters that keep the network from reading sequences of other lengths."""
        return self.trunk.length_settings

    @property
    def any_length(self) -> bool:
        """True if the network reads sequences of other lengths than it was built for."""
        return not self.length_settings

    def _strands(
        self, x: torch.Tensor, mask: torch.Tensor | None
    ) -> list[tuple[torch.Tensor, torch.Tensor | None]]:
        """Compute feature maps and masks of one strand, or of both, each from 5' to 3'."""
        if self.strand_order is None:
            return [self._hide(*self.trunk(x, mask))]
        maps, mask = self.trunk(self.strand_order(x), mask)
        strands = split_strands(maps, mask, turn_rows)
        return [self._hide(*strand) for strand in strands]

    def _hide(self, maps: torch.Tensor, mask: torch.Tensor | None):
        maps = maps.unsqueeze(2)
        for unit in self.hidden:
            maps, mask = unit(maps, mask)
        return maps.squeeze(2), mask

    def turn_strand(self, scores: torch.Tensor) -> torch.Tensor:
        """Reorder the outputs of one strand to align with the other.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_outputs, length_out)
            Outputs of one strand.

        Returns
        -------
        Tensor of the shape of `scores`
        """
        raise NotImplementedError


class LabelNetwork(_PositionNetwork):
    """Logits of classes at each position.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Number of channels, of positions and of classes.
    trunk : str or Trunk, default="resnet"
        The trunk, or the name of an architecture that keeps all positions.
    crop : int, default=0
        Number of positions at each end that serve as context and have no outputs.
    crf : bool, default=False
        Whether to add a conditional random field, which models transitions between labels.
    transitions : array-like of shape (n_outputs, n_outputs) or None, default=None
        Initial scores of its transitions; None for zeros.
    swap_classes : tuple of int or None, default=None
        Class of each class on the reverse strand; None for the same class.
    **settings
        Hyperparameters of the trunk, and `hidden_filters` and `complement`.

    Raises
    ------
    ValueError
        If the trunk pools positions, or no position is left after cropping.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        trunk: str | Trunk = "resnet",
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
        if self.crf is not None and transitions is not None:
            self.crf.transitions.data.copy_(torch.as_tensor(transitions))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Compute logits of positions.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length)
            One-hot sequences or signals, of any length.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which is ignored; None if there is none.

        Returns
        -------
        Tensor of shape (batch, n_outputs, length - 2 * crop)
            Logits; those of padding mean nothing.
        """
        here, *there = [self.output(maps) for maps, _ in self._strands(x, mask)]
        for scores in there:
            here = (here + self.turn_strand(scores)) / 2
        return here[..., self.crop : here.shape[-1] - self.crop]

    def turn_strand(self, scores: torch.Tensor) -> torch.Tensor:
        """Reverse positions and swap classes, see the base class."""
        if self.swap_classes is not None:
            scores = scores[:, self.swap_classes]
        return scores.flip(-1)


class ProfileNetwork(_PositionNetwork):
    """Profiles of signal tracks along a sequence, and optionally their totals.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Number of channels, of positions and of tracks.
    n_bins, bin_size : int
        Number of bins of a track, in the middle of the sequence, and of positions per bin.
    trunk : str or Trunk, default="resnet"
        The trunk, or the name of an architecture.
    profile_kernel_size : int, default=1
        Width of the convolution that predicts the profiles.
    n_controls : int, default=0
        Number of channels, the last ones, that are control tracks: they bypass the trunk and are
        read by the output layers only, as in BPNet.
    has_counts : bool, default=False
        Whether to predict the logarithm of the total of each track as well.
    mean_log_total : float, default=0.0
        Initial bias of this prediction.
    joint_tracks : bool, default=False
        Whether all tracks have one total together.
    swap_tracks : bool, default=False
        Whether the order of the tracks is reversed on the reverse strand.
    crop_counts : bool, default=False
        Whether totals are predicted from the positions that the profiles are read from, as in
        ChromBPNet, rather than from the whole sequence.
    softplus_rates : bool, default=False
        Whether signals are the softplus of the last convolution, as in Basenji and Enformer, whose
        logarithm is returned, rather than its exponential.
    **settings
        Hyperparameters of the trunk, and `hidden_filters` and `complement`.

    Raises
    ------
    ValueError
        If the bins do not fit the positions of the trunk.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        n_bins: int,
        bin_size: int = 1,
        trunk: str | Trunk = "resnet",
        profile_kernel_size: int = 1,
        n_controls: int = 0,
        has_counts: bool = False,
        mean_log_total: float = 0.0,
        joint_tracks: bool = False,
        swap_tracks: bool = False,
        crop_counts: bool = False,
        softplus_rates: bool = False,
        **settings,
    ):
        super().__init__(n_channels - n_controls, length, trunk=trunk, **settings)
        self.trunk_length = length
        self.n_controls, self.swap_tracks, self.length_out = n_controls, swap_tracks, n_bins
        self.softplus_rates = softplus_rates
        self.bin_size, self.window = bin_size, self._find_window(bin_size)
        self._check_bins()
        self.profile = nn.Conv1d(
            self.n_features + n_controls, n_outputs, profile_kernel_size, padding="same"
        )
        self.has_counts, self.count = has_counts, None
        self.crop_counts = crop_counts
        if has_counts:
            n_totals = 1 if joint_tracks else n_outputs
            self.count = nn.Linear(self.n_features + bool(n_controls), n_totals)
            nn.init.constant_(self.count.bias, mean_log_total)

    def _find_window(self, bin_size: int) -> int:
        """Return the number of positions of the feature map per bin."""
        stride = self.trunk.stride
        if bin_size % stride:
            raise ValueError(
                f"bin_size={bin_size} is not a multiple of the {stride} positions that the network "
                "pools; choose other pool sizes"
            )
        if self.n_controls and stride > 1:
            raise ValueError("n_controls needs a network that pools no positions")
        return bin_size // stride

    def _check_bins(self) -> None:
        rest = self.trunk.length_out - self.length_out * self.window
        if rest < 0 or rest % 2:
            raise ValueError(
                f"y has {self.length_out} bins of {self.bin_size} positions, to be taken from the "
                f"middle of {self.trunk.length_out * self.trunk.stride}: these must be as many, or "
                f"{2 * self.trunk.stride} more, {4 * self.trunk.stride} more, and so on"
            )

    def _count_bins(self, length: int) -> int:
        """Return the number of bins of a sequence, within margins of the same size as in fit."""
        more, rest = divmod(length - self.trunk_length, self.bin_size)
        n_bins = self.length_out + more
        if rest or n_bins < 1:
            raise ValueError(
                f"the network was built for sequences of {self.trunk_length} positions; others "
                f"may be longer or shorter by a multiple of the {self.bin_size} positions of a "
                "bin, as long as a bin is left. Crop or pad them, such as by "
                "skgenomics.encoding.FixedLength"
            )
        return n_bins

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Compute profiles, and totals if the network has them.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length)
            One-hot sequences or signals, followed by the channels of control tracks. Sequences
            longer than `length` by some bins have as many bins more.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which is ignored; None if there is none.

        Returns
        -------
        Tensor of shape (batch, n_outputs, n_bins), or (batch, n_outputs, n_bins + 1)
            Logarithm of the signals up to a constant; with `has_counts` followed by the logarithm
            of one plus the total, the same for all tracks with `joint_tracks`.
        """
        n, n_bins = x.shape[1] - self.n_controls, self._count_bins(x.shape[-1])
        x, controls = x[:, :n], x[:, n:]
        here, *there = self._strands(x, mask)
        scores = self._score(here, controls, n_bins)
        for strand in there:
            flipped = controls.flip(1, 2) if self.swap_tracks else controls.flip(2)
            scores = (scores + self.turn_strand(self._score(strand, flipped, n_bins))) / 2
        return scores

    def _score(
        self,
        strand: tuple[torch.Tensor, torch.Tensor | None],
        controls: torch.Tensor,
        n_bins: int,
    ) -> torch.Tensor:
        maps, mask = strand
        features = blank(maps, mask)
        if self.n_controls:
            features = torch.cat([features, crop_middle(controls, maps.shape[-1])], dim=1)
        tracks = crop_middle(self.profile(features), n_bins * self.window)
        if self.window > 1:
            tracks = F.avg_pool1d(tracks, self.window)
        if self.softplus_rates:
            tracks = _log_softplus(tracks)
        if self.count is None:
            return tracks
        n_controlled = n_bins * self.bin_size
        if self.crop_counts:
            n_read = n_bins * self.window + self.profile.kernel_size[0] - 1
            n_controlled = min(n_read, maps.shape[-1])
            maps = crop_middle(maps, n_controlled)
            mask = None if mask is None else crop_middle(mask, n_controlled)
        summary = masked_mean(maps, mask)
        if self.n_controls:
            total = crop_middle(controls, n_controlled).sum(dim=(1, 2))
            total = total.clamp(min=0).log1p()
            summary = torch.cat([summary, total[:, None]], dim=1)
        totals = self.count(summary).expand(-1, tracks.shape[1])
        return torch.cat([tracks, totals[..., None]], dim=2)

    def turn_strand(self, scores: torch.Tensor) -> torch.Tensor:
        """Reverse bins and swap tracks, see the base class."""
        if self.swap_tracks:
            scores = scores.flip(1)
        if self.count is None:
            return scores.flip(-1)
        return torch.cat([scores[..., :-1].flip(-1), scores[..., -1:]], dim=-1)


def _log_softplus(x: torch.Tensor) -> torch.Tensor:
    # Far below zero softplus is the exponential, which would underflow.
    return torch.where(x < _LOWEST, x, F.softplus(x.clamp(min=_LOWEST)).log())

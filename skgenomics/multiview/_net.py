"""The multi-view net: batches of several arrays, and random dropout of views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import nn

from skgenomics.training import SequenceDataset, SequenceNet
from skgenomics.training._augmenter import Augmenter
from skgenomics.training.batches import real_positions, to_channels


@dataclass(frozen=True)
class ViewArrays:
    """Arrays of all views, row by row.

    Parameters
    ----------
    arrays : list of ndarray of shape (n, ...)
        Codes, tokens, flat channels or features; rows without the view are ignored.
    present : ndarray of bool of shape (n, n_views)
        Mask of the views that each row has.
    """

    arrays: list[np.ndarray]
    present: np.ndarray

    def __len__(self) -> int:
        return len(self.present)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows, and number of columns of all views together."""
        return len(self), sum(array.shape[1] for array in self.arrays)

    def take(self, rows: np.ndarray, axis: int = 0) -> ViewArrays:
        """Take rows, with the signature of :meth:`numpy.ndarray.take`."""
        arrays = [array.take(rows, axis=axis) for array in self.arrays]
        return ViewArrays(arrays, self.present.take(rows, axis=axis))


class MultiViewDataset(SequenceDataset):
    """Rows of several views with targets and weights; X is a :class:`ViewArrays`."""

    if TYPE_CHECKING:
        # The base class has a single array here.
        X: Any

        def __init__(
            self,
            X: ViewArrays,
            y: np.ndarray | None = None,
            weight: np.ndarray | None = None,
            dtype: str = "float32",
        ): ...

    def __getitem__(self, rows) -> tuple[dict[str, Any], torch.Tensor]:
        views = self.X.take(rows)
        arrays = {f"view_{i}": array for i, array in enumerate(views.arrays)}
        arrays |= {"present": views.present, "weight": self.weight.take(rows, axis=0)}
        y = torch.from_numpy(self.y.take(rows, axis=0))
        return {name: torch.from_numpy(array) for name, array in arrays.items()}, y

    def _input_arrays(self) -> dict[str, np.ndarray]:
        views = {f"view {i} of X": array for i, array in enumerate(self.X.arrays)}
        return views | {"present views of X": self.X.present}


class MultiViewNet(SequenceNet):
    """A skorch net whose module takes a list of views and the mask of those present.

    Parameters
    ----------
    module : torch.nn.Module
        A :class:`~skgenomics.networks.fusion.FusionNetwork`, or a module of the same signature.
    n_channels : sequence of int or None
        Number of channels of each view; None if the module takes the array unchanged.
    masked : sequence of bool
        True for views whose padding is masked.
    augmentation : sequence of Augmenter or None
        Augmentation of each view during training.
    view_dropout : float
        Probability that a view is treated as missing during training; at least one view of each
        sample is kept.
    **kwargs
        Parameters of :class:`skorch.NeuralNet`.
    """

    # The base class has one of each, this class one per view.
    n_channels: Any
    masked: Any
    augmentation: Any

    def __init__(
        self,
        module: nn.Module,
        *,
        n_channels: Sequence[int | None],
        masked: Sequence[bool],
        augmentation: Sequence[Augmenter | None] = (),
        view_dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(
            module,
            n_channels=cast(Any, n_channels),
            masked=cast(Any, masked),
            score_shape=(),
            augmentation=cast(Any, augmentation),
            **kwargs,
        )
        self.view_dropout = view_dropout

    def infer(self, x, **fit_params) -> torch.Tensor:
        """Score a batch."""
        views, present, masks = self._to_views(x)
        if self.module_.training:
            triples = zip(views, masks, self.augmentation, strict=True)
            pairs = [(x, m) if augment is None else augment(x, m) for x, m, augment in triples]
            views, masks = [x for x, _ in pairs], [mask for _, mask in pairs]
            present = drop_views(present, self.view_dropout)
        return self.module_(views, present, masks)

    def _to_views(self, x) -> tuple[list[torch.Tensor], torch.Tensor, list[torch.Tensor | None]]:
        """Convert a batch to the input of the module: views, which are there, and their masks."""
        dtype = next(self.module_.parameters()).dtype
        views, masks = [], []
        for i, n_channels in enumerate(self.n_channels):
            view, mask = x[f"view_{i}"].to(self.device), None
            if n_channels is not None and view.dtype != torch.int32:
                mask = real_positions(view, n_channels) if self.masked[i] else None
                view = to_channels(view, n_channels, dtype)
            views.append(view)
            masks.append(mask)
        return views, x["present"].to(self.device), masks

    def predict_scores(self, X: ViewArrays) -> np.ndarray:  # type: ignore[override]
        """Compute raw scores of shape (n, n_outputs)."""
        return self.forward(MultiViewDataset(X)).cpu().numpy()

    @torch.no_grad()
    def view_weights(self, X: ViewArrays) -> np.ndarray:
        """Compute the weights of the views in each row, of shape (n, n_views)."""
        self.module_.eval()
        batches = self.get_iterator(MultiViewDataset(X))
        weights = [self.module_.view_weights(*self._to_views(batch)) for batch, _ in batches]
        return torch.cat(weights).cpu().numpy()


def drop_views(present: torch.Tensor, rate: float) -> torch.Tensor:
    """Mask views at random, keeping at least one view of each row.

    Parameters
    ----------
    present : Tensor of bool of shape (batch, n_views)
        Mask of the views that each row has.
    rate : float
        Probability that a view is masked.
    """
    if not rate:
        return present
    draws = torch.rand(present.shape, device=present.device).masked_fill(~present, -1)
    return present & ((draws >= rate) | (draws == draws.amax(dim=1, keepdim=True)))

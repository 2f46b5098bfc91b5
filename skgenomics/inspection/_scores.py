"""Differentiable scores of fitted deep estimators: one number per sequence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skgenomics._outputs import describe_outputs
from skgenomics._utils.input_validation import sequence_length
from skgenomics._utils.pipelines import split_steps
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.sequences import get_alphabet, is_text
from skgenomics.training.batches import real_positions, to_channels

# Sequences are scored in batches of about this many positions: they fit in the cache.
_BATCH_POSITIONS = 1 << 16


class NoPositionsError(ValueError):
    """The estimator does not read sequences position by position, so it has no gradients there."""


class SequenceReader:
    """Network of a fitted deep estimator, and how sequences become its input.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of this package, or a pipeline that ends in one and whose other
        steps return text, codes or channels.

    Attributes
    ----------
    estimator : SequenceEstimator
        The final estimator.
    network : torch.nn.Module
        Its network, in evaluation mode.
    n_channels : int
        Number of channels per position.
    symbols : str or None
        Symbols of the channels; None for signals.

    Raises
    ------
    NoPositionsError
        If the estimator has no network that reads positions.
    """

    def __init__(self, estimator):
        self.steps, self.estimator = split_steps(estimator)
        if not isinstance(self.estimator, SequenceEstimator):
            raise NoPositionsError(
                f"{type(self.estimator).__name__} is not a deep estimator of skgenomics, so there "
                "are no gradients or activations to look at; use `mutagenesis`, or `attribute` "
                "with method='occlusion', which take any estimator of text"
            )
        check_is_fitted(self.estimator)
        if self.estimator._has_extra_inputs:
            raise NoPositionsError(
                f"{type(self.estimator).__name__} reads other columns beside the sequence; use "
                "`estimator.given(conditions)`, the classifier of sequences under fixed conditions"
            )
        if self.estimator.input_form_ == "tokens":
            raise NoPositionsError(
                f"{type(self.estimator).__name__} reads tokens of several symbols each; use "
                "`mutagenesis`, or `attribute` with method='occlusion', which change the text "
                "itself"
            )
        self.network = self.estimator.network_.eval()
        self.n_channels = self.estimator.n_channels_
        is_sequence = self.estimator.is_sequence_
        self.symbols = get_alphabet(self.estimator.alphabet).symbols if is_sequence else None

    def read(self, X) -> np.ndarray:
        """Return sequences as the estimator reads them.

        Parameters
        ----------
        X : text, codes, channels, or input of the pipeline
            Sequences.

        Returns
        -------
        ndarray of shape (n_samples, n_positions) or (n_samples, n_positions * n_channels)
            Codes, uint8, or channels.

        Raises
        ------
        NoPositionsError
            If earlier steps turn text into features without positions.
        """
        if self.steps and self.symbols is None and is_text(X):
            names = ", ".join(type(step).__name__ for step in self.steps)
            raise NoPositionsError(
                f"{names} turns text into features that do not belong to single positions; use "
                "`mutagenesis`, or `attribute` with method='occlusion', which change the text "
                "itself"
            )
        for step in self.steps:
            X = step.transform(X)
        return self.estimator._read(X, reset=False)

    def to_channels(self, data: np.ndarray) -> torch.Tensor:
        """Convert the result of :meth:`read` to a tensor on the device of the network.

        Parameters
        ----------
        data : ndarray
            Codes or channels.

        Returns
        -------
        Tensor of shape (n_samples, n_channels, n_positions)
        """
        weight = next(self.network.parameters())
        x = torch.from_numpy(np.ascontiguousarray(data)).to(weight.device)
        return to_channels(x, self.n_channels, weight.dtype)

    def mask(self, data: np.ndarray) -> torch.Tensor | None:
        """Find the positions in the result of :meth:`read` that the network does not ignore.

        Parameters
        ----------
        data : ndarray
            Codes or channels.

        Returns
        -------
        Tensor of bool of shape (n_samples, n_positions), or None
            False at padding; None if there is none, or the network reads padding as unknown.
        """
        if not self.estimator.net_.masked:
            return None
        device = next(self.network.parameters()).device
        return real_positions(
            torch.from_numpy(np.ascontiguousarray(data)).to(device), self.n_channels
        )

    def batches(
        self, data: np.ndarray
    ) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor | None]]:
        """Iterate over batches of the result of :meth:`read`.

        Parameters
        ----------
        data : ndarray
            Codes or channels.

        Yields
        ------
        samples : slice
            Samples of the batch.
        x : Tensor of shape (n_samples, n_channels, n_positions)
            Their channels.
        mask : Tensor of bool of shape (n_samples, n_positions), or None
            Their mask, as of :meth:`mask`.
        """
        size = max(1, _BATCH_POSITIONS // max(1, sequence_length(data, self.n_channels)))
        for start in range(0, len(data), size):
            samples = slice(start, min(start + size, len(data)))
            yield samples, self.to_channels(data[samples]), self.mask(data[samples])


class SequenceScore(SequenceReader):
    """Score of a fitted deep estimator as a differentiable function of the sequence.

    Explanations are of scores on a scale that does not saturate: the log-odds of a class against
    all others, the prediction of a regressor in the units of y, or the logarithm of a rate.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of this package, or a pipeline that ends in one and whose other
        steps return text, codes or channels.
    target : object, default=None
        Output to score, by name, or a function of all outputs:

        - a class of a classifier; by default the second of two;
        - a task or target, by its name in y or its number;
        - (task, class) of a :class:`~skgenomics.MultiTaskEstimator`; a task of two classes or of
          real numbers needs no class;
        - a label of a :class:`~skgenomics.SequenceLabeler`, averaged over positions, or
          (label, position);
        - "total" or "profile" (the shape) of a :class:`~skgenomics.ProfileRegressor`, averaged
          over tracks, the default being "total"; a track; or (track, "total"),
          (track, "profile") or (track, bin);
        - a callable that takes the tensor of all outputs, of shape (n_samples, n_outputs) or
          (n_samples, n_outputs, n_positions), and returns one number per sequence.

    Attributes
    ----------
    estimator : SequenceEstimator
        The final estimator.
    network : torch.nn.Module
        Its network, in evaluation mode.
    n_channels : int
        Number of channels per position.
    symbols : str or None
        Symbols of the channels; None for signals.

    Raises
    ------
    NoPositionsError
        If the estimator has no network that reads positions.
    ValueError
        If there is no such target.
    """

    def __init__(self, estimator, target=None):
        super().__init__(estimator)
        self._reduction = describe_outputs(self.estimator).select(target)

    def __call__(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Return the score of each sequence of a batch.

        Parameters
        ----------
        x : Tensor of shape (n_samples, n_channels, n_positions)
            Channels.
        mask : Tensor of bool of shape (n_samples, n_positions), optional
            False at padding; None if there is none.

        Returns
        -------
        Tensor of shape (n_samples,)
        """
        return self._reduction(self.estimator.net_.score_channels(x, mask))

    @torch.no_grad()
    def predict(self, data: np.ndarray) -> np.ndarray:
        """Return the score of each sequence.

        Parameters
        ----------
        data : ndarray
            Result of :meth:`read`.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        parts = [self(x, mask).cpu().numpy() for _, x, mask in self.batches(data)]
        return np.concatenate(parts) if parts else np.empty(0)

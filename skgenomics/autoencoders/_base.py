"""Base class of all autoencoders: training, encoding and the mean of the scores."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics.estimators._targets import average_one
from skgenomics.estimators._training import NetEstimator, TrainingData
from skgenomics.training import SequenceDataset
from skgenomics.training._validation_split import validation_rows


@dataclass(kw_only=True, eq=False, repr=False)
class BaseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetEstimator):
    """Base class of the autoencoders.

    A subclass reads samples (`_read`), derives the parameters of the network from them
    (`_learn_input`) and makes the loss (`_make_loss`). Its net has a method ``map_rows``.
    """

    def score(self, X, y=None, sample_weight=None) -> float:
        """Compute the mean of :meth:`score_samples`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples as in :meth:`score_samples`.
        y : None
            Ignored, present for API consistency.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        float
            Weighted mean of the scores of the samples.
        """
        return float(np.average(self.score_samples(X), weights=sample_weight))

    def _make_loss(self, n_rows: int) -> nn.Module:
        """Make the loss for a number of training samples."""
        raise NotImplementedError

    def _learn_rows(self, network: Any, data: np.ndarray) -> None:
        """Set the statistics of the training samples that the network uses."""

    def _start(self, dataset: SequenceDataset, seed: int) -> None:
        """Pretrain parts of the network before it is trained as a whole."""

    def _own_callbacks(self) -> list:
        """Make the callbacks of training that are not those of the user."""
        return []

    @property
    def network_(self) -> Any:
        """Trained torch module, of the class that the subclass builds."""
        return self.net_.module_

    @property
    def _n_features_out(self) -> int:
        return self.network_settings_["n_components"]

    def _read_y(self, y):
        return None

    def _encode_targets(self, y, weight: np.ndarray):
        return y, average_one(weight)

    def _split_rows(self, data: TrainingData) -> tuple[np.ndarray, np.ndarray]:
        """Split the indices of the samples into a training and a validation part."""
        n = len(data.dataset)
        return validation_rows(n, data.labels, data.groups, self.validation_fraction, data.seed)

    def _prepare_training(self, dataset: SequenceDataset, learning_rate: float) -> None:
        self._prepare_net(self._make_loss(len(dataset)), learning_rate)

    def _initialize_net(self, dataset: SequenceDataset, seed: int) -> None:
        self._learn_rows(self.network_, dataset.X)
        self._start(dataset, seed)

    @contextlib.contextmanager
    def _frozen(self) -> Iterator[list]:
        yield self._own_callbacks()

    def _map(self, X, compute: Callable) -> np.ndarray:
        """Apply a function to the samples, batch by batch."""
        check_is_fitted(self)
        return self.net_.map_rows(self._read(X, reset=False), compute)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

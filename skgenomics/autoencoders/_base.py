"""Base class of all autoencoders: training, encoding and the mean of the scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _num_samples, check_is_fitted
from torch import nn

from skgenomics.estimators._targets import average_one, read_sample_weight, take_weighted_rows
from skgenomics.estimators._training import NetEstimator
from skgenomics.training import SequenceDataset, isolated_rng, resolve_device
from skgenomics.training._optimization import stops_early
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

    def _read(self, X, *, reset: bool) -> np.ndarray:
        """Validate X and convert it to an array."""
        raise NotImplementedError

    def _learn_input(self, data: np.ndarray) -> None:
        """Set `dtype_` and `network_settings_`, from which the network is built."""
        raise NotImplementedError

    def _make_loss(self, n_rows: int) -> nn.Module:
        """Make the loss for a number of training samples."""
        raise NotImplementedError

    def _read_targets(self, y, classes, *, learn: bool) -> np.ndarray | None:
        """Read the targets of a supervised autoencoder, and set what is learned from them."""
        return None

    def _learn_rows(self, network: nn.Module, data: np.ndarray) -> None:
        """Set the statistics of the training samples that the network uses."""

    def _start(self, dataset: SequenceDataset, seed: int) -> None:
        """Pretrain parts of the network before it is trained as a whole."""

    def _own_callbacks(self) -> list:
        """Make the callbacks of training that are not those of the user."""
        return []

    @property
    def _n_features_out(self) -> int:
        return self.network_settings_["n_components"]

    def _fit(self, X, y, sample_weight, groups=None, *, one_epoch: bool = False, classes=None):
        """Train `max_iter` epochs, or one more, from random or from the present parameters."""
        self._check_settings()
        resume = hasattr(self, "net_") and (one_epoch or self.warm_start)
        seed = self._draw_seed()
        if sample_weight is not None:
            sample_weight = read_sample_weight(sample_weight, _num_samples(X))
            if not sample_weight.all():
                X, y, groups, sample_weight = take_weighted_rows(
                    sample_weight, X, y, groups, sample_weight
                )
        data = self._read(X, reset=not resume)
        check_consistent_length(data, y, groups)
        targets = self._read_targets(y, classes, learn=not resume)
        if not resume:
            self._forget_training()
            self._learn_input(data)
        weight = average_one(read_sample_weight(sample_weight, len(data)))
        dataset, valid = SequenceDataset(data, targets, weight, dtype=self.dtype_), None
        if not one_epoch and stops_early(self.early_stopping, len(data)):
            rows = self._split_rows(len(data), targets, groups, seed)
            dataset, valid = map(dataset.subset, rows)
        self._train_net(dataset, valid, seed, anew=not resume, one_epoch=one_epoch)
        return self

    def _split_rows(self, n: int, targets, groups, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Split the indices of the samples into a training and a validation part."""
        return validation_rows(n, targets, groups, self.validation_fraction, seed)

    def _train_net(
        self,
        dataset: SequenceDataset,
        valid: SequenceDataset | None,
        seed: int,
        *,
        anew: bool,
        one_epoch: bool,
    ) -> None:
        """Train the net, from random or from the present parameters."""
        device = resolve_device(self.device)
        with isolated_rng(seed + self.n_iter_, device):
            if anew:
                net = self._make_net(device)
                self._learn_rows(net.module_, dataset.X)
                self.net_ = net
                self._start(dataset, seed)
            self._train(dataset, valid, one_epoch)

    def _train(self, dataset: SequenceDataset, valid: SequenceDataset | None, one_epoch: bool):
        if one_epoch and not isinstance(self.net_.criterion_, nn.Identity):
            self.net_.set_learning_rate(self.learning_rate)
        else:
            self._prepare_net(self.learning_rate, self._make_loss(len(dataset)))
        self._run_epochs(
            dataset,
            valid,
            1 if one_epoch else self.max_iter,
            peak=None if one_epoch else self.learning_rate,
            callbacks=self._own_callbacks(),
        )

    def _map(self, X, compute: Callable) -> np.ndarray:
        """Apply a function to the samples, batch by batch."""
        check_is_fitted(self)
        return self.net_.map_rows(self._read(X, reset=False), compute)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

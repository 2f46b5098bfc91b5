"""What auto-encoders of tables share: reading rows, training on them, encoding and decoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from skgenomics.checks import check_integer
from skgenomics.estimators.trained import NetEstimator
from skgenomics.estimators.weights import average_one, read_sample_weight, take_weighted_rows
from skgenomics.networks.layers import as_tuple
from skgenomics.training import SequenceDataset, isolated_rng, resolve_device
from skgenomics.training.budget import stops_early
from skgenomics.training.table_net import TableNet
from skgenomics.training.validation import validation_rows


@dataclass(kw_only=True, eq=False, repr=False)
class TableEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetEstimator):
    """Base of the auto-encoders of numeric tables.

    A subclass names the network (`_network`), whose attribute ``hidden`` holds the first layers
    and which has a method ``decode``, its settings, what it learns from the rows before training,
    and the loss.
    """

    n_components: int = 20
    hidden_units: int | tuple[int, ...] = 128
    hidden_activation: str = "relu"
    hidden_normalization: str | None = None
    hidden_dropout: float | tuple[float, ...] = 0.0

    def fit(self, X, y=None, sample_weight=None):
        """Train the network on the rows of a table.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Rows of numbers.
        y : None
            Ignored; there by convention.
        sample_weight : array-like of shape (n,), optional
            Weights of the rows; a weight of zero equals removal.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If X is empty, not finite, or holds what the loss or likelihood does not allow, or a
            hyper-parameter is out of range.
        """
        return self._fit(X, None, sample_weight)

    def partial_fit(self, X, y=None, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        What is learnt from the data as a whole, such as the range of the columns, comes from the
        first call. The optimiser goes on where it was, but starts anew in an estimator that was
        loaded.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As in :meth:`fit`.
        """
        return self._fit(X, None, sample_weight, one_epoch=True)

    def transform(self, X) -> np.ndarray:
        """Code of each row.

        Parameters
        ----------
        X : array-like of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n, n_components)
        """
        return self._map(X, self._encode)

    def inverse_transform(self, X) -> np.ndarray:
        """Rows that codes stand for.

        Parameters
        ----------
        X : array-like of shape (n, n_components)
            Codes.

        Returns
        -------
        ndarray of shape (n, n_features)

        Raises
        ------
        ValueError
            If there are not as many columns as the code has.
        """
        check_is_fitted(self)
        codes = check_array(X, dtype=self.dtype_)
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {codes.shape[1]} columns, but the code of {type(self).__name__} has "
                f"{self._n_features_out}"
            )
        return self.net_.map_rows(codes, self._decode)

    def score(self, X, y=None, sample_weight=None) -> float:
        """Mean of :meth:`score_samples` over the rows.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
        y : None
            Ignored; there by convention.
        sample_weight : array-like of shape (n,), optional
            Weights of the rows.

        Returns
        -------
        float
        """
        return float(np.average(self.score_samples(X), weights=sample_weight))

    def _network(self) -> type[nn.Module]:
        """What the network is, built with `network_settings_`."""
        raise NotImplementedError

    def _network_params(self) -> dict[str, Any]:
        """Settings of the network, the number of columns aside."""
        names = ("n_components", "hidden_units", "hidden_activation", "hidden_normalization")
        return {name: getattr(self, name) for name in (*names, "hidden_dropout")}

    def _make_loss(self) -> nn.Module:
        """What a :class:`TableNet` is trained with."""
        raise NotImplementedError

    def _check_table(self, data: np.ndarray) -> None:
        """Raise a ValueError if rows hold what cannot be modelled."""

    def _read_targets(self, y, classes, *, learn: bool) -> np.ndarray | None:
        """What rows are trained on beside themselves, and what there is to learn from it."""
        return None

    def _learn_table(self, network: nn.Module, data: np.ndarray) -> None:
        """Give the network what it needs to know of the rows that it is trained on."""

    def _own_callbacks(self) -> list:
        """Callbacks of training, those of the user aside."""
        return []

    @property
    def _n_features_out(self) -> int:
        return self.network_settings_["n_components"]

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("n_components", self.n_components, 1)

    def _fit(self, X, y, sample_weight, *, one_epoch: bool = False, classes=None):
        """Train `max_iter` epochs, or one more, from new weights or from those that are there."""
        self._check_settings()
        resume = hasattr(self, "net_") and (one_epoch or self.warm_start)
        seed = self._draw_seed()
        data = self._read(X, reset=not resume)
        check_consistent_length(data, y)
        weight = read_sample_weight(sample_weight, len(data))
        if not weight.all():
            data, y, weight = take_weighted_rows(weight, data, y, weight)
        self._check_table(data)
        targets = self._read_targets(y, classes, learn=not resume)
        if not resume:
            self._forget_training()
            self.network_settings_ = {"n_inputs": data.shape[1], **self._network_params()}
        dataset = SequenceDataset(data, targets, average_one(weight), dtype=self.dtype_)
        valid = None
        if not one_epoch and stops_early(self.early_stopping, len(data)):
            rows = validation_rows(len(data), targets, None, self.validation_fraction, seed)
            dataset, valid = map(dataset.subset, rows)
        device = resolve_device(self.device)
        with isolated_rng(seed + self.n_iter_, device):
            if not resume:
                self.net_ = self._make_net(device)
                self._learn_table(self.network_, dataset.X)
                self._start(dataset, seed)
            self._train(dataset, valid, one_epoch)
        return self

    def _start(self, dataset: SequenceDataset, seed: int) -> None:
        """What comes before training as a whole."""

    def _train(self, dataset: SequenceDataset, valid: SequenceDataset | None, one_epoch: bool):
        if one_epoch and not isinstance(self.net_.criterion_, nn.Identity):
            self.net_.set_learning_rate(self.learning_rate)
        else:
            self._prepare_net(self.learning_rate, self._make_loss())
        self._run_epochs(
            dataset,
            valid,
            1 if one_epoch else self.max_iter,
            peak=None if one_epoch else self.learning_rate,
            callbacks=self._own_callbacks(),
        )

    def _read(self, X, *, reset: bool) -> np.ndarray:
        X = validate_data(self, X, dtype=[np.float32, np.float64], reset=reset)
        if reset:
            self.dtype_ = X.dtype.name
        return X.astype(self.dtype_, copy=False)

    def _make_net(self, device: str) -> TableNet:
        """The net with new weights."""
        network = self._network()(**self.network_settings_)
        network = network.to(getattr(torch, self.dtype_))
        return TableNet(network, device=device, verbose=self.verbose).initialize()

    def _map(self, X, compute: Callable) -> np.ndarray:
        check_is_fitted(self)
        data = self._read(X, reset=False)
        self._check_table(data)
        return self.net_.map_rows(data, compute)

    def _encode(self, x: torch.Tensor) -> torch.Tensor:
        """Codes of a batch."""
        return self.network_.encode(x)

    def _decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Rows of a batch of codes."""
        return self.network_.decode(codes)

    def _shared_settings(self) -> dict[str, Any]:
        """Settings of a multi-layer perceptron that starts from the first layers."""
        settings = self.network_settings_
        names = ("hidden_activation", "hidden_normalization")
        units = as_tuple(settings["hidden_units"])
        return {"hidden_units": units} | {name: settings[name] for name in names}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

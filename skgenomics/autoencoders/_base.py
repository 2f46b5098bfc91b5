"""What all auto-encoders share: how they are trained, and the mean of their scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import _num_samples, check_is_fitted, validate_data
from torch import nn

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.estimators._heads import fit_defaults
from skgenomics.estimators._targets import average_one, read_sample_weight, take_weighted_rows
from skgenomics.estimators._training import NetEstimator
from skgenomics.networks._layers import as_tuple
from skgenomics.networks._sequence_decoders import DECODERS
from skgenomics.networks._trunks import trunk_settings
from skgenomics.training import SequenceDataset, isolated_rng, resolve_device
from skgenomics.training._optimization import stops_early
from skgenomics.training._table_net import TableNet
from skgenomics.training._validation_split import validation_rows


def check_shares(data: np.ndarray, setting: str, remedy: str) -> None:
    """Raise a ValueError unless all numbers are between 0 and 1."""
    _refuse(
        data,
        (data < 0) | (data > 1),
        f"{setting} needs numbers between 0 and 1; scale the columns by MinMaxScaler(clip=True), "
        f"or use {remedy}",
    )


def check_counts(data: np.ndarray, setting: str, remedy: str) -> None:
    """Raise a ValueError unless all numbers are counts."""
    _refuse(
        data,
        (data < 0) | (data != np.rint(data)),
        f"{setting} needs counts, which are integers from 0; pass them as they were counted, "
        f"neither scaled nor as logarithms, or use {remedy}",
    )


def check_varies(data: np.ndarray, setting: str) -> None:
    """Raise a ValueError if a column has the same value in every row."""
    if len(data) < 2:
        raise ValueError(
            f"X has n_samples={len(data)}, but {setting} learns the variance of columns, for which "
            "there must be two rows at the least"
        )
    is_constant = (data == data[0]).all(axis=0)
    if is_constant.any():
        column = is_constant.argmax()
        raise ValueError(
            f"column {column} of X has the same value {data[0, column]:g} in every row, so that "
            f"{setting} has no variance to learn; drop such columns "
            f"(sklearn.feature_selection.VarianceThreshold), there are {is_constant.sum()}"
        )


def _refuse(data: np.ndarray, is_strange: np.ndarray, need: str) -> None:
    if is_strange.any():
        row, column = np.argwhere(is_strange)[0]
        raise ValueError(f"X[{row}, {column}] is {data[row, column]:g}, but {need}")


# What an encoder is built with where the user does not say.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "cnn": {"n_filters": (64, 64), "kernel_size": (9, 5), "pool_size": ("auto", 2)},
    "rnn": {"embedding_size": 32, "cell": "gru"},
}
_ENCODERS = ("mlp", "cnn", "resnet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer")
HIDDEN = ("hidden_units", "hidden_normalization", "hidden_activation")


@dataclass(kw_only=True, eq=False, repr=False)
class CoderSettings:
    """Hyper-parameters of an encoder, a decoder, and what they read and write."""

    n_components: int = 16
    encoder: str = "cnn"
    encoder_params: dict[str, Any] | None = None
    hidden_units: int | tuple[int, ...] = 128
    hidden_dropout: float | tuple[float, ...] = 0.0
    hidden_normalization: str | None = None
    hidden_activation: str = "relu"
    decoder: str = "cnn"
    decoder_params: dict[str, Any] | None = None
    alphabet: str = "ACGT"
    length: int | None = None

    def _network_params(self) -> dict[str, Any]:
        """Settings to build the network with, sizes of a sequence aside."""
        defaults = _DEFAULTS.get(self.encoder, {})
        names = ("n_components", "encoder", "decoder", *HIDDEN, "hidden_dropout")
        return {
            "decoder_params": dict(self.decoder_params or {}),
            **{name: getattr(self, name) for name in names},
            **fit_defaults(defaults | (self.encoder_params or {}), defaults),
        }

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("n_components", self.n_components, 1)
        if self.length is not None:
            check_integer("length", self.length, 1)
        check_choice("encoder", self.encoder, _ENCODERS)
        check_choice("decoder", self.decoder, tuple(DECODERS))
        known = set() if self.encoder == "mlp" else trunk_settings(self.encoder)
        _check_params("encoder", self.encoder, self.encoder_params, known)
        known = set(DECODERS[self.decoder].__init__.__kwdefaults__)
        _check_params("decoder", self.decoder, self.decoder_params, known)


def _check_params(part: str, kind: str, given, known: set[str]) -> None:
    if not isinstance(given, dict | None):
        raise ValueError(f"{part}_params must be a dict, got {given!r}")
    for name in given or {}:
        if name not in known:
            raise ValueError(
                f"{part}_params has {name!r}, which {part}={kind!r} does not know; it knows "
                f"{', '.join(sorted(known)) or 'none'}"
            )


@dataclass(kw_only=True, eq=False, repr=False)
class Coder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetEstimator):
    """Base of the auto-encoders.

    A subclass reads rows (`_read`), tells the settings of the network from them (`_learn_input`)
    and what it is trained with (`_make_loss`). Its net has a method ``map_rows``.
    """

    def score(self, X, y=None, sample_weight=None) -> float:
        """Mean of :meth:`score_samples`.

        Parameters
        ----------
        X : array-like
            As in :meth:`score_samples`.
        y : None
            Ignored; there by convention.
        sample_weight : array-like of shape (n,), optional
            Weights of the rows.

        Returns
        -------
        float
        """
        return float(np.average(self.score_samples(X), weights=sample_weight))

    def _read(self, X, *, reset: bool) -> np.ndarray:
        """Check X and turn it into an array."""
        raise NotImplementedError

    def _learn_input(self, data: np.ndarray) -> None:
        """Learn from X what the network is built for, `dtype_` and `network_settings_`."""
        raise NotImplementedError

    def _make_loss(self, n_rows: int) -> nn.Module:
        """What the net is trained with, on so many rows."""
        raise NotImplementedError

    def _read_targets(self, y, classes, *, learn: bool) -> np.ndarray | None:
        """What rows are trained on beside themselves, and what there is to learn from it."""
        return None

    def _learn_rows(self, network: nn.Module, data: np.ndarray) -> None:
        """Give the network what it needs to know of the rows that it is trained on."""

    def _start(self, dataset: SequenceDataset, seed: int) -> None:
        """What comes before training as a whole."""

    def _own_callbacks(self) -> list:
        """Callbacks of training, those of the user aside."""
        return []

    @property
    def _n_features_out(self) -> int:
        return self.network_settings_["n_components"]

    def _fit(self, X, y, sample_weight, groups=None, *, one_epoch: bool = False, classes=None):
        """Train `max_iter` epochs, or one more, from new weights or from those that are there."""
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
        """Rows to train on, and rows to validate on."""
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
        """Train the net, with new weights or those that are there."""
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
        """What a function makes of each batch of rows."""
        check_is_fitted(self)
        return self.net_.map_rows(self._read(X, reset=False), compute)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


@dataclass(kw_only=True, eq=False, repr=False)
class TableEncoder(Coder):
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

    def fit(self, X, y=None, sample_weight=None, groups=None):
        """Train the network on the rows of a table.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Rows of numbers.
        y : None
            Ignored; there by convention.
        sample_weight : array-like of shape (n,), optional
            Weights of the rows; a weight of zero equals removal.
        groups : array-like of shape (n,), optional
            Rows of one group, such as a patient, stay on one side of the split for early stopping.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If X is empty, not finite, or holds what the loss or likelihood does not allow, or a
            hyper-parameter is out of range.
        """
        return self._fit(X, None, sample_weight, groups)

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

    def _network(self) -> type[nn.Module]:
        """What the network is, built with `network_settings_`."""
        raise NotImplementedError

    def _network_params(self) -> dict[str, Any]:
        """Settings of the network, the number of columns aside."""
        names = ("n_components", "hidden_units", "hidden_activation", "hidden_normalization")
        return {name: getattr(self, name) for name in (*names, "hidden_dropout")}

    def _check_table(self, data: np.ndarray) -> None:
        """Raise a ValueError if rows hold what cannot be modelled."""

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("n_components", self.n_components, 1)

    def _read(self, X, *, reset: bool) -> np.ndarray:
        X = validate_data(self, X, dtype=[np.float32, np.float64], reset=reset)
        X = X if reset else X.astype(self.dtype_, copy=False)
        self._check_table(X)
        return X

    def _learn_input(self, data: np.ndarray) -> None:
        self.dtype_ = data.dtype.name
        self.network_settings_ = {"n_inputs": data.shape[1], **self._network_params()}

    def _make_net(self, device: str) -> TableNet:
        """The net with new weights."""
        network = self._network()(**self.network_settings_)
        network = network.to(getattr(torch, self.dtype_))
        return TableNet(network, device=device, verbose=self.verbose).initialize()

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

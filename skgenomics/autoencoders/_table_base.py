"""Base class of the autoencoders of tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from skgenomics._utils.validation import check_integer
from skgenomics.autoencoders._base import BaseAutoencoder
from skgenomics.networks._layers import as_tuple
from skgenomics.training.batches import BatchLoader, SequenceDataset
from skgenomics.training.net import Net

# Number of values in a batch of predictions, and its minimum number of rows.
_PREDICTION_SIZE, _MIN_ROWS = 1 << 20, 64


class TableNet(Net):
    """A skorch net whose loss compares rows with their reconstruction.

    The loss is a function of the output of the module, and of the rows, targets and weights of a
    batch, and returns a scalar.
    """

    def infer(self, x, **fit_params):
        return self.module_(x["x"].to(self.device))

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Compute the loss of a batch, with the penalty on the weights in training."""
        batch = (tensor.to(self.device) for tensor in (X["x"], y_true, X["weight"]))
        loss = self.criterion_(y_pred, *batch)
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    def get_iterator(self, dataset, training=False) -> BatchLoader:
        """Make batches of a dataset: shuffled ones for training, large ones for prediction."""
        if training:
            return super().get_iterator(dataset, training)
        width = max(1, dataset.X.shape[1])
        return BatchLoader(dataset, max(_MIN_ROWS, _PREDICTION_SIZE // width))

    @torch.no_grad()
    def map_rows(self, X: np.ndarray, compute: Callable) -> np.ndarray:
        """Apply a function to each batch of rows, with the module in evaluation mode."""
        self.module_.eval()
        batches = self.get_iterator(SequenceDataset(X))
        parts = [compute(batch["x"].to(self.device)).cpu().numpy() for batch, _ in batches]
        return np.concatenate(parts)


def check_fractions(data: np.ndarray, setting: str, remedy: str) -> None:
    """Raise a ValueError unless all values are between 0 and 1."""
    _refuse(
        data,
        (data < 0) | (data > 1),
        f"{setting} needs values between 0 and 1; scale the columns by MinMaxScaler(clip=True), "
        f"or use {remedy}",
    )


def check_counts(data: np.ndarray, setting: str, remedy: str) -> None:
    """Raise a ValueError unless all values are counts."""
    _refuse(
        data,
        (data < 0) | (data != np.rint(data)),
        f"{setting} needs counts, which are integers >= 0; pass raw counts, neither scaled nor "
        f"log-transformed, or use {remedy}",
    )


def check_has_variance(data: np.ndarray, setting: str) -> None:
    """Raise a ValueError if a column is constant."""
    if len(data) < 2:
        raise ValueError(
            f"X has n_samples={len(data)}, but {setting} learns the variance of the columns, which "
            "needs at least two samples"
        )
    is_constant = (data == data[0]).all(axis=0)
    if is_constant.any():
        column = is_constant.argmax()
        raise ValueError(
            f"column {column} of X has the same value {data[0, column]:g} in every row, so that "
            f"{setting} has no variance to learn; drop constant columns "
            f"(sklearn.feature_selection.VarianceThreshold), there are {is_constant.sum()}"
        )


def _refuse(data: np.ndarray, is_invalid: np.ndarray, need: str) -> None:
    if is_invalid.any():
        row, column = np.argwhere(is_invalid)[0]
        raise ValueError(f"X[{row}, {column}] is {data[row, column]:g}, but {need}")


@dataclass(kw_only=True, eq=False, repr=False)
class BaseTableAutoencoder(BaseAutoencoder):
    """Base class of the autoencoders of numeric tables.

    A subclass names the network (`_network`), whose attribute ``hidden`` holds the first layers
    and which has a method ``decode``, its parameters, and the loss.
    """

    n_components: int = 20
    hidden_units: int | tuple[int, ...] = 128
    hidden_activation: str = "relu"
    hidden_normalization: str | None = None
    hidden_dropout: float | tuple[float, ...] = 0.0

    def fit(self, X, y=None, sample_weight=None, groups=None, validation_data=None, X_val=None):
        """Train the network on the samples of a table.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples.
        y : None
            Ignored, present for API consistency.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights; a weight of zero equals removal.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups, such as patients, that are not split between training and early stopping.
        validation_data : tuple (X_val, None) or (X_val, None, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            The fitted autoencoder.

        Raises
        ------
        ValueError
            If X is empty, not finite, or holds values that the loss or likelihood does not allow,
            or a hyperparameter is out of range.
        """
        return self._fit(X, None, sample_weight, groups, validation=(validation_data, X_val, None))

    def partial_fit(self, X, y=None, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        Statistics of the data as a whole, such as the range of the features, are those of the
        first call. The state of the optimizer is kept between calls, but it is re-initialized
        after the estimator was loaded.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples.
        y : None
            Ignored, present for API consistency.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        self : object
            The fitted autoencoder.

        Raises
        ------
        ValueError
            If X or a hyperparameter is invalid, see :meth:`fit`.
        """
        return self._fit(X, None, sample_weight, one_epoch=True)

    def transform(self, X) -> np.ndarray:
        """Encode samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to encode.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Codes of the samples.
        """
        return self._map(X, self._encode)

    def inverse_transform(self, X) -> np.ndarray:
        """Decode codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes to decode.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Reconstructed samples.

        Raises
        ------
        ValueError
            If the number of columns differs from the size of the code.
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
        """Give the class of the network, built with `network_settings_`."""
        raise NotImplementedError

    def _network_params(self) -> dict[str, Any]:
        """Give the parameters of the network, without the number of features."""
        names = ("n_components", "hidden_units", "hidden_activation", "hidden_normalization")
        return {name: getattr(self, name) for name in (*names, "hidden_dropout")}

    def _check_table(self, data: np.ndarray) -> None:
        """Raise a ValueError if samples hold values that cannot be modeled."""

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("n_components", self.n_components, 1)

    def _read(self, X, *, reset: bool) -> np.ndarray:
        X = validate_data(self, X, dtype=[np.float32, np.float64], reset=reset)
        X = X if reset else X.astype(self.dtype_, copy=False)
        self._check_table(X)
        return X

    def _learn_input(self, data: np.ndarray, y, seed: int) -> None:
        self.dtype_ = data.dtype.name
        self.network_settings_ = {"n_inputs": data.shape[1], **self._network_params()}

    def _make_net(self, device: str) -> TableNet:
        """Build the net with random parameters."""
        network = self._network()(**self.network_settings_)
        network = network.to(getattr(torch, self.dtype_))
        return TableNet(network, device=device, verbose=self.verbose).initialize()

    def _encode(self, x: torch.Tensor) -> torch.Tensor:
        """Encode a batch."""
        network: Any = self.network_
        return network.encode(x)

    def _decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Decode a batch of codes."""
        network: Any = self.network_
        return network.decode(codes)

    def _shared_settings(self) -> dict[str, Any]:
        """Give the parameters of a multilayer perceptron that starts from the first layers."""
        settings = self.network_settings_
        names = ("hidden_activation", "hidden_normalization")
        units = as_tuple(settings["hidden_units"])
        return {"hidden_units": units} | {name: settings[name] for name in names}

"""What auto-encoders of tables share: reading rows, training on them, encoding and decoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from skgenomics.checks import check_integer
from skgenomics.networks.layers import as_tuple
from skgenomics.representation._coder import Coder
from skgenomics.training.table_net import TableNet


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

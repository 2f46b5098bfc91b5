"""Auto-encoders with dense layers: plain, stacked, sparse, with tied weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.autoencoders._base import TableEncoder, check_shares
from skgenomics.autoencoders._reconstruction_losses import ReconstructionLoss
from skgenomics.estimators._docstrings import documented
from skgenomics.networks._layers import as_tuple
from skgenomics.networks.autoencoders import DenseAutoencoder
from skgenomics.training import SequenceDataset


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class Autoencoder(TableEncoder):
    """Dense layers that squeeze each row of a table into a code, from which they restore it.

    It is a transformer for tables of many columns that go up and down together, such as gene
    expression. Columns should have about the same scale, so put a
    :class:`~sklearn.preprocessing.StandardScaler` in front (or, for ``loss="bce"``, a
    :class:`~sklearn.preprocessing.MinMaxScaler`). A low error of reconstruction does not make a
    code useful by itself: choose settings by what the code is for, such as a classifier behind it
    in a pipeline.

    Parameters
    ----------
    n_components : int, default=20
        Units of the code.
    hidden_units : int or tuple of int, default=128
        Sizes of the layers between the columns and the code, in reverse order on the way back; an
        empty tuple for none.
    hidden_activation : str, default="relu"
        Activation of these layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalisation in the encoder, ahead of its activations; "batch" steadies training where
        there are far more columns than rows.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout before the hidden layers and after each of them: a tuple has one value more than
        there are hidden layers.
    latent_activation : str or None, default=None
        Activation of the code.
    output_activation : str or None, default=None
        Activation of the reconstruction; for ``loss="bce"`` it is a sigmoid.
    tied_weights : bool, default=False
        Whether the decoder uses the weights of the encoder, transposed, with biases of its own.
    loss : {"mse", "bce"}, default="mse"
        What is minimised, as a mean over rows and columns: the squared error, or the cross-entropy
        of columns between 0 and 1.
    sparsity : {None, "l1", "kl"}, default=None
        Penalty that keeps most units of the code silent: their absolute values, or the divergence
        of the mean activation of each unit over a batch from `sparsity_target`, for a code with
        ``latent_activation="sigmoid"``.
    sparsity_weight : float, default=0.1
        Factor of that penalty, which is summed over the units.
    sparsity_target : float, default=0.05
        Mean activation that "kl" aims at.
    layerwise_iter : int, default=0
        Epochs for which each layer is trained by itself, from the first one up, as an auto-encoder
        of what the layers below it give, before all are trained together [1]_.
    {optimization}

    Attributes
    ----------
    {fitted net}
    network_settings_ : dict
        What the network was built with.
    dtype_ : {"float32", "float64"}
        Type of the weights and codes: float64 if X was so in fit, else float32.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X was a frame.

    See Also
    --------
    DenoisingAutoencoder : The same, trained to restore rows that were damaged.
    VariationalAutoencoder : A generative model, whose code has a prior.

    Notes
    -----
    ``MLPClassifier(n_channels=1, pretrained=autoencoder)`` and ``MLPRegressor`` start from the
    layers of the encoder: from the hidden ones, and from that of the code too where it has their
    activation, as in evoNet [2]_. They have to get the columns scaled in the same way.

    References
    ----------
    .. [1] Bengio et al., Greedy layer-wise training of deep networks, NIPS 2006.
    .. [2] Sheehan and Song, Deep learning for population genetic inference, PLoS Computational
       Biology 12, 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skgenomics import Autoencoder
    >>> X = load_iris(as_frame=True).data
    >>> X = (X - X.mean()) / X.std()
    >>> autoencoder = Autoencoder(n_components=2, hidden_units=16, random_state=0).fit(X)
    >>> autoencoder.transform(X).shape
    (150, 2)
    >>> restored = autoencoder.inverse_transform(autoencoder.transform(X))
    >>> bool(((X - restored) ** 2).to_numpy().mean() < 0.1)
    True
    """

    latent_activation: str | None = None
    output_activation: str | None = None
    tied_weights: bool = False
    loss: str = "mse"
    sparsity: str | None = None
    sparsity_weight: float = 0.1
    sparsity_target: float = 0.05
    layerwise_iter: int = 0

    def score_samples(self, X) -> np.ndarray:
        """How well each row is reconstructed; higher is better.

        Parameters
        ----------
        X : array-like of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n,)
            Minus the mean squared error over the columns of a row; for ``loss="bce"`` the mean
            log-likelihood of its columns, in nats.
        """
        check_is_fitted(self)
        loss = ReconstructionLoss(self.loss, self.network_settings_["output_activation"])
        return self._map(X, lambda x: -loss.row_losses(self.network_(x)[0], x))

    def high_weight_features(self, n_std: float = 2.5) -> pd.DataFrame:
        """Columns that a unit of the code weighs far more than others.

        The weights of most columns for a unit are about normal; those in the tails are of the
        columns that the unit stands for. Both sides are kept apart, since their columns go up and
        down against each other [1]_.

        Parameters
        ----------
        n_std : float, default=2.5
            How many standard deviations a weight has to be from the mean of its unit.

        Returns
        -------
        DataFrame
            With the columns ``node`` (name of the unit), ``side`` ("positive" or "negative"),
            ``feature`` and ``weight``; in the order of the units, the farthest weights first.

        Raises
        ------
        ValueError
            If there are hidden layers between the columns and the code.

        References
        ----------
        .. [1] Tan et al., ADAGE-based integration of publicly available Pseudomonas aeruginosa
           gene expression data with denoising autoencoders, mSystems 1, 2016.
        """
        check_is_fitted(self)
        check_real("n_std", n_std, 0)
        weights, nodes = self._node_weights(), self.get_feature_names_out()
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            names = np.array([f"x{i}" for i in range(weights.shape[1])], dtype=object)
        tails = [
            tail
            for node, row in zip(nodes, weights, strict=True)
            for tail in _tails(node, row, names, n_std)
        ]
        return pd.concat(tails, ignore_index=True)

    def _node_weights(self) -> np.ndarray:
        """Weights (n_components, n_features) from the columns to the units of the code."""
        units = as_tuple(self.network_settings_["hidden_units"])
        if units:
            raise ValueError(
                f"hidden_units={units} lie between the columns and the code, so that no weight is "
                "of both; fit with hidden_units=()"
            )
        return self.network_.encoder_layers()[0].weight.detach().cpu().numpy()

    def _network(self) -> type[DenseAutoencoder]:
        return DenseAutoencoder

    def _network_params(self) -> dict[str, Any]:
        output = "sigmoid" if self.loss == "bce" else self.output_activation
        return super()._network_params() | {
            "latent_activation": self.latent_activation,
            "output_activation": output,
            "tied_weights": self.tied_weights,
        }

    def _make_loss(self, n_rows: int) -> ReconstructionLoss:
        return ReconstructionLoss(
            self.loss,
            self.network_settings_["output_activation"],
            sparsity=self.sparsity,
            weight=self.sparsity_weight,
            target=self.sparsity_target,
        )

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("loss", self.loss, ("mse", "bce"))
        check_choice("tied_weights", self.tied_weights, (True, False))
        check_choice("sparsity", self.sparsity, (None, "l1", "kl"))
        check_real("sparsity_weight", self.sparsity_weight, 0)
        check_real("sparsity_target", self.sparsity_target, 0, 1, inclusive=False)
        check_integer("layerwise_iter", self.layerwise_iter, 0)
        if self.sparsity == "kl" and self.latent_activation != "sigmoid":
            raise ValueError(
                "sparsity='kl' compares mean activations with a share, but there is "
                f"latent_activation={self.latent_activation!r}; set latent_activation='sigmoid', "
                "or sparsity='l1'"
            )
        if self.loss == "bce" and self.output_activation not in (None, "sigmoid"):
            raise ValueError(
                "loss='bce' needs a sigmoid, but there is "
                f"output_activation={self.output_activation!r}; leave it None"
            )

    def _check_table(self, data: np.ndarray) -> None:
        if self.loss == "bce":
            check_shares(data, "loss='bce'", "loss='mse'")

    def _start(self, dataset: SequenceDataset, seed: int) -> None:
        if self.layerwise_iter:
            self._train_layerwise(dataset.X, dataset.weight, seed)

    def _train_layerwise(self, data: np.ndarray, weight: np.ndarray, seed: int) -> None:
        """Train the layers one after the other, and take over their weights."""
        encoder, decoder = iter(self.network_.encoder_layers()), reversed(self.network_.decoder)
        for depth in range(len(self.network_.decoder)):
            layer = self._shallow(depth, seed + depth).fit(data, sample_weight=weight)
            for theirs in layer.network_.encoder_layers():
                next(encoder).load_state_dict(theirs.state_dict())
            next(decoder).load_state_dict(layer.network_.decoder[0].state_dict())
            data = layer.transform(data)

    def _shallow(self, depth: int, seed: int) -> Autoencoder:
        """An auto-encoder of a single layer, the one at some depth."""
        units = as_tuple(self.hidden_units)
        settings = {"hidden_units": (), "hidden_dropout": 0.0, "layerwise_iter": 0}
        settings |= {"max_iter": self.layerwise_iter, "early_stopping": False, "random_state": seed}
        if depth < len(units):
            settings |= {"n_components": units[depth], "sparsity": None}
            settings |= {"latent_activation": self.hidden_activation}
        if depth:
            # What it restores are activations, which have no bounds.
            settings |= {"loss": "mse", "output_activation": None}
        return clone(self).set_params(**settings)

    def _shared_settings(self) -> dict[str, Any]:
        shared, settings = super()._shared_settings(), self.network_settings_
        units, latent = shared["hidden_units"], settings["latent_activation"]
        if latent is not None and (not units or latent == settings["hidden_activation"]):
            units = (*units, settings["n_components"])
            shared |= {"hidden_units": units, "hidden_activation": latent}
        return shared


def _tails(node: str, weights: np.ndarray, names: np.ndarray, n_std: float) -> list[pd.DataFrame]:
    """Columns on the positive and on the negative side of a unit."""
    distance, limit = weights - weights.mean(), n_std * weights.std()
    tails = []
    for side, sign in (("positive", 1), ("negative", -1)):
        order = np.argsort(-sign * distance, kind="stable")
        places = order[sign * distance[order] > limit]
        columns = {"feature": names[places], "weight": weights[places]}
        tails.append(pd.DataFrame({"node": node, "side": side, **columns}))
    return tails

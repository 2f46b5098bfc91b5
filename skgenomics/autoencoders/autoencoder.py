"""Dense autoencoders: plain, stacked, sparse, weight-tied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.autoencoders._reconstruction_losses import ReconstructionLoss
from skgenomics.autoencoders._table_base import BaseTableAutoencoder, check_fractions
from skgenomics.estimators._docstrings import documented
from skgenomics.networks._layers import as_tuple
from skgenomics.networks.autoencoders import DenseAutoencoder
from skgenomics.training import SequenceDataset


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class Autoencoder(BaseTableAutoencoder):
    """Dense autoencoder of tables.

    Dense layers compress each sample into a code and reconstruct the sample from it. The codes
    serve as features of tables with many correlated columns, such as gene expression. Columns
    should have a similar scale: put a :class:`~sklearn.preprocessing.StandardScaler` in front, or
    a :class:`~sklearn.preprocessing.MinMaxScaler` with ``loss="bce"``. A low reconstruction error
    alone does not make a code useful: tune the hyperparameters for the downstream task, such as a
    classifier behind the autoencoder in a pipeline.

    Parameters
    ----------
    n_components : int, default=20
        Number of units of the code.
    hidden_units : int or tuple of int, default=128
        Sizes of the hidden layers of the encoder; those of the decoder are in reverse order. An
        empty tuple for none.
    hidden_activation : str, default="relu"
        Activation of the hidden layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalization in the encoder, before the activations; "batch" stabilizes training where
        there are far more columns than samples.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout before the hidden layers and after each of them; a tuple has one value more than
        there are hidden layers.
    latent_activation : str or None, default=None
        Activation of the code.
    output_activation : str or None, default=None
        Activation of the reconstruction; a sigmoid with ``loss="bce"``.
    tied_weights : bool, default=False
        If True, the decoder uses the transposed weights of the encoder, with its own biases.
    loss : {"mse", "bce"}, default="mse"
        Loss, averaged over samples and columns: the squared error, or the binary cross-entropy of
        columns between 0 and 1.
    sparsity : {None, "l1", "kl"}, default=None
        Penalty on the activations of the code: their absolute values, or the Kullback-Leibler
        divergence of the mean activation of each unit over a batch from `sparsity_target`, which
        needs ``latent_activation="sigmoid"``.
    sparsity_weight : float, default=0.1
        Weight of the penalty, which is summed over the units.
    sparsity_target : float, default=0.05
        Target of the mean activation for "kl".
    layerwise_iter : int, default=0
        Number of epochs of greedy layer-wise pretraining: each layer is trained as an autoencoder
        of the output of the layers below it, from the first one up [1]_.
    {optimization}

    Attributes
    ----------
    {fitted net}
    network_settings_ : dict
        Hyperparameters of the network.
    dtype_ : {"float32", "float64"}
        Type of the parameters and codes: float64 if X had it in fit, else float32.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    DenoisingAutoencoder : Autoencoder that is trained to reconstruct corrupted samples.
    VariationalAutoencoder : Generative model, whose code has a prior.

    Notes
    -----
    ``MLPClassifier(n_channels=1, pretrained=autoencoder)`` and ``MLPRegressor`` start from the
    hidden layers of the encoder, and from that of the code as well if it has the same activation,
    as in evoNet [2]_. Scale their input in the same way.

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
        """Score the reconstruction of each sample; higher is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to reconstruct.

        Returns
        -------
        ndarray of shape (n_samples,)
            Negative mean squared error over the columns of each sample; with ``loss="bce"`` the
            mean log-likelihood of its columns in nats.
        """
        check_is_fitted(self)
        loss = ReconstructionLoss(self.loss, self.network_settings_["output_activation"])
        return self._map(X, lambda x: -loss.sample_losses(self.network_(x)[0], x))

    def high_weight_features(self, n_std: float = 2.5) -> pd.DataFrame:
        """Find the columns that have the largest weights in each unit of the code.

        The weights of a unit are roughly normal, and the columns in their tails characterize the
        unit. Both tails are reported separately, since their columns are anticorrelated [1]_.

        Parameters
        ----------
        n_std : float, default=2.5
            Minimum distance of a weight from the mean of its unit, in standard deviations.

        Returns
        -------
        DataFrame
            Table with the columns ``node`` (name of the unit), ``side`` ("positive" or
            "negative"), ``feature`` and ``weight``, in the order of the units and by decreasing
            distance.

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
        """Give the weights of the code, of shape (n_components, n_features)."""
        units = as_tuple(self.network_settings_["hidden_units"])
        if units:
            raise ValueError(
                f"hidden_units={units} lie between the columns and the code, so that no weight "
                "connects both; fit with hidden_units=()"
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
                "sparsity='kl' needs activations between 0 and 1, but "
                f"latent_activation={self.latent_activation!r}; set latent_activation='sigmoid', "
                "or sparsity='l1'"
            )
        if self.loss == "bce" and self.output_activation not in (None, "sigmoid"):
            raise ValueError(
                "loss='bce' needs a sigmoid, but "
                f"output_activation={self.output_activation!r}; leave it None"
            )

    def _check_table(self, data: np.ndarray) -> None:
        if self.loss == "bce":
            check_fractions(data, "loss='bce'", "loss='mse'")

    def _start(self, dataset: SequenceDataset, seed: int) -> None:
        if self.layerwise_iter:
            self._train_layerwise(dataset.X, dataset.weight, seed)

    def _train_layerwise(self, data: np.ndarray, weight: np.ndarray, seed: int) -> None:
        """Pretrain the layers one after the other."""
        encoder, decoder = iter(self.network_.encoder_layers()), reversed(self.network_.decoder)
        for depth in range(len(self.network_.decoder)):
            layer = self._single_layer(depth, seed + depth).fit(data, sample_weight=weight)
            for trained in layer.network_.encoder_layers():
                next(encoder).load_state_dict(trained.state_dict())
            next(decoder).load_state_dict(layer.network_.decoder[0].state_dict())
            data = layer.transform(data)

    def _single_layer(self, depth: int, seed: int) -> Autoencoder:
        """Make an autoencoder of the single layer at some depth."""
        units = as_tuple(self.hidden_units)
        settings = {"hidden_units": (), "hidden_dropout": 0.0, "layerwise_iter": 0}
        settings |= {"max_iter": self.layerwise_iter, "early_stopping": False, "random_state": seed}
        if self.net_.checkpoint is not None:
            settings |= {"checkpoint": self.net_.checkpoint.settings_of(f"layer-{depth}")}
        if depth < len(units):
            settings |= {"n_components": units[depth], "sparsity": None}
            settings |= {"latent_activation": self.hidden_activation}
        if depth:
            # Its input are activations, which are not bounded.
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
    """Tabulate the columns in the positive and the negative tail of a unit."""
    distance, limit = weights - weights.mean(), n_std * weights.std()
    tails = []
    for side, sign in (("positive", 1), ("negative", -1)):
        order = np.argsort(-sign * distance, kind="stable")
        indices = order[sign * distance[order] > limit]
        columns = {"feature": names[indices], "weight": weights[indices]}
        tails.append(pd.DataFrame({"node": node, "side": side, **columns}))
    return tails

"""Denoising autoencoders of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skgenomics._utils.validation import check_choice, check_real
from skgenomics.autoencoders.autoencoder import Autoencoder
from skgenomics.estimators._docstrings import documented
from skgenomics.networks.autoencoders import Corruption, DenoisingNetwork


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class DenoisingAutoencoder(Autoencoder):
    """Denoising autoencoder of tables.

    It is trained to reconstruct samples from a corrupted version of them. Corrupted values can only
    be recovered from correlated columns, so that the code captures groups of such columns rather
    than single ones [1]_. Codes are computed from uncorrupted samples.

    Parameters
    ----------
    corruption : {"masking", "gaussian", "salt"}, default="masking"
        Corruption of the input in training: entries set to zero (the mean, if columns are
        centered), Gaussian noise on all entries, or entries set to the minimum or the maximum of
        their column in fit.
    corruption_rate : float, default=0.1
        Fraction of the entries that are corrupted; for "gaussian" the standard deviation of the
        noise in the units of X.
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
        Penalty on the activations of the code, as in :class:`Autoencoder`.
    sparsity_weight : float, default=0.1
        Weight of the penalty, which is summed over the units.
    sparsity_target : float, default=0.05
        Target of the mean activation for "kl".
    layerwise_iter : int, default=0
        Number of epochs of layer-wise pretraining, in which each layer reconstructs corrupted
        activations of the layer below it: a stacked denoising autoencoder [1]_.
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
    EnsembleAutoencoder : Consensus of many denoising autoencoders.
    Autoencoder : Autoencoder without corruption.

    Notes
    -----
    ADAGE [2]_ is the following model, on expression values scaled to [0, 1]. Its learning rate of
    0.01 refers to a loss summed over the genes, whereas the loss is averaged here::

        DenoisingAutoencoder(
            n_components=50, hidden_units=(), tied_weights=True, latent_activation="sigmoid",
            loss="bce", corruption="masking", corruption_rate=0.1, optimizer="sgd",
            learning_rate=0.01 * n_genes, schedule=None, weight_decay=0, max_grad_norm=None,
            batch_size=10, max_iter=500, early_stopping=False)

    References
    ----------
    .. [1] Vincent et al., Stacked denoising autoencoders, JMLR 11, 2010.
    .. [2] Tan et al., ADAGE-based integration of publicly available Pseudomonas aeruginosa gene
       expression data with denoising autoencoders, mSystems 1, 2016.

    Examples
    --------
    Two groups of correlated columns, and one unit for each:

    >>> import numpy as np
    >>> from skgenomics import DenoisingAutoencoder
    >>> rng = np.random.default_rng(0)
    >>> X = np.repeat(rng.normal(size=(200, 2)), 5, axis=1) + rng.normal(0, 0.2, (200, 10))
    >>> model = DenoisingAutoencoder(
    ...     n_components=2, hidden_units=(), learning_rate=0.02, random_state=0
    ... ).fit(X)
    >>> bool(model.score(X) > -0.1)
    True
    """

    corruption: str = "masking"
    corruption_rate: float = 0.1

    def _network(self) -> type[DenoisingNetwork]:
        return DenoisingNetwork

    def _network_params(self) -> dict[str, Any]:
        own = {"corruption": self.corruption, "corruption_rate": self.corruption_rate}
        return super()._network_params() | own

    def _learn_rows(self, network: Any, data: np.ndarray) -> None:
        network.noise.learn(data.min(axis=0), data.max(axis=0))

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("corruption", self.corruption, Corruption.kinds)
        maximum = float("inf") if self.corruption == "gaussian" else 1.0
        check_real("corruption_rate", self.corruption_rate, 0, maximum)

"""Denoising auto-encoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from skgenomics._utils.validation import check_choice, check_real
from skgenomics.autoencoders.autoencoder import Autoencoder
from skgenomics.estimators._docstrings import documented
from skgenomics.networks.autoencoders import Corruption, DenoisingNetwork


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class DenoisingAutoencoder(Autoencoder):
    """Auto-encoder that learns to restore rows of which a part was damaged.

    What is missing can only be told from what goes together with it, so the code follows columns
    that vary together rather than single ones [1]_. Codes are computed from rows as they are.

    Parameters
    ----------
    corruption : {"masking", "gaussian", "salt"}, default="masking"
        Damage while training: entries set to zero (the mean, if columns are centred); Gaussian
        noise on all of them; or entries set to the smallest or the largest value that their column
        has in fit.
    corruption_rate : float, default=0.1
        Share of the entries that are damaged; for "gaussian" the standard deviation of the noise,
        in the units of X.
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
        Penalty that keeps most units of the code silent, as in :class:`Autoencoder`.
    sparsity_weight : float, default=0.1
        Factor of that penalty, which is summed over the units.
    sparsity_target : float, default=0.05
        Mean activation that "kl" aims at.
    layerwise_iter : int, default=0
        Epochs for which each layer is trained by itself before all are trained together, to
        restore damaged activations of the layer below it: a stacked denoising auto-encoder [1]_.
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
    EnsembleAutoencoder : What many of them agree on.
    Autoencoder : The same without damage.

    Notes
    -----
    ADAGE [2]_ is this, on expression that is scaled to the range from 0 to 1; its learning rate of
    0.01 is for the sum over the genes, of which the loss is the mean here::

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
    Two groups of columns that vary together, and a unit for each:

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

    def _learn_rows(self, network: nn.Module, data: np.ndarray) -> None:
        network.noise.learn(data.min(axis=0), data.max(axis=0))

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("corruption", self.corruption, Corruption.kinds)
        most = float("inf") if self.corruption == "gaussian" else 1.0
        check_real("corruption_rate", self.corruption_rate, 0, most)

"""Variational autoencoders of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.autoencoders._reconstruction_losses import BoundLoss, Warmup
from skgenomics.autoencoders._table_base import (
    BaseTableAutoencoder,
    check_counts,
    check_fractions,
    check_has_variance,
)
from skgenomics.estimators._docstrings import documented
from skgenomics.networks._likelihoods import LIKELIHOODS
from skgenomics.networks.variational import VariationalNetwork
from skgenomics.training import isolated_rng


@dataclass(kw_only=True, eq=False, repr=False)
class BaseTableVAE(BaseTableAutoencoder):
    """Base class of the autoencoders of tables whose code has a standard normal prior."""

    likelihood: str = "gaussian"
    beta: float = 1.0
    kl_warmup: int = 0
    latent_normalization: str | None = None
    latent_activation: str | None = None

    def score_samples(
        self, X, *, n_samples: int = 32, importance_weighted: bool = False
    ) -> np.ndarray:
        """Compute a lower bound of the log-likelihood of each sample (ELBO).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples to score.
        n_samples : int, default=32
            Number of codes drawn for each sample. The draws are the same in every call, so that
            scores are reproducible and their differences are more precise than the bounds.
        importance_weighted : bool, default=False
            If True, average densities rather than log-densities over the draws, which gives a
            tighter bound the more draws there are [1]_.

        Returns
        -------
        ndarray of shape (n_samples,)
            Bounds in nats, summed over the columns. The divergence has weight 1 whatever `beta`.

        References
        ----------
        .. [1] Burda et al., Importance weighted autoencoders, ICLR 2016.
        """
        check_is_fitted(self)
        check_integer("n_samples", n_samples, 1)
        shape = (n_samples, self.network_settings_["n_components"])
        noise = np.random.RandomState(0).standard_normal(shape).astype(self.dtype_)
        draws = torch.from_numpy(noise).to(self.net_.device)

        def bound(x: torch.Tensor) -> torch.Tensor:
            weights = self.network_.log_weights(x, draws)
            if importance_weighted:
                return weights.logsumexp(dim=0) - np.log(n_samples)
            return weights.mean(dim=0)

        return self._map(X, bound)

    def _draw_codes(self, n_samples: int, rng) -> np.ndarray:
        check_integer("n_samples", n_samples, 1)
        codes = rng.standard_normal((n_samples, self.network_settings_["n_components"]))
        return codes.astype(self.dtype_)

    def _draw_samples(self, codes: np.ndarray, rng) -> np.ndarray:
        with isolated_rng(int(rng.randint(2**31 - 1)), str(self.net_.device)):
            return self.net_.map_rows(codes, self.network_.sample)

    def _network_params(self) -> dict[str, Any]:
        names = ("likelihood", "latent_normalization", "latent_activation")
        return super()._network_params() | {name: getattr(self, name) for name in names}

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("likelihood", self.likelihood, tuple(LIKELIHOODS))
        check_real("beta", self.beta, 0)
        check_integer("kl_warmup", self.kl_warmup, 0)

    def _check_table(self, data: np.ndarray) -> None:
        setting = f"likelihood={self.likelihood!r}"
        if self.likelihood == "bernoulli":
            check_fractions(data, setting, "likelihood='gaussian'")
        if self.likelihood == "negative_binomial":
            check_counts(data, setting, "likelihood='gaussian'")

    def _learn_rows(self, network: Any, data: np.ndarray) -> None:
        if self.likelihood == "gaussian":
            check_has_variance(data, "likelihood='gaussian'")
        network.likelihood.learn(data)

    def _own_callbacks(self) -> list:
        return [("_warmup", Warmup(self.kl_warmup, self.n_iter_))]


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class VariationalAutoencoder(BaseTableVAE):
    """Variational autoencoder of tables.

    A dense encoder gives the mean and the variance of the code of a sample, and a dense decoder
    the distribution of the columns given a code drawn from there; training maximizes a lower bound
    of the log-likelihood [1]_. The codes have a standard normal prior, so that samples can be
    generated, and interpolated codes decode to intermediate samples. A high likelihood alone does
    not make a code useful: tune the hyperparameters for the downstream task, such as a classifier
    behind the autoencoder in a pipeline.

    Parameters
    ----------
    likelihood : {"gaussian", "bernoulli", "negative_binomial"}, default="gaussian"
        Distribution of the columns given the code: normal with a learned variance of each column,
        in any units; Bernoulli for 0, 1 and fractions; or negative binomial for counts, whose mean
        is a fraction of the total of the sample, with a learned dispersion of each column.
    beta : float, default=1.0
        Weight of the divergence of the code from its prior; above 1 fewer dimensions of the code
        are used and they are more independent [2]_, below 1 the reconstruction is more precise.
    kl_warmup : int, default=0
        Number of epochs over which this weight grows linearly from zero.
    n_components : int, default=20
        Number of dimensions of the code.
    hidden_units : int or tuple of int, default=128
        Sizes of the hidden layers of the encoder; those of the decoder are in reverse order. An
        empty tuple for none.
    hidden_activation : str, default="relu"
        Activation of the hidden layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalization in the hidden layers of the encoder, before the activations; "batch"
        stabilizes training where there are far more columns than samples.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout in the encoder, before the hidden layers and after each of them; a tuple has one
        value more than there are hidden layers.
    latent_normalization : {None, "batch", "layer"}, default=None
        Normalization of the layers that give the mean and the log-variance of the code.
    latent_activation : str or None, default=None
        Activation of these layers.
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
    SemiSupervisedVAE : Variational autoencoder that is a classifier as well.
    Autoencoder : Autoencoder without a prior.

    Notes
    -----
    The loss is the negative bound divided by the number of columns. A constant column is an error
    with ``likelihood="gaussian"``, since its likelihood is unbounded. ``transform`` gives the means
    of the posterior.

    Tybalt [3]_ is the following model, on expression values scaled to [0, 1]::

        VariationalAutoencoder(
            n_components=100, hidden_units=(), latent_normalization="batch",
            latent_activation="relu", likelihood="bernoulli", kl_warmup=1, optimizer="adam",
            learning_rate=5e-4, weight_decay=0, schedule=None, max_grad_norm=None, batch_size=50,
            max_iter=50)

    where ``kl_warmup=n`` is its kappa of 1 / n; with two layers it has ``hidden_units=100`` or 300
    and ``hidden_normalization="batch"``. ``"negative_binomial"`` is the model of scVI [4]_ without
    batch effects and with the observed totals.

    ``MLPClassifier(n_channels=1, pretrained=model)`` and ``MLPRegressor`` start from the hidden
    layers of the encoder, whose input are standardized columns for "gaussian", and log counts of
    samples normalized to equal totals for "negative_binomial": transform their input likewise.

    References
    ----------
    .. [1] Kingma and Welling, Auto-encoding variational Bayes, ICLR 2014.
    .. [2] Higgins et al., beta-VAE, ICLR 2017.
    .. [3] Way and Greene, Extracting a biologically relevant latent space from cancer
       transcriptomes with variational autoencoders, Pacific Symposium on Biocomputing 2018.
    .. [4] Lopez et al., Deep generative modeling for single-cell transcriptomics, Nature Methods
       15, 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skgenomics import VariationalAutoencoder
    >>> X = load_iris(as_frame=True).data
    >>> model = VariationalAutoencoder(n_components=2, hidden_units=16, random_state=0).fit(X)
    >>> model.transform(X).shape
    (150, 2)
    >>> model.sample(3, random_state=0).shape
    (3, 4)
    >>> unlikely = X.assign(**{"petal width (cm)": 0.1})
    >>> bool(model.score(X) > model.score(unlikely))
    True
    """

    def sample(self, n_samples: int = 1, random_state=None) -> np.ndarray:
        """Generate samples from the model.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples.
        random_state : int, RandomState instance or None, default=None
            Seed of the sampling; pass an int for reproducible samples.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Samples, including the noise of the likelihood. The totals of counts are distributed
            like those in fit.
        """
        check_is_fitted(self)
        rng = check_random_state(random_state)
        return self._draw_samples(self._draw_codes(n_samples, rng), rng)

    def _network(self) -> type[VariationalNetwork]:
        return VariationalNetwork

    def _make_loss(self, n_rows: int) -> BoundLoss:
        return BoundLoss(self.beta)

    def _encode(self, x: torch.Tensor) -> torch.Tensor:
        return self.network_.posterior(x)[0]

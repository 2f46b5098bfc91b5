"""Variational auto-encoders of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.autoencoders._base import TableEncoder, check_counts, check_shares, check_varies
from skgenomics.autoencoders._reconstruction_losses import BoundLoss, Warmup
from skgenomics.estimators._docstrings import documented
from skgenomics.networks._likelihoods import LIKELIHOODS
from skgenomics.networks.variational import VariationalNetwork
from skgenomics.training import isolated_rng


@dataclass(kw_only=True, eq=False, repr=False)
class VariationalEncoder(TableEncoder):
    """Base of the auto-encoders whose code has a standard normal prior."""

    likelihood: str = "gaussian"
    beta: float = 1.0
    kl_warmup: int = 0
    latent_normalization: str | None = None
    latent_activation: str | None = None

    def score_samples(
        self, X, *, n_samples: int = 32, importance_weighted: bool = False
    ) -> np.ndarray:
        """Lower bound of the log-likelihood of each row.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Rows.
        n_samples : int, default=32
            Codes that are drawn for each row. They are always the same draws, so that results can
            be repeated, and differences between rows are more precise than the bounds themselves.
        importance_weighted : bool, default=False
            Whether the draws are averaged as densities rather than as log-densities: a bound that
            is nearer to the log-likelihood the more draws there are [1]_.

        Returns
        -------
        ndarray of shape (n,)
            In nats, summed over the columns; `beta` has no part in it.

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

    def _draw_rows(self, codes: np.ndarray, rng) -> np.ndarray:
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
            check_shares(data, setting, "likelihood='gaussian'")
        if self.likelihood == "negative_binomial":
            check_counts(data, setting, "likelihood='gaussian'")

    def _learn_rows(self, network: nn.Module, data: np.ndarray) -> None:
        if self.likelihood == "gaussian":
            check_varies(data, "likelihood='gaussian'")
        network.likelihood.learn(data)

    def _own_callbacks(self) -> list:
        return [("_warmup", Warmup(self.kl_warmup, self.n_iter_))]


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class VariationalAutoencoder(VariationalEncoder):
    """Generative model of the rows of a table, whose code is standard normal a priori.

    Dense layers give the mean and the variance of the code of a row, and others what the columns
    are, given a code that is drawn from there; what is maximised is a lower bound of the
    log-likelihood [1]_. The code is smooth: rows can be drawn from the model, and codes between two
    rows stand for rows between them. A high likelihood does not make a code useful by itself:
    choose settings by what the code is for, such as a classifier behind it in a pipeline.

    Parameters
    ----------
    likelihood : {"gaussian", "bernoulli", "negative_binomial"}, default="gaussian"
        What the columns are, given the code: normal with a variance of each column that is learnt,
        in whatever units they come; 0 and 1, or shares in between; or counts, whose mean is a
        share of the total of the row, with a dispersion of each column that is learnt.
    beta : float, default=1.0
        Weight of the divergence of the code from its prior; above 1 fewer coordinates of the code
        are used, one at a time [2]_, below 1 it tells more of the row.
    kl_warmup : int, default=0
        Epochs over which that weight grows from zero, in equal steps.
    n_components : int, default=20
        Coordinates of the code.
    hidden_units : int or tuple of int, default=128
        Sizes of the layers between the columns and the code, in reverse order on the way back; an
        empty tuple for none.
    hidden_activation : str, default="relu"
        Activation of these layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalisation in the hidden layers of the encoder, ahead of their activations; "batch"
        steadies training where there are far more columns than rows.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout in the encoder, before the hidden layers and after each of them: a tuple has one
        value more than there are hidden layers.
    latent_normalization, latent_activation : str or None, default=None
        Normalisation and activation of the layers that give the mean and the log-variance of the
        code.
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
    SemiSupervisedVAE : A classifier of this kind, which learns from rows without a label too.
    Autoencoder : Without a prior.

    Notes
    -----
    The loss is minus the bound divided by the number of columns. A constant column is an error for
    ``likelihood="gaussian"``, since nothing bounds its likelihood. Codes of ``transform`` are the
    means of the posterior.

    Tybalt [3]_ is, on expression that is scaled to the range from 0 to 1::

        VariationalAutoencoder(
            n_components=100, hidden_units=(), latent_normalization="batch",
            latent_activation="relu", likelihood="bernoulli", kl_warmup=1, optimizer="adam",
            learning_rate=5e-4, weight_decay=0, schedule=None, max_grad_norm=None, batch_size=50,
            max_iter=50)

    where ``kl_warmup=n`` is its kappa of 1 / n; with two layers it has ``hidden_units=100`` or 300
    and ``hidden_normalization="batch"``. scVI [4]_ is the model of ``"negative_binomial"``, but for
    batches and for totals, which are taken here as they are.

    ``MLPClassifier(n_channels=1, pretrained=model)`` and ``MLPRegressor`` start from the hidden
    layers of the encoder. These see columns that are standardised for "gaussian", and logarithms of
    counts with equal totals for "negative_binomial": give both models the same.

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
    >>> strange = X.assign(**{"petal width (cm)": 0.1})
    >>> bool(model.score(X) > model.score(strange))
    True
    """

    def sample(self, n_samples: int = 1, random_state=None) -> np.ndarray:
        """Draw rows from the model, noise of the likelihood included.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState instance or None, default=None
            Seed; the same one gives the same rows.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Counts have totals like those in fit.
        """
        check_is_fitted(self)
        rng = check_random_state(random_state)
        return self._draw_rows(self._draw_codes(n_samples, rng), rng)

    def _network(self) -> type[VariationalNetwork]:
        return VariationalNetwork

    def _make_loss(self, n_rows: int) -> BoundLoss:
        return BoundLoss(self.beta)

    def _encode(self, x: torch.Tensor) -> torch.Tensor:
        return self.network_.posterior(x)[0]

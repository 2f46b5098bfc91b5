"""Variational auto-encoders of sequences, and the effects of variants by them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_integer, check_real
from skgenomics.autoencoders._reconstruction_losses import Warmup
from skgenomics.autoencoders._reconstruction_net import SequenceBoundLoss
from skgenomics.autoencoders._sequence_base import SequenceCoder
from skgenomics.estimators._docstrings import documented
from skgenomics.networks.sequence_autoencoders import log_likelihood
from skgenomics.networks.variational import draw, gaussian_kl
from skgenomics.sequences import one_hot


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceVAE(SequenceCoder):
    """Variational auto-encoder of sequences: a generative model of a family of them.

    It learns which letters go together, over any distance and in any number, from sequences
    alone. What departs from that, such as a variant that breaks a pair, gets a low likelihood:
    :meth:`score_variants` tells the effects of variants without any measurement [1]_. New
    sequences of the family come from :meth:`sample`.

    Parameters
    ----------
    n_components : int, default=16
        Size of the latent space.
    beta : float, default=1.0
        Weight of the divergence of the latent Gaussian from a standard one, to train with. More of
        it leaves less of a sequence in the latent space [2]_.
    kl_warmup : int, default=10
        Epochs in which this weight grows from zero. Without them the latent space may stay unused.
    encoder : str, default="mlp"
        What reads: "mlp", hidden layers on all positions side by side, which serves sequences that
        are aligned; or "cnn", "rnn", "resnet", "cnnrnn", "transformer", "longconv" or
        "convtransformer", see :class:`CNNClassifier` and so on.
    encoder_params : dict, default=None
        Settings of these layers, as of that estimator; "mlp" has none.
    hidden_units : int or tuple of int, default=128
        Sizes of hidden layers between them and the latent space; an empty tuple for none.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout before the hidden layers and after each of them: a tuple has one value more than
        there are hidden layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalisation in the hidden layers.
    hidden_activation : str, default="relu"
        Activation of the hidden layers.
    decoder : {"mlp", "cnn", "rnn"}, default="mlp"
        What writes: hidden layers and a linear map to all positions; convolutions, between which
        short maps grow to the length of a sequence; or a recurrent network that reads the latent
        vector at each position.
    decoder_params : dict, default=None
        Settings of the decoder: `hidden_units` and `activation`; of "mlp" also `dropout`,
        `symbol_features` (of a position, from which one map that all positions share makes
        letters) and `sparsity` (prior probability that a group of four hidden units has a say at a
        position); of "cnn" `n_filters`, `kernel_size` and `normalization`; of "rnn" `cell` ("gru"
        or "lstm"), `hidden_size` and `n_layers`.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein" or the letters themselves; codes and one-hot channels follow their
        order.
    length : int, default=None
        Positions to pad text to; None for the longest sequence seen in fit. Longer ones are an
        error. Codes and channels keep the length that they have.
    {optimization}

    Attributes
    ----------
    {fitted net}
    length_ : int
        Positions of a sequence.
    n_channels_ : int
        Channels of a position.
    input_form_ : {"text", "codes", "channels"}
        What X was in fit.
    is_sequence_ : bool
        Whether X was text, codes, or channels that are shares of letters.
    dtype_ : {"float32", "float64"}
        Type of the weights and results: float64 if X was so in fit, else float32.
    network_settings_ : dict
        What the network was built with.
    n_features_in_ : int
        Columns of X; 1 for text.
    feature_names_in_ : ndarray of str
        Names of the columns, if X was a frame.

    See Also
    --------
    SequenceAutoencoder : Without a prior of the latent space.
    sequence_weights : Weights that keep near copies from ruling a family.

    Notes
    -----
    Unknown letters and padding have no likelihood and no gradient: a variant that removes a letter
    is not scored for it. Sequences are compared position by position, so they have to be aligned,
    or to start at the same place. Write the gaps of an alignment of proteins as "X" if they are to
    be unknown, as in DeepSequence, or give them a letter: ``alphabet="ACDEFGHIKLMNPQRSTVWY-"``.

    DeepSequence [1]_ has the sizes

    >>> deep_sequence = SequenceVAE(
    ...     alphabet="protein", n_components=30, hidden_units=(1500, 1500),
    ...     decoder_params={"hidden_units": (100, 500), "symbol_features": 40, "sparsity": 0.001},
    ...     kl_warmup=0, optimizer="adam", learning_rate=0.001, weight_decay=0, schedule=None,
    ...     batch_size=100)

    with weights of the sequences by :func:`sequence_weights`. Its decoder has distributions of the
    weights; here these are single values, `sparsity` aside, whose prior is that of DeepSequence,
    and `weight_decay` and `dropout` stand in for the rest. It takes the mean of five models, whose
    scores can be added up.

    References
    ----------
    .. [1] Riesselman et al., Deep generative models of genetic variation capture the effects of
       mutations, Nature Methods 15, 2018.
    .. [2] Higgins et al., beta-VAE: learning basic visual concepts with a constrained variational
       framework, ICLR 2017.

    Examples
    --------
    A stem of RNA, of which the letters at both ends pair:

    >>> from skgenomics.autoencoders import SequenceVAE
    >>> X = ["GACUUCGGUC", "CACUUCGGUG", "AACUUCGGUU", "UACUUCGGUA"] * 50
    >>> vae = SequenceVAE(alphabet="rna", n_components=2, random_state=0).fit(X)
    >>> broken, paired = vae.score_variants("GACUUCGGUC", ["AACUUCGGUC", "AACUUCGGUU"])
    >>> bool(broken < -2 < paired)
    True
    >>> len(vae.sample(3, random_state=0))
    3
    """

    _variational: ClassVar[bool] = True

    encoder: str = "mlp"
    decoder: str = "mlp"
    beta: float = 1.0
    kl_warmup: int = 10

    def score_samples(
        self, X, *, n_samples: int = 100, importance_weighted: bool = False
    ) -> np.ndarray:
        """Lower bound of the log-likelihood of each sequence (ELBO).

        All sequences get the same random numbers, so that their differences are more precise than
        the bounds themselves, and a sequence has the same score in any company.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            As in :meth:`transform`.
        n_samples : int, default=100
            Points of the latent space to average over, the same ones in every call.
        importance_weighted : bool, default=False
            Whether points count by their likelihood [1]_: the bound then nears the log-likelihood
            itself as points grow in number.

        Returns
        -------
        scores : ndarray of shape (n,)
            In nats, summed over the known letters. The divergence counts in full, whatever `beta`
            is.

        References
        ----------
        .. [1] Burda, Grosse and Salakhutdinov, Importance weighted autoencoders, ICLR 2016.
        """
        check_is_fitted(self)
        check_integer("n_samples", n_samples, 1)
        shape = n_samples, self._n_features_out
        points = np.random.RandomState(0).standard_normal(shape).astype(self.dtype_)
        noise = torch.from_numpy(points).to(self.net_.device)
        bound = self._weighted_bound if importance_weighted else self._bound
        return self._map(X, lambda x: bound(x, noise))

    def sample(self, n_samples: int = 1, random_state=None) -> np.ndarray:
        """Draw new sequences.

        Parameters
        ----------
        n_samples : int, default=1
            Number of sequences.
        random_state : int, RandomState instance or None, default=None
            Seed.

        Returns
        -------
        X : ndarray
            Text, codes or one-hot channels, whichever X was in fit: letters drawn at each position
            by their probabilities at a random place of the latent space.
        """
        check_is_fitted(self)
        check_integer("n_samples", n_samples, 1)
        rng = check_random_state(random_state)
        chances = self._decode(rng.standard_normal((n_samples, self._n_features_out)))
        shares = chances.cumsum(axis=-1, dtype=np.float64)
        codes = (shares < rng.random_sample((*shares.shape[:2], 1)) * shares[..., -1:]).sum(axis=-1)
        codes = codes.astype(np.uint8)
        if self.input_form_ != "channels":
            return self._write(codes)
        channels = one_hot(codes, self.n_channels_, self.dtype_)
        return channels.reshape(n_samples, -1)[:, : self.n_features_in_]

    def _bound(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        mean, log_variance = self.network_.encode(x)
        likelihood = sum(self._likelihood(x, draw(mean, log_variance, e)) for e in noise)
        return likelihood / len(noise) - gaussian_kl(mean, log_variance)

    def _weighted_bound(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        mean, log_variance = self.network_.encode(x)
        logs = []
        for e in noise:
            z = draw(mean, log_variance, e)
            prior_to_posterior = (e.square() + log_variance - z.square()).sum(dim=1) / 2
            logs.append(self._likelihood(x, z) + prior_to_posterior)
        return torch.stack(logs).logsumexp(dim=0) - math.log(len(noise))

    def _likelihood(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return log_likelihood(x, self.network_.decode(z))

    def _make_loss(self, n_rows: int) -> SequenceBoundLoss:
        return SequenceBoundLoss(self.length_, n_rows, self.beta)

    def _own_callbacks(self) -> list:
        return [("_warmup", Warmup(self.kl_warmup, self.n_iter_))]

    def _check_settings(self) -> None:
        super()._check_settings()
        check_real("beta", self.beta, 0)
        check_integer("kl_warmup", self.kl_warmup, 0)

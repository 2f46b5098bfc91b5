"""Base class of the language models: hyperparameters, training, embeddings and likelihoods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from os import PathLike
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.input_validation import is_soft_one_hot, read_sequences, read_tokens
from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.encoding._tokens import MASK
from skgenomics.estimators._heads import fit_defaults
from skgenomics.estimators._strand_symmetry import is_strand_symmetric
from skgenomics.estimators._training import NetEstimator, TrainingData
from skgenomics.estimators._transfer import (
    adopt_settings,
    check_something_is_trained,
    check_transfer,
    frozen_layers,
    reinitialized_parts,
    shared_settings,
    start_from_pretrained,
)
from skgenomics.genome import Genome
from skgenomics.language_models._corpus import (
    GenomeWindows,
    SequenceWindows,
    check_has_known_bases,
    open_genome,
    split_corpus,
    split_stretches,
)
from skgenomics.language_models._nets import LanguageNet
from skgenomics.language_models._vocabulary import Signals, Symbols, Tokens
from skgenomics.networks._trunks import Trunk, find_trunk, trunk_settings
from skgenomics.networks.language_model import LanguageModelNetwork
from skgenomics.sequences import as_strings, decode, encode, get_alphabet, is_text
from skgenomics.training import SequenceDataset, Transfer
from skgenomics.training._augmenter import Augmenter

_STRANDS = ("auto", None, "augment", "average")
_POOLINGS = ("mean", "max", "none")
# Bases of a window of a genome where `window` is None.
_DEFAULT_WINDOW = 512


@dataclass(kw_only=True, eq=False, repr=False)
class LanguageModel(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetEstimator):
    """Base class of the models that are trained on unlabeled sequences.

    A subclass defines the architectures it supports with their defaults (`_networks`) and its
    skorch net (`_net_class`).
    """

    _net_class: ClassVar[type[LanguageNet]]
    _groups: ClassVar[dict[str, Any]] = {"transfer": Transfer}
    _networks: ClassVar[dict[str, dict[str, Any]]]
    _free_on_resume = NetEstimator._free_on_resume | {"pooling", "n_passes"}
    # Parameters of the trunk that keep it from seeing the positions that follow.
    _causal_params: ClassVar[dict[str, Any]] = {}
    _is_causal: ClassVar[bool] = False

    network: str
    network_params: dict[str, Any] | None = None
    alphabet: str = "ACGT"
    n_channels: int | None = None
    vocabulary_size: int | None = None
    mask_token: int = MASK
    window: int | None = None
    chromosomes: Sequence[str] | None = None
    epoch_size: int = 1024
    repeat_weight: float = 1.0
    reverse_complement: str | None = "auto"
    pooling: str = "mean"
    pretrained: Any = None
    freeze: str | Sequence[str] | None = None
    transfer: Transfer | None = None

    def fit(self, X, y=None):
        """Train the network on unlabeled sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...), str, Path or Genome
            Sequences of any length as text; codes of shape (n_samples, length), uint8; channels of
            shape (n_samples, length * n_channels), (n_samples, length, n_channels) or (n_samples,
            n_channels, length); token ids of shape (n_samples, n_tokens) if `vocabulary_size` is
            set. A str, Path or Genome is a FASTA file from which windows are drawn.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            The fitted model.

        Raises
        ------
        ValueError
            If X is empty, malformed or without any known symbol, a file is missing, a
            hyperparameter is out of range, or `checkpoint` is damaged or belongs to another
            training.
        """
        return self._fit(X)

    def transform(self, X) -> np.ndarray:
        """Embed sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`fit`; text may have any length.

        Returns
        -------
        ndarray of shape (n_samples, n_features) or (n_samples, length, n_features)
            Mean or maximum of the position embeddings of each sequence, padding excluded; with
            ``pooling="none"`` the position embeddings, zero at padding, where length is that of the
            longest sequence of X.
        """
        check_choice("pooling", self.pooling, _POOLINGS)
        return self._map(X, lambda x, mask: self.net_.embed(x, mask, self.pooling))

    def score_samples(self, X) -> np.ndarray:
        """Compute the mean log-likelihood per symbol of each sequence.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`transform`.

        Returns
        -------
        ndarray of shape (n_samples,)
            Log-likelihoods in nats, averaged over the known symbols of a sequence; NaN if it has
            none.
        """
        totals, n_known = self._log_likelihoods(X)
        return np.divide(totals, n_known, out=np.full_like(totals, np.nan), where=n_known > 0)

    def score(self, X, y=None) -> float:
        """Compute the mean log-likelihood per symbol of all sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`transform`.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        float
            Log-likelihood in nats, averaged over all known symbols; NaN if there are none.
        """
        totals, n_known = self._log_likelihoods(X)
        n = n_known.sum()
        return float(totals.sum(dtype=np.float64) / n) if n else np.nan

    def perplexity(self, X) -> float:
        """Compute the perplexity per symbol.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`transform`.

        Returns
        -------
        float
            Exponential of the negative :meth:`score`: 1 for a perfect prediction, the size of the
            alphabet for a uniform one.

        Raises
        ------
        ValueError
            If the model was fitted on signals, which have densities rather than probabilities.
        """
        check_is_fitted(self)
        if isinstance(self._vocabulary(), Signals):
            raise ValueError(
                "perplexity is defined for sequences and tokens, but X of fit held signals"
            )
        return float(np.exp(-self.score(X)))

    def variant_scores(self, ref, alt) -> tuple[np.ndarray, np.ndarray]:
        """Compute the log-probabilities of reference and alternative alleles.

        No labels are needed. :func:`skgenomics.genome.score_variants` calls this method for the
        variants of a file.

        Parameters
        ----------
        ref : array-like of shape (n_samples,) or (n_samples, length)
            Sequences with the reference allele, as text or uint8 codes.
        alt : array-like of shape (n_samples,) or (n_samples, length)
            Sequences with the alternative allele, each as long as its reference.

        Returns
        -------
        ref_scores : ndarray of shape (n_samples,)
            Log-probabilities of the reference alleles in nats.
        alt_scores : ndarray of shape (n_samples,)
            Log-probabilities of the alternative alleles, so that ``alt_scores - ref_scores`` is the
            log-likelihood ratio.

        Raises
        ------
        ValueError
            If lengths differ, alleles are neither text nor codes, or the model was fitted on
            signals or tokens.

        Notes
        -----
        For a single substitution, a masked model masks the position and compares the probabilities
        of both symbols given the flanking sequence, as GPN does. For several differing positions,
        as downstream of an insertion or deletion, and in a causal model, both scores are
        log-likelihoods of the whole sequences. Scores are NaN where the only differing symbol is
        unknown in one of both sequences.
        """
        check_is_fitted(self)
        ref, alt = self._read_allele_pairs(ref, alt)
        scores = np.empty((2, len(ref)), dtype=self.dtype_)
        differs = ref != alt
        is_substitution = (differs.sum(axis=1) == 1) & (not self._is_causal)
        rest = ~is_substitution
        if rest.any():
            texts = (decode(codes[rest], self.alphabet) for codes in (ref, alt))
            scores[:, rest] = [self._log_likelihoods(text)[0] for text in texts]
        if is_substitution.any():
            columns = differs[is_substitution].argmax(axis=1)
            log_proba = self._masked_log_proba(ref[is_substitution], columns)
            scores[:, is_substitution] = [
                _select_symbols(log_proba, codes[is_substitution], columns) for codes in (ref, alt)
            ]
            scores[:, np.isnan(scores).any(axis=0)] = np.nan
        return scores[0], scores[1]

    @property
    def receptive_field_(self) -> int | None:
        """Number of input positions that one embedding depends on; None for all."""
        trunk: Any = self.network_.trunk
        return trunk.receptive_field

    @property
    def _n_features_out(self) -> int:
        trunk: Any = self.network_.trunk
        return trunk.n_features

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    # Hyperparameters

    def _check_settings(self) -> None:
        super()._check_settings()
        self._check_network()
        self._check_corpus()
        check_choice("reverse_complement", self.reverse_complement, _STRANDS)
        check_choice("pooling", self.pooling, _POOLINGS)
        check_transfer(self)

    def _check_network(self) -> None:
        check_choice("network", self.network, tuple(self._networks))
        if not isinstance(self.network_params, dict | None):
            raise ValueError(f"network_params must be a dict, got {self.network_params!r}")
        known = trunk_settings(self.network) - self._causal_params.keys()
        for name in self.network_params or {}:
            if name not in known:
                raise ValueError(
                    f"network_params has {name!r}, which network={self.network!r} does not know, "
                    f"or which is set otherwise; it knows {', '.join(sorted(known))}"
                )
        takes_tokens = "vocabulary_size" in self._trunk_class().defaults()
        if self.vocabulary_size is not None and not takes_tokens:
            raise ValueError(
                f"network={self.network!r} does not take token ids; choose 'transformer', "
                "'longconv' or 'rnn', or leave vocabulary_size=None"
            )

    def _check_corpus(self) -> None:
        check_real("validation_fraction", self.validation_fraction, 0, 1, inclusive=False)
        check_real("repeat_weight", self.repeat_weight, 0)
        check_integer("epoch_size", self.epoch_size, 1)
        is_list = np.iterable(self.chromosomes) and not isinstance(self.chromosomes, str)
        if not (is_list or self.chromosomes is None):
            raise ValueError(
                f"chromosomes must be None or a list of names, got {self.chromosomes!r}"
            )
        if self.window is not None:
            check_integer("window", self.window, 1)
        if self.vocabulary_size is not None:
            check_integer("mask_token", self.mask_token, 0)
            check_integer("vocabulary_size", self.vocabulary_size, self.mask_token + 2)

    def _trunk_class(self) -> type[Trunk]:
        return find_trunk(self.network)

    def _trunk_params(self) -> dict[str, Any]:
        defaults = self._networks[self.network]
        if self.vocabulary_size is not None:
            # The convolutions of a stem read one-hot symbols, not token ids.
            defaults = defaults | {"stem_filters": (), "vocabulary_size": self.vocabulary_size}
        params = fit_defaults(defaults | (self.network_params or {}), defaults)
        known = self._trunk_class().defaults()
        return {k: v for k, v in (params | self._causal_params).items() if k in known}

    def _chosen_settings(self) -> set[str]:
        tokens = {"vocabulary_size"} if self.vocabulary_size is not None else set()
        return set(self.network_params or {}) | tokens

    def _adopt(self, params: dict[str, Any]) -> dict[str, Any]:
        adopted = adopt_settings(self, params)
        for name, value in self._causal_params.items():
            if adopted.get(name, value) != value:
                raise ValueError(
                    f"`pretrained` was built with {name}={adopted[name]!r} and reads both sides of "
                    "a position, so that it would see the symbol that it is to predict; start from "
                    "a CausalLanguageModel"
                )
        return adopted

    def _shared_settings(self) -> dict[str, Any]:
        return shared_settings(self)

    def _reinitialized_parts(self, source) -> set[str]:
        return reinitialized_parts(self, source)

    def _initialize_net(self, dataset, seed: int) -> None:
        self.__dict__.pop("transferred_", None)
        if self.pretrained is not None:
            self.transferred_ = start_from_pretrained(self, self.network_)

    def _check_something_is_trained(self, resume: bool) -> None:
        check_something_is_trained(self, resume)

    def _frozen(self) -> AbstractContextManager[list]:
        return frozen_layers(self)

    def _has_same_targets(self, source) -> bool:
        return isinstance(source, LanguageModel)

    # Input

    def _read(self, X, *, reset: bool) -> np.ndarray:
        if isinstance(X, PathLike | Genome):
            raise ValueError(
                f"only fit draws windows from a genome, but X is {X!r}; pass sequences"
            )
        if self.vocabulary_size is not None:
            return read_tokens(self, X, vocabulary_size=self.vocabulary_size, reset=reset)
        return read_sequences(
            self,
            X,
            alphabet=self.alphabet,
            n_channels=self.n_channels,
            any_length=True,
            reset=reset,
        )

    def _read_corpus(self, X, *, reset: bool) -> GenomeWindows | SequenceDataset:
        """Read X as a dataset to train on."""
        if isinstance(X, str | PathLike | Genome):
            return self._read_genome(open_genome(X), reset)
        self._refuse_genome_settings()
        data = self._read(X, reset=reset)
        self._check_something_is_known(data)
        dtype = "float64" if data.dtype == np.float64 else "float32"
        if self.window is None or self.window >= data.shape[1]:
            return SequenceDataset(data, dtype=dtype)
        if data.dtype != np.uint8:
            raise ValueError(
                f"window={self.window} needs text or codes to draw windows from, but X holds "
                "numbers; leave window=None"
            )
        if reset:
            self.length_ = int(self.window)
        return SequenceWindows(data, int(self.window), self.n_channels_)

    def _read_genome(self, genome: Genome, reset: bool) -> GenomeWindows:
        symbols = get_alphabet(self.alphabet).symbols.upper().replace("U", "T")
        if symbols != "ACGT" or self.n_channels is not None or self.vocabulary_size is not None:
            raise ValueError(
                f"a genome holds the bases ACGT, but alphabet={self.alphabet!r}, "
                f"n_channels={self.n_channels!r} and vocabulary_size={self.vocabulary_size!r}; "
                "leave them at their defaults"
            )
        length = _DEFAULT_WINDOW if self.window is None else int(self.window)
        if reset:
            self.input_form_, self.n_features_in_ = "text", 1
            self.n_channels_, self.length_ = 4, length
            self.__dict__.pop("feature_names_in_", None)
        stretches, _ = split_stretches(genome, self.chromosomes, 0, length)
        dataset = GenomeWindows(genome, stretches, length, self.epoch_size, self.repeat_weight)
        check_has_known_bases(dataset)
        return dataset

    def _check_something_is_known(self, data: np.ndarray) -> None:
        if self.vocabulary_size is not None:
            is_known = data > self.mask_token
        elif data.dtype == np.uint8:
            is_known = data < self.n_channels_
        else:
            # A zero is an unknown symbol of a sequence, but a value of a signal.
            is_known = (data != 0) | (self.n_channels is not None)
        if not is_known.any():
            raise ValueError("X has no known symbol or token, so that there is nothing to learn")

    def _refuse_genome_settings(self) -> None:
        defaults: dict[str, Any] = {"chromosomes": None, "repeat_weight": 1.0}
        for name, default in defaults.items():
            if not np.array_equal(getattr(self, name), default):
                raise ValueError(
                    f"{name}={getattr(self, name)!r} applies to a FASTA file, but X holds "
                    f"sequences; leave {name}={default!r}"
                )

    def _read_allele_pairs(self, ref, alt) -> tuple[np.ndarray, np.ndarray]:
        if not self.is_sequence_:
            raise ValueError("variants are changes of sequences, but X of fit held none")
        (ref, ref_lengths), (alt, alt_lengths) = map(self._read_alleles, (ref, alt))
        if len(ref) != len(alt):
            raise ValueError(f"ref and alt must be pairs, got {len(ref)} and {len(alt)} sequences")
        differs = ref_lengths != alt_lengths
        if differs.any():
            i = differs.argmax()
            raise ValueError(
                f"sequence {i} has length {ref_lengths[i]} in ref, but {alt_lengths[i]} in alt; "
                "crop both to the same length"
            )
        return ref, alt

    def _read_alleles(self, X) -> tuple[np.ndarray, np.ndarray]:
        """Read sequences as codes and give the length of each."""
        if is_text(X):
            return encode(X, self.alphabet), np.array([len(text) for text in as_strings(X)])
        X = np.asarray(X)
        if X.dtype != np.uint8 or X.ndim != 2:
            raise ValueError(
                "alleles must be text, or uint8 codes of shape (n_samples, length), got an array "
                f"of {X.dtype} of shape {X.shape}"
            )
        return X, np.full(len(X), X.shape[1])

    def _read_training(self, X, *args, resume: bool, **kwargs) -> TrainingData:
        self._check_something_is_trained(resume)
        dataset = self._read_corpus(X, reset=not resume)
        seed = self._draw_seed()
        if not resume:
            self._forget_training()
            self._learn_input(dataset, None, seed)
        return TrainingData(dataset, seed)

    def _split(self, data: TrainingData) -> tuple:
        settings = self.early_stopping, self.validation_fraction, self.chromosomes
        return split_corpus(data.dataset, *settings, data.seed)

    def _learn_input(self, dataset, y, seed: int) -> None:
        """Set the fitted attributes that the network is built from."""
        is_genome = isinstance(dataset, GenomeWindows)
        self.dtype_ = "float32" if is_genome else dataset.dtype
        is_sequence = self.n_channels is None and self.input_form_ not in ("tokens", "table")
        self.is_sequence_ = is_sequence and (
            is_genome or is_soft_one_hot(dataset.X, self.n_channels_)
        )
        alphabet = get_alphabet(self.alphabet)
        self.complement_ = None
        if self.is_sequence_ and alphabet.is_nucleic:
            self.complement_ = tuple(alphabet.complement[: alphabet.n_symbols].tolist())
        self.strands_ = self._choose_strands(dataset, seed)
        params: dict[str, Any] = {
            "n_channels": self.n_channels_,
            "length": self.length_,
            "n_outputs": self._vocabulary().n_outputs,
            "trunk": self.network,
            "next_symbol": self._is_causal,
        }
        self.network_settings_ = params | self._adopt(self._trunk_params())

    def _choose_strands(self, dataset, seed: int) -> str | None:
        if self.reverse_complement != "auto":
            if self.reverse_complement is not None and self.complement_ is None:
                raise ValueError(
                    f"reverse_complement={self.reverse_complement!r} needs sequences of a nucleic "
                    "alphabet, which X does not hold; leave it 'auto' or None"
                )
            return self.reverse_complement
        if self.complement_ is None:
            return None
        if isinstance(dataset, GenomeWindows):
            return "average"
        all_samples = [np.ones(len(dataset), dtype=bool)]
        alphabet = get_alphabet(self.alphabet)
        return "average" if is_strand_symmetric(dataset.X, all_samples, alphabet, seed) else None

    # Training

    def _vocabulary(self) -> Symbols:
        """Describe the content of a position: symbols, signals or tokens."""
        if self.vocabulary_size is not None:
            return Tokens(self.vocabulary_size, self.mask_token)
        return (Symbols if self.is_sequence_ else Signals)(self.n_channels_)

    def _make_net(self, device: str) -> LanguageNet:
        """Build the net with random parameters, as it is used after training."""
        network = LanguageModelNetwork(**self.network_settings_)
        net = self._net_class(
            network.to(getattr(torch, self.dtype_)),
            vocabulary=self._vocabulary(),
            n_channels=self.n_channels_,
            augmentation=Augmenter(complement=self.complement_, turns_rows=True),
            average_strands=self.strands_ == "average",
            device=device,
            verbose=self.verbose,
        )
        return net.initialize()

    def _prepare_training(self, dataset, learning_rate: float) -> None:
        # Windows of a genome are drawn from both strands already.
        flip = self.strands_ is not None and not isinstance(dataset, GenomeWindows)
        self.net_.augmentation = Augmenter(complement=self.complement_, turns_rows=True, flip=flip)
        self._prepare_net(torch.nn.Identity(), learning_rate, self._group("transfer").layer_decay)

    # Prediction

    def _map(self, X, compute: Callable, *others: np.ndarray) -> np.ndarray:
        check_is_fitted(self)
        data = self._read(X, reset=False)
        return np.concatenate(list(self.net_.map_rows(compute, data, *others)))

    def _log_likelihoods(self, X) -> tuple[np.ndarray, np.ndarray]:
        """Compute the log-likelihood and the number of known symbols of each sequence."""
        n_passes = getattr(self, "n_passes", None)

        def compute(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
            totals = self.net_.log_likelihoods(x, mask, n_passes).sum(dim=1)
            n_known = self.net_.vocabulary.known(x).sum(dim=1)
            return torch.stack([totals, n_known.to(totals.dtype)], dim=1)

        found = self._map(X, compute)
        return found[:, 0], found[:, 1].astype(int)

    def _masked_log_proba(self, codes: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Compute log-probabilities (n_samples, n_symbols) at one masked position per sequence."""
        net = self.net_

        def compute(
            x: torch.Tensor, mask: torch.Tensor | None, columns: torch.Tensor
        ) -> torch.Tensor:
            positions = torch.arange(len(x), device=x.device), columns
            is_masked = torch.zeros_like(x[:, 0], dtype=torch.bool)
            is_masked[positions] = True
            scores = net.score(net.vocabulary.hide(x, is_masked), mask, positions)
            return scores.log_softmax(dim=1)

        return self._map(decode(codes, self.alphabet), compute, columns)


def _select_symbols(log_proba: np.ndarray, codes: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Select the log-probability of the symbol in one column of each row; NaN if unknown."""
    rows = np.arange(len(codes))
    symbols = codes[rows, columns]
    is_known = symbols < log_proba.shape[1]
    return np.where(is_known, log_proba[rows, symbols.clip(max=log_proba.shape[1] - 1)], np.nan)

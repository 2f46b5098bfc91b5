"""What language models share: training, checkpoints, embeddings and likelihoods."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from os import PathLike
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.input_validation import is_soft_one_hot
from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.estimators._heads import fit_defaults
from skgenomics.estimators._strand_symmetry import is_strand_symmetric
from skgenomics.estimators._training import NetEstimator
from skgenomics.estimators._transfer import TransferSettings, find_source
from skgenomics.language_models._checkpoints import Checkpoint, find_checkpoint
from skgenomics.language_models._corpus import CorpusSettings
from skgenomics.language_models._genome_windows import GenomeWindows
from skgenomics.language_models._nets import LanguageNet
from skgenomics.language_models._vocabulary import Signals
from skgenomics.networks._trunks import Trunk, find_trunk, trunk_settings
from skgenomics.networks.language_model import LanguageModelNetwork
from skgenomics.sequences import as_strings, decode, encode, get_alphabet, is_text
from skgenomics.training import Augmentation, isolated_rng, resolve_device


@dataclass(kw_only=True, eq=False, repr=False)
class TrunkSettings:
    """Hyper-parameters of the trunk, whose defaults by its name a subclass knows."""

    _networks: ClassVar[dict[str, dict[str, Any]]]
    # What the trunk has to be told to look at one side only.
    _one_sided: ClassVar[dict[str, Any]] = {}

    network: str
    network_params: dict[str, Any] | None = None

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("network", self.network, tuple(self._networks))
        given = self.network_params
        if not isinstance(given, dict | None):
            raise ValueError(f"network_params must be a dict, got {given!r}")
        known = trunk_settings(self.network) - self._one_sided.keys()
        for name in given or {}:
            if name not in known:
                raise ValueError(
                    f"network_params has {name!r}, which network={self.network!r} does not know, "
                    f"or which is set otherwise; it knows {', '.join(sorted(known))}"
                )
        takes_tokens = "vocabulary_size" in self._trunk_class().defaults()
        if self.vocabulary_size is not None and not takes_tokens:
            raise ValueError(
                f"network={self.network!r} takes no token ids; choose 'transformer', 'longconv' or "
                "'rnn', or leave vocabulary_size=None"
            )

    def _trunk_params(self) -> dict[str, Any]:
        defaults = self._networks[self.network]
        if self.vocabulary_size is not None:
            # Convolutions read letters.
            defaults = defaults | {"stem_filters": (), "vocabulary_size": self.vocabulary_size}
        params = fit_defaults(defaults | (self.network_params or {}), defaults) | self._one_sided
        known = self._trunk_class().defaults()
        return {name: value for name, value in params.items() if name in known}

    def _trunk_class(self) -> type[Trunk]:
        return find_trunk(self.network)

    def _chosen_settings(self) -> set[str]:
        tokens = {"vocabulary_size"} if self.vocabulary_size is not None else set()
        return set(self.network_params or {}) | tokens

    def _adopt(self, params: dict[str, Any]) -> dict[str, Any]:
        adopted = super()._adopt(params)
        for name, value in self._one_sided.items():
            if adopted.get(name, value) != value:
                raise ValueError(
                    f"`pretrained` was built with {name}={adopted[name]!r} and looks at both sides "
                    "of a position, where it would see the letter that it is to guess; start from "
                    "a CausalLanguageModel"
                )
        return adopted


class ZeroShotMixin:
    """Log-probabilities of alleles, for language models of letters."""

    def variant_scores(self, ref, alt) -> tuple[np.ndarray, np.ndarray]:
        """Log-probabilities of two alleles, without any label.

        :func:`skgenomics.genome.score_variants` calls it for the variants of a file.

        Parameters
        ----------
        ref, alt : text or uint8 codes
            Sequences with the reference and with the alternative allele, row by row of the same
            length.

        Returns
        -------
        ref, alt : ndarray of shape (n,)
            Log-probabilities in nats, whose difference is log P(alt) / P(ref).

            A masked model hides the letter in which two sequences differ, and tells both letters
            apart by what is around them, as GPN does. Where they differ in more than one letter, as
            behind an insertion or deletion, and in a causal model, both are the log-likelihoods of
            whole sequences. NaN where the one letter that differs is unknown in one of them.

        Raises
        ------
        ValueError
            If lengths differ, alleles are neither text nor codes, or the model was fitted on
            signals or tokens.
        """
        check_is_fitted(self)
        ref, alt = self._read_alleles(ref, alt)
        found = np.empty((2, len(ref)), dtype=self.dtype_)
        differs = ref != alt
        is_symbol = (differs.sum(axis=1) == 1) & (not self._is_causal)
        rest = ~is_symbol
        if rest.any():
            texts = (decode(x[rest], self.alphabet) for x in (ref, alt))
            found[:, rest] = [self._log_likelihoods(text)[0] for text in texts]
        if is_symbol.any():
            columns = differs[is_symbol].argmax(axis=1)
            chances = self._symbol_log_probabilities(ref[is_symbol], columns)
            found[:, is_symbol] = [_pick(chances, x[is_symbol], columns) for x in (ref, alt)]
            found[:, np.isnan(found).any(axis=0)] = np.nan
        return found[0], found[1]

    def _read_alleles(self, ref, alt) -> tuple[np.ndarray, np.ndarray]:
        if not self.is_sequence_:
            raise ValueError("variants are changes of letters, but X of fit held none")
        (ref, ref_lengths), (alt, alt_lengths) = map(self._read_allele, (ref, alt))
        if len(ref) != len(alt):
            raise ValueError(f"ref and alt must be pairs, got {len(ref)} and {len(alt)} sequences")
        differs = ref_lengths != alt_lengths
        if differs.any():
            i = differs.argmax()
            raise ValueError(
                f"sequence {i} has {ref_lengths[i]} letters in ref, but {alt_lengths[i]} in alt; "
                "cut both to the same length"
            )
        return ref, alt

    def _read_allele(self, X) -> tuple[np.ndarray, np.ndarray]:
        """Codes, and the length of each sequence."""
        if is_text(X):
            return encode(X, self.alphabet), np.array([len(text) for text in as_strings(X)])
        X = np.asarray(X)
        if X.dtype != np.uint8 or X.ndim != 2:
            raise ValueError(
                "alleles must be text, or uint8 codes of shape (n, L), got an array of "
                f"{X.dtype} of shape {X.shape}"
            )
        return X, np.full(len(X), X.shape[1])

    def _symbol_log_probabilities(self, codes: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Those of each letter at one hidden position of each sequence: (n, C)."""
        net = self.net_

        def compute(x: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
            places = torch.arange(len(x), device=x.device), columns
            is_asked = torch.zeros_like(x[:, 0], dtype=torch.bool)
            is_asked[places] = True
            scores = net.score(net.contents.hide(x, is_asked), net.module_.mask(x), places)
            return scores.log_softmax(dim=1)

        return self._map(decode(codes, self.alphabet), compute, columns)


def _pick(chances: np.ndarray, codes: np.ndarray, columns: np.ndarray) -> np.ndarray:
    rows = np.arange(len(codes))
    symbols = codes[rows, columns]
    is_known = symbols < chances.shape[1]
    return np.where(is_known, chances[rows, symbols.clip(max=chances.shape[1] - 1)], np.nan)


# What training does not depend on, so that it may change between a checkpoint and its resumption.
_FREE = {"checkpoint", "checkpoint_every", "callbacks", "device", "verbose", "pooling", "n_passes"}


@dataclass(kw_only=True, eq=False, repr=False)
class CheckpointSettings:
    """Hyper-parameters of checkpoints."""

    checkpoint: str | PathLike | None = None
    checkpoint_every: int = 500

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("checkpoint_every", self.checkpoint_every, 1)
        if not isinstance(self.checkpoint, str | PathLike | None):
            raise ValueError(f"checkpoint must be the path of a file, got {self.checkpoint!r}")
        if self.checkpoint is not None and (self.warm_start or self.unfreeze_every is not None):
            raise ValueError(
                "checkpoint holds a training from its start, with the same layers throughout; set "
                "warm_start=False and unfreeze_every=None, or checkpoint=None"
            )

    def _find_checkpoint(self, dataset) -> Checkpoint | None:
        if self.checkpoint is None:
            return None
        settings = {k: v for k, v in self.get_params(deep=False).items() if k not in _FREE}
        # Addresses, such as those of functions, are others in every process.
        origin = {name: re.sub(" at 0x[0-9A-Fa-f]+", "", repr(v)) for name, v in settings.items()}
        if self.pretrained is not None:
            origin["pretrained"] = _describe_weights(find_source(self.pretrained))
        origin["X"] = dataset.describe()
        return find_checkpoint(self.checkpoint, self.checkpoint_every, origin, self._draw_seed())

    def _take_over(self, checkpoint: Checkpoint) -> None:
        """Be as after the training that has ended already."""
        self.network_.load_state_dict(checkpoint.saved["weights"])
        self.network_.eval()
        epochs = checkpoint.history()
        self.n_iter_ = len(epochs)
        self.loss_curve_ = [epoch["train_loss"] for epoch in epochs]
        losses = [epoch["valid_loss"] for epoch in epochs if "valid_loss" in epoch]
        self.validation_loss_curve_ = losses


def _describe_weights(source) -> str:
    checksum = 0
    for weight in source.net_.weights().values():
        checksum = zlib.crc32(weight.tobytes(), checksum)
    return f"a {type(source).__name__} with weights of checksum {checksum:08x}"


_STRANDS = ("auto", None, "augment", "average")
_POOLINGS = ("mean", "max", "none")


@dataclass(kw_only=True, eq=False, repr=False)
class LanguageModel(
    *(TrunkSettings, CorpusSettings, CheckpointSettings, ZeroShotMixin),
    *(ClassNamePrefixFeaturesOutMixin, TransformerMixin, TransferSettings, NetEstimator),
):
    """Base of models that learn from unlabelled sequences what may stand where.

    A subclass names its networks with their defaults, and its net.
    """

    _net_class: ClassVar[type[LanguageNet]]
    _is_causal: ClassVar[bool] = False

    reverse_complement: str | None = "auto"
    pooling: str = "mean"

    def fit(self, X, y=None):
        """Train the network on unlabelled sequences.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels, token ids, str, Path or Genome
            Text of shape (n,) or (n, 1), sequences of any length; codes of shape (n, L); channels
            of shape (n, L * C), (n, L, C) or (n, C, L); with `vocabulary_size` token ids of shape
            (n, T). Or a FASTA file, from which windows are drawn.
        y : None
            Ignored; there by convention.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If X is empty or malformed, a file is missing, a hyper-parameter is out of range, or
            `checkpoint` is a damaged file or belongs to another training.
        """
        self._check_settings()
        resumes = self.warm_start and hasattr(self, "net_")
        self._check_something_is_trained(resumes)
        dataset = self._read_training(X, reset=not resumes)
        checkpoint = self._find_checkpoint(dataset)
        seed = self._draw_seed() if checkpoint is None else checkpoint.seed
        if not resumes:
            self._forget_training()
            self._learn_input(dataset, seed)
        dataset, valid = self._split(dataset, seed)
        device = resolve_device(self.device)
        with isolated_rng(seed + self.n_iter_, device):
            if not resumes:
                self.net_ = self._make_net(device)
                if self.pretrained is not None:
                    self._start_from_pretrained()
            self._train(dataset, valid, checkpoint)
        return self

    def transform(self, X) -> np.ndarray:
        """Embed sequences.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels or token ids
            As in :meth:`fit`; text may have another length.

        Returns
        -------
        ndarray of shape (n, d), or (n, L, d) with ``pooling="none"``
            Mean or maximum of the vectors of all positions, padding aside; or these vectors, zero
            at padding. L is the longest text of X.
        """
        check_choice("pooling", self.pooling, _POOLINGS)
        return self._map(X, lambda x: self.net_.embed(x, self.pooling))

    def score_samples(self, X) -> np.ndarray:
        """Log-likelihood of each sequence, per letter, in nats.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels or token ids
            As in :meth:`transform`.

        Returns
        -------
        ndarray of shape (n,)
            Mean over the known letters of a sequence; NaN if it has none.
        """
        totals, n_known = self._log_likelihoods(X)
        return np.divide(totals, n_known, out=np.full_like(totals, np.nan), where=n_known > 0)

    def score(self, X, y=None) -> float:
        """Mean log-likelihood of all letters, in nats.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels or token ids
            As in :meth:`transform`.
        y : None
            Ignored; there by convention.

        Returns
        -------
        float
            NaN if no letter is known.
        """
        totals, n_known = self._log_likelihoods(X)
        n = n_known.sum()
        return float(totals.sum(dtype=np.float64) / n) if n else np.nan

    def perplexity(self, X) -> float:
        """How many letters there were to choose from, if all had been equally likely.

        Parameters
        ----------
        X : text, uint8 codes or token ids
            As in :meth:`transform`.

        Returns
        -------
        float
            The exponential of minus :meth:`score`: 1 for certainty, the size of the alphabet for
            guessing.

        Raises
        ------
        ValueError
            If the model was fitted on signals.
        """
        check_is_fitted(self)
        if isinstance(self._contents(), Signals):
            raise ValueError("perplexity is that of letters or tokens, but X of fit held signals")
        return float(np.exp(-self.score(X)))

    @property
    def receptive_field_(self) -> int | None:
        """Positions of a sequence that one vector sees; None for all."""
        return self.network_.trunk.receptive_field

    @property
    def _n_features_out(self) -> int:
        return self.network_.trunk.n_features

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _map(self, X, compute, *others: np.ndarray) -> np.ndarray:
        check_is_fitted(self)
        data = self._read(X, reset=False)
        return np.concatenate(list(self.net_.map_rows(compute, data, *others)))

    def _log_likelihoods(self, X) -> tuple[np.ndarray, np.ndarray]:
        """That of each sequence as a whole, and how many of its letters are known."""
        n_passes = getattr(self, "n_passes", None)

        def compute(x: torch.Tensor) -> torch.Tensor:
            totals = self.net_.log_likelihoods(x, n_passes).sum(dim=1)
            n_known = self.net_.contents.known(x).sum(dim=1)
            return torch.stack([totals, n_known.to(totals.dtype)], dim=1)

        found = self._map(X, compute)
        return found[:, 0], found[:, 1].astype(int)

    def _learn_input(self, dataset, seed: int) -> None:
        """Learn what the network is built for."""
        is_genome = isinstance(dataset, GenomeWindows)
        self.dtype_ = "float32" if is_genome else dataset.dtype
        is_sequence = self.n_channels is None and self.vocabulary_size is None
        self.is_sequence_ = is_sequence and (
            is_genome or is_soft_one_hot(dataset.X, self.n_channels_)
        )
        alphabet = get_alphabet(self.alphabet)
        self.complement_ = None
        if self.is_sequence_ and alphabet.is_nucleic:
            self.complement_ = tuple(alphabet.complement[:-1].tolist())
        self.strands_ = self._choose_strands(dataset, seed)
        params = {
            "n_channels": self.n_channels_,
            "length": self.length_,
            "n_outputs": self._contents().n_outputs,
            "trunk": self.network,
            "next_symbol": self._is_causal,
            "masked": self.is_sequence_,
        }
        self.network_settings_ = params | self._adopt(self._trunk_params())

    def _choose_strands(self, dataset, seed: int) -> str | None:
        if self.reverse_complement != "auto":
            if self.reverse_complement is not None and self.complement_ is None:
                raise ValueError(
                    f"reverse_complement={self.reverse_complement!r} needs letters of a nucleic "
                    "alphabet, which X does not hold; leave it 'auto' or None"
                )
            return self.reverse_complement
        if self.complement_ is None:
            return None
        if isinstance(dataset, GenomeWindows):
            return "average"
        rows = [np.ones(len(dataset), dtype=bool)]
        alike = is_strand_symmetric(dataset.X, rows, get_alphabet(self.alphabet), seed)
        return "average" if alike else None

    def _has_same_targets(self, source) -> bool:
        return isinstance(source, LanguageModel)

    def _make_net(self, device: str) -> LanguageNet:
        """The net with new weights, as it is used after training."""
        network = LanguageModelNetwork(**self.network_settings_)
        net = self._net_class(
            network.to(getattr(torch, self.dtype_)),
            contents=self._contents(),
            n_channels=self.n_channels_,
            augmentation=Augmentation(complement=self.complement_, turns_rows=True),
            average_strands=self.strands_ == "average",
            device=device,
            verbose=self.verbose,
        )
        return net.initialize()

    def _prepare_training(self, dataset) -> None:
        """Give the net what it is trained with."""
        # Windows of a genome are drawn from both strands already.
        flip = self.strands_ is not None and not isinstance(dataset, GenomeWindows)
        self.net_.augmentation = Augmentation(
            complement=self.complement_, turns_rows=True, flip=flip
        )
        self._prepare_net(self.learning_rate, torch.nn.Identity(), self.layer_decay)

    def _train(self, dataset, valid, checkpoint: Checkpoint | None) -> None:
        self._prepare_training(dataset)
        if checkpoint is not None and checkpoint.is_finished:
            self._take_over(checkpoint)
            return
        self.net_.checkpoint = checkpoint
        with self._frozen() as callbacks:
            self._run_epochs(
                dataset, valid, self.max_iter, peak=self.learning_rate, callbacks=callbacks
            )
        if checkpoint is not None:
            checkpoint.write(self.net_, finished=True)
            self.net_.checkpoint = None

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("reverse_complement", self.reverse_complement, _STRANDS)
        check_choice("pooling", self.pooling, _POOLINGS)

"""What language models share: training, checkpoints, embeddings and likelihoods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skgenomics.checks import check_choice
from skgenomics.estimators.strands import strands_are_alike
from skgenomics.estimators.trained import NetEstimator
from skgenomics.estimators.transfer import TransferSettings
from skgenomics.forms import are_letters
from skgenomics.networks.language_model import LanguageModelNetwork
from skgenomics.representation.language_models.checkpoints import Checkpoint
from skgenomics.representation.language_models.contents import Signals
from skgenomics.representation.language_models.corpus import CorpusSettings
from skgenomics.representation.language_models.nets import LanguageNet
from skgenomics.representation.language_models.resuming import CheckpointSettings
from skgenomics.representation.language_models.trunks import TrunkSettings
from skgenomics.representation.language_models.windows import GenomeWindows
from skgenomics.representation.language_models.zero_shot import ZeroShotMixin
from skgenomics.sequences import get_alphabet
from skgenomics.training import Augmentation, isolated_rng, resolve_device

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
        self.has_letters_ = is_sequence and (is_genome or are_letters(dataset.X, self.n_channels_))
        alphabet = get_alphabet(self.alphabet)
        self.complement_ = None
        if self.has_letters_ and alphabet.is_nucleic:
            self.complement_ = tuple(alphabet.complement[:-1].tolist())
        self.strands_ = self._choose_strands(dataset, seed)
        params = {
            "n_channels": self.n_channels_,
            "length": self.length_,
            "n_outputs": self._contents().n_outputs,
            "trunk": self.network,
            "next_letter": self._is_causal,
            "masked": self.has_letters_,
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
        alike = strands_are_alike(dataset.X, rows, get_alphabet(self.alphabet), seed)
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

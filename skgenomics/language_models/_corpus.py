"""What language models learn from: reading sequences, token ids or a genome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from skgenomics._utils.input_validation import read_sequences, read_tokens
from skgenomics._utils.validation import check_integer, check_real
from skgenomics.encoding._tokens import MASK
from skgenomics.genome import Genome
from skgenomics.language_models._genome_windows import (
    GenomeWindows,
    Sequences,
    SequenceWindows,
    open_genome,
    split_stretches,
)
from skgenomics.language_models._vocabulary import Letters, Signals, Tokens
from skgenomics.sequences import get_alphabet
from skgenomics.training import SequenceDataset
from skgenomics.training._optimization import stops_early
from skgenomics.training._validation_split import validation_rows

_WINDOW = 512


@dataclass(kw_only=True, eq=False, repr=False)
class CorpusSettings:
    """Hyper-parameters of reading what to learn from."""

    alphabet: str = "ACGT"
    n_channels: int | None = None
    vocabulary_size: int | None = None
    mask_token: int = MASK
    window: int | None = None
    chromosomes: Sequence[str] | None = None
    epoch_size: int = 1024
    repeat_weight: float = 1.0

    def _check_settings(self) -> None:
        super()._check_settings()
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

    def _read_training(self, X, *, reset: bool) -> SequenceDataset | GenomeWindows:
        """What to train on: a dataset of all rows, or of windows."""
        if isinstance(X, str | PathLike | Genome):
            return self._read_genome(open_genome(X), reset)
        self._refuse_settings_of_genomes()
        data = self._read(X, reset=reset)
        self._check_something_is_known(data)
        dtype = "float64" if data.dtype == np.float64 else "float32"
        if self.window is None or self.window >= data.shape[1]:
            return Sequences(data, dtype=dtype)
        if data.dtype != np.uint8:
            raise ValueError(
                f"window={self.window} cuts windows out of text or codes, but X holds numbers"
            )
        if reset:
            self.length_ = int(self.window)
        return SequenceWindows(data, int(self.window), self.n_channels_)

    def _read_genome(self, genome: Genome, reset: bool) -> GenomeWindows:
        symbols = get_alphabet(self.alphabet).symbols.upper().replace("U", "T")
        if symbols != "ACGT" or self.n_channels is not None or self.vocabulary_size is not None:
            raise ValueError(
                f"a genome holds the letters ACGT, but alphabet={self.alphabet!r}, "
                f"n_channels={self.n_channels!r} and vocabulary_size={self.vocabulary_size!r}; "
                "leave them alone"
            )
        length = _WINDOW if self.window is None else int(self.window)
        if reset:
            self.input_form_, self.n_features_in_ = "text", 1
            self.n_channels_, self.length_ = 4, length
            self.__dict__.pop("feature_names_in_", None)
        stretches, _ = split_stretches(genome, self.chromosomes, 0, length)
        return GenomeWindows(genome, stretches, length, self.epoch_size, self.repeat_weight)

    def _check_something_is_known(self, data: np.ndarray) -> None:
        if self.vocabulary_size is not None:
            is_known = data > self.mask_token
        elif data.dtype == np.uint8:
            is_known = data < self.n_channels_
        else:
            # Zeros are unknown letters, but values of signals.
            is_known = (data != 0) | (self.n_channels is not None)
        if not is_known.any():
            raise ValueError("X has no known letter or token, so that there is nothing to learn")

    def _refuse_settings_of_genomes(self) -> None:
        for name, default in (("chromosomes", None), ("repeat_weight", 1.0)):
            if not np.array_equal(getattr(self, name), default):
                raise ValueError(
                    f"{name}={getattr(self, name)!r} is for a FASTA file, but X holds sequences; "
                    f"leave {name}={default!r}"
                )

    def _split(self, dataset, seed: int) -> tuple[Any, SequenceDataset | None]:
        """What to train on, and what to validate on, if that is wanted."""
        if isinstance(dataset, GenomeWindows):
            if self.early_stopping in ("auto", False):
                return dataset, None
            parts = split_stretches(
                dataset.genome, self.chromosomes, self.validation_fraction, dataset.length
            )
            settings = dataset.length, dataset.n_windows, self.repeat_weight
            train, valid = (GenomeWindows(dataset.genome, part, *settings) for part in parts)
            return train, valid.tiles(dataset.n_windows)
        if not stops_early(self.early_stopping, len(dataset)):
            return dataset, None
        rows = validation_rows(len(dataset), None, None, self.validation_fraction, seed)
        if isinstance(dataset, SequenceWindows):
            train, valid = (
                SequenceWindows(dataset.X[part], dataset.length, self.n_channels_) for part in rows
            )
            return train, valid.tiles()
        return tuple(dataset.subset(part) for part in rows)

    def _contents(self) -> Letters:
        """What positions hold."""
        if self.vocabulary_size is not None:
            return Tokens(self.vocabulary_size, self.mask_token)
        return (Letters if self.is_sequence_ else Signals)(self.n_channels_)

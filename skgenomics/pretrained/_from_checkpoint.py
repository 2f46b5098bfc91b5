"""Mixin of estimators that hold a pretrained model: reading, tokenizing and pickling."""

from __future__ import annotations

import hashlib
import os
from typing import Any, ClassVar

import numpy as np
from torch import nn

from skgenomics._utils.input_validation import read_ragged
from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.pretrained._loading import (
    RemoteCode,
    load_checkpoint,
    rebuild_checkpoint,
)
from skgenomics.pretrained._pooled_model import (
    POOLINGS,
    LanguageHeadModel,
    PooledModel,
    embedding_size,
    find_limit,
)
from skgenomics.pretrained._tokenization import SequenceTokens, stack_windows
from skgenomics.sequences import get_alphabet, is_text

# Attributes that are rebuilt when an estimator is loaded.
_TRANSIENT = ("_tokens", "_pooled")


class PretrainedModelMixin:
    """Mixin of estimators that hold a pretrained model.

    The estimator keeps the small files of the checkpoint, so that the model can be rebuilt where
    the checkpoint is not available.
    """

    # Hyperparameters, which subclasses declare.
    name_or_path: str | os.PathLike
    revision: str | None
    trust_remote_code: bool
    alphabet: str
    pooling: str
    max_tokens: int | None
    overflow: str
    batch_size: int | str
    save_base: bool
    # Index of the hidden states that are pooled.
    layer: int = -1

    # Whether the language-model head of the checkpoint is kept.
    _with_head: ClassVar[bool] = False
    _poolings: ClassVar[tuple[str, ...]] = POOLINGS

    @property
    def tokenizer_(self):
        """Tokenizer of the checkpoint, an object of transformers."""
        return self._tokens.tokenizer

    def _check_reading(self) -> None:
        if not isinstance(self.name_or_path, str | os.PathLike) or not str(self.name_or_path):
            raise ValueError(
                "name_or_path must be a folder or a name on the Hugging Face hub, got "
                f"{self.name_or_path!r}"
            )
        check_choice("pooling", self.pooling, self._poolings)
        check_choice("overflow", self.overflow, ("error", "windows"))
        check_choice("trust_remote_code", self.trust_remote_code, (True, False))
        check_choice("save_base", self.save_base, (True, False))
        if self.max_tokens is not None:
            check_integer("max_tokens", self.max_tokens, 1)

    def _read_tokens(self, X, *, reset: bool) -> np.ndarray:
        """Tokenize X, to shape (n_samples, n_windows, n_tokens)."""
        texts = self._read_texts(X, reset=reset)
        if reset:
            self._load()
        self._check_symbols(texts)
        return self._make_windows(self._tokens.encode(texts))

    def _make_windows(self, rows: list[list[int]]) -> np.ndarray:
        """Arrange token ids as the input of the model."""
        return stack_windows(
            rows,
            self._tokens,
            self.max_tokens_,
            splits=self.overflow == "windows",
            name=str(self.name_or_path),
        )

    def _read_texts(self, X, *, reset: bool) -> list[str]:
        """Read X as text in upper case, without the padding of codes and channels."""
        alphabet = get_alphabet(self.alphabet)
        codes, lengths = read_ragged(self, X, alphabet=alphabet, reset=reset)
        text = codes.tobytes().translate(alphabet.symbol_table).decode("ascii").upper()
        ends = np.cumsum(lengths).tolist()
        texts = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        if is_text(X):
            return texts
        return [t.strip(alphabet.unknown_symbol) or alphabet.unknown_symbol for t in texts]

    def _check_symbols(self, texts: list[str]) -> None:
        unknown = get_alphabet(self.alphabet).unknown_symbol
        if not self._tokens.drops_unknown:
            return
        for i, text in enumerate(texts):
            if unknown in text:
                raise ValueError(
                    f"sequence {i} has an unknown or ambiguous symbol at position "
                    f"{text.index(unknown)}, which the tokenizer of {str(self.name_or_path)!r} "
                    "would drop; replace such symbols, or exclude the sequence"
                )

    def _load(self) -> None:
        """Read the checkpoint and set the attributes that depend on it."""
        checkpoint = load_checkpoint(
            self.name_or_path,
            revision=self.revision,
            trust_remote_code=self.trust_remote_code,
            with_head=self._with_head,
        )
        self.checkpoint_files_, self.checkpoint_code_ = checkpoint.files, checkpoint.code
        self.revision_ = checkpoint.revision
        # A saved model is rebuilt from these, even if hyperparameters were changed after fit.
        self._states: dict[str, Any] = {"pooling": self.pooling, "layer": self.layer}
        self._pool(checkpoint.model, checkpoint.tokenizer)
        self.max_tokens_ = find_limit(checkpoint.model, self.tokenizer_, self.max_tokens)
        if self.max_tokens_ is not None and self.max_tokens_ <= self._tokens.n_special:
            raise ValueError(
                f"max_tokens={self.max_tokens_} leaves no room for a sequence next to "
                f"{self._tokens.n_special} special tokens"
            )
        self.hidden_size_ = embedding_size(self._pooled, self._tokens, self.max_tokens_)

    def _pool(self, model: nn.Module, tokenizer) -> None:
        self._tokens = SequenceTokens(tokenizer, get_alphabet(self.alphabet))
        module_class = LanguageHeadModel if self._with_head else PooledModel
        self._pooled = module_class(model, self._tokens, **self._states, chunk=self._n_rows())

    def _n_rows(self) -> int:
        """Give the number of samples in a batch of predictions."""
        return int(self.batch_size)

    def _take_pooled(self) -> PooledModel:
        """Give the model that was just read, or else rebuild it from saved files."""
        if not hasattr(self, "_pooled"):
            self._pool(*self._read_again())
        return self.__dict__.pop("_pooled")

    def _read_again(self) -> tuple[nn.Module, object]:
        if not hasattr(self, "_fingerprint"):
            return rebuild_checkpoint(
                self.checkpoint_files_, self.checkpoint_code_, with_head=self._with_head
            )
        checkpoint = load_checkpoint(
            self.name_or_path,
            revision=self.revision_,
            trust_remote_code=isinstance(self.checkpoint_code_, RemoteCode),
            with_head=self._with_head,
        )
        return checkpoint.model, checkpoint.tokenizer

    def _shorten(self, state: dict, module: nn.Module | None) -> None:
        """Remove rebuilt attributes from a state, and frozen parameters unless `save_base`."""
        for name in _TRANSIENT:
            state.pop(name, None)
        if isinstance(self.name_or_path, os.PathLike):
            # skops does not load paths without being told to trust them.
            state["name_or_path"] = os.fspath(self.name_or_path)
        names = [] if module is None or self.save_base else frozen_names(module)
        if names:
            state["_fingerprint"] = fingerprint(
                {name: state["weights_"].pop(name) for name in names}
            )

    def _check_base(self, weights: dict[str, np.ndarray], module: nn.Module) -> None:
        """Raise a ValueError unless the checkpoint has the parameters of the saved estimator."""
        expected = self.__dict__.pop("_fingerprint", None)
        if expected is None:
            return
        if fingerprint({name: weights[name] for name in frozen_names(module)}) != expected:
            raise ValueError(
                f"the checkpoint {str(self.name_or_path)!r} is not the one that the model was "
                "fitted with: its weights differ; restore the former one, or fit again"
            )


def frozen_names(module: nn.Module) -> list[str]:
    """List the names of the parameters that are not trained."""
    return [name for name, weight in module.named_parameters() if not weight.requires_grad]


def fingerprint(weights: dict[str, np.ndarray]) -> str:
    """Compute a digest of names, shapes and values of parameters."""
    hashed = hashlib.sha256()
    for name, weight in sorted(weights.items()):
        hashed.update(f"{name} {weight.shape}".encode() + np.ascontiguousarray(weight).tobytes())
    return hashed.hexdigest()

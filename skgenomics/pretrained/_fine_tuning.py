"""Base class of the estimators that fine-tune a pretrained language model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.estimators._training import NetEstimator
from skgenomics.pretrained._from_checkpoint import PretrainedModelMixin
from skgenomics.pretrained._mixtures import MixtureEmbedding
from skgenomics.pretrained._network import PooledModelWithHead, TokenNet, add_adapters
from skgenomics.pretrained._pooled_model import PooledModel, apply
from skgenomics.training import SequenceDataset

MODES = ("full", "head", "lora")
# As for DNABERT-2 and the Nucleotide Transformer on the GUE benchmark.
_BASE_RATES = {"full": 3e-5, "lora": 1e-4, "head": 0.0}
_PREDICTION_BATCH = 64


@dataclass(kw_only=True, eq=False, repr=False)
class BaseFineTunedModel(PretrainedModelMixin, NetEstimator):
    """Base class of the fine-tuned models, to which a mixin adds the targets."""

    name_or_path: str | PathLike = field(kw_only=False)
    mode: str = "full"
    lora_rank: int = 8
    lora_alpha: float = 16.0
    lora_dropout: float = 0.0
    lora_targets: Sequence[str] | None = None
    alphabet: str = "ACGT"
    pooling: str = "mean"
    max_tokens: int | None = None
    overflow: str = "error"
    head_dropout: float = 0.1
    learning_rate: float = 1e-3
    base_learning_rate: float | str = "auto"
    revision: str | None = None
    trust_remote_code: bool = False
    save_base: bool = True

    def _check_settings(self) -> None:
        super()._check_settings()
        self._check_reading()
        check_choice("mode", self.mode, MODES)
        check_integer("lora_rank", self.lora_rank, 1)
        check_real("lora_alpha", self.lora_alpha, 0, inclusive=False)
        check_real("lora_dropout", self.lora_dropout, 0, 1)
        check_real("head_dropout", self.head_dropout, 0, 1)
        if self.base_learning_rate != "auto":
            check_real("base_learning_rate", self.base_learning_rate, 0, inclusive=False)

    def _n_rows(self) -> int:
        return _PREDICTION_BATCH if self.batch_size == "auto" else cast(int, self.batch_size)

    def _read(self, X, *, reset: bool) -> np.ndarray:
        return self._read_tokens(X, reset=reset)

    def _learn_input(self, data: np.ndarray, y, seed: int) -> None:
        self.dtype_ = "float32"
        # The mode that the parameters were trained in, whatever `mode` becomes later.
        self.mode_ = self.mode
        self.adapters_: dict[str, Any] | None = None

    def _precompute(self, dataset: SequenceDataset) -> SequenceDataset:
        if self.mode_ != "head":
            return dataset
        # The frozen model need not run again in each epoch.
        vectors = self._apply(cast(nn.Module, self.network_.trunk), dataset.X)
        return SequenceDataset(vectors, dataset.y, dataset.weight, dtype=self.dtype_)

    def _prepare_training(self, dataset: SequenceDataset, learning_rate: float) -> None:
        is_auto = self.base_learning_rate == "auto"
        base_rate = _BASE_RATES[self.mode_] if is_auto else cast(float, self.base_learning_rate)
        self.net_.trunk_share = base_rate / self.learning_rate
        self._prepare_net(self._make_loss(), learning_rate)

    def _make_net(self, device: str) -> TokenNet:
        trunk = self._take_pooled()
        self._freeze(trunk.model)
        net = TokenNet(
            PooledModelWithHead(trunk, self.hidden_size_, self.n_outputs_, self.head_dropout),
            score_shape=(self.n_outputs_,),
            prediction_batch_size=self._n_rows(),
            device=device,
            verbose=self.verbose,
        )
        net = net.initialize()
        if self.mode_ == "head":
            net.frozen = [trunk]
        elif self.mode_ == "lora":
            net.frozen = [m for m in trunk.modules() if isinstance(m, _BatchNorm)]
        return net

    def _freeze(self, model: nn.Module) -> None:
        if self.mode_ == "head":
            model.requires_grad_(False)
        elif self.mode_ == "lora":
            adapters: dict[str, Any] = self.adapters_ or {
                "rank": self.lora_rank,
                "alpha": self.lora_alpha,
                "dropout": self.lora_dropout,
                "targets": self.lora_targets,
            }
            self.adapters_ = adapters | {"targets": add_adapters(model, **adapters)}

    def _predict_scores(self, X) -> np.ndarray:
        check_is_fitted(self)
        scores = self._apply(self.network_, self._read_tokens(X, reset=False))
        return self._refuse_diverged(scores)

    def _apply(self, module: nn.Module, tokens: np.ndarray) -> np.ndarray:
        # In evaluation mode, but for dropout that is left on.
        self.net_._set_training(False)
        return apply(module, tokens, batch_size=self._n_rows())

    def _make_mixture_embedding(self) -> MixtureEmbedding:
        """Make the embedding of mixtures of symbols, by which outputs have gradients."""
        trunk = cast(PooledModel, self.network_.trunk)
        return MixtureEmbedding(trunk, self._tokens, self._make_windows)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags

    def __getstate__(self):
        state = super().__getstate__()
        self._shorten(state, self.network_ if "weights_" in state else None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "weights_" in state:
            self._check_base(self.net_.weights(), self.network_)

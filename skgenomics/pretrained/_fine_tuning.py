"""What the classifier and the regressor share that train a published language model further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import ClassVar

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.estimators._targets import (
    column_names,
    read_sample_weight,
    take_weighted_rows,
)
from skgenomics.estimators._training import NetEstimator
from skgenomics.pretrained._from_checkpoint import FromCheckpoint
from skgenomics.pretrained._network import HeadedModel, TokenNet, add_adapters
from skgenomics.pretrained._pooled_model import apply
from skgenomics.training import SequenceDataset, isolated_rng, resolve_device
from skgenomics.training._optimization import stops_early
from skgenomics.training._validation_split import labelled_validation_rows

MODES = ("full", "head", "lora")
# As for DNABERT-2 and the Nucleotide Transformer on the GUE benchmark.
_BASE_RATES = {"full": 3e-5, "lora": 1e-4, "head": 0.0}
_PREDICTION_BATCH = 64


@dataclass(kw_only=True, eq=False, repr=False)
class FineTuning(FromCheckpoint, NetEstimator):
    """Base of the estimators that train a published model; how targets are read is mixed in."""

    # Whether batches have as many rows of each class.
    _has_balanced_batches: ClassVar[bool] = False

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
        return _PREDICTION_BATCH if self.batch_size == "auto" else self.batch_size

    def _fit(self, X, y, sample_weight, groups=None, *, one_epoch=False, classes=None):
        """Train `max_iter` epochs, or one more, from the checkpoint or from weights of before."""
        self._check_settings()
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        resumes = hasattr(self, "net_") and (one_epoch or self.warm_start)
        seed = self._draw_seed()
        names = column_names(y)
        y = self._read_y(y)
        weight = read_sample_weight(sample_weight, len(y))
        if not weight.all():
            X, y, weight, groups = take_weighted_rows(weight, X, y, weight, groups)
        data = self._read_tokens(X, reset=not resumes)
        check_consistent_length(data, y, groups)
        if not resumes:
            self._start_anew(y, weight, classes)
            if names is not None:
                self.target_names_ = names
        targets, weight = self._encode_targets(y, weight)
        device = resolve_device(self.device)
        with isolated_rng(seed + self.n_iter_, device):
            if not resumes:
                self.net_ = self._make_net(device)
            if self.mode_ == "head":
                # The frozen model need not run again in each epoch.
                data = self._apply(self.network_.trunk, data)
            dataset = SequenceDataset(data, targets, weight, dtype=self.dtype_)
            splits = not one_epoch and stops_early(self.early_stopping, len(data))
            parts = self._split(dataset, y, groups, seed) if splits else (dataset, None)
            self._train(*parts, one_epoch)
        return self

    def _start_anew(self, y: np.ndarray, weight: np.ndarray, classes) -> None:
        self.dtype_ = "float32"
        # What the weights are those of, whatever the settings become later.
        self.mode_, self.adapters_ = self.mode, None
        self._learn_targets(y, weight, classes)
        self._forget_training()

    def _split(self, dataset: SequenceDataset, y, groups, seed: int) -> tuple:
        """A part to train on, and one to validate on."""
        has_label = dataset.weight.reshape(len(dataset), -1).any(axis=1)
        labels = self._labels_to_stratify(y)
        rows = labelled_validation_rows(has_label, labels, groups, self.validation_fraction, seed)
        dataset, valid = map(dataset.subset, rows)
        return dataset, valid.with_balanced_weights() if self._has_balanced_batches else valid

    def _labels_to_stratify(self, y: np.ndarray) -> np.ndarray | None:
        return None

    def _train(self, dataset: SequenceDataset, valid: SequenceDataset | None, one_epoch: bool):
        if one_epoch and not isinstance(self.net_.criterion_, nn.Identity):
            self.net_.set_learning_rate(self.learning_rate)
        else:
            self._prepare_training(self.learning_rate)
        self._run_epochs(
            dataset,
            valid,
            1 if one_epoch else self.max_iter,
            peak=None if one_epoch else self.learning_rate,
            balanced=self._has_balanced_batches,
        )

    def _prepare_training(self, learning_rate: float) -> None:
        is_auto = self.base_learning_rate == "auto"
        base_rate = _BASE_RATES[self.mode_] if is_auto else self.base_learning_rate
        self.net_.trunk_share = base_rate / self.learning_rate
        self._prepare_net(learning_rate, self._make_loss())

    def _make_net(self, device: str) -> TokenNet:
        trunk = self._take_pooled()
        self._freeze(trunk.model)
        net = TokenNet(
            HeadedModel(trunk, self.hidden_size_, self.n_outputs_, self.head_dropout),
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
            adapters = self.adapters_ or {
                "rank": self.lora_rank,
                "alpha": self.lora_alpha,
                "dropout": self.lora_dropout,
                "targets": self.lora_targets,
            }
            self.adapters_ = adapters | {"targets": add_adapters(model, **adapters)}

    def _predict_scores(self, X) -> np.ndarray:
        check_is_fitted(self)
        return self._apply(self.network_, self._read_tokens(X, reset=False))

    def _apply(self, module: nn.Module, tokens: np.ndarray) -> np.ndarray:
        # In evaluation mode, but for dropout that is left on.
        self.net_._set_training(False)
        return apply(module, tokens, batch_size=self._n_rows())

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

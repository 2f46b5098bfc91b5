"""What every deep estimator shares: reading X, training a network, predicting, and pickling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics._utils.input_validation import is_soft_one_hot, read_sequences, read_tokens
from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.estimators._strand_symmetry import is_strand_symmetric
from skgenomics.estimators._targets import (
    column_names,
    read_sample_weight,
    take_weighted_rows,
)
from skgenomics.estimators._training import NetEstimator
from skgenomics.estimators._transfer import TransferSettings
from skgenomics.networks._trunks import Trunk
from skgenomics.sequences import Alphabet, get_alphabet
from skgenomics.training import (
    Augmentation,
    SequenceDataset,
    SequenceNet,
    isolated_rng,
    resolve_device,
)
from skgenomics.training._optimization import stops_early
from skgenomics.training._validation_split import labelled_validation_rows
from skgenomics.training.losses import WeightedLoss

STRANDS = ("auto", None, "augment", "average", "tied")
EDITS = ("insertion", "deletion", "inversion", "translocation")


@dataclass(kw_only=True, eq=False, repr=False)
class InputSettings:
    """Hyper-parameters of reading X and of augmentation."""

    alphabet: str = "ACGT"
    n_channels: int | None = None
    length: int | None = None
    reverse_complement: str | None = "auto"
    shift: int = 0
    mutation_rate: float | str = "auto"
    masking_rate: float = 0.0
    insertion: int = 0
    deletion: int = 0
    inversion: int = 0
    translocation: int = 0

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("reverse_complement", self.reverse_complement, STRANDS)
        for name in ("shift", *EDITS):
            check_integer(name, getattr(self, name), 0)
        if self.mutation_rate != "auto":
            check_real("mutation_rate", self.mutation_rate, 0, 1)
        check_real("masking_rate", self.masking_rate, 0, 1)
        if self.length is not None:
            check_integer("length", self.length, 1)


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceEstimator(InputSettings, TransferSettings, NetEstimator):
    """Base of the deep estimators: a scikit-learn estimator that holds a skorch net.

    A subclass says which network it trains (`_network`), and how targets become what the network
    is trained on (`_read_y`, `_learn_targets`, `_encode_targets`, `_make_loss`).
    """

    # Whether each position has targets of its own.
    _by_position: ClassVar[bool] = False
    # True if the network reads other columns of X beside the sequence.
    _has_extra_inputs: ClassVar[bool] = False
    # The kind of net that trains the network.
    _net_class: ClassVar[type[SequenceNet]] = SequenceNet
    # Whether batches have as many rows of each class.
    _has_balanced_batches: ClassVar[bool] = False

    def _network(self) -> Callable[..., nn.Module]:
        """What builds the torch module."""
        raise NotImplementedError

    def _network_params(self) -> dict[str, Any]:
        """Settings to build the module with, sizes of input and output aside."""
        raise NotImplementedError

    def _chosen_settings(self) -> set[str]:
        """Names of those settings of the network that the user chose."""
        raise NotImplementedError

    def _make_loss(self) -> WeightedLoss:
        """The loss to train with."""
        raise NotImplementedError

    def _read_y(self, y) -> np.ndarray:
        """Check y and turn it into an array."""
        raise NotImplementedError

    def _match_targets(self, X, y: np.ndarray) -> np.ndarray:
        """Targets that fit the sequences that they belong to, or else a ValueError."""
        return y

    def _learn_targets(self, y: np.ndarray, weight: np.ndarray, classes) -> None:
        """Learn from y what the network has to give, `n_outputs_` above all."""
        raise NotImplementedError

    def _encode_targets(self, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Targets as the loss takes them, and the weights of their entries."""
        raise NotImplementedError

    def _row_sets(self, y: np.ndarray) -> list[np.ndarray]:
        """Rows of each class, as masks."""
        raise NotImplementedError

    def _labels_to_stratify(self, y: np.ndarray) -> np.ndarray | None:
        """Classes to keep in proportion when a validation part is split off."""
        return None

    def _score_shape(self, network: nn.Module) -> tuple[int, ...]:
        """Shape of the scores of one sequence."""
        return (self.n_outputs_,)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags

    def _fit(self, X, y, sample_weight, groups=None, *, one_epoch=False, classes=None):
        """Train `max_iter` epochs, or one more, from new weights or from those that are there."""
        self._check_settings()
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        resume = hasattr(self, "net_") and (one_epoch or self.warm_start)
        self._check_something_is_trained(resume)
        seed = self._draw_seed()
        names = column_names(y)
        y = self._read_y(y)
        weight = read_sample_weight(sample_weight, len(y))
        if not weight.all():
            X, y, weight, groups = take_weighted_rows(weight, X, y, weight, groups)
        data = self._read(X, reset=not resume)
        check_consistent_length(data, y, groups)
        y = self._match_targets(X, y)
        if not resume:
            self._learn_targets(y, weight, classes)
            if names is not None:
                self.target_names_ = names
            self._forget_training()
            self._learn_input(data, y, seed)
        targets, weight = self._encode_targets(y, weight)
        given = self._read_given(X)
        dataset = SequenceDataset(data, targets, weight, dtype=self.dtype_, given=given)
        valid = None
        if not one_epoch and stops_early(self.early_stopping, len(data)):
            dataset, valid = map(dataset.subset, self._split_rows(dataset, y, groups, seed))
            valid = valid.with_balanced_weights() if self._has_balanced_batches else valid
        device = resolve_device(self.device)
        with isolated_rng(seed + self.n_iter_, device):
            if not resume:
                self.net_ = self._make_net(device)
                if self.pretrained is not None:
                    self._start_from_pretrained()
            self._train(dataset, valid, one_epoch)
        return self

    def _split_rows(self, dataset, y, groups, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to train on, and rows to validate on, which have a label."""
        has_label = dataset.weight.reshape(len(dataset), -1).any(axis=1)
        labels = self._labels_to_stratify(y)
        return labelled_validation_rows(has_label, labels, groups, self.validation_fraction, seed)

    def _learn_input(self, data: np.ndarray, y: np.ndarray, seed: int) -> None:
        """Learn from X what the network is built for."""
        alphabet = get_alphabet(self.alphabet)
        self.dtype_ = "float64" if data.dtype == np.float64 else "float32"
        is_sequence = self.n_channels is None and self.input_form_ != "tokens"
        self.is_sequence_ = is_sequence and is_soft_one_hot(data, self.n_channels_)
        self.complement_ = self._find_complement(alphabet)
        if self.inversion and self.is_sequence_ and self.complement_ is None:
            raise ValueError(
                f"inversion={self.inversion} turns segments to the other strand, which "
                f"alphabet={self.alphabet!r} has not; set inversion=0"
            )
        if self.input_form_ == "tokens":
            self._refuse_changes_of_tokens()
        self.strands_ = self._choose_strands(data, y, seed)
        sizes = {
            "n_channels": self.n_channels_,
            "length": self.length_,
            "n_outputs": self.n_outputs_,
        }
        self.network_settings_ = sizes | self._adopt(self._network_params())

    def _refuse_changes_of_tokens(self) -> None:
        changes = {name: getattr(self, name) for name in ("shift", "masking_rate", *EDITS)}
        changes["mutation_rate"] = 0 if self.mutation_rate == "auto" else self.mutation_rate
        for name, value in changes.items():
            if value:
                raise ValueError(
                    f"{name}={value!r} changes letters, but X holds token ids; set {name}=0"
                )

    def _find_complement(self, alphabet: Alphabet) -> tuple[int, ...] | None:
        """Channel on the other strand of each channel; None for what has no strands."""
        is_sequence = self.n_channels is None and self.input_form_ != "tokens"
        if not is_sequence or not alphabet.is_nucleic:
            return None
        return tuple(alphabet.complement[:-1].tolist())

    def _choose_strands(self, data: np.ndarray, y: np.ndarray, seed: int) -> str | None:
        if self.reverse_complement == "auto":
            if not self.is_sequence_ or self.complement_ is None or self._by_position:
                return None
            alike = is_strand_symmetric(data, self._row_sets(y), get_alphabet(self.alphabet), seed)
            return "average" if alike else None
        if self.reverse_complement is not None and self.complement_ is None:
            raise ValueError(
                f"reverse_complement={self.reverse_complement!r} needs letters of a nucleic "
                f"alphabet, got alphabet={self.alphabet!r} and n_channels={self.n_channels!r}"
                + (" and token ids" if self.input_form_ == "tokens" else "")
            )
        if self.reverse_complement == "tied" and not self._can_tie_strands():
            raise ValueError(
                f"{type(self).__name__} cannot share its weights between both strands; use "
                "reverse_complement='average' or 'augment'"
            )
        return self.reverse_complement

    def _trunk_class(self) -> type[Trunk] | None:
        """Kind of the trunk that the network will have, if that is known."""
        return getattr(self._network(), "trunk_class", None)

    def _can_tie_strands(self) -> bool:
        """Whether the network has a form whose two strands share their weights."""
        trunk = self._trunk_class()
        return trunk is not None and trunk.can_tie_strands

    def _read(self, X, *, reset: bool) -> np.ndarray:
        vocabulary_size = getattr(self, "vocabulary_size", None)
        if vocabulary_size is not None:
            return read_tokens(self, X, vocabulary_size=vocabulary_size, reset=reset)
        return read_sequences(
            self,
            X,
            alphabet=self.alphabet,
            n_channels=self.n_channels,
            length=self.length,
            reset=reset,
        )

    def _read_given(self, X) -> dict[str, np.ndarray]:
        """What the network is told besides the sequences, by the names of its arguments."""
        return {}

    def _make_net(self, device: str) -> SequenceNet:
        """The net with new weights, as it is used to predict."""
        try:
            network = self._network()(**self.network_settings_)
        except TypeError as error:
            if "unexpected keyword" not in str(error):
                raise
            raise ValueError(f"{error}; check network_params") from error
        net = self._net_class(
            network.to(getattr(torch, self.dtype_)),
            n_channels=self.n_channels_,
            score_shape=self._score_shape(network),
            by_position=self._by_position,
            average_strands=self.strands_ == "average",
            augmentation=Augmentation(complement=self.complement_, turns_rows=self._by_position),
            device=device,
            verbose=self.verbose,
        )
        return net.initialize()

    def _prepare_training(self, learning_rate: float) -> None:
        """Give the net what it is trained with, augmentation included."""
        self.net_.augmentation = self._make_augmentation()
        self._prepare_net(learning_rate, self._make_loss(), self.layer_decay)

    def _make_augmentation(self) -> Augmentation:
        """What is done to sequences while training."""
        return Augmentation(
            complement=self.complement_,
            flip=self.strands_ in ("augment", "average"),
            turns_rows=self._by_position,
            shift=self.shift,
            mutation_rate=self._choose_mutation_rate(),
            masking_rate=self.masking_rate if self.is_sequence_ else 0.0,
            **{name: getattr(self, name) if self.is_sequence_ else 0 for name in EDITS},
        )

    def _choose_mutation_rate(self) -> float:
        if not self.is_sequence_:
            return 0.0
        if self.mutation_rate != "auto":
            return self.mutation_rate
        if self._by_position:
            # A site that is changed would keep its label.
            return 0.0
        # Where no position is special, as where strands are alike, all rests on a few letters.
        return 0.1 if self.strands_ is None else 0.03

    def _train(self, dataset: SequenceDataset, valid: SequenceDataset | None, one_epoch: bool):
        if one_epoch and not isinstance(self.net_.criterion_, nn.Identity):
            self.net_.set_learning_rate(self.learning_rate)
        else:
            self._prepare_training(self.learning_rate)
        with self._frozen() as callbacks:
            self._run_epochs(
                dataset,
                valid,
                1 if one_epoch else self.max_iter,
                peak=None if one_epoch else self.learning_rate,
                balanced=self._has_balanced_batches,
                callbacks=callbacks,
            )

    def _predict_scores(self, X) -> np.ndarray:
        check_is_fitted(self)
        return self.net_.predict_scores(self._read(X, reset=False), self._read_given(X))

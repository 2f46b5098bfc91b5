"""Base of the deep estimators: reading sequences, reverse complements, and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics._utils.images import is_images, read_images
from skgenomics._utils.input_validation import (
    has_padding,
    is_soft_one_hot,
    read_sequences,
    read_tokens,
)
from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.estimators._strand_symmetry import is_strand_symmetric
from skgenomics.estimators._training import NetEstimator
from skgenomics.estimators._transfer import (
    adopt_settings,
    check_something_is_trained,
    check_transfer,
    frozen_layers,
    has_same_targets,
    reinitialized_parts,
    shared_settings,
    start_from_pretrained,
)
from skgenomics.networks._trunks import Trunk
from skgenomics.sequences import Alphabet, get_alphabet
from skgenomics.training import Augmentation, SequenceNet, Transfer
from skgenomics.training._augmenter import Augmenter
from skgenomics.training.hyperparameters import EDITS

STRANDS = ("auto", None, "augment", "average", "tied")


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceEstimator(NetEstimator):
    """Base of the deep estimators of sequences.

    A subclass names the network that it trains (`_network`), and encodes targets for it
    (`_read_y`, `_learn_targets`, `_encode_targets`, `_make_loss`).
    """

    _groups: ClassVar[dict[str, Any]] = {"augmentation": Augmentation, "transfer": Transfer}
    # Fraction of positions that are masked with ``masking_rate="auto"``.
    _masking_rate: ClassVar[float] = 0.0
    # True if each position has targets of its own.
    _by_position: ClassVar[bool] = False
    # True if X may be images, of four axes.
    _reads_images: ClassVar[bool] = False
    # Class of the net that trains the network.
    _net_class: ClassVar[type[SequenceNet]] = SequenceNet

    alphabet: str = "ACGT"
    n_channels: int | None = None
    length: int | None = None
    reverse_complement: str | None = "auto"
    augmentation: Augmentation | str | None = "auto"
    pretrained: Any = None
    freeze: str | Sequence[str] | None = None
    transfer: Transfer | None = None

    def _network(self) -> Callable[..., nn.Module]:
        """Class or function that builds the torch module."""
        raise NotImplementedError

    def _network_params(self) -> dict[str, Any]:
        """Arguments of the module, sizes of input and output excepted."""
        raise NotImplementedError

    def _chosen_settings(self) -> set[str]:
        """Names of the parameters of the network that the user set."""
        raise NotImplementedError

    def _row_sets(self, y: np.ndarray) -> list[np.ndarray]:
        """Masks of the samples of each class."""
        raise NotImplementedError

    def _score_shape(self, network: nn.Module) -> tuple[int | None, ...]:
        """Shape of the scores of one sequence."""
        return (self.n_outputs_,)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags

    def _learn_input(self, data: np.ndarray, y: np.ndarray, seed: int) -> None:
        """Set the attributes from which the network is built."""
        alphabet = get_alphabet(self.alphabet)
        own = getattr(self, "network", None)
        is_double = isinstance(own, nn.Module) and next(own.parameters()).dtype == torch.float64
        self.dtype_ = "float64" if is_double or data.dtype == np.float64 else "float32"
        is_sequence = self.n_channels is None and self.input_form_ not in ("tokens", "table")
        self.is_sequence_ = is_sequence and is_soft_one_hot(data, self.n_channels_)
        self.complement_ = self._find_complement(alphabet)
        changes = self._augmentation()
        if changes.inversion and self.is_sequence_ and self.complement_ is None:
            raise ValueError(
                f"inversion={changes.inversion} reverse-complements segments, but "
                f"alphabet={self.alphabet!r} has no complement; set inversion=0"
            )
        if self.input_form_ == "tokens" and changes._changes():
            name, value = next(iter(changes._changes().items()))
            raise ValueError(
                f"{name}={value!r} changes sequences, but X holds token ids; set {name}=0"
            )
        if self.input_form_ == "images" and changes.shift:
            raise ValueError(f"shift={changes.shift!r} moves sequences, but X holds images")
        self.strands_ = self._choose_strands(data, y, seed)
        sizes: dict[str, Any] = {
            "n_channels": self.n_channels_,
            "length": self.length_,
            "n_outputs": self.n_outputs_,
        }
        if self.input_form_ == "images":
            sizes["image_size"] = self.image_size_
        self.network_settings_ = sizes | self._adopt(self._network_params())

    def _find_complement(self, alphabet: Alphabet) -> tuple[int, ...] | None:
        """Complementary channel of each channel; None for input without strands."""
        is_sequence = self.n_channels is None and self.input_form_ not in ("tokens", "table")
        if not is_sequence or not alphabet.is_nucleic:
            return None
        return tuple(alphabet.complement[: alphabet.n_symbols].tolist())

    def _choose_strands(self, data: np.ndarray, y: np.ndarray, seed: int) -> str | None:
        if self.reverse_complement == "auto":
            if not self.is_sequence_ or self.complement_ is None or self._by_position:
                return None
            is_symmetric = is_strand_symmetric(
                data, self._row_sets(y), get_alphabet(self.alphabet), seed
            )
            return "average" if is_symmetric else None
        if self.reverse_complement is not None and self.complement_ is None:
            raise ValueError(
                f"reverse_complement={self.reverse_complement!r} needs sequences of a nucleic "
                f"alphabet, got alphabet={self.alphabet!r} and n_channels={self.n_channels!r}"
                + {"tokens": " and token ids", "table": " and a table"}.get(self.input_form_, "")
            )
        if self.reverse_complement == "tied" and not self._can_tie_strands():
            raise ValueError(
                f"{type(self).__name__} has no reverse-complement equivariant form; use "
                "reverse_complement='average' or 'augment'"
            )
        return self.reverse_complement

    def _trunk_class(self) -> type[Trunk] | None:
        """Class of the trunk of the network, if it is known."""
        return getattr(self._network(), "trunk_class", None)

    def _can_tie_strands(self) -> bool:
        """Tell whether the network has a reverse-complement equivariant form."""
        trunk = self._trunk_class()
        return trunk is not None and trunk.can_tie_strands

    @property
    def _has_extra_inputs(self) -> bool:
        """True if the network reads other inputs beside the sequence."""
        return False

    def _read_samples(self, X, *, reset: bool):
        # Targets of positions are padded to one length, and other readers have no ragged codes.
        is_plain = type(self)._read is SequenceEstimator._read and not self._by_position
        if not is_plain:
            return self._read(X, reset=reset)
        return self._read(X, reset=reset, allow_ragged=True)

    def _read(self, X, *, reset: bool, allow_ragged: bool = False):
        vocabulary_size = getattr(self, "vocabulary_size", None)
        if vocabulary_size is not None:
            if reset:
                self.has_padding_ = False
            return read_tokens(self, X, vocabulary_size=vocabulary_size, reset=reset)
        if is_images(X) and self._reads_images:
            if reset:
                self.has_padding_ = False
            return read_images(self, X, n_channels=self.n_channels, reset=reset)
        if not reset and self.input_form_ == "images":
            raise ValueError(f"{type(self).__name__} was fitted on images: X must have four axes")
        data = read_sequences(
            self,
            X,
            alphabet=self.alphabet,
            n_channels=self.n_channels,
            allow_ragged=allow_ragged,
            reset=reset,
            **self._length_options(reset),
        )
        if reset:
            self.has_padding_ = has_padding(data, self.n_channels_)
        return data

    def _make_network(self) -> nn.Module:
        """Build the torch module with new parameters."""
        return self._network()(**self.network_settings_)

    def _build_unfitted(self, length: int, n_outputs: int, n_bins: int | None = None) -> nn.Module:
        """Build the module that fit would build for sequences of one length, on one strand.

        The attributes it depends on are learned from an example by the methods that fit calls.
        """
        estimator = clone(self).set_params(reverse_complement=None)
        vocabulary_size = getattr(self, "vocabulary_size", None)
        X: Any = [get_alphabet(self.alphabet).symbols[0] * length] * 2
        if vocabulary_size is not None:
            X = np.zeros((2, length), dtype=int)
        elif self.n_channels is not None:
            X = np.zeros((2, length * self.n_channels), dtype=np.float32)
        data = estimator._read(X, reset=True)
        estimator._expect_targets(n_outputs, n_bins)
        estimator._learn_input(data, np.zeros(2), seed=0)
        return estimator._make_network()

    def _expect_targets(self, n_outputs: int, n_bins: int | None) -> None:
        """Set the attributes that the network takes from the targets, without any."""
        self.n_outputs_ = n_outputs

    def _length_options(self, reset: bool) -> dict[str, Any]:
        """Arguments of `read_sequences` that say which lengths the network reads."""
        if reset:
            self.__dict__.pop("length_settings_", None)
            return {"length": self.length}
        return {
            # Targets of positions have the width of those of fit, even if all texts are shorter.
            "length": self.length_ if self._by_position else None,
            "any_length": self._reads_any_length(),
            "min_length": 1 if self._by_position else getattr(self, "min_length_", 1),
            "remedy": self._advise_on_length(),
        }

    def _reads_any_length(self) -> bool:
        """Tell if the fitted network reads sequences of other lengths than those of fit."""
        # Pooled features of sequences of one length have never been seen at another scale; scores
        # of positions have nothing to do with the length.
        is_able = getattr(self, "length_settings_", None) == ()
        return is_able and (self.has_padding_ or self._by_position)

    def _advise_on_length(self) -> str:
        """Say how to get a model that reads longer sequences."""
        name = type(self).__name__
        settings = getattr(self, "length_settings_", ())
        if settings is None:
            return (
                "its network does not say that it reads other lengths, by an attribute "
                "`any_length` that is True"
            )
        if settings:
            return (
                f"{name} has weights for each position because of "
                f"{', '.join(settings)}; to read any length, fit CNNClassifier or "
                "another network on sequences of unequal length, or with head_pool=('max', 'mean') "
                "and linear_path=False"
            )
        return (
            f"{name} reads sequences of any length once it is fitted on sequences of unequal length"
        )

    def _make_net(self, device: str) -> SequenceNet:
        """Build the net with new parameters, in the state in which it predicts."""
        network = self._make_network()
        self._learn_length_settings(network)
        net = self._net_class(
            network.to(getattr(torch, self.dtype_)),
            n_channels=self.n_channels_,
            score_shape=self._score_shape(network),
            by_position=self._by_position,
            average_strands=self.strands_ == "average",
            masked=self.has_padding_ or self._by_position,
            augmentation=Augmenter(complement=self.complement_, turns_rows=self._by_position),
            device=device,
            verbose=self.verbose,
        )
        return net.initialize()

    def _learn_length_settings(self, network: nn.Module) -> None:
        """Learn which hyperparameters bind the network to a length, None if that is unknown."""
        known = () if getattr(network, "any_length", False) else None
        self.length_settings_ = getattr(network, "length_settings", known)
        trunk = getattr(network, "trunk", None)
        self.min_length_ = int(getattr(trunk, "shortest", 1))

    def _prepare_training(self, dataset, learning_rate: float) -> None:
        self.net_.augmentation = self._make_augmenter()
        self._prepare_net(self._make_loss(), learning_rate, self._group("transfer").layer_decay)

    def _augmentation(self) -> Augmentation:
        """Augmentation of the training sequences, without any for None."""
        if self.augmentation is None:
            return Augmentation(mutation_rate=0.0, masking_rate=0.0)
        return self._group("augmentation")

    def _make_augmenter(self) -> Augmenter:
        """Make what changes the batches in training."""
        chosen = self._augmentation()
        edits = {name: getattr(chosen, name) if self.is_sequence_ else 0 for name in EDITS}
        return Augmenter(
            complement=self.complement_,
            flip=self.strands_ in ("augment", "average"),
            turns_rows=self._by_position,
            shift=chosen.shift,
            mutation_rate=self._choose_mutation_rate(chosen.mutation_rate),
            masking_rate=self._choose_masking_rate(chosen.masking_rate),
            **edits,
        )

    def _choose_mutation_rate(self, rate: float | str) -> float:
        if not self.is_sequence_:
            return 0.0
        if rate != "auto":
            return float(rate)
        if self._by_position:
            # A mutated site would keep its label.
            return 0.0
        # If both strands are read, no position is special, and few bases carry all the signal.
        return 0.1 if self.strands_ is None else 0.03

    def _choose_masking_rate(self, rate: float | str) -> float:
        if not self.is_sequence_:
            return 0.0
        return self._masking_rate if rate == "auto" else float(rate)

    def _check_group(self, name: str) -> None:
        if name != "augmentation" or self.augmentation != "auto":
            super()._check_group(name)

    def _adopt(self, params: dict[str, Any]) -> dict[str, Any]:
        """Parameters of the network, those of the trunk as in `pretrained`."""
        return adopt_settings(self, params)

    def _initialize_net(self, dataset, seed: int) -> None:
        self.__dict__.pop("transferred_", None)
        if self.pretrained is not None:
            self.transferred_ = start_from_pretrained(self, self.network_)

    def _shared_settings(self) -> dict[str, Any]:
        return shared_settings(self)

    def _reinitialized_parts(self, source) -> set[str]:
        return reinitialized_parts(self, source)

    def _has_same_targets(self, source) -> bool:
        return has_same_targets(self, source)

    def _check_something_is_trained(self, resume: bool) -> None:
        check_something_is_trained(self, resume)

    def _frozen(self) -> AbstractContextManager[list]:
        return frozen_layers(self)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("reverse_complement", self.reverse_complement, STRANDS)
        if self.length is not None:
            check_integer("length", self.length, 1)
        check_transfer(self)

    def _predict_scores(self, X) -> np.ndarray:
        check_is_fitted(self)
        data = self._read_samples(X, reset=False)
        return self._refuse_diverged(self.net_.predict_scores(data, self._read_extra_inputs(X)))

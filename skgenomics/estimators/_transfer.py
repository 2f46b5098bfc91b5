"""Starting from the weights of a trained model, and keeping some of them as they are."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.pipelines import split_steps
from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.networks._convolution import pool_windows
from skgenomics.networks._layers import as_tuple
from skgenomics.networks._trunks import Trunk
from skgenomics.sequences import get_alphabet
from skgenomics.training._freezing import OUTPUTS, GradualUnfreezing, find_modules, frozen

# Settings of a trunk on which no weight depends, and which may suit one task but not the other.
_FREE = {
    "dropout",
    "attention_dropout",
    "position_dropout",
    "recurrent_dropout",
    "stochastic_depth",
}


@dataclass(kw_only=True, eq=False, repr=False)
class TransferSettings:
    """Hyper-parameters of transfer learning, for estimators whose network has a trunk."""

    pretrained: Any = None
    new_head: bool = False
    freeze: str | Sequence[str] | None = None
    unfreeze_every: int | None = None
    layer_decay: float = 1.0

    def __sklearn_clone__(self):
        # What is pre-trained is data rather than a setting: scikit-learn would make it unfitted.
        twin = type(self)(
            **{
                name: value if name == "pretrained" else clone(value, safe=False)
                for name, value in self.get_params(deep=False).items()
            }
        )
        for name in ("_metadata_request", "_sklearn_output_config"):
            if hasattr(self, name):
                setattr(twin, name, copy.deepcopy(getattr(self, name)))
        return twin

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the estimator; those of `pretrained` are none of its own."""
        params = super().get_params(deep)
        return {name: v for name, v in params.items() if not name.startswith("pretrained__")}

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("new_head", self.new_head, (True, False))
        check_real("layer_decay", self.layer_decay, 0, 1)
        if self.unfreeze_every is None:
            return
        check_integer("unfreeze_every", self.unfreeze_every, 1)
        if self.freeze is None:
            raise ValueError(
                f"unfreeze_every={self.unfreeze_every} frees layers that are frozen, but "
                "freeze=None; set freeze='trunk'"
            )

    def _forget_training(self) -> None:
        super()._forget_training()
        self.__dict__.pop("transferred_", None)

    def _check_something_is_trained(self, resumes: bool) -> None:
        if self.freeze is not None and self.pretrained is None and not resumes:
            raise ValueError(
                f"freeze={self.freeze!r} would keep random weights; name what to start from as "
                "`pretrained`, or leave freeze=None"
            )

    def _adopt(self, params: dict[str, Any]) -> dict[str, Any]:
        """Settings of the network with those of the pre-trained trunk in place of the defaults."""
        trunk = self._trunk_class()
        if self.pretrained is None or trunk is None:
            return params
        source = find_source(self.pretrained)
        self._check_same_trunk(trunk, source)
        shared = source._shared_settings()
        for name in self._chosen_settings() & shared.keys():
            if name in _FREE:
                shared[name] = params[name]
            elif not _same(params[name], shared[name]):
                raise ValueError(
                    f"{name}={params[name]!r}, but `pretrained` was built with "
                    f"{name}={shared[name]!r}; leave {name} alone, and it is taken over"
                )
        return params | shared

    def _check_same_trunk(self, trunk: type[Trunk], source) -> None:
        theirs = type(getattr(source.network_, "trunk", None))
        if theirs is not trunk:
            raise ValueError(
                f"`pretrained` ({type(source).__name__}) has a {theirs.__name__}, but "
                f"{type(self).__name__} has a {trunk.__name__}; both need the same architecture"
            )

    def _shared_settings(self) -> dict[str, Any]:
        """Settings of the trunk that was trained, for a network that starts from its weights."""
        trunk = getattr(self.network_, "trunk", None)
        if not isinstance(trunk, Trunk):
            return {}
        defaults = type(trunk).defaults()
        shared = {name: self.network_settings_.get(name, v) for name, v in defaults.items()}
        for name in ("pool_size", "stem_pool_size"):
            if "auto" in as_tuple(shared.get(name, ())):
                shared[name] = pool_windows(trunk)
        if shared.get("filter_length", 0) is None:
            # The scale of the filters was learnt, and sequences may have another length now.
            shared["filter_length"] = trunk.length_out
        return shared

    def _start_from_pretrained(self) -> None:
        """Copy what fits of the pre-trained weights into the network."""
        source = find_source(self.pretrained)
        self._check_same_input(source)
        ours, theirs = self.network_.state_dict(), source.network_.state_dict()
        _check_same_shapes(ours, theirs)
        fits = _fitting(ours, theirs)
        strange = self._strange_parts(source)
        fits = [name for name in fits if name.partition(".")[0] not in strange]
        if not fits:
            raise ValueError(
                f"no weight of `pretrained` ({type(source).__name__}) has the name and shape of "
                f"one of {type(self).__name__}; both need the same architecture"
            )
        self._check_frozen_weights_are_known(set(fits))
        self.network_.load_state_dict({name: theirs[name] for name in fits}, strict=False)
        self.transferred_ = fits

    def _check_frozen_weights_are_known(self, known: set[str]) -> None:
        if self.freeze is None:
            return
        held = {id(w) for m in find_modules(self.network_, self.freeze) for w in m.parameters()}
        for name, weight in self.network_.named_parameters():
            if id(weight) in held and name not in known:
                raise ValueError(
                    f"freeze={self.freeze!r} would keep {name} random, since `pretrained` has no "
                    "weight that fits it; freeze less, such as 'trunk'"
                )

    def _check_same_input(self, source) -> None:
        n_channels = getattr(source, "n_channels_", self.n_channels_)
        if n_channels != self.n_channels_:
            raise ValueError(
                f"X has {self.n_channels_} channels at a position, but `pretrained` was trained on "
                f"{n_channels}; both need the same alphabet, or ids of the same tokens"
            )
        if not (self.is_sequence_ and getattr(source, "is_sequence_", False)):
            return
        ours, theirs = (get_alphabet(e.alphabet).symbols for e in (self, source))
        if ours.replace("U", "T") != theirs.replace("U", "T"):
            raise ValueError(
                f"alphabet={ours!r}, but `pretrained` was trained on {theirs!r}; both need the "
                "same letters in the same order"
            )

    def _strange_parts(self, source) -> set[str]:
        """Parts of the network that are to start anew, even where weights have the same shape."""
        return set(OUTPUTS) if self.new_head or not self._has_same_targets(source) else set()

    def _has_same_targets(self, source) -> bool:
        """Whether the last layer gives scores of the same things."""
        for kind in ("multilabel_", "link_"):
            if getattr(self, kind, None) != getattr(source, kind, None):
                return False
        if not hasattr(self, "classes_"):
            return not hasattr(source, "classes_")
        return np.array_equal(self.classes_, getattr(source, "classes_", None))

    @contextlib.contextmanager
    def _frozen(self):
        """Keep the frozen layers as they are; gives the callbacks that free them step by step."""
        if self.freeze is None:
            yield []
            return
        modules = find_modules(self.network_, self.freeze)
        with frozen(self.net_, *modules):
            if not any(weight.requires_grad for weight in self.network_.parameters()):
                raise ValueError(f"freeze={self.freeze!r} leaves no weight to train")
            if self.unfreeze_every is None:
                yield []
            else:
                yield [("_unfreezing", GradualUnfreezing(modules, self.unfreeze_every))]


def find_source(pretrained):
    """The fitted model to start from: as it is, in a pipeline or a search, or in a file.

    Parameters
    ----------
    pretrained : estimator, str or Path
        A fitted estimator or language model, what holds one, or a file that
        :func:`skgenomics.save` wrote.

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        If it is not fitted, or holds no network of this package.
    """
    if isinstance(pretrained, str | PathLike):
        from skgenomics.persistence import load

        return find_source(load(pretrained))
    pretrained = split_steps(pretrained)[1]
    if isinstance(pretrained, type) or not hasattr(pretrained, "_shared_settings"):
        raise ValueError(
            "pretrained must be a fitted estimator of skgenomics that takes `pretrained` itself, a "
            "language model, what holds one of them, or a file that skgenomics.save wrote, got "
            f"{pretrained!r:.80}"
        )
    try:
        check_is_fitted(pretrained)
    except NotFittedError:
        raise ValueError(
            f"pretrained={type(pretrained).__name__}(...) is not fitted; fit it first. A search "
            "over `pretrained` clones its candidates: give it files, or wrap them in "
            "sklearn.frozen.FrozenEstimator"
        ) from None
    return pretrained


def _check_same_shapes(ours: dict, theirs: dict) -> None:
    """All weights of the trunk have to fit, lest a part of it stays random unnoticed."""
    for name in sorted(n for n in ours.keys() | theirs.keys() if n.startswith("trunk.")):
        shapes = [tuple(w[name].shape) if name in w else None for w in (ours, theirs)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"the weight {name} has the shape {shapes[0]} here but {shapes[1]} in "
                "`pretrained`; give both the same settings, `reverse_complement`, `motifs` and "
                "`freeze_motifs` included"
            )


def _fitting(ours: dict, theirs: dict) -> list[str]:
    """Names of the weights of those layers all of whose weights have the same shape in both."""
    strange = {n for n, w in ours.items() if n not in theirs or theirs[n].shape != w.shape}
    layers = {name.rpartition(".")[0] for name in strange}
    return [name for name in ours if name.rpartition(".")[0] not in layers]


def _same(ours, theirs) -> bool:
    def as_list(value):
        return list(value) if isinstance(value, tuple | list) else [value]

    ours, theirs = as_list(ours), as_list(theirs)
    n = max(len(ours), len(theirs))
    return (ours * n if len(ours) == 1 else ours) == (theirs * n if len(theirs) == 1 else theirs)

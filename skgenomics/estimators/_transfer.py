"""Transfer learning: start from the weights of a trained model, and freeze some of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics._utils.pipelines import split_steps
from skgenomics.networks._convolution import pool_windows
from skgenomics.networks._layers import as_tuple
from skgenomics.networks._trunks import Trunk
from skgenomics.networks.imported import ImportedNetwork
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


def check_transfer(estimator) -> None:
    """Check the hyperparameters of transfer learning of an estimator."""
    every = estimator._group("transfer").unfreeze_every
    if every is not None and estimator.freeze is None:
        raise ValueError(
            f"unfreeze_every={every} unfreezes frozen layers, but freeze=None; set freeze='trunk'"
        )


def check_something_is_trained(estimator, resume: bool) -> None:
    """Raise a ValueError if layers would be frozen at their random initial values."""
    has_weights = estimator.pretrained is not None or estimator._is_imported
    if estimator.freeze is not None and not has_weights and not resume:
        raise ValueError(
            f"freeze={estimator.freeze!r} would keep random weights; name what to start from as "
            "`pretrained`, or leave freeze=None"
        )


def adopt_settings(estimator, params: dict[str, Any]) -> dict[str, Any]:
    """Replace the defaults of a network by the settings of the pretrained trunk.

    Parameters
    ----------
    estimator : SequenceEstimator or LanguageModel
        Estimator whose `pretrained` is the source.
    params : dict
        Parameters of its network.

    Returns
    -------
    dict
        Parameters of the network, those of the trunk as in the source.

    Raises
    ------
    ValueError
        If the source has another architecture, or the user chose another value for a parameter
        on which the shapes of the weights depend.
    """
    trunk = estimator._trunk_class()
    if estimator.pretrained is None or trunk is None:
        return params
    source = find_source(estimator.pretrained)
    theirs = type(getattr(source.network_, "trunk", None))
    if theirs is type(None):
        raise ValueError(
            f"`pretrained` ({type(source).__name__}) has a network without a trunk of this "
            f"package, but {type(estimator).__name__} has a {trunk.__name__}; both need the same "
            "architecture"
        )
    if theirs is not trunk:
        raise ValueError(
            f"`pretrained` ({type(source).__name__}) has a {theirs.__name__}, but "
            f"{type(estimator).__name__} has a {trunk.__name__}; both need the same architecture"
        )
    shared = source._shared_settings()
    for name in estimator._chosen_settings() & shared.keys():
        if name in _FREE:
            shared[name] = params[name]
        elif not _same(params[name], shared[name]):
            raise ValueError(
                f"{name}={params[name]!r}, but `pretrained` was built with "
                f"{name}={shared[name]!r}; leave {name} alone, and it is taken over"
            )
    return params | shared


def shared_settings(estimator) -> dict[str, Any]:
    """Return the hyperparameters of a trained trunk that a network needs to load its weights."""
    trunk = getattr(estimator.network_, "trunk", None)
    if not isinstance(trunk, Trunk):
        return {}
    defaults = type(trunk).defaults()
    shared = {name: estimator.network_settings_.get(name, v) for name, v in defaults.items()}
    for name in ("pool_size", "stem_pool_size"):
        if "auto" in as_tuple(shared.get(name, ())):
            shared[name] = pool_windows(trunk)
    if shared.get("filter_length", 0) is None:
        # The scale of the filters was learned, and sequences may have another length now.
        shared["filter_length"] = trunk.length_out
    return shared


def start_from_pretrained(estimator, network: nn.Module) -> list[str]:
    """Copy the pretrained weights that fit into a new network, and return their names.

    Parts of the network in ``estimator._reinitialized_parts(source)`` keep their new weights even
    where shapes agree.
    """
    source = find_source(estimator.pretrained)
    _check_same_input(estimator, source)
    network, theirs = _own_module(network), _own_module(source.network_).state_dict()
    ours = network.state_dict()
    _check_same_shapes(ours, theirs)
    fits = _fitting(ours, theirs)
    new_parts = estimator._reinitialized_parts(source)
    fits = [name for name in fits if name.partition(".")[0] not in new_parts]
    if not fits:
        raise ValueError(
            f"no weight of `pretrained` ({type(source).__name__}) has the name and shape of "
            f"one of {type(estimator).__name__}; both need the same architecture"
        )
    check_frozen_weights_are_known(estimator.freeze, network, set(fits))
    network.load_state_dict({name: theirs[name] for name in fits}, strict=False)
    return fits


def reinitialized_parts(estimator, source) -> set[str]:
    """Parts of the network that start from random values even where shapes agree."""
    is_new = estimator._group("transfer").new_head or not estimator._has_same_targets(source)
    return set(OUTPUTS) if is_new else set()


def has_same_targets(estimator, source) -> bool:
    """Tell whether the last layers of two networks predict the same targets."""
    for kind in ("multilabel_", "link_", "family_"):
        if getattr(estimator, kind, None) != getattr(source, kind, None):
            return False
    ours, theirs = (getattr(one, "classes_", None) for one in (estimator, source))
    if ours is None or theirs is None:
        return ours is theirs
    return np.array_equal(ours, theirs)


@contextlib.contextmanager
def frozen_layers(estimator) -> Iterator[list]:
    """Keep the frozen layers of an estimator fixed; yields the callbacks that unfreeze them."""
    if estimator.freeze is None:
        yield []
        return
    modules = find_modules(_own_module(estimator.network_), estimator.freeze)
    with frozen(estimator.net_, *modules):
        if not any(weight.requires_grad for weight in estimator.network_.parameters()):
            raise ValueError(f"freeze={estimator.freeze!r} leaves no weight to train")
        every = estimator._group("transfer").unfreeze_every
        yield [] if every is None else [("_unfreezing", GradualUnfreezing(modules, every))]


def find_source(pretrained):
    """Find the fitted model to start from: in a pipeline, a search or a file.

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
    pretrained = _unwrap(pretrained)
    if hasattr(pretrained, "name_or_path") and not isinstance(pretrained, type):
        raise ValueError(
            f"pretrained={type(pretrained).__name__}(...) has the network of a checkpoint of "
            "transformers, whose weights fit no network of this estimator; fine-tune it by "
            "PretrainedClassifier or PretrainedRegressor, or pass PretrainedLanguageModel or "
            "PretrainedEmbedder to SequenceLabeler or ProfileRegressor, whose trunk it will be"
        )
    if isinstance(pretrained, type) or not hasattr(pretrained, "_shared_settings"):
        raise ValueError(
            "pretrained must be a fitted estimator of skgenomics that takes `pretrained` itself, a "
            "language model, what holds one of them, or a file that skgenomics.save wrote, got "
            f"{pretrained!r:.80}"
        )
    _check_source_is_fitted(pretrained)
    return pretrained


def find_checkpoint(pretrained):
    """Find a fitted model of a checkpoint, whose network can be a trunk, among sources.

    Parameters
    ----------
    pretrained : object
        As in :func:`find_source`.

    Returns
    -------
    PretrainedEmbedder or None
        None for all other sources.

    Raises
    ------
    ValueError
        If it is not fitted.
    """
    source = None if pretrained is None else _unwrap(pretrained)
    if isinstance(source, type) or not hasattr(source, "_make_trunk"):
        return None
    _check_source_is_fitted(source)
    return source


def _unwrap(pretrained):
    """Take an estimator out of a file, a pipeline or a search."""
    if isinstance(pretrained, str | PathLike):
        from skgenomics.persistence import load

        if os.path.isdir(pretrained):
            raise ValueError(
                f"pretrained={os.fspath(pretrained)!r} is a folder, but must be a file that "
                "skgenomics.save wrote; a checkpoint of transformers is read by "
                "PretrainedClassifier, PretrainedRegressor and PretrainedEmbedder, and "
                "SequenceLabeler takes pretrained=PretrainedLanguageModel(folder).fit(X)"
            )
        pretrained = load(pretrained)
    return split_steps(pretrained)[1]


def _check_source_is_fitted(pretrained) -> None:
    try:
        check_is_fitted(pretrained)
    except NotFittedError:
        raise ValueError(
            f"pretrained={type(pretrained).__name__}(...) is not fitted; fit it first. A search "
            "over `pretrained` clones its candidates: give it files, or wrap them in "
            "sklearn.frozen.FrozenEstimator"
        ) from None


def _own_module(network: nn.Module) -> nn.Module:
    """Take the module out of an imported network, by whose names its weights are known."""
    return network.module if isinstance(network, ImportedNetwork) else network


def check_frozen_weights_are_known(freeze, network: nn.Module, known: set[str]) -> None:
    """Raise a ValueError if layers would be frozen whose weights were not copied."""
    if freeze is None:
        return
    layers = find_modules(network, freeze)
    held = {id(w) for layer in layers for w in layer.parameters()}
    for name, weight in network.named_parameters():
        if id(weight) in held and name not in known:
            raise ValueError(
                f"freeze={freeze!r} would keep {name} random, since `pretrained` has no "
                "weight that fits it; freeze less, such as 'trunk'"
            )


def _check_same_input(estimator, source) -> None:
    n_channels = getattr(source, "n_channels_", estimator.n_channels_)
    if n_channels != estimator.n_channels_:
        raise ValueError(
            f"X has {estimator.n_channels_} channels at a position, but `pretrained` was trained "
            f"on {n_channels}; both need the same alphabet, or ids of the same tokens"
        )
    if not (estimator.is_sequence_ and getattr(source, "is_sequence_", False)):
        return
    ours, theirs = (get_alphabet(e.alphabet).symbols for e in (estimator, source))
    if ours.replace("U", "T") != theirs.replace("U", "T"):
        raise ValueError(
            f"alphabet={ours!r}, but `pretrained` was trained on {theirs!r}; both need the "
            "same symbols in the same order"
        )


def _check_same_shapes(ours: dict, theirs: dict) -> None:
    """Raise a ValueError if a weight of the trunk would keep its random initial value."""
    for name in sorted(n for n in ours.keys() | theirs.keys() if n.startswith("trunk.")):
        shapes = [tuple(w[name].shape) if name in w else None for w in (ours, theirs)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"the weight {name} has the shape {shapes[0]} here but {shapes[1]} in "
                "`pretrained`; give both the same settings, `reverse_complement`, `motifs` and "
                "`freeze_motifs` of network_params included"
            )


def _fitting(ours: dict, theirs: dict) -> list[str]:
    """List the weights of the layers all of whose weights have the same shape in both."""
    differing = {n for n, w in ours.items() if n not in theirs or theirs[n].shape != w.shape}
    layers = {name.rpartition(".")[0] for name in differing}
    return [name for name in ours if name.rpartition(".")[0] not in layers]


def _same(ours, theirs) -> bool:
    def as_list(value):
        return list(value) if isinstance(value, tuple | list) else [value]

    ours, theirs = as_list(ours), as_list(theirs)
    n = max(len(ours), len(theirs))
    return (ours * n if len(ours) == 1 else ours) == (theirs * n if len(theirs) == 1 else theirs)

"""What concerns an estimator of one view by itself: training, probabilities, features."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from skgenomics._utils.pipelines import split_steps
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.networks.fusion import Branch
from skgenomics.training import SequenceNet


def fit_alone(network, data, y, weight, groups, random_state):
    """Fit a copy of an estimator on one view.

    Parameters
    ----------
    network : estimator or pipeline
    data : what it reads
    y : ndarray
    weight, groups : ndarray or None
        Handed on if it takes them.
    random_state : int
        For each `random_state` in it that is None; that of a pretrained model is left alone.

    Raises
    ------
    ValueError
        If there are weights, and it takes none.
    """
    network = clone(network)
    seeds = {
        name: random_state
        for name, value in network.get_params().items()
        if name.rpartition("__")[2] == "random_state"
        and value is None
        and "pretrained" not in name.split("__")
    }
    network.set_params(**seeds)
    prefix, last = _last_step(network)
    settings = {}
    if weight is not None:
        if not has_fit_parameter(last, "sample_weight"):
            raise ValueError(f"{type(last).__name__} takes no sample_weight; leave it out")
        settings[f"{prefix}sample_weight"] = weight
    if groups is not None and has_fit_parameter(last, "groups"):
        settings[f"{prefix}groups"] = groups
    return network.fit(data, y, **settings)


def _last_step(network) -> tuple[str, object]:
    """How settings for the last step of a pipeline begin, and that step."""
    steps = getattr(network, "steps", None)
    return ("", network) if steps is None else (f"{steps[-1][0]}__", steps[-1][1])


def split_network(network, fusion: str) -> tuple[list, SequenceEstimator]:
    """The transformers in front of a deep estimator, and that estimator.

    Raises
    ------
    ValueError
        If it is none whose network can be fused with others.
    """
    steps, last = split_steps(network)
    if not _can_be_fused(last):
        raise ValueError(
            f"{type(last).__name__} has no network to be fused with others, but fusion={fusion!r} "
            "needs one; use a deep estimator of whole sequences or tables, such as CNNClassifier "
            "or MLPClassifier, or fusion='ensemble'"
        )
    if fusion != "concat" and any(hasattr(s, "fit_resample") for _, s in _steps(network)):
        raise ValueError(
            f"a sampler changes the rows of one view, but fusion={fusion!r} trains all views on "
            "the same rows; use fusion='ensemble', class_weight or balanced_batches"
        )
    return steps, last


def _can_be_fused(estimator) -> bool:
    """Whether it has scores of whole sequences, and its network needs nothing beside these."""
    return (
        isinstance(estimator, SequenceEstimator)
        and not estimator._by_position
        and estimator._net_class is SequenceNet
        and type(estimator)._read_extra_inputs is SequenceEstimator._read_extra_inputs
    )


def _steps(network) -> list:
    return getattr(network, "steps", [])


def predict_view_proba(estimator, data, classes: np.ndarray, multilabel: bool) -> np.ndarray:
    """Probabilities of all classes, or of the tasks of an indicator matrix.

    Parameters
    ----------
    estimator : fitted classifier
    data : what it reads
    classes : ndarray
        All classes, of which it may know some only.
    multilabel : bool
        Whether they are tasks.

    Returns
    -------
    ndarray of shape (n, n_classes)
    """
    if not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"{type(_last_step(estimator)[1]).__name__} gives no probabilities; wrap it in "
            "sklearn.calibration.CalibratedClassifierCV"
        )
    proba = estimator.predict_proba(data)
    if isinstance(proba, list):
        # One table for each task, as from trees, of the labels that it has: 0, 1 or both.
        pairs = zip(proba, estimator.classes_, strict=True)
        return np.column_stack([table @ labels for table, labels in pairs])
    if multilabel or len(estimator.classes_) == len(classes):
        return proba
    full = np.zeros((len(proba), len(classes)), dtype=proba.dtype)
    full[:, np.searchsorted(classes, estimator.classes_)] = proba
    return full


def describe_alone(estimator, data) -> np.ndarray:
    """Features in front of the scores of a fitted deep estimator, at the end of a pipeline or not.

    Returns
    -------
    ndarray of shape (n, n_features)
        With the scores of linear models beside the network, if there are any, as features more.
    """
    steps, last = split_steps(estimator)
    for step in steps:
        data = step.transform(data)
    is_averaged = last.strands_ == "average"
    branch = Branch(last.network_, last.complement_ if is_averaged else None)
    net = SequenceNet(
        branch,
        n_channels=last.n_channels_,
        score_shape=(branch.n_features + branch.n_scores,),
        device=last.net_.device,
    )
    return net.initialize().predict_scores(last._read(data, reset=False))

"""Late fusion: estimators of single views, their probabilities and their features."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from skgenomics._utils.pipelines import split_steps
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.networks.fusion import Branch
from skgenomics.training import SequenceNet


def fit_view(network, data, y, weight, groups, random_state):
    """Fit a copy of an estimator on one view.

    Parameters
    ----------
    network : estimator or pipeline
        Estimator of the view.
    data : array-like
        Encoded samples that have the view.
    y : ndarray
        Targets of these samples.
    weight, groups : ndarray or None
        Passed to `fit` if it accepts them.
    random_state : int
        Value of each nested `random_state` that is None, except in a pretrained model.

    Raises
    ------
    ValueError
        If there are weights, and the estimator does not accept any.
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
    fit_params = {}
    if weight is not None:
        if not has_fit_parameter(last, "sample_weight"):
            raise ValueError(f"{type(last).__name__} takes no sample_weight; leave it out")
        fit_params[f"{prefix}sample_weight"] = weight
    if groups is not None and has_fit_parameter(last, "groups"):
        fit_params[f"{prefix}groups"] = groups
    return network.fit(data, y, **fit_params)


def _last_step(network) -> tuple[str, object]:
    """Return the last step of a pipeline, and the prefix of its fit parameters."""
    steps = getattr(network, "steps", None)
    return ("", network) if steps is None else (f"{steps[-1][0]}__", steps[-1][1])


def split_network(network, fusion: str) -> tuple[list, SequenceEstimator]:
    """Split a pipeline into its transformers and the deep estimator at its end.

    Raises
    ------
    ValueError
        If the last step has no network that can be fused with others.
    """
    steps, last = split_steps(network)
    if not _can_be_fused(last):
        raise ValueError(
            f"{type(last).__name__} has no network to fuse with others, but fusion={fusion!r} "
            "needs one; use a deep estimator of whole sequences or tables, such as CNNClassifier "
            "or MLPClassifier, or fusion='ensemble'"
        )
    if fusion != "concat" and any(hasattr(s, "fit_resample") for _, s in _steps(network)):
        raise ValueError(
            f"a sampler changes the samples of one view, but fusion={fusion!r} trains all views on "
            "the same samples; use fusion='ensemble', class_weight or balanced_batches"
        )
    return steps, last


def _can_be_fused(estimator) -> bool:
    """Tell whether an estimator scores whole sequences, and its network takes no other input."""
    return (
        isinstance(estimator, SequenceEstimator)
        and not estimator._by_position
        and estimator._net_class is SequenceNet
        and not estimator._has_extra_inputs
    )


def _steps(network) -> list:
    return getattr(network, "steps", [])


def predict_view_proba(estimator, data, classes: np.ndarray, multilabel: bool) -> np.ndarray:
    """Predict the probabilities of all classes, or of the tasks of an indicator matrix.

    Parameters
    ----------
    estimator : classifier
        Fitted classifier of one view.
    data : array-like
        Encoded samples of the view.
    classes : ndarray
        All classes; the samples that have the view may have had a subset of them.
    multilabel : bool
        True if the classes are tasks of an indicator matrix.

    Returns
    -------
    ndarray of shape (n, n_classes)
        Probabilities, 0 for classes unknown to the estimator.
    """
    if not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"{type(_last_step(estimator)[1]).__name__} has no predict_proba; wrap it in "
            "sklearn.calibration.CalibratedClassifierCV"
        )
    proba = estimator.predict_proba(data)
    if isinstance(proba, list):
        # Trees return one table per task, with a column for each of its labels: 0, 1 or both.
        pairs = zip(proba, estimator.classes_, strict=True)
        return np.column_stack([table @ labels for table, labels in pairs])
    if multilabel or len(estimator.classes_) == len(classes):
        return proba
    full = np.zeros((len(proba), len(classes)), dtype=proba.dtype)
    full[:, np.searchsorted(classes, estimator.classes_)] = proba
    return full


def compute_features(estimator, data) -> np.ndarray:
    """Compute the features below the output layer of a fitted deep estimator or pipeline.

    Returns
    -------
    ndarray of shape (n, n_features)
        Features of the trunk, followed by the scores of the linear paths if there are any.
    """
    steps, last = split_steps(estimator)
    for step in steps:
        data = step.transform(data)
    branch = branch_of(last)
    net = SequenceNet(
        branch,
        n_channels=last.n_channels_,
        score_shape=(branch.n_features + branch.n_scores,),
        masked=last.net_.masked,
        device=last.net_.device,
    )
    return net.initialize().predict_scores(last._read(data, reset=False))


def branch_of(estimator: SequenceEstimator) -> Branch:
    """Return the network of a fitted estimator without its output layer, of the same weights."""
    is_averaged = estimator.strands_ == "average"
    return Branch(estimator.network_, estimator.complement_ if is_averaged else None)

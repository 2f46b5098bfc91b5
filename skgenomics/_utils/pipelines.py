"""Access to the parts of fitted pipelines, searches and other wrappers of estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator

from skgenomics.alphabets import Alphabet, get_alphabet


def split_steps(estimator, *, template: bool = False) -> tuple[list, Any]:
    """Split a pipeline, search or wrapper into its transformers and its final estimator.

    Samplers and steps that pass data through are left out, since they do nothing to predictions.

    Parameters
    ----------
    estimator : object
        A pipeline, a search, a wrapper whose predictions are those of one inner estimator, such as
        FrozenEstimator or TunedThresholdClassifierCV, or any other estimator.
    template : bool, default=False
        True splits what a wrapper that is not fitted would fit, too.

    Returns
    -------
    transformers : list
        Transformers ahead of the final estimator, in order.
    final : object
        The final estimator. An ensemble is one itself, since it has no single inner estimator.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import CNNClassifier, OneHotEncoder
    >>> from skgenomics._utils.pipelines import split_steps
    >>> steps, last = split_steps(make_pipeline(OneHotEncoder(), CNNClassifier()))
    >>> len(steps), type(last).__name__
    (1, 'CNNClassifier')
    """
    inner = _inner(estimator, template)
    if inner is not None:
        return split_steps(inner, template=template)
    steps = getattr(estimator, "steps", None)
    if steps is None:
        return [], estimator
    *ahead, last = [step for _, step in steps if step not in (None, "passthrough")]
    rest, last = split_steps(last, template=template)
    return [step for step in ahead if _has(step, "transform")] + rest, last


def _has(estimator, method: str) -> bool:
    return getattr(estimator, method, None) is not None


def _inner(estimator, template: bool):
    """Return the estimator that a wrapper predicts with; None for any other estimator."""
    if isinstance(estimator, type):
        return None
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    best = getattr(estimator, "best_estimator_", None)
    if best is not None:
        return best
    if fitted_members(estimator):
        # What an ensemble keeps as `estimator_` is the unfitted template of its members.
        return None
    fitted = getattr(estimator, "estimator_", None)
    if fitted is not None:
        # A feature selector passes on a part of X only.
        return None if _has(type(estimator), "transform") else fitted
    return getattr(estimator, "estimator", None) if template else None


def fitted_members(estimator) -> list:
    """Return the fitted members of an ensemble, as a list; those of a calibrated classifier too."""
    members = getattr(estimator, "estimators_", None)
    if members is None:
        calibrated = getattr(estimator, "calibrated_classifiers_", ())
        return [part.estimator for part in calibrated]
    return list(members.values() if isinstance(members, dict) else members)


def averaged_members(estimator, *, underlying: bool = False) -> tuple[list, list[float]]:
    """Return the members whose mean prediction is that of a fitted ensemble, and their weights.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    underlying : bool, default=False
        True returns the classifiers below a CalibratedClassifierCV too, whose mean prediction is
        the one before calibration.

    Returns
    -------
    members : list
        Fitted members; empty if the estimator does not average the predictions of members.
    weights : list of float
        Their weights, which need not add up to one.

    Examples
    --------
    >>> from sklearn.ensemble import VotingRegressor
    >>> from sklearn.linear_model import LinearRegression, Ridge
    >>> from skgenomics._utils.pipelines import averaged_members
    >>> model = VotingRegressor([("a", Ridge()), ("b", LinearRegression())], weights=[1, 3])
    >>> members, weights = averaged_members(model.fit([[0], [1]], [0, 1]))
    >>> [type(member).__name__ for member in members], weights
    (['Ridge', 'LinearRegression'], [1.0, 3.0])
    """
    members: list = []
    weights: list[float] = []
    if isinstance(estimator, CalibratedClassifierCV):
        members = fitted_members(estimator) if underlying else []
    elif isinstance(estimator, VotingRegressor) or getattr(estimator, "voting", None) == "soft":
        members = fitted_members(estimator)
        weights = list(map(float, estimator._weights_not_none or []))
    elif isinstance(estimator, BaggingClassifier | BaggingRegressor):
        # Members that see a part of the columns read something else than the whole sequence.
        n_columns = {len(columns) for columns in estimator.estimators_features_}
        members = fitted_members(estimator) if n_columns == {estimator.n_features_in_} else []
    elif _has(estimator, "predict_members"):
        members = fitted_members(estimator)
    return members, weights or [1.0] * len(members)


def first_step(estimator) -> Any:
    """Return the part that reads the sequences, inside of searches, wrappers and ensembles.

    Parameters
    ----------
    estimator : object
        A fitted estimator.

    Returns
    -------
    object
        The first transformer, or the estimator itself. Of an ensemble that of its first member.
    """
    steps, last = split_steps(estimator)
    if steps:
        return first_step(steps[0])
    members = fitted_members(last)
    # Members by name, such as those of views, read different columns.
    is_uniform = not isinstance(getattr(last, "estimators_", None), dict)
    if members and is_uniform and _has(members[0], "predict"):
        return first_step(members[0])
    regressor = getattr(last, "regressor_", None)
    return last if regressor is None else first_step(regressor)


def number_combinations(frame: pd.DataFrame) -> np.ndarray:
    """Enumerate the combinations of values in a row, from 0 in order of appearance.

    Values may be of any type; they are compared as text, and missing ones are equal.
    """
    if not frame.shape[1]:
        return np.zeros(len(frame), dtype=int)
    # Not by joined strings: before pandas 3, its hash tables read them up to a zero byte only.
    texts = frame.astype(str)
    return texts.groupby(list(texts.columns), sort=False, dropna=False).ngroup().to_numpy()


def input_columns(estimator) -> list[str] | None:
    """Return the names of the columns that a fitted estimator reads; None unless several.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from skgenomics._utils.pipelines import input_columns
    >>> input_columns(Ridge().fit(pd.DataFrame({"a": [0, 1], "b": [1, 0]}), [0, 1]))
    ['a', 'b']
    """
    # Further inputs of a module of the user's own stand beside one column of text.
    names = getattr(estimator, "input_names_", None) or getattr(
        estimator, "feature_names_in_", None
    )
    if names is None:
        members = fitted_members(split_steps(estimator)[1])
        if members and getattr(members[0], "input_names_", None):
            return input_columns(members[0])
        names = getattr(members[0], "feature_names_in_", None) if members else None
    return None if names is None or len(names) < 2 else list(names)


def fitted_length(estimator) -> int | None:
    """Return the length of the sequences that an estimator was fitted on; None if unknown."""
    return getattr(first_step(estimator), "length_", None)


def named_alphabet(estimator) -> Alphabet | None:
    """Return the alphabet of the first part that names one, inside of unions and wrappers too.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline, make_union
    >>> from skgenomics import KmerCounter
    >>> from skgenomics._utils.pipelines import named_alphabet
    >>> named_alphabet(make_pipeline(make_union(KmerCounter(alphabet="rna")))).symbols
    'ACGU'
    """
    steps, last = split_steps(estimator)
    for step in [*steps, last]:
        settings = step.get_params() if _has(step, "get_params") else {}
        for name, value in settings.items():
            if name.rpartition("__")[2] == "alphabet":
                return get_alphabet(value)
    return None

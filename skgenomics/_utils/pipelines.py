"""Access to the parts of fitted pipelines, searches and other wrappers of estimators."""

from __future__ import annotations

from typing import Any

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
    if _members(estimator):
        # What an ensemble keeps as `estimator_` is the unfitted template of its members.
        return None
    fitted = getattr(estimator, "estimator_", None)
    if fitted is not None:
        # A feature selector passes on a part of X only.
        return None if _has(type(estimator), "transform") else fitted
    return getattr(estimator, "estimator", None) if template else None


def _members(estimator) -> list:
    """Return the fitted members of an ensemble, as a list."""
    members = getattr(estimator, "estimators_", None)
    if members is None:
        calibrated = getattr(estimator, "calibrated_classifiers_", ())
        return [part.estimator for part in calibrated]
    return list(members.values() if isinstance(members, dict) else members)


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
    members = _members(last)
    # Members by name, such as those of views, read different columns.
    is_uniform = not isinstance(getattr(last, "estimators_", None), dict)
    if members and is_uniform and _has(members[0], "predict"):
        return first_step(members[0])
    regressor = getattr(last, "regressor_", None)
    return last if regressor is None else first_step(regressor)


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

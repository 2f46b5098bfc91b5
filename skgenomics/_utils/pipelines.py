"""What is inside pipelines, searches and other wrappers of fitted estimators."""

from __future__ import annotations

from sklearn.frozen import FrozenEstimator

from skgenomics.alphabets import Alphabet, get_alphabet


def split_steps(estimator) -> tuple[list, object]:
    """The transformers ahead of the last step of a pipeline or search, and that step.

    Samplers are left out, since they do nothing to what is predicted.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import CNNClassifier, OneHotEncoder
    >>> from skgenomics._utils.pipelines import split_steps
    >>> steps, last = split_steps(make_pipeline(OneHotEncoder(), CNNClassifier()))
    >>> len(steps), type(last).__name__
    (1, 'CNNClassifier')
    """
    inner = _inner(estimator)
    if inner is not None:
        return split_steps(inner)
    if not hasattr(estimator, "steps"):
        return [], estimator
    *steps, last = [step for _, step in estimator.steps if step not in (None, "passthrough")]
    ahead, last = split_steps(last)
    return [step for step in steps if hasattr(step, "transform")] + ahead, last


def _inner(estimator):
    """What a wrapper predicts with, as it is; None for what is no such wrapper."""
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    if hasattr(estimator, "best_estimator_"):
        return estimator.best_estimator_
    # That of an ensemble is what was cloned for its parts, and not fitted itself.
    is_ensemble = hasattr(estimator, "estimators_")
    return None if is_ensemble else getattr(estimator, "estimator_", None)


def first_step(estimator):
    """What reads the sequences, inside of searches, wrappers and pipelines."""
    steps, last = split_steps(estimator)
    if steps:
        return first_step(steps[0])
    if hasattr(last, "calibrated_classifiers_"):
        return first_step(last.calibrated_classifiers_[0].estimator)
    return first_step(last.regressor_) if hasattr(last, "regressor_") else last


def fitted_length(estimator) -> int | None:
    """Length of the sequences that an estimator was fitted on, if it keeps it."""
    return getattr(first_step(estimator), "length_", None)


def named_alphabet(estimator) -> Alphabet | None:
    """The alphabet of the first step that names one, inside of unions and wrappers too.

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
        settings = step.get_params() if hasattr(step, "get_params") else {}
        for name, value in settings.items():
            if name.rpartition("__")[2] == "alphabet":
                return get_alphabet(value)
    return None

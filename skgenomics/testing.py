"""Checks of estimators on text input, which scikit-learn's own checks do not cover."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier

from skgenomics.encoding import OneHotEncoder, OrdinalEncoder

try:
    import pytest
except ImportError as error:
    raise ImportError('skgenomics.testing needs pytest: pip install "skgenomics[test]"') from error

_LENGTH = 12


def sequence_estimator_checks(estimator: Any) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Yield the checks that an estimator of sequences must pass.

    The counterpart of :func:`sklearn.utils.estimator_checks.estimator_checks_generator` for
    estimators that read nucleic acids as text, codes and channels.

    Parameters
    ----------
    estimator : estimator
        Unfitted classifier, regressor or transformer that trains a network. It needs the
        parameter `random_state` and should be cheap to fit.

    Yields
    ------
    estimator : estimator
        Clone of the estimator.
    check : callable
        Function of the clone that raises an error if the check fails.

    See Also
    --------
    sklearn.utils.estimator_checks.estimator_checks_generator : Checks on numeric input.

    Examples
    --------
    >>> from skgenomics import CNNRegressor
    >>> from skgenomics.testing import sequence_estimator_checks
    >>> for estimator, check in sequence_estimator_checks(CNNRegressor(max_iter=1)):
    ...     check(estimator)
    """
    for check in _CHECKS:
        yield clone(estimator), check


def make_text(n: int = 40, length: int = _LENGTH) -> list[str]:
    """Generate random DNA sequences of one length, the same in each call.

    Parameters
    ----------
    n : int, default=40
        Number of sequences.
    length : int, default=12
        Length of each sequence.

    Returns
    -------
    list of str
        The sequences.

    Examples
    --------
    >>> from skgenomics.testing import make_text
    >>> len(make_text(3, 8)[0])
    8
    """
    bases = np.random.default_rng(0).choice(list("ACGT"), (n, length))
    return ["".join(row) for row in bases]


def _data(estimator) -> tuple[list[str], np.ndarray]:
    X = make_text()
    fraction = np.array([x.count("A") + x.count("C") for x in X]) / _LENGTH
    return X, np.where(fraction > 0.5, "rich", "poor") if is_classifier(estimator) else fraction


def _fit(estimator):
    X, y = _data(estimator)
    return clone(estimator).set_params(random_state=0).fit(X, y), X, y


def _outputs(estimator, X) -> np.ndarray:
    if is_classifier(estimator):
        return estimator.predict_proba(X)
    return estimator.predict(X) if hasattr(estimator, "predict") else estimator.transform(X)


def check_containers_agree(estimator) -> None:
    """Check that all containers of the same text give the same predictions."""
    fitted, X, _ = _fit(estimator)
    expected = _outputs(fitted, X)
    for container in (
        tuple,
        np.array,
        partial(np.array, dtype="S"),
        partial(np.array, dtype=object),
        lambda x: np.array(x)[:, np.newaxis],
        pd.Series,
        partial(pd.Series, dtype=object),
        partial(pd.Series, dtype="category"),
        lambda x: pd.DataFrame({"sequence": x}),
    ):
        with warnings.catch_warnings():
            # A frame has a name that the list of fit had not.
            warnings.simplefilter("ignore", UserWarning)
            assert_array_equal(_outputs(fitted, container(X)), expected)


def check_case_and_rna_agree(estimator) -> None:
    """Check that lower case and RNA are read like upper-case DNA, in fit and in predict."""
    fitted, X, y = _fit(estimator)
    expected = _outputs(fitted, X)
    lower = [x.lower() for x in X]
    rna = [x.replace("T", "U") for x in X]
    for spelling in (lower, rna):
        assert_array_equal(_outputs(fitted, spelling), expected)
        refitted = clone(estimator).set_params(random_state=0).fit(spelling, y)
        assert_array_equal(_outputs(refitted, spelling), expected)


def check_input_forms_agree(estimator) -> None:
    """Check that text, codes and one-hot channels, flat or 3-D, train the same model."""
    fitted, X, y = _fit(estimator)
    expected = _outputs(fitted, X)
    codes = OrdinalEncoder().fit_transform(X)
    flat = OneHotEncoder().fit_transform(X)
    last = flat.reshape(len(X), _LENGTH, 4)
    for form in (codes, flat, last, last.transpose(0, 2, 1), pd.DataFrame(flat)):
        assert_allclose(_outputs(fitted, form), expected, atol=1e-6)
        refitted = clone(estimator).set_params(random_state=0).fit(form, y)
        assert_allclose(_outputs(refitted, form), expected, atol=1e-5)


def check_unknown_symbols_are_zeros(estimator) -> None:
    """Check that ambiguity codes and padding are both read as unknown positions."""
    fitted, X, _ = _fit(estimator)
    short = [x[:-2] for x in X]
    assert_array_equal(_outputs(fitted, short), _outputs(fitted, [x + "NR" for x in short]))


def check_fit_is_reproducible(estimator) -> None:
    """Check that fit depends on its seed only and changes neither its input nor global state."""
    _, X, y = _fit(estimator)
    X, y = np.array(X), np.asarray(y)
    copies = X.copy(), y.copy()
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    states = np.random.get_state()[1].copy(), torch.get_rng_state().clone()  # noqa: NPY002
    first, second = (clone(estimator).set_params(random_state=0).fit(X, y) for _ in range(2))
    assert_array_equal(_outputs(first, X), _outputs(second, X))
    assert_array_equal(np.random.get_state()[1], states[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), states[1])
    assert_array_equal(X, copies[0])
    assert_array_equal(y, copies[1])


def check_pickle_is_small(estimator) -> None:
    """Check that a pickle predicts the same and holds parameters but no training data."""
    fitted, X, _ = _fit(estimator)
    pickled = pickle.dumps(fitted)
    assert_array_equal(_outputs(pickle.loads(pickled), X), _outputs(fitted, X))
    assert X[0].encode() not in pickled
    assert OrdinalEncoder().fit_transform(X)[:2].tobytes() not in pickled
    n_parameters = sum(a.numel() for a in fitted.network_.state_dict().values())
    assert len(pickled) < 8 * n_parameters + 20_000


def check_samples_are_independent(estimator) -> None:
    """Check that the prediction of a sequence does not depend on the rest of the batch."""
    fitted, X, _ = _fit(estimator)
    one_by_one = np.concatenate([_outputs(fitted, [x]) for x in X])
    assert_allclose(one_by_one, _outputs(fitted, X), atol=1e-5)


def check_invalid_text_is_named(estimator) -> None:
    """Check that errors name the sequence, the position and the invalid character."""
    fitted, X, y = _fit(estimator)
    for bad, error, message in (
        ([*X[:-1], "ACGTZ"], ValueError, "sequence 39 has 'Z' at position 4"),
        ([*X[:-1], None], TypeError, "sequence 39 is None"),
        ([*X[:-1], 3.0], TypeError, "sequence 39 is 3.0"),
        ([*X[:-1], "ACGU"], ValueError, "mixes RNA and DNA"),
        ([], ValueError, r"0 sample\(s\)"),
    ):
        with pytest.raises(error, match=message):
            clone(estimator).fit(bad, y[: len(bad)])
        with pytest.raises(error, match=message):
            _outputs(fitted, bad)
    with pytest.raises(ValueError, match="every sequence is empty"):
        clone(estimator).fit(["", ""], y[:2])
    with pytest.raises(ValueError, match="sequence 1 has length 13"):
        _outputs(fitted, [X[0], X[1] + "A"])


def check_empty_sequence_is_padding(estimator) -> None:
    """Check that an empty sequence gives the same prediction alone and in a batch."""
    fitted, X, _ = _fit(estimator)
    alone, in_batch = _outputs(fitted, [""]), _outputs(fitted, [X[0], ""])
    assert np.isfinite(alone).all()
    assert_allclose(alone, in_batch[1:], atol=1e-5)
    assert_allclose(alone, _outputs(fitted, ["NN"]), atol=1e-5)


_CHECKS = (
    check_containers_agree,
    check_case_and_rna_agree,
    check_input_forms_agree,
    check_unknown_symbols_are_zeros,
    check_fit_is_reproducible,
    check_pickle_is_small,
    check_samples_are_independent,
    check_invalid_text_is_named,
    check_empty_sequence_is_padding,
)

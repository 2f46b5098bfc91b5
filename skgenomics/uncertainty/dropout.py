"""Monte Carlo dropout."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgenomics._outputs import Predictor
from skgenomics._utils.pipelines import fitted_members, split_steps
from skgenomics._utils.validation import check_integer
from skgenomics.training import isolated_rng
from skgenomics.training.net import dropout_modules


def mc_dropout(
    estimator,
    X,
    *,
    target: Any = None,
    n_samples: int = 30,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Predict repeatedly with active dropout, which samples an approximate posterior [1]_.

    Batch normalization uses its running statistics, and there is no augmentation. The estimator is
    not modified.

    Parameters
    ----------
    estimator : estimator or Pipeline
        Fitted deep estimator, a pipeline or search that ends in one, or a combination of several,
        such as one for each view.
    X : array-like of shape (n_sequences,) or (n_sequences, ...)
        Sequences in any format that the estimator accepts.
    target : object, default=None
        Output to draw predictions of: a class, task or track by name, (task, class),
        (label, position), (track, bin), "total" or "profile" of a profile, or a callable, as in
        :func:`~skgenomics.inspection.attribute`. By default all outputs.
    n_samples : int, default=30
        Number of draws.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws; pass an int for reproducible results. The global random state is not
        modified.

    Returns
    -------
    ndarray of shape (n_samples, n_sequences, ...)
        Draws of ``predict_proba``, or of ``predict`` for estimators without that method; if its
        result is a dict or list with one array per task, a dict or list of draws. With `target` the
        shape is (n_samples, n_sequences): probabilities of a class, values or rates. The mean of
        the draws is the prediction, and :func:`decompose_uncertainty` decomposes their variation.

    Raises
    ------
    ValueError
        If the estimator has no network, or the network has no dropout.

    See Also
    --------
    DeepEnsembleClassifier : Several networks, whose disagreement is a better uncertainty.

    References
    ----------
    .. [1] Gal and Ghahramani (2016), Dropout as a Bayesian approximation: representing model
           uncertainty in deep learning, ICML.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.uncertainty import mc_dropout
    >>> data = make_motif_classification(60, 30, random_state=0)
    >>> model = CNNClassifier(n_filters=8, kernel_size=5, max_iter=2, random_state=0)
    >>> draws = mc_dropout(model.fit(data.X, data.y), data.X, n_samples=5, random_state=0)
    >>> draws.shape
    (5, 60, 2)
    """
    check_integer("n_samples", n_samples, 1)
    check_is_fitted(estimator)
    steps, estimator = split_steps(estimator)
    for step in steps:
        X = step.transform(X)
    nets = _find_nets(estimator)
    if hasattr(estimator, "score_samples") and not hasattr(estimator, "predict"):
        raise ValueError(
            f"{type(estimator).__name__} predicts no target, so that there is nothing to draw; "
            "compare `score_samples` of models fitted with several values of random_state"
        )
    if not nets:
        raise ValueError(
            f"{type(estimator).__name__} holds no network; mc_dropout needs a fitted deep "
            "estimator of skgenomics, or a pipeline that ends in one"
        )
    if not any(dropout_modules(net.module_) for net in nets):
        raise _no_dropout(estimator)
    predict = _choose_predict(estimator, target)
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    with isolated_rng(seed, str(nets[0].device)), contextlib.ExitStack() as stack:
        for net in nets:
            stack.enter_context(net.keeping_dropout())
        draws = _stack([predict(X) for _ in range(n_samples)])
    # The only dropout may be in heads that are not used, as with concatenated views.
    if n_samples > 1 and isinstance(draws, np.ndarray) and (draws == draws[0]).all():
        raise _no_dropout(estimator)
    return draws


def _choose_predict(estimator, target) -> Callable:
    """Return the function whose results are drawn."""
    if target is None:
        return getattr(estimator, "predict_proba", None) or estimator.predict
    predictor = Predictor(estimator)

    def predict(X) -> np.ndarray:
        raw = predictor(X)
        return predictor.describe(X).select(target).predict(raw)

    return predict


def _no_dropout(estimator) -> ValueError:
    return ValueError(
        f"{type(estimator).__name__} was trained without dropout, so that all draws would be "
        "the same; set dropout or hidden_dropout above 0, or use a DeepEnsembleClassifier"
    )


def _find_nets(estimator) -> list:
    """Collect the nets of an estimator and of the estimators that it contains."""
    net = getattr(estimator, "net_", None)
    nets = [] if net is None else [net]
    members = fitted_members(estimator)
    return nets + [net for member in members for net in _find_nets(split_steps(member)[1])]


def _stack(draws: list):
    first = draws[0]
    if isinstance(first, dict):
        return {task: _stack([draw[task] for draw in draws]) for task in first}
    if isinstance(first, list):
        return [_stack(list(parts)) for parts in zip(*draws, strict=True)]
    # Regression tasks of a multitask estimator have no probabilities.
    return None if first is None else np.stack(draws)

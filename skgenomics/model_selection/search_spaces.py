"""Distributions of hyperparameters to search, by the name of an architecture."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import loguniform, uniform

_TRAINING = {
    "learning_rate": loguniform(5e-4, 1e-2),
    "weight_decay": loguniform(1e-4, 1e-1),
    "batch_size": ["auto", 32, 64, 128],
}
_HEAD = {"hidden_units": [(), 32, 64, 128], "hidden_dropout": uniform(0.1, 0.5)}
_COMMON: dict[str, Any] = _TRAINING | _HEAD | {"dropout": uniform(0.0, 0.3)}
_STEM = {"stem_filters": [32, 64, 128], "stem_kernel_size": [7, 9, 11, 15, 19]}
_RECURRENT = {"cell": ["lstm", "gru"], "hidden_size": [32, 64, 128]}
_SPACES: dict[str, dict[str, Any]] = {
    "cnn": _COMMON
    | {
        # Tuples of all hyperparameters have one value per layer.
        "n_filters": [(64, 32, 32), (128, 64, 64), (256, 128, 64), (320, 128, 128)],
        "kernel_size": [(9, 5, 3), (13, 5, 3), (15, 7, 3), (19, 7, 5)],
        "activation": ["relu", "gelu", ("exp", "relu", "relu")],
        "residual": [True, False],
    },
    "resnet": _COMMON
    | _STEM
    | {
        "n_filters": [32, 64, 96],
        "kernel_size": [3, 5, 7],
        "dilation": [(1, 2), (1, 2, 4), (1, 2, 4, 8)],
    },
    "unet": _COMMON
    | {
        "n_filters": [(32, 48), (48, 64, 96), (64, 96, 128)],
        "kernel_size": [3, 5, 7, 9],
    },
    "rnn": _COMMON | _RECURRENT | {"embedding_size": [None, 16, 32, 64], "n_layers": [1, 2]},
    "cnnrnn": _COMMON
    | _RECURRENT
    | {"n_filters": [64, 128, (128, 64)], "kernel_size": [9, 13, 19, 26]},
    "transformer": _COMMON
    | _STEM
    | {"d_model": [32, 64, 96], "n_layers": [1, 2, 3], "positions": ["rotary", "alibi"]},
    "longconv": _COMMON | _STEM | {"d_model": [32, 64, 96], "n_layers": [1, 2, 3], "order": [2, 3]},
    "convtransformer": _COMMON
    | {"d_model": [64, 96, 128], "n_layers": [1, 2, 3], "stem_kernel_size": [9, 15, 19]},
    "mlp": _TRAINING
    | {
        "hidden_units": [64, 256, (256, 64), (512, 128), (256, 128, 64)],
        "hidden_dropout": uniform(0.1, 0.5),
    },
    "deepbind": {
        "n_filters": [16],
        "kernel_size": [24],
        "padding": [23],
        "pool_size": [1],
        "residual": [False],
        "normalization": [None],
        "head_pool": ["max", ("max", "mean")],
        "hidden_units": [(), 32],
        "hidden_dropout": [0.0, 0.25, 0.5],
        "dropout": [0.0],
        "linear_path": [False],
        "kmer_path": [0],
        "optimizer": ["sgd"],
        # The square root of a uniform number, from 0.95 to 0.99.
        "optimizer_params": [
            {"momentum": float(m), "nesterov": True}
            for m in np.sqrt(np.linspace(0.9025, 0.9801, 9))
        ],
        "learning_rate": loguniform(5e-4, 0.05),
        "weight_decay": loguniform(1e-10, 1e-3),
        "batch_size": [64],
    },
}


def search_space(architecture: str, prefix: str = "") -> dict[str, Any]:
    """Get the distributions of the hyperparameters of an architecture that are worth searching.

    They are what :class:`sklearn.model_selection.RandomizedSearchCV` and
    :class:`sklearn.model_selection.HalvingRandomSearchCV` take; :func:`suggest` draws from them in
    a trial of Optuna. The defaults of an estimator are a good first candidate beside them.

    Parameters
    ----------
    architecture : str
        "cnn", "resnet", "unet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer" or
        "mlp", of the classifier and regressor of that name; or "deepbind", the calibration of
        DeepBind [1]_, for a :class:`~skgenomics.CNNClassifier`.
    prefix : str, default=""
        Prefix of all names, such as ``"cnnclassifier__"`` for a step of a pipeline.

    Returns
    -------
    dict of str to list or scipy.stats distribution
        Distributions by the names of hyperparameters; all values of a list are equally probable.

    Raises
    ------
    ValueError
        If there is no such architecture.

    References
    ----------
    .. [1] Alipanahi et al., Predicting the sequence specificities of DNA- and RNA-binding proteins
       by deep learning, Nature Biotechnology 33, 2015.

    Examples
    --------
    >>> from sklearn.model_selection import RandomizedSearchCV
    >>> from skgenomics import MLPClassifier
    >>> from skgenomics.model_selection import search_space
    >>> X, y = ["ACGT", "ACGA", "TTGT", "TTGA"] * 8, [0, 0, 1, 1] * 8
    >>> search = RandomizedSearchCV(
    ...     MLPClassifier(max_iter=1), search_space("mlp"), n_iter=2, cv=2, random_state=0
    ... )
    >>> sorted(search.fit(X, y).best_params_)
    ['batch_size', 'hidden_dropout', 'hidden_units', 'learning_rate', 'weight_decay']
    """
    name = str(architecture).lower()
    if name not in _SPACES:
        raise ValueError(f"architecture must be one of {sorted(_SPACES)}, got {architecture!r}")
    return {prefix + parameter: values for parameter, values in _SPACES[name].items()}


def suggest(trial: Any, space: dict[str, Any]) -> dict[str, Any]:
    """Draw hyperparameters from a search space in a trial of Optuna.

    Parameters
    ----------
    trial : optuna.Trial
        Trial, which suggests the values.
    space : dict
        Result of :func:`search_space`: lists, and uniform and log-uniform distributions.

    Returns
    -------
    dict
        A value for each hyperparameter, for `set_params` of an estimator.

    Raises
    ------
    ValueError
        If a distribution is of another kind.

    Examples
    --------
    >>> from skgenomics.model_selection import search_space, suggest
    >>> class First:  # stands for a trial
    ...     def suggest_categorical(self, name, choices):
    ...         return choices[0]
    ...     def suggest_float(self, name, low, high, log=False):
    ...         return low
    >>> sorted(suggest(First(), search_space("mlp")).items())[:3]
    [('batch_size', 'auto'), ('hidden_dropout', 0.1), ('hidden_units', 64)]
    """
    drawn = {}
    for name, values in space.items():
        if isinstance(values, list):
            # Optuna stores text, but no tuples and dicts.
            by_text = {repr(value): value for value in values}
            drawn[name] = by_text[trial.suggest_categorical(name, list(by_text))]
            continue
        kind = getattr(getattr(values, "dist", None), "name", None)
        if kind not in ("uniform", "loguniform", "reciprocal"):
            raise ValueError(
                f"{name} must be a list or a (log-)uniform distribution, got {values!r}"
            )
        low, high = map(float, values.support())
        drawn[name] = trial.suggest_float(name, low, high, log=kind != "uniform")
    return drawn

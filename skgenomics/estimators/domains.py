"""Where sequences come from: reading it, keeping it beside the labels, and telling it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_consistent_length, column_or_1d

from skgenomics.estimators.targets import find_places
from skgenomics.estimators.weights import average_one, weigh_classes


def read_domains(domains) -> np.ndarray:
    """Domains as an array; a ValueError names the row of one that is missing."""
    if np.ndim(domains) != 1 and np.shape(domains)[1:] != (1,):
        raise ValueError(
            f"domains must have the shape (n,), a value for each sequence, got {np.shape(domains)}"
        )
    missing = np.asarray(pd.isna(domains)).ravel()
    if missing.any():
        raise ValueError(
            f"the domain of row {missing.argmax()} is missing; give it a name such as 'unknown', "
            "or drop the row"
        )
    return np.asarray(column_or_1d(domains).tolist())


def join_domains(y: np.ndarray, domains: np.ndarray) -> np.ndarray:
    """Labels and domains in one array with the fields "label" and "domain"."""
    check_consistent_length(y, domains)
    both = np.empty(len(y), [("label", y.dtype, y.shape[1:]), ("domain", domains.dtype)])
    both["label"], both["domain"] = y, domains
    return both


def has_domains(y) -> bool:
    """Whether y is what :func:`join_domains` gives."""
    return isinstance(y, np.ndarray) and y.dtype.names == ("label", "domain")


def labels_of(y: np.ndarray) -> np.ndarray:
    """Labels, with domains beside them or not."""
    return y["label"] if has_domains(y) else y


def encode_domains(domains: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Places of domains among those of the first call; a ValueError for a strange one."""
    codes = find_places(domains, known)
    strange = codes < 0
    if strange.any():
        raise ValueError(
            f"domains has {domains[strange][:1].tolist()[0]!r}, which is none of those of the "
            f"first call, {known.tolist()}"
        )
    return codes


def weigh_domains(
    domains: np.ndarray, adversaries: np.ndarray, names: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Weights that let all domains that an adversary sees count the same."""
    weights = np.zeros(len(domains))
    for i in np.unique(adversaries):
        rows = adversaries == i
        weights[rows] = weigh_classes("balanced", domains[rows], names, weight[rows])
    return average_one(weights)


def tell_domains(features: np.ndarray, domains: np.ndarray, folds: StratifiedKFold) -> float:
    """AUROC of held-out predictions of the domain; NaN if there is only one."""
    names, counts = np.unique(domains, return_counts=True)
    if len(names) == 1:
        return np.nan
    if counts.min() < folds.n_splits:
        raise ValueError(
            f"the domain {names[counts.argmin()].item()!r} has {counts.min()} sequences (of a "
            f"class), too few for cv={folds.n_splits}"
        )
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    chances = cross_val_predict(model, features, domains, cv=folds, method="predict_proba")
    places = [1] if len(names) == 2 else range(len(names))
    return float(np.mean([roc_auc_score(domains == names[i], chances[:, i]) for i in places]))

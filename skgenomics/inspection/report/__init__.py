"""A report on a fitted estimator: one HTML page that needs nothing else."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from sklearn.utils import check_random_state

from skgenomics.inspection.report import findings, surroundings
from skgenomics.inspection.report.page import page, paragraph
from skgenomics.inspection.report.performance import performance
from skgenomics.inspection.scores import SequenceScore

__all__ = ["explain_report"]


def explain_report(
    estimator,
    X,
    y=None,
    *,
    X_train=None,
    target=None,
    database=None,
    n_examples: int = 3,
    n_sequences: int = 1000,
    title: str | None = None,
    path: str | Path | None = None,
    random_state=0,
) -> str:
    """Write a report on a fitted estimator: how good it is, what it looks at, what data hide.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline that ends in one. Of other estimators of text there
        are no motifs and examples.
    X : text, codes, channels, or what the pipeline takes
        Sequences that the estimator was not trained on.
    y : array-like, optional
        Their labels, without which nothing can be said of how good it is.
    X_train : like X, optional
        Training sequences, to look for leaks.
    target : object, optional
        Class, task or track to explain, see :class:`~skgenomics.inspection.scores.SequenceScore`.
    database : str, Path, or list of Motif, optional
        Motifs to compare with those found: a file in MEME or JASPAR format. Needs memelite:
        ``pip install "skgenomics[interpret]"``.
    n_examples : int, default=3
        Sequences of the highest scores whose attributions are shown.
    n_sequences : int, default=1000
        Sequences that motifs are looked for in, drawn at random if there are more.
    title : str, optional
        Title of the page; by default the name of the estimator.
    path : str or Path, optional
        File to write the page to.
    random_state : int, RandomState instance or None, default=0
        Seed of what is drawn.

    Returns
    -------
    str
        The page: HTML with its drawings and style in it, without scripts, readable on small
        screens.

    Raises
    ------
    ValueError
        If the estimator is not fitted, X cannot be read, or there is no such target.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection import explain_report
    >>> data = make_motif_classification(300, 40, random_state=0)
    >>> model = CNNClassifier(max_iter=5, random_state=0).fit(data.X[:200], data.y[:200])
    >>> html = explain_report(model, data.X[200:], data.y[200:], X_train=data.X[:200])
    >>> html[:15]
    '<!DOCTYPE html>'
    """
    sections = [("Data", surroundings.data(X, y))]
    if y is not None:
        sections.append(("Performance", performance(estimator, X, y)))
    try:
        score = SequenceScore(estimator, target)
    except ValueError as error:
        if hasattr(estimator, "network_"):
            raise
        score = None
        sections.append(("What it looks at", paragraph(str(error), "note")))
    if score is not None:
        sections += _findings(score, estimator, X, target, database, n_examples, n_sequences,
                              random_state)  # fmt: skip
    alphabet = "ACGT" if score is None else score.estimator.alphabet
    sections += [
        ("Leaks and confounders", surroundings.honesty(X, y, X_train, alphabet)),
        ("Settings", surroundings.settings(estimator)),
    ]
    html = page(title or f"Report on {type(estimator).__name__}", sections)
    if path is not None:
        Path(path).write_text(html, encoding="utf-8")
    return html


def _findings(score, estimator, X, target, database, n_examples, n_sequences, random_state):
    """Sections on the network: its training, motifs, examples and checks."""
    sections = [("Training", findings.training(score.estimator))]
    if score.letters is None:
        return sections
    some = _sample(X, n_sequences, random_state)
    settings = {"target": target, "random_state": random_state}
    with warnings.catch_warnings():
        # The page says so itself.
        warnings.simplefilter("ignore", UserWarning)
        return [
            *sections,
            ("Motifs", findings.motifs(estimator, some, database=database, **settings)),
            ("Examples", findings.examples(estimator, X, n_examples, target=target)),
            ("Can attributions be trusted", findings.trust(estimator, some[:100], **settings)),
        ]


def _sample(X, n: int, random_state):
    if len(X) <= n:
        return X
    rows = np.sort(check_random_state(random_state).permutation(len(X))[:n])
    return X.iloc[rows] if hasattr(X, "iloc") else np.asarray(X)[rows]

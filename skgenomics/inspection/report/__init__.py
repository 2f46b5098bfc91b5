"""A report on a fitted estimator: one HTML page that needs nothing else."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from sklearn.utils import _safe_indexing, check_random_state

from skgenomics._outputs import describe_outputs
from skgenomics._utils.pipelines import named_alphabet
from skgenomics._utils.validation import check_integer
from skgenomics.inspection._scores import NoPositionsError, SequenceScore
from skgenomics.inspection.report import _context as surroundings
from skgenomics.inspection.report import _findings as findings
from skgenomics.inspection.report._page import page, paragraph
from skgenomics.inspection.report._performance import performance
from skgenomics.sequences import get_alphabet, is_text

__all__ = ["explain_report"]

_N_CHECKED = 100


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
        Class, task or track to explain, see :class:`~skgenomics.inspection._scores.SequenceScore`.
    database : str, Path, or list of Motif, optional
        Motifs to compare with those found: a file in MEME or JASPAR format. Needs memelite:
        ``pip install "skgenomics[interpret]"``.
    n_examples : int, default=3
        Sequences of the highest scores whose attributions are shown, at least one.
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
        If the estimator is not fitted, X cannot be read, y does not fit the estimator, `target`
        names nothing or is needed to choose among several classes, or there is no such folder.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection import explain_report
    >>> data = make_motif_classification(150, 40, random_state=0)
    >>> model = CNNClassifier(n_filters=8, max_iter=2, random_state=0)
    >>> model = model.fit(data.X[:100], data.y[:100])
    >>> html = explain_report(model, data.X[100:], data.y[100:], X_train=data.X[:100])
    >>> html[:15]
    '<!DOCTYPE html>'
    """
    check_integer("n_examples", n_examples, 1)
    check_integer("n_sequences", n_sequences, 1)
    _check_folder(path)
    score, why_none = _score(estimator, target)
    outputs = describe_outputs(estimator, X)
    by_position = outputs.axis is not None
    sections = [("Data", surroundings.data(X, y, by_position=by_position))]
    if y is not None:
        sections.append(("Performance", performance(estimator, X, y)))
    if score is None:
        sections.append(("What it looks at", paragraph(why_none, "note")))
    else:
        settings = {"target": target, "random_state": random_state}
        sections += _findings(score, estimator, X, y, database, n_examples, n_sequences, settings)
    if is_text(X) or (score is not None and score.symbols is not None):
        alphabet = (named_alphabet(estimator) or get_alphabet("dna")).symbols
        # Confounders and duplicates are sought for one kind of labels.
        has_labels = y is not None and not by_position and outputs.is_uniform
        honesty = surroundings.honesty(X, y, X_train, alphabet, has_labels=has_labels)
        sections.append(("Leaks and confounders", honesty))
    sections.append(("Settings", surroundings.settings(estimator)))
    html = page(title or f"Report on {type(estimator).__name__}", sections)
    if path is not None:
        Path(path).write_text(html, encoding="utf-8")
    return html


def _check_folder(path) -> None:
    """Before the work rather than after it."""
    if path is not None and not Path(path).absolute().parent.is_dir():
        raise ValueError(f"cannot write {path}: there is no folder {Path(path).absolute().parent}")


def _score(estimator, target) -> tuple[SequenceScore | None, str]:
    """The score to explain; none of an estimator that sees no positions, and why."""
    try:
        return SequenceScore(estimator, target), ""
    except NoPositionsError as error:
        return None, str(error)


def _findings(score, estimator, X, y, database, n_examples, n_sequences, settings):
    """Sections on the network: its training, motifs, examples and checks."""
    sections = [("Training", findings.training(score.estimator))]
    if score.symbols is None:
        return sections
    rows = _sample(len(X), n_sequences, settings["random_state"])
    some = _safe_indexing(X, rows)
    classes = None if y is None else findings.classes_of(score.estimator, y, rows)
    with warnings.catch_warnings():
        # The page says so itself.
        warnings.simplefilter("ignore", UserWarning)
        return [
            *sections,
            ("Motifs", findings.motifs(estimator, some, classes, database=database, **settings)),
            ("Examples", findings.examples(estimator, X, n_examples, target=settings["target"])),
            (
                "Can attributions be trusted",
                findings.trust(estimator, _safe_indexing(X, rows[:_N_CHECKED]), **settings),
            ),
        ]


def _sample(n: int, most: int, random_state) -> np.ndarray:
    if n <= most:
        return np.arange(n)
    return np.sort(check_random_state(random_state).permutation(n)[:most])

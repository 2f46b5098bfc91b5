"""Report on a fitted estimator as a self-contained HTML page."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state

from skgenomics._outputs import describe_outputs
from skgenomics._utils.files import replace_file
from skgenomics._utils.pipelines import named_alphabet, split_steps
from skgenomics._utils.validation import check_integer
from skgenomics.inspection._scores import (
    NoPositionsError,
    SequenceScore,
    find_reader,
    reads_frames,
)
from skgenomics.inspection._text_scores import find_sequence_column
from skgenomics.inspection.report import _context as context
from skgenomics.inspection.report import _findings as findings
from skgenomics.inspection.report._page import page, paragraph
from skgenomics.inspection.report._performance import performance
from skgenomics.sequences import get_alphabet, is_text

__all__ = ["explain_report"]

_N_CHECKED = 100


_MAYBE_TRAINED_ON = (
    "The training sequences were not given. If the estimator was trained on the sequences of this "
    "report, these figures are those of training, and say nothing about new sequences."
)


def explain_report(
    estimator,
    X,
    y=None,
    *,
    X_train=None,
    target=None,
    ids=None,
    database=None,
    n_examples: int = 3,
    n_sequences: int = 1000,
    title: str | None = None,
    path: str | Path | None = None,
    sequence_column: str | None = None,
    random_state=0,
) -> str:
    """Write a report on a fitted estimator: performance, explanations, and leaks of its data.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, a pipeline that ends in one, or an ensemble of them. For other
        estimators of text there are no motifs and examples.
    X : array-like of shape (n_samples, ...)
        Sequences that the estimator was not trained on; a frame for an estimator of several
        columns.
    y : array-like of shape (n_samples, ...) or None, default=None
        Their targets; without them the performance is left out.
    X_train : array-like of shape (n_train, ...) or None, default=None
        Training sequences, to search for leaks.
    target : object, default=None
        Output to explain, see :func:`~skgenomics.inspection.attribute`. The curves are those of
        this class.
    ids : array-like of shape (n_samples,) or None, default=None
        Names of the samples for the captions of examples; None numbers them.
    database : str, Path, list of Motif or None, default=None
        Motifs to compare with those found: a file in MEME or JASPAR format. Needs memelite:
        ``pip install "skgenomics[interpret]"``.
    n_examples : int, default=3
        Number of sequences of the highest scores whose attributions are shown.
    n_sequences : int, default=1000
        Maximum number of sequences in which motifs are sought; drawn at random if there are more.
    title : str or None, default=None
        Title of the page; by default the name of the estimator.
    path : str, Path or None, default=None
        File to write the page to.
    sequence_column : str or None, default=None
        Column of a frame X that holds the sequences; by default the only one.
    random_state : int, RandomState instance or None, default=0
        Seed of random draws.

    Returns
    -------
    str
        The page: HTML with inline drawings and style, without scripts, legible on small screens.

    Raises
    ------
    ValueError
        If the estimator is not fitted, X cannot be read, y does not fit the estimator, there is no
        such target, several outputs and none is named, or the folder of `path` does not exist.

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
    if ids is not None:
        ids = list(ids)
        check_consistent_length(X, ids)
    _check_folder(path)
    score, why_none = _score(estimator, target, sequence_column)
    outputs = describe_outputs(estimator, X)
    if score is None and target is not None:
        outputs.select(target)
    by_position = outputs.axis is not None
    sequences, train = (_sequences(estimator, x, sequence_column) for x in (X, X_train))
    sections = [("Data", context.data(sequences, y, by_position=by_position))]
    if y is not None:
        measured = performance(estimator, X, y, target)
        if X_train is None:
            measured = paragraph(_MAYBE_TRAINED_ON, "warn") + measured
        sections.append(("Performance", measured))
    if score is None:
        sections.append(("What it looks at", paragraph(why_none, "note")))
    else:
        settings = {
            "target": target,
            "random_state": random_state,
            "sequence_column": sequence_column,
        }
        sections += _findings(
            score, estimator, X, y, ids, database, n_examples, n_sequences, settings
        )
    if is_text(sequences) or (score is not None and score.symbols is not None):
        alphabet = (named_alphabet(estimator) or get_alphabet("dna")).symbols
        # Confounders and duplicates are sought for one kind of labels.
        has_labels = y is not None and not by_position and outputs.is_uniform
        honesty = context.honesty(sequences, y, train, alphabet, has_labels=has_labels)
        sections.append(("Leaks and confounders", honesty))
    sections.append(("Settings", context.settings(estimator)))
    html = page(title or f"Report on {type(estimator).__name__}", sections)
    if path is not None:
        with replace_file(path) as new:
            new.write_text(html, encoding="utf-8")
    return html


def _check_folder(path) -> None:
    """Check the folder of the output before the work rather than after it."""
    if path is not None and not Path(path).absolute().parent.is_dir():
        raise ValueError(f"cannot write {path}: there is no folder {Path(path).absolute().parent}")


def _sequences(estimator, X, sequence_column: str | None):
    """Return the sequences of a frame that has other columns too; X itself if it has none."""
    if not isinstance(X, pd.DataFrame) or (X.shape[1] < 2 and not reads_frames(estimator)):
        return X
    return X[find_sequence_column(estimator, X, sequence_column)]


def _score(estimator, target, sequence_column: str | None) -> tuple[SequenceScore | None, str]:
    """Return the score to explain; None if the estimator reads no positions, and the reason."""
    try:
        return find_reader(estimator, target=target, sequence_column=sequence_column), ""
    except NoPositionsError as error:
        return None, str(error)


def _findings(score, estimator, X, y, ids, database, n_examples, n_sequences, settings):
    """Make the sections on the network: its training, motifs, examples and checks."""
    curves = [model for model in (split_steps(estimator)[1], score.estimator) if _has_curve(model)]
    sections = [("Training", findings.training(curves[0]))] if curves else []
    if score.symbols is None:
        return sections
    rows = _sample(len(X), n_sequences, settings["random_state"])
    some = _safe_indexing(X, rows)
    classes = None if y is None else findings.classes_of(score.outputs, y, rows)
    shown = {name: settings[name] for name in ("target", "sequence_column")}
    with warnings.catch_warnings():
        # The page itself reports gaps.
        warnings.simplefilter("ignore", UserWarning)
        return [
            *sections,
            (
                "Motifs",
                findings.motifs(
                    estimator, score.outputs, some, classes, database=database, **settings
                ),
            ),
            ("Examples", findings.examples(estimator, X, y, ids, n_examples, **shown)),
            (
                "Can attributions be trusted",
                findings.trust(estimator, _safe_indexing(X, rows[:_N_CHECKED]), **settings),
            ),
        ]


def _has_curve(estimator) -> bool:
    return len(getattr(estimator, "loss_curve_", ())) > 0


def _sample(n: int, n_max: int, random_state) -> np.ndarray:
    if n <= n_max:
        return np.arange(n)
    return np.sort(check_random_state(random_state).permutation(n)[:n_max])

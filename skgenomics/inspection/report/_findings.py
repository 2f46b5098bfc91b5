"""Explanations of a model as parts of a page: motifs, examples, checks."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing

from skgenomics._outputs import ClassOutputs, Outputs
from skgenomics.encoding.motif_scanner import as_motifs
from skgenomics.inspection._scores import find_reader
from skgenomics.inspection.attribution.attribute import attribute
from skgenomics.inspection.attribution.sanity_check import sanity_check
from skgenomics.inspection.displays import (
    AttributionDisplay,
    LearningCurveDisplay,
    MotifDisplay,
    SequenceLogoDisplay,
)
from skgenomics.inspection.motifs.discovery import discover_motifs
from skgenomics.inspection.motifs.matching import match_motifs
from skgenomics.inspection.mutations._edits import find_score
from skgenomics.inspection.report._page import draw, figure, heading, paragraph, row, table
from skgenomics.sequences import as_codes, decode

_MAX_MOTIFS = 10
_MAX_EXAMPLE_LENGTH = 150
_MAX_Q = 0.1


def training(estimator) -> str:
    """Render the learning curve."""
    display = LearningCurveDisplay.from_estimator(estimator)
    display.ax_.set_title("")
    return figure(draw(display.figure_, "loss"), "Loss by epoch.")


def classes_of(outputs: Outputs, y, samples: np.ndarray) -> np.ndarray | None:
    """Return the classes of some samples; None unless each sample has a single class."""
    if not isinstance(outputs, ClassOutputs):
        return None
    return np.asarray(y)[samples]


def motifs(
    estimator, outputs: Outputs, X, classes, *, target, database, random_state, sequence_column
) -> str:
    """Render motifs found in attributions, with their best matches."""
    found = discover_motifs(
        estimator,
        X,
        target=target,
        sequence_column=sequence_column,
        random_state=random_state,
    )[:_MAX_MOTIFS]
    if not found:
        return paragraph(
            "No motif was found: attributions have no recurring pattern. More sequences may help.",
            "note",
        )
    rows = pd.DataFrame(
        {
            "motif": [motif.name for motif in found],
            # As objects: pandas would make plain text of them.
            "logo": pd.Series([_logo(motif) for motif in found], dtype=object),
            "consensus": [motif.consensus for motif in found],
            "sites": [len(motif.sites) for motif in found],
        }
    )
    if classes is not None:
        rows["most sites in"] = [_main_class(classes[m.sites["sequence"]]) for m in found]
    parts = [paragraph(_describe_direction(outputs, target)), table(rows)]
    return "\n".join(parts if database is None else [*parts, *_matches(found, database)])


def _describe_direction(outputs: Outputs, target) -> str:
    """Say what positive motifs raise."""
    what = "the prediction"
    if target is not None:
        what = f"the score of {target!r}"
    elif isinstance(outputs, ClassOutputs):
        what = f"the score of {str(outputs.names[1])!r}"
    return f"Motifs that are called positive raise {what}, negative ones lower it."


def _logo(motif) -> str:
    display = SequenceLogoDisplay.from_motif(motif)
    display.ax_.set(title="", xlabel="", xticks=[])
    return draw(display.figure_, f"logo-{motif.name}")


def _main_class(classes: np.ndarray) -> str:
    labels, counts = np.unique(classes, return_counts=True)
    best = counts.argmax()
    return f"{labels[best]} ({counts[best] / len(classes):.0%})".replace("%", " %")


def _matches(found, database) -> list[str]:
    """Render each motif above the most similar one of a database."""
    database = as_motifs(database)
    matches = match_motifs(found, database, n_best=1)
    figures, names = [], []
    for i, match in enumerate(matches.itertuples()):
        if match.q_value > _MAX_Q:
            names.append(match.motif)
            continue
        display = MotifDisplay.from_matches(matches, found, database, row=i)
        full = f"{match.match} {match.alt_name}".strip()
        caption = f"{match.motif} and its best match {full}, q = {match.q_value:.1g}."
        figures.append(figure(draw(display.figure_, f"match-{i}"), caption))
    parts = [heading("Best matches")]
    if figures:
        parts.append(row(figures))
    if names:
        parts.append(paragraph(f"No match with q <= {_MAX_Q:g}: {', '.join(names)}.", "note"))
    return parts


def examples(estimator, X, y, ids, n: int, *, target, sequence_column) -> str:
    """Render attributions of the sequences with the highest scores, by their ids and labels."""
    scores = find_score(estimator, X, target, sequence_column).predict()
    rows = np.argsort(-scores, kind="stable")[:n]
    chosen = _safe_indexing(X, rows)
    attributions = attribute(estimator, chosen, target=target, sequence_column=sequence_column)
    score = find_reader(estimator, sequence_column=sequence_column)
    codes = as_codes(score.read(chosen), score.n_channels)
    parts = []
    for i, sample in enumerate(rows):
        start, end = _window(attributions.actual[i])
        display = AttributionDisplay.from_attributions(
            attributions[i : i + 1],
            decode(codes[i : i + 1], score.symbols)[0],
            symbols=score.symbols,
            start=start,
            end=end,
        )
        where = "" if end - start == codes.shape[1] else f", positions {start} to {end - 1}"
        name = sample if ids is None else ids[sample]
        label = "" if y is None or np.ndim(y) != 1 else f", label {np.asarray(y)[sample]}"
        caption = f"Sequence {name}{label}, score {scores[sample]:.2f}{where}: attributions."
        parts.append(figure(draw(display.figure_, f"example-{i}"), caption, wide=True))
    return "\n".join(parts)


def _window(actual: np.ndarray) -> tuple[int, int]:
    """Choose the part of a sequence to show: all of it, or the one of largest attributions."""
    if len(actual) <= _MAX_EXAMPLE_LENGTH:
        return 0, len(actual)
    sums = np.convolve(np.abs(actual), np.ones(_MAX_EXAMPLE_LENGTH), mode="valid")
    return int(sums.argmax()), int(sums.argmax()) + _MAX_EXAMPLE_LENGTH


def trust(estimator, X, *, target, random_state, sequence_column) -> str:
    """Render sanity checks of attributions."""
    checks = sanity_check(
        estimator,
        X,
        method="input_x_gradient",
        target=target,
        sequence_column=sequence_column,
        random_state=random_state,
    )
    return table(checks)

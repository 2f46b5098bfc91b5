"""What a model looks at, as parts of a page: motifs, examples, checks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skgenomics.inspection.attributions import attribute
from skgenomics.inspection.discovery import discover_motifs
from skgenomics.inspection.displays import (
    AttributionDisplay,
    LearningCurveDisplay,
    SequenceLogoDisplay,
)
from skgenomics.inspection.matching import match_motifs
from skgenomics.inspection.report.page import draw, figure, paragraph, table
from skgenomics.inspection.scores import SequenceScore
from skgenomics.inspection.trust import sanity_check
from skgenomics.sequences import decode, most_likely_codes

_MOST_MOTIFS = 10
_LONGEST_EXAMPLE = 150


def training(estimator) -> str:
    """The course of the loss."""
    display = LearningCurveDisplay.from_estimator(estimator)
    return figure(draw(display.figure_, "loss"), "Loss by epoch.")


def motifs(estimator, X, *, target, database, random_state) -> str:
    """Motifs found in attributions, with their best matches."""
    found = discover_motifs(estimator, X, target=target, random_state=random_state)[:_MOST_MOTIFS]
    if not found:
        return paragraph(
            "No motif was found: attributions hold no spans that recur. More sequences may help.",
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
    if database is not None:
        best = match_motifs(found, database, n_best=1).set_index("motif")
        rows["best match"] = [_match(best, motif.name) for motif in found]
        rows["q-value"] = [best["q_value"].get(motif.name, np.nan) for motif in found]
    return table(rows)


def _logo(motif) -> str:
    return draw(SequenceLogoDisplay.from_motif(motif).figure_, f"logo-{motif.name}")


def _match(best: pd.DataFrame, name: str) -> str:
    if name not in best.index:
        return "-"
    return " ".join(filter(None, (best.loc[name, "match"], best.loc[name, "alt_name"])))


def examples(estimator, X, n: int, *, target) -> str:
    """Attributions of the sequences with the highest scores."""
    score = SequenceScore(estimator, target)
    data = score.read(X)
    scores = score.predict(data)
    rows = np.argsort(-scores, kind="stable")[:n]
    chosen = X.iloc[rows] if hasattr(X, "iloc") else np.asarray(X)[rows]
    attributions = attribute(estimator, chosen, target=target)
    codes = data[rows]
    if codes.dtype != np.uint8:
        codes = most_likely_codes(codes.reshape(len(codes), -1, score.n_channels))
    parts = []
    for i, row in enumerate(rows):
        start, end = _window(attributions.actual[i])
        display = AttributionDisplay.from_attributions(
            attributions[i : i + 1],
            decode(codes[i : i + 1], score.letters)[0],
            letters=score.letters,
            start=start,
            end=end,
        )
        where = "" if end - start == codes.shape[1] else f", positions {start} to {end - 1}"
        caption = f"Sequence {row}, score {scores[row]:.2f}{where}: what each letter adds."
        parts.append(figure(draw(display.figure_, f"example-{i}"), caption))
    return "\n".join(parts)


def _window(actual: np.ndarray) -> tuple[int, int]:
    """The part of a sequence to show: all of it, or where most is attributed."""
    if len(actual) <= _LONGEST_EXAMPLE:
        return 0, len(actual)
    sums = np.convolve(np.abs(actual), np.ones(_LONGEST_EXAMPLE), mode="valid")
    return int(sums.argmax()), int(sums.argmax()) + _LONGEST_EXAMPLE


def trust(estimator, X, *, target, random_state) -> str:
    """Whether attributions depend on what was learned."""
    checks = sanity_check(
        estimator, X, method="input_x_gradient", target=target, random_state=random_state
    )
    return table(checks)

"""Global experiments: effects of motifs on scores, averaged over backgrounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_random_state

from skgenomics._utils.validation import check_choice
from skgenomics.inspection.experiments._random_sequences import (
    as_motif,
    draw_sites,
    insert,
    lengths_of,
    make_backgrounds,
    reverse_sites,
    symbol_score,
)
from skgenomics.motifs import Motif

_ORIENTATIONS = ("++", "+-", "-+", "--")


def marginalize(
    estimator,
    motifs,
    backgrounds=None,
    *,
    n_backgrounds: int = 100,
    shuffle: bool = False,
    gc_content: float = 0.5,
    position: int | str = "center",
    both_strands: bool = False,
    target=None,
    sequence_column: str | None = None,
    random_state=None,
) -> Bunch:
    """Measure the effect of embedding motifs in background sequences.

    The effect of a motif is the score with it minus the score without it, averaged over
    backgrounds, so that the influence of the context averages out [1]_.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator or a pipeline that ends in one; or any estimator of text.
    motifs : str, Motif, array-like of shape (width, n_symbols), or list of these
        A consensus, in which an IUPAC code stands for any of its bases; or probabilities from
        which a new instance is drawn for each background.
    backgrounds : array-like of shape (n_samples, ...) or None, default=None
        Sequences as text or uint8 codes, or a frame for an estimator of several columns; by
        default random ones.
    n_backgrounds : int, default=100
        Number of backgrounds. Where more are given, this number is drawn from them.
    shuffle : bool, default=False
        True uses dinucleotide shuffles of the given backgrounds.
    gc_content : float, default=0.5
        Fraction of G and C in random backgrounds.
    position : {"center", "all"} or int, default="center"
        Start of the motif: centered, that position, or each position in turn.
    both_strands : bool, default=False
        True embeds the reverse complements of motifs too.
    target : object, default=None
        Output to score, see :func:`~skgenomics.inspection.attribute`.
    sequence_column : str or None, default=None
        Column of the backgrounds, if they are a frame, that holds the sequences; by default the
        only one. Other columns are kept.
    random_state : int, RandomState instance or None, default=None
        Seed of backgrounds and of motif instances.

    Returns
    -------
    Bunch
        - ``table``: DataFrame with one row per motif, strand and position, and the columns
          `motif`, `strand`, `position`, `effect` (mean), `standard_error` and `n_backgrounds`;
        - ``effects``: ndarray of shape (n_rows, n_backgrounds), the single effects;
        - ``backgrounds``: ndarray of shape (n_backgrounds, n_positions), uint8, the codes;
        - ``scores``: ndarray of shape (n_backgrounds,), scores without a motif.

    Raises
    ------
    ValueError
        If a motif does not fit into a sequence at that position, or a parameter is invalid.

    References
    ----------
    .. [1] Koo, P. K. et al. (2021). Global importance analysis: an interpretability method to
       quantify importance of genomic features in deep neural networks. PLOS Computational
       Biology 17.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.experiments.marginalize import marginalize
    >>> data = make_motif_classification(300, 40, motifs=["GATAAG"], random_state=0)
    >>> model = CNNClassifier(max_iter=8, random_state=0).fit(data.X, data.y)
    >>> result = marginalize(model, ["GATAAG", "CCCCCC"], random_state=0)
    >>> found, other = result.table["effect"]
    >>> bool(found > other)
    True
    """
    rng = check_random_state(random_state)
    score = symbol_score(estimator, target, sequence_column)
    codes = make_backgrounds(score, backgrounds, n_backgrounds, shuffle, gc_content, rng)
    before, rows, effects = score.predict(codes), [], []
    for motif in _as_list(motifs):
        name, probabilities = as_motif(motif, score.symbols)
        sites = draw_sites(probabilities, len(codes), rng)
        lengths = lengths_of(codes, len(score.symbols))
        for strand in "+-" if both_strands else "+":
            oriented = sites if strand == "+" else reverse_sites(sites, score.symbols)
            for label, starts in _starts(position, name, sites.shape[1], lengths):
                effects.append(score.predict(insert(codes, oriented, starts)) - before)
                rows.append((name, strand, label, *_summary(effects[-1]), len(codes)))
    columns = ["motif", "strand", "position", "effect", "standard_error", "n_backgrounds"]
    return Bunch(
        table=pd.DataFrame(rows, columns=columns),
        effects=np.stack(effects),
        backgrounds=codes,
        scores=before,
    )


def spacing(
    estimator,
    motif_a,
    motif_b,
    distances: Iterable[int],
    backgrounds=None,
    *,
    orientations: Sequence[str] = _ORIENTATIONS,
    n_backgrounds: int = 100,
    shuffle: bool = False,
    gc_content: float = 0.5,
    target=None,
    sequence_column: str | None = None,
    random_state=None,
) -> pd.DataFrame:
    """Measure the interaction of two motifs at several distances.

    The interaction is the effect of both motifs minus the effects of each alone at the same
    position: f(a, b) - f(a) - f(b) + f(neither). It is zero where effects are additive.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator or a pipeline that ends in one; or any estimator of text.
    motif_a, motif_b : str, Motif or array-like of shape (width, n_symbols)
        The motifs, in this order; see :func:`marginalize`.
    distances : iterable of int
        Numbers of positions between the end of the first motif and the start of the second. The
        first one is fixed such that the widest arrangement is centered.
    backgrounds : array-like of shape (n_samples, ...) or None, default=None
        Sequences as text or uint8 codes, or a frame for an estimator of several columns; by
        default random ones.
    orientations : sequence of str, default=("++", "+-", "-+", "--")
        Strands of the two motifs.
    n_backgrounds : int, default=100
        Number of backgrounds. Where more are given, this number is drawn from them.
    shuffle : bool, default=False
        True uses dinucleotide shuffles of the given backgrounds.
    gc_content : float, default=0.5
        Fraction of G and C in random backgrounds.
    target : object, default=None
        Output to score, see :func:`~skgenomics.inspection.attribute`.
    sequence_column : str or None, default=None
        Column of the backgrounds, if they are a frame, that holds the sequences; by default the
        only one. Other columns are kept.
    random_state : int, RandomState instance or None, default=None
        Seed of backgrounds and of motif instances.

    Returns
    -------
    DataFrame
        One row per orientation and distance: `orientation`, `distance`; the mean effects
        `effect_a`, `effect_b` and `effect_ab` of the first motif, the second and both; their
        `interaction`; and its `standard_error` over backgrounds.

    Raises
    ------
    ValueError
        If the motifs do not fit at the largest distance, or a parameter is invalid.

    Examples
    --------
    >>> from skgenomics import MLPRegressor
    >>> from skgenomics.inspection.experiments.marginalize import spacing
    >>> from skgenomics.testing import make_text
    >>> X = make_text(60, 20)
    >>> y = [x.count("A") for x in X]
    >>> model = MLPRegressor(max_iter=20, random_state=0).fit(X, y)
    >>> table = spacing(model, "AAA", "TTT", [0, 5], orientations=["++"], random_state=0)
    >>> table.columns[:3].tolist(), len(table)
    (['orientation', 'distance', 'effect_a'], 2)
    """
    rng = check_random_state(random_state)
    score = symbol_score(estimator, target, sequence_column)
    distances = _check_distances(distances)
    codes = make_backgrounds(score, backgrounds, n_backgrounds, shuffle, gc_content, rng)
    (name_a, first), (name_b, second) = (as_motif(m, score.symbols) for m in (motif_a, motif_b))
    starts = _middle(
        f"{name_a} and {name_b} with {max(distances)} positions between them",
        len(first) + max(distances) + len(second),
        lengths_of(codes, len(score.symbols)),
    )
    first, second = (draw_sites(motif, len(codes), rng) for motif in (first, second))
    before, rows = score.predict(codes), []
    for orientation in orientations:
        check_choice("orientations", orientation, _ORIENTATIONS)
        a, b = (
            sites if strand == "+" else reverse_sites(sites, score.symbols)
            for strand, sites in zip(orientation, (first, second), strict=True)
        )
        with_a = insert(codes, a, starts)
        effect_a = score.predict(with_a) - before
        for distance in distances:
            starts_b = starts + a.shape[1] + distance
            effect_b = score.predict(insert(codes, b, starts_b)) - before
            effect_ab = score.predict(insert(with_a, b, starts_b)) - before
            means = (effect.mean() for effect in (effect_a, effect_b, effect_ab))
            both = _summary(effect_ab - effect_a - effect_b)
            rows.append((orientation, distance, *means, *both))
    columns = ["orientation", "distance", "effect_a", "effect_b", "effect_ab"]
    return pd.DataFrame(rows, columns=[*columns, "interaction", "standard_error"])


def _as_list(motifs) -> list:
    is_one = isinstance(motifs, str | Motif) or getattr(motifs, "ndim", 0) == 2
    motifs = [motifs] if is_one else list(motifs)
    if not motifs:
        raise ValueError("motifs is empty; give at least one")
    return motifs


def _starts(position, name: str, width: int, lengths: np.ndarray) -> list[tuple]:
    """Return the label of each position, and the start of the motif in each sequence."""
    if isinstance(position, str) and position == "center":
        return [("center", _middle(name, width, lengths))]
    shortest = int(lengths.min())
    last = shortest - width
    if isinstance(position, str) and position == "all" and last >= 0:
        return [(start, np.full(len(lengths), start)) for start in range(last + 1)]
    is_index = isinstance(position, Integral) and not isinstance(position, bool)
    if last < 0 or not is_index or not 0 <= position <= last:
        raise ValueError(
            f"position must be 'center', 'all' or an integer in [0, {last}] (motif {name!r} has "
            f"{width} positions, the shortest background {shortest}), got {position!r}"
        )
    return [(int(position), np.full(len(lengths), int(position)))]


def _middle(name: str, width: int, lengths: np.ndarray) -> np.ndarray:
    if lengths.min() < width:
        i = int(lengths.argmin())
        raise ValueError(f"{name} takes {width} positions, but background {i} has {lengths[i]}")
    return (lengths - width) // 2


def _check_distances(distances) -> list[int]:
    distances = [distances] if isinstance(distances, Integral) else list(distances)
    wrong = [d for d in distances if not isinstance(d, Integral) or d < 0]
    if wrong or not distances:
        raise ValueError(
            f"distances must be non-negative integers, got {wrong or distances}; swap the "
            "motifs to put the other one first"
        )
    return [int(d) for d in distances]


def _summary(values: np.ndarray) -> tuple[float, float]:
    """Return the mean and its standard error, NaN for a single value."""
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return float(values.mean()), float(error)

"""Sequences, signals and numbers side by side, each of which tells a part."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_random_state

from skgenomics.datasets.simulate._planting import (
    as_matrices,
    check_fit,
    check_number,
    check_sizes,
    draw_background,
    exact_classes,
    lay_out,
    plant,
)
from skgenomics.sequences import decode

_VIEWS = ("sequence", "signal", "numeric")
# Standard deviation of the bump, in bins.
_BUMP = 1.5


def make_multiview(
    n_samples: int = 1000,
    length: int = 100,
    *,
    n_bins: int = 20,
    n_numeric: int = 5,
    n_informative: int = 2,
    shares: Sequence[float] = (1 / 3, 1 / 3, 1 / 3),
    positive: float = 0.5,
    effect: float = 3.0,
    motif="GGGACTTTCC",
    both_strands: bool = True,
    conservation: float = 0.9,
    gc_content: float = 0.5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate two classes of samples with a sequence, a signal and numeric columns each.

    What makes a sample positive is in one of its views, which differs from sample to sample: a
    motif in the sequence, a bump in the middle of the signal, or a shift of the informative
    numeric columns. The other views are as those of negatives. So a model of one view can find
    but the share of the positives that this view tells, and only a model of all views finds all.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of samples.
    length : int, default=100
        Length of each sequence, in bases.
    n_bins : int, default=20
        Columns of the signal.
    n_numeric : int, default=5
        Numeric columns.
    n_informative : int, default=2
        How many of the numeric columns are informative: the first ones.
    shares : sequence of float, default=(1/3, 1/3, 1/3)
        Shares of the positives that sequence, signal and numeric columns tell. A view with share
        0 is noise.
    positive : float, default=0.5
        Share of positives.
    effect : float, default=3.0
        Height of the bump, and shift of a numeric column, in standard deviations of the noise.
    motif : str or array-like of shape (width, 4), default="GGGACTTTCC"
        Motif, as in :func:`make_motif_classification`.
    both_strands : bool, default=True
        Plant the motif on both strands with equal probability, or only on the forward strand.
    conservation : float, default=0.9
        Probability that a planted base agrees with the consensus.
    gc_content : float, default=0.5
        Fraction of G and C in the background.
    random_state : int, RandomState or None, default=None
        Seed of the random numbers; an int gives reproducible data.

    Returns
    -------
    Bunch
        ``X``: frame with the columns "sequence" (str), "signal_0", ... and "numeric_0", ...
        (float), n_samples rows. ``y``: 0 or 1, shape (n_samples,). ``views``: dict from
        "sequence", "signal" and "numeric" to lists of their columns. ``evidence``: the view that
        tells a positive, or "none", shape (n_samples,). ``instances``: frame with a row for each
        planted motif, of columns "row", "motif", "position" and "strand". ``motifs``: list of the
        position weight matrix, shape (width, 4).

    Raises
    ------
    ValueError
        If a parameter is out of range, or the motif does not fit into a sequence.

    Examples
    --------
    >>> from skgenomics.datasets import make_multiview
    >>> data = make_multiview(200, 30, n_bins=4, n_numeric=2, random_state=0)
    >>> data.X.shape, data.views["numeric"]
    ((200, 7), ['numeric_0', 'numeric_1'])
    >>> told = data.evidence == "numeric"
    >>> bool(data.X["numeric_0"][told].mean() > 2), bool(data.X["numeric_0"][~told].mean() < 1)
    (True, True)
    """
    check_sizes(n_samples, length, conservation, gc_content)
    check_number("n_bins", n_bins, 1, Integral)
    check_number("n_numeric", n_numeric, 1, Integral)
    check_number("n_informative", n_informative, 1, Integral, maximum=n_numeric)
    check_number("positive", positive, 0, Real, maximum=1)
    check_number("effect", effect, 0, Real)
    matrices = as_matrices([motif], conservation)
    check_fit(matrices, 1, length)
    rng = check_random_state(random_state)
    evidence = _draw_evidence(n_samples, positive, shares, rng)
    codes = draw_background(n_samples, length, gc_content, rng)
    slots = np.where(evidence == 1, 0, -1)[:, np.newaxis]
    starts = lay_out(slots, [len(matrices[0])], length, rng)
    instances = plant(codes, slots, starts, matrices, both_strands, rng)
    signal = rng.normal(size=(n_samples, n_bins))
    bump = np.exp(-0.5 * ((np.arange(n_bins) - (n_bins - 1) / 2) / _BUMP) ** 2)
    signal[evidence == 2] += effect * bump
    numeric = rng.normal(size=(n_samples, n_numeric))
    numeric[evidence == 3, :n_informative] += effect
    frame, views = _join(decode(codes), signal, numeric)
    return Bunch(
        X=frame,
        y=(evidence > 0).astype(int),
        views=views,
        evidence=np.array(["none", *_VIEWS])[evidence],
        instances=instances,
        motifs=matrices,
    )


def _draw_evidence(n_samples: int, positive: float, shares, rng) -> np.ndarray:
    """0 for negatives, or the view that tells a positive, from 1."""
    is_positive = exact_classes(n_samples, 2, [1 - positive, positive])
    views = exact_classes(is_positive.sum(), 3, shares, "shares", "one for each view")
    return rng.permutation(np.append(np.zeros(n_samples - len(views), dtype=int), views + 1))


def _join(sequences: np.ndarray, signal: np.ndarray, numeric: np.ndarray):
    views = {
        "sequence": ["sequence"],
        "signal": [f"signal_{i}" for i in range(signal.shape[1])],
        "numeric": [f"numeric_{i}" for i in range(numeric.shape[1])],
    }
    parts = [
        pd.DataFrame({"sequence": sequences}),
        pd.DataFrame(signal, columns=views["signal"]),
        pd.DataFrame(numeric, columns=views["numeric"]),
    ]
    return pd.concat(parts, axis=1), views

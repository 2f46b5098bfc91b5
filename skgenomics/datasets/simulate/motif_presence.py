"""Simulate sequences with planted motifs and a known truth."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skgenomics.datasets.simulate._planting import (
    as_matrices,
    check_fit,
    check_number,
    check_sizes,
    draw_background,
    draw_instances,
    draw_slots,
    draw_starts,
    exact_classes,
    lay_out,
    plant,
)
from skgenomics.sequences import decode


def make_motif_classification(
    n_samples: int = 1000,
    length: int = 100,
    *,
    motifs: Sequence = ("GGGACTTTCC",),
    weights: Sequence[float] | None = None,
    position: str | int = "anywhere",
    both_strands: bool = True,
    conservation: float = 0.9,
    gc_content: float = 0.5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate random DNA, some of it with a planted motif.

    Class 0 is only background; each sequence of class i has one instance of motif i - 1, drawn
    from its position weight matrix. As in genomes, the background may contain a motif at random.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    length : int, default=100
        Length of each sequence, in bases.
    motifs : sequence of str or array-like of shape (width, 4), default=("GGGACTTTCC",)
        One motif for each class except the first: a consensus, which may have IUPAC ambiguity
        codes, or the probabilities of A, C, G and T at each position.
    weights : sequence of float or None, default=None
        Fraction of each class, the background first; None makes them equal. The numbers of
        sequences are exact except for rounding.
    position : {"anywhere", "fixed"} or int, default="anywhere"
        Start of the motifs: any position, the middle of the sequence, or the given position,
        counted from 0.
    both_strands : bool, default=True
        Plant motifs on both strands with equal probability, or only on the forward strand.
    conservation : float, default=0.9
        Probability that a planted base agrees with the consensus; 1 plants the consensus itself.
    gc_content : float, default=0.5
        Fraction of G and C in the background.
    random_state : int, RandomState or None, default=None
        Seed of the random numbers; an int gives reproducible data.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (n_samples,). ``y``: classes, shape
        (n_samples,). ``positions``: the first position of the planted motif in the sequence as
        it is, or -1. ``strands``: "+", "-", or "." where nothing is planted. ``motifs``: list of
        the position weight matrices, shape (width, 4).

    Raises
    ------
    ValueError
        If a parameter is out of range, or a motif does not fit into the sequence.

    Examples
    --------
    >>> from skgenomics.datasets import make_motif_classification
    >>> data = make_motif_classification(
    ...     200, 30, motifs=["GATAAG"], weights=[0.95, 0.05], conservation=1, random_state=0
    ... )
    >>> int(data.y.sum())
    10
    >>> i = data.y.argmax()
    >>> str(data.strands[i]), data.X[i][data.positions[i] :][:6]
    ('+', 'GATAAG')
    """
    check_sizes(n_samples, length, conservation, gc_content)
    matrices = as_matrices(motifs, conservation)
    rng = check_random_state(random_state)
    y = rng.permutation(exact_classes(n_samples, len(matrices) + 1, weights))
    codes = draw_background(n_samples, length, gc_content, rng)
    positions = np.full(n_samples, -1)
    strands = np.full(n_samples, ".")
    for i, matrix in enumerate(matrices):
        rows = np.flatnonzero(y == i + 1)
        starts = draw_starts(i, len(rows), len(matrix), length, position, rng)
        reverse = rng.random_sample(len(rows)) < 0.5 * both_strands
        columns = starts[:, np.newaxis] + np.arange(len(matrix))
        codes[rows[:, np.newaxis], columns] = draw_instances(matrix, reverse, rng)
        positions[rows] = starts
        strands[rows] = np.where(reverse, "-", "+")
    return Bunch(X=decode(codes), y=y, positions=positions, strands=strands, motifs=matrices)


def make_motif_regression(
    n_samples: int = 1000,
    length: int = 100,
    *,
    motifs: Sequence = ("GGGACTTTCC", "TGACTCA"),
    effects: Sequence[float] | None = None,
    max_instances: int = 2,
    noise: float = 0.1,
    both_strands: bool = True,
    conservation: float = 0.9,
    gc_content: float = 0.5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate random DNA whose value is the sum of the effects of planted motifs, with noise.

    Each sequence has none to `max_instances` instances of each motif, every number with equal
    probability, at random positions without overlaps. The background may contain a motif at random.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    length : int, default=100
        Length of each sequence, in bases.
    motifs : sequence of str or array-like of shape (width, 4), default=("GGGACTTTCC", "TGACTCA")
        Motifs, as in :func:`make_motif_classification`.
    effects : sequence of float or None, default=None
        Effect of an instance of each motif on y; None alternates 1 and -1.
    max_instances : int, default=2
        Maximum number of instances of each motif in a sequence.
    noise : float, default=0.1
        Standard deviation of the Gaussian noise.
    both_strands : bool, default=True
        Plant motifs on both strands with equal probability, or only on the forward strand.
    conservation : float, default=0.9
        Probability that a planted base agrees with the consensus.
    gc_content : float, default=0.5
        Fraction of G and C in the background.
    random_state : int, RandomState or None, default=None
        Seed of the random numbers; an int gives reproducible data.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (n_samples,). ``y``: values, shape
        (n_samples,). ``instances``: frame with a row for each planted motif, of columns "row" (of
        X), "motif" (of `motifs`), "position" (the first one in the sequence as it is), "strand"
        and "effect". ``effects``: shape (n_motifs,). ``motifs``: list of the position weight
        matrices, shape (width, 4).

    Raises
    ------
    ValueError
        If a parameter is out of range, or the motifs do not fit into a sequence.

    Examples
    --------
    >>> from skgenomics.datasets import make_motif_regression
    >>> data = make_motif_regression(
    ...     5, 30, motifs=["GATAAG"], effects=[2], noise=0, conservation=1, random_state=0
    ... )
    >>> data.y
    array([2., 0., 0., 4., 2.])
    >>> data.instances.head(2)
       row  motif  position strand  effect
    0    0      0        21      +     2.0
    1    3      0         1      -     2.0
    """
    check_sizes(n_samples, length, conservation, gc_content)
    check_number("max_instances", max_instances, 1, Integral)
    check_number("noise", noise, 0, Real)
    matrices = as_matrices(motifs, conservation)
    check_fit(matrices, max_instances, length)
    effect_sizes = _read_effects(effects, len(matrices))
    rng = check_random_state(random_state)
    codes = draw_background(n_samples, length, gc_content, rng)
    slots = draw_slots(n_samples, len(matrices), max_instances, rng)
    starts = lay_out(slots, [len(matrix) for matrix in matrices], length, rng)
    instances = plant(codes, slots, starts, matrices, both_strands, rng)
    instances["effect"] = effect_sizes[instances["motif"]]
    y = np.bincount(instances["row"], weights=instances["effect"], minlength=n_samples)
    y = y + noise * rng.normal(size=n_samples)
    return Bunch(X=decode(codes), y=y, instances=instances, effects=effect_sizes, motifs=matrices)


def _read_effects(effects: Sequence[float] | None, n_motifs: int) -> np.ndarray:
    if effects is None:
        return np.where(np.arange(n_motifs) % 2, -1.0, 1.0)
    values = np.asarray(effects, dtype=float)
    if values.shape != (n_motifs,) or not np.isfinite(values).all():
        raise ValueError(
            f"effects must be {n_motifs} finite numbers, one for each motif, got {values.tolist()}"
        )
    return values

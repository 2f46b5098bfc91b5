"""Random sequences with a signal along them."""

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
    draw_slots,
    lay_out,
    plant,
)
from skgenomics.sequences import decode


def make_profiles(
    n_samples: int = 500,
    length: int = 200,
    *,
    motifs: Sequence = ("GGGACTTTCC",),
    effects=None,
    max_instances: int = 1,
    background: float = 0.5,
    spread: float = 15.0,
    both_strands: bool = True,
    conservation: float = 0.9,
    gc_content: float = 0.5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate random DNA with counts along it that pile up around planted motifs.

    Around each instance the expected count is a bell whose middle, the bases of the motif
    itself, is protected and stays at the background: a footprint, as in DNase-seq or ATAC-seq.
    Counts are Poisson.

    Parameters
    ----------
    n_samples : int, default=500
        Number of sequences.
    length : int, default=200
        Length of each sequence, in bases.
    motifs : sequence of str or array-like of shape (width, 4), default=("GGGACTTTCC",)
        Motifs, as in :func:`make_motif_classification`.
    effects : array-like of shape (n_motifs,) or (n_motifs, n_tracks), optional
        Height of the bell of each motif, of each motif in each track; 0 for a motif that a track
        does not see. By default 5 for all, in one track.
    max_instances : int, default=1
        Maximum number of instances of each motif in a sequence; every number from 0 has equal
        probability.
    background : float, default=0.5
        Expected count of a position away from all motifs.
    spread : float, default=15.0
        Standard deviation of the bell, in positions.
    both_strands : bool, default=True
        Plant motifs on both strands with equal probability, or only on the forward strand.
    conservation : float, default=0.9
        Probability that a planted base agrees with the consensus.
    gc_content : float, default=0.5
        Share of G and C in the background of the sequence.
    random_state : int, RandomState or None, default=None
        Seed of the random numbers; an int gives reproducible data.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (n_samples,). ``y``: counts, shape
        (n_samples, length), or (n_samples, length, n_tracks) if `effects` has two axes. ``rates``:
        expected counts, of the same shape. ``instances``: frame with a row for each planted
        motif, of columns "row" (of X), "motif" (of `motifs`), "position" (the first one in the
        sequence as it is), "strand" and "effect" (the mean over tracks). ``effects``: as an array.
        ``motifs``: list of the position weight matrices, shape (width, 4).

    Raises
    ------
    ValueError
        If a parameter is out of range, or the motifs do not fit into a sequence.

    Examples
    --------
    >>> from skgenomics.datasets import make_profiles
    >>> data = make_profiles(20, 100, effects=[[5, 0]], random_state=0)
    >>> data.X.shape, data.y.shape
    ((20,), (20, 100, 2))
    >>> row, position = data.instances.loc[0, ["row", "position"]]
    >>> data.rates[row, position - 3 : position + 1, 0].round(1)
    array([4.9, 5.1, 5.2, 0.5])
    """
    check_sizes(n_samples, length, conservation, gc_content)
    check_number("max_instances", max_instances, 1, Integral)
    check_number("background", background, 0, Real)
    check_number("spread", spread, 1e-3, Real)
    matrices = as_matrices(motifs, conservation)
    check_fit(matrices, max_instances, length)
    effects = _read_effects(effects, len(matrices))
    rng = check_random_state(random_state)
    codes = draw_background(n_samples, length, gc_content, rng)
    slots = draw_slots(n_samples, len(matrices), max_instances, rng)
    widths = np.array([len(matrix) for matrix in matrices])
    starts = lay_out(slots, widths, length, rng)
    instances = plant(codes, slots, starts, matrices, both_strands, rng)
    tracks = effects.reshape(len(matrices), -1)
    instances["effect"] = tracks.mean(axis=1)[instances["motif"]]
    rates = np.full((n_samples, length, tracks.shape[1]), float(background))
    _pile_up(rates, instances, tracks, widths, spread)
    if effects.ndim == 1:
        rates = rates[:, :, 0]
    return Bunch(
        X=decode(codes), y=rng.poisson(rates), rates=rates, instances=instances, effects=effects,
        motifs=matrices,
    )  # fmt: skip


def _read_effects(effects, n_motifs: int) -> np.ndarray:
    effects = np.full(n_motifs, 5.0) if effects is None else np.asarray(effects, dtype=float)
    if effects.ndim not in (1, 2) or len(effects) != n_motifs or not effects.size:
        raise ValueError(
            f"effects must have shape ({n_motifs},) or ({n_motifs}, n_tracks), got {effects.shape}"
        )
    if not np.isfinite(effects).all() or (effects < 0).any():
        raise ValueError("effects must be finite and at least 0, as counts are")
    return effects


def _pile_up(
    rates: np.ndarray, instances: pd.DataFrame, tracks: np.ndarray, widths, spread: float
) -> None:
    """Add the bell of each instance, except on its own bases."""
    offsets = np.arange(rates.shape[1])
    columns = (instances[name] for name in ("row", "motif", "position"))
    for row, motif, position in zip(*columns, strict=True):
        center = position + (widths[motif] - 1) / 2
        bell = np.exp(-0.5 * ((offsets - center) / spread) ** 2)
        bell[position : position + widths[motif]] = 0
        rates[row] += bell[:, np.newaxis] * tracks[motif]

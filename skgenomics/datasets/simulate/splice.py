"""Random sequences with splice sites."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_random_state

from skgenomics.datasets.simulate._planting import (
    as_matrix,
    check_number,
    check_sizes,
    draw_background,
    exact_classes,
    lay_out,
    plant,
)
from skgenomics.sequences import decode, encode

# Consensus of the major spliceosome, and the position of the first or last two bases of the
# intron in it.
_DONOR, _ACCEPTOR = "MAGGTRAGT", "YYYYYYYYYYNCAGG"
_GT, _AG = 3, 12
_CLASSES = ("EI", "IE", "N")


def make_splice(
    n_samples: int = 1000,
    length: int = 200,
    *,
    by_position: bool = True,
    max_introns: int = 2,
    min_intron: int = 40,
    weights: Sequence[float] | None = None,
    conservation: float = 0.8,
    gc_content: float = 0.5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate random DNA with donor and acceptor sites of introns.

    Sites are drawn from the consensus MAG|GTRAGT and YYYYYYYYYYNCAG|G, with GT and AG
    always conserved. The background has many random GT and AG, so that these two bases alone are
    not informative. All sites are on the forward strand.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    length : int, default=200
        Length of each sequence, in bases.
    by_position : bool, default=True
        Label sites position by position, or the class of the single site in the middle.
    max_introns : int, default=2
        Maximum number of introns in a sequence if `by_position`; every number from 0 has equal
        probability.
    min_intron : int, default=40
        Minimum length of an intron if `by_position`, 20 or more.
    weights : sequence of float or None, default=None
        Fractions of the classes "EI", "IE" and "N" if not `by_position`; None is 0.25, 0.25 and
        0.5 as in the UCI data set. Sequences of class "N" have GT or AG in the middle, too.
    conservation : float, default=0.8
        Probability that a base of a site agrees with the consensus.
    gc_content : float, default=0.5
        Fraction of G and C in the background.
    random_state : int, RandomState or None, default=None
        Seed of the random numbers; an int gives reproducible data.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (n_samples,). ``y``: by position, strings
        with "D" at the first base of each intron, "A" at its last one, and "N" elsewhere, object
        array of shape (n_samples,); otherwise classes "EI" (donor), "IE" (acceptor) and "N"; the
        site lies between positions ``length // 2 - 1`` and ``length // 2``. ``instances``: frame
        with a row for each site, of columns "row" (of X), "motif" (0 donor, 1 acceptor),
        "position" (where the consensus begins), "strand" ("+") and "site" (the first or last
        base of the intron). ``motifs``: list of both position weight matrices, shape
        (width, 4).

    Raises
    ------
    ValueError
        If a parameter is out of range, or the introns do not fit into a sequence.

    Examples
    --------
    >>> from skgenomics.datasets import make_splice
    >>> data = make_splice(100, 90, max_introns=1, random_state=0)
    >>> i = data.instances["row"][0]
    >>> donor = data.y[i].index("D")
    >>> data.X[i][donor : donor + 2], data.y[i].count("A")
    ('GT', 1)
    >>> windows = make_splice(8, 60, by_position=False, random_state=0)
    >>> windows.y
    array(['IE', 'N', 'EI', 'N', 'N', 'EI', 'N', 'IE'], dtype=object)
    """
    check_sizes(n_samples, length, conservation, gc_content)
    check_number("max_introns", max_introns, 1, Integral)
    check_number("min_intron", min_intron, 20, Integral)
    matrices = [_with_fixed(_DONOR, _GT, conservation), _with_fixed(_ACCEPTOR, _AG, conservation)]
    rng = check_random_state(random_state)
    codes = draw_background(n_samples, length, gc_content, rng)
    if by_position:
        slots, starts = _draw_introns(n_samples, length, max_introns, min_intron, rng)
        instances = plant(codes, slots, starts, matrices, False, rng)
        _add_site(instances)
        y = _label_positions(instances, n_samples, length)
    else:
        weights = (0.25, 0.25, 0.5) if weights is None else weights
        kinds = rng.permutation(exact_classes(n_samples, 3, weights, what="'EI', 'IE' and 'N'"))
        slots = np.where(kinds == 2, -1, kinds)[:, np.newaxis]
        starts = _middle(slots, length)
        _plant_decoys(codes, kinds == 2, rng)
        instances = plant(codes, slots, starts, matrices, False, rng)
        _add_site(instances)
        y = np.array(_CLASSES, dtype=object)[kinds]
    return Bunch(X=decode(codes), y=y, instances=instances, motifs=matrices)


def _with_fixed(consensus: str, start: int, conservation: float) -> np.ndarray:
    """Make the matrix of a consensus with two fully conserved bases."""
    matrix = as_matrix(0, consensus, conservation)
    matrix[start : start + 2] = as_matrix(0, consensus[start : start + 2], 1)
    return matrix


def _draw_introns(n_samples: int, length: int, maximum: int, min_intron: int, rng):
    """Draw alternating slots of donors and acceptors, and their first positions."""
    # From the consensus of the donor to that of the acceptor.
    reach = min_intron - (_AG + 2) + _GT
    widths = [max(reach, len(_DONOR)), len(_ACCEPTOR)]
    if maximum * sum(widths) > length:
        raise ValueError(
            f"up to {maximum} introns of at least {min_intron} bp take {maximum * sum(widths)} "
            f"positions, more than the {length} of a sequence; lower max_introns or min_intron"
        )
    n_introns = rng.randint(maximum + 1, size=(n_samples, 1))
    slots = np.where(np.arange(2 * maximum) < 2 * n_introns, np.arange(2 * maximum) % 2, -1)
    return slots, lay_out(slots, widths, length, rng)


def _middle(slots: np.ndarray, length: int) -> np.ndarray:
    """Compute the first position of the consensus if the site is in the middle."""
    minimum = 2 * (_AG + 2)
    if length < minimum:
        raise ValueError(f"a site in the middle needs a length of at least {minimum}, got {length}")
    return length // 2 - np.where(slots == 1, _AG + 2, _GT)


def _plant_decoys(codes: np.ndarray, is_decoy: np.ndarray, rng) -> None:
    """Write GT after the middle, or AG before it."""
    rows, middle = np.flatnonzero(is_decoy), codes.shape[1] // 2
    is_donor = rng.random_sample(len(rows)) < 0.5
    codes[rows[is_donor], middle : middle + 2] = encode(["GT"])
    codes[rows[~is_donor], middle - 2 : middle] = encode(["AG"])


def _add_site(instances: pd.DataFrame) -> None:
    offset = np.where(instances["motif"] == 0, _GT, _AG + 1)
    instances["site"] = instances["position"] + offset


def _label_positions(instances: pd.DataFrame, n_samples: int, length: int) -> np.ndarray:
    symbols = np.full((n_samples, length), "N")
    symbols[instances["row"], instances["site"]] = np.array(["D", "A"])[instances["motif"]]
    y = np.empty(n_samples, dtype=object)
    y[:] = ["".join(row) for row in symbols]
    return y

"""Over-sampling by mutated copies of sequences."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from skgenomics._utils.validation import check_integer, check_real
from skgenomics.sampling._base import SequenceOverSampler, change_rows, draw_parents
from skgenomics.sampling._rows import Rows, move
from skgenomics.sequences import get_alphabet


class MutationOverSampler(SequenceOverSampler):
    """Over-sample classes by mutated copies of their sequences.

    Substitutions, shifts and recombination, in the spirit of EvoAug [1]_, are applied once and only
    to classes that have too few sequences, rather than to all sequences in each epoch. They assume
    that a few mutations do not change the label.

    Parameters
    ----------
    rate : float, default=0.05
        Substitution rate: probability that a symbol is replaced by another one, drawn at random.
        Unknown symbols are not changed.
    shift : int, default=0
        Maximum rotation: up to this number of symbols is moved from one end of the sequence to the
        other. The gap is not filled with unknown symbols, since these alone would distinguish new
        sequences from real ones.
    recombination : float, default=0.0
        Probability that a segment of random position and size is replaced by the same positions of
        another sequence of the class.
    positions : tuple (start, end) or None, default=None
        Half-open range of positions that may change, counted from 0; an `end` of None is the end
        of each sequence. None for all positions.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    sampling_strategy : float, str, dict or callable, default="auto"
        Target sizes of the classes, as in imbalanced-learn; "auto" enlarges all classes to the size
        of the largest one.
    random_state : int, RandomState instance or None, default=None
        Seed of the mutations.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of new sequences for each enlarged class.
    sample_indices_ : ndarray of shape (n_new,)
        Index of the sample of X that each resampled one is derived from; only with
        ``recombination=0``, since recombined sequences have two parents.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X; defined only if they are all strings.
    input_form_ : {"text", "codes", "channels"}
        Format of X.

    See Also
    --------
    SequenceSMOTE : Recombination of similar sequences only.
    ReverseComplementOverSampler : Over-sampling by the reverse strand.

    Notes
    -----
    Recombination is applied first, then the shift, then substitutions; none of them changes the
    length of a sequence, and padding stays at its end. A new symbol has the case of the old one. In
    channels that are mixtures, the weight of the most likely symbol is exchanged with that of
    another one, so that the set of weights of a position stays the same. All sequences of a class
    are used equally often, in random order.

    SPEID [2]_ enlarges its rare positives about twentyfold to balance the classes, and retrains its
    last layers on the original classes afterwards, so that probabilities match the true class
    frequencies.

    References
    ----------
    .. [1] Lee, N. K., Tang, Z., Toneyan, S. and Koo, P. K. (2023). EvoAug: improving
       generalization and interpretability of genomic deep neural networks with
       evolution-inspired data augmentations. Genome Biology 24, 105.
    .. [2] Singh, S., Yang, Y., Poczos, B. and Ma, J. (2019). Predicting enhancer-promoter
       interaction from genomic sequence with deep neural networks. Quantitative Biology 7,
       122-137.

    Examples
    --------
    >>> from skgenomics.sampling import MutationOverSampler
    >>> sampler = MutationOverSampler(rate=0.5, positions=(0, 4), random_state=0)
    >>> X, y = sampler.fit_resample(["AAAAAAAA", "CCCCCCCC", "GGGGGGGG"], [0, 0, 1])
    >>> len(X), X[3][4:]
    (4, 'GGGG')
    """

    def __init__(
        self,
        *,
        rate=0.05,
        shift=0,
        recombination=0.0,
        positions=None,
        alphabet="ACGT",
        sampling_strategy="auto",
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.rate = rate
        self.shift = shift
        self.recombination = recombination
        self.positions = positions
        self.alphabet = alphabet
        self.random_state = random_state

    def _check_parameters(self) -> None:
        check_real("rate", self.rate, 0, 1)
        if self.rate and get_alphabet(self.alphabet).n_symbols == 1:
            raise ValueError(
                f"alphabet={self.alphabet!r} has no second symbol to replace one by; set rate=0, "
                "or choose another `alphabet`"
            )
        check_integer("shift", self.shift, 0)
        check_real("recombination", self.recombination, 0, 1)
        if self.positions is not None and not _is_range(self.positions):
            raise ValueError(
                "positions must be None or a tuple (start, end) of integers with "
                f"0 <= start < end, where end may be None, got {self.positions!r}"
            )

    def _enlarge(self, rows: Rows, members, n_new, label, random_state):
        start, end = self._limits(rows, members)
        parents = draw_parents(members, n_new, random_state)
        mates = self._draw_mates(members, parents, label, random_state)

        def change(values: np.ndarray, block: slice) -> tuple[np.ndarray, np.ndarray]:
            lengths = rows.lengths[parents[block]]
            stops = np.minimum(lengths, end)
            if mates is not None:
                shared = np.minimum(stops, rows.lengths[mates[block]])
                values = self._recombine(
                    values, rows.take(mates[block]), start, shared, random_state
                )
            if self.shift:
                values = self._shift(values, start, stops, random_state)
            if self.rate:
                self._mutate(rows, values, start, stops, random_state)
            return values, lengths

        return change_rows(rows, parents, change), parents

    def _limits(self, rows: Rows, members: np.ndarray) -> tuple[int, int]:
        if self.positions is None:
            return 0, rows.width
        start, end = self.positions
        shortest = members[rows.widths[members].argmin()]
        length = rows.widths[shortest]
        if (start >= length) if end is None else (end > length):
            remedy = "" if end is None else ", or (start, None) to go to the end of each sequence"
            raise ValueError(
                f"positions={self.positions!r} reach beyond sequence {shortest}, which has "
                f"{length} positions; choose a smaller range{remedy}"
            )
        return start, rows.width if end is None else end

    def _draw_mates(self, members, parents, label, random_state) -> np.ndarray | None:
        if not self.recombination:
            return None
        if len(members) < 2:
            raise ValueError(
                f"class {label} has only one sequence, which recombination="
                f"{self.recombination!r} has nothing to recombine with; set recombination=0, or "
                "leave the class out of sampling_strategy"
            )
        # A step of at least one around the circle of members never ends at the parent.
        steps = random_state.randint(1, len(members), size=len(parents))
        return members[(np.searchsorted(members, parents) + steps) % len(members)]

    def _recombine(self, values, others, start, stops, random_state) -> np.ndarray:
        n = len(values)
        ends = start + random_state.random_sample((n, 2)) * np.maximum(stops[:, None] - start, 0)
        ends = np.sort(np.round(ends), axis=1)
        chosen = random_state.random_sample(n) < self.recombination
        positions = np.arange(values.shape[1])
        taken = (positions >= ends[:, :1]) & (positions < ends[:, 1:]) & chosen[:, None]
        values[taken] = others[taken]
        return values

    def _shift(self, values, start, stops, random_state) -> np.ndarray:
        steps = random_state.randint(-self.shift, self.shift + 1, size=(len(values), 1))
        positions = np.arange(values.shape[1])
        sizes = np.maximum(stops[:, None] - start, 1)
        rolled = start + (positions - start - steps) % sizes
        inside = (positions >= start) & (positions < stops[:, None])
        return move(values, np.where(inside, rolled, positions))

    def _mutate(self, rows: Rows, values, start, stops, random_state) -> None:
        positions = np.arange(values.shape[1])
        hit = random_state.random_sample(values.shape[:2]) < self.rate
        hit &= (positions >= start) & (positions < stops[:, None])
        hit &= rows.known(values)
        values[hit] = rows.other_symbols(values[hit], random_state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.sampler_tags.sample_indices = not self.recombination
        return tags


def _is_range(positions) -> bool:
    if not isinstance(positions, tuple | list) or len(positions) != 2:
        return False
    start, end = positions
    numbers = [start] if end is None else [start, end]
    if any(not isinstance(x, Integral) or isinstance(x, bool) for x in numbers):
        return False
    return start >= 0 and (end is None or start < end)

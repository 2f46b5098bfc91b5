"""Scores of known motifs in sequences."""

from __future__ import annotations

from collections import Counter
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skgenomics._utils.input_validation import read_ragged
from skgenomics.encoding._base import SequenceTransformer
from skgenomics.motifs import Motif, read_motifs
from skgenomics.sequences import get_alphabet

_SUMMARIES = ("max", "sum", "count")


class MotifScanner(SequenceTransformer):
    """Score the best matches of known motifs in each sequence, one column per motif.

    Parameters
    ----------
    motifs : str, Path, or list of Motif or arrays
        File in MEME or JASPAR format, :class:`~skgenomics.motifs.Motif` objects of one alphabet,
        or probabilities of shape (width, 4) in the order ACGT.
    summary : {"max", "sum", "count"}, default="max"
        Summary of the scores at all positions: the maximum; the logarithm of the sum of the odds,
        which many weak sites raise too; or the number of sites that reach `threshold`.
    both_strands : bool, default=True
        When True, score the reverse complement as well.
    background : array-like of shape (C,) or None, default=None
        Probability of each symbol outside of sites; None for a uniform background.
    pseudocount : float, default=0.1
        Pseudocount of :meth:`~skgenomics.motifs.Motif.log_odds`; must be positive, so that all
        scores are finite.
    threshold : float or array-like of shape (n_motifs,) or None, default=None
        Minimum score of a site in bits, required for ``summary="count"``; a site that reaches it on
        both strands counts twice.

    Attributes
    ----------
    motif_names_ : list of str
        Names of the motifs.
    log_odds_ : list of ndarray of shape (width, C)
        Log-odds of the symbols at each position of each motif, in bits.
    alphabet_ : str
        Alphabet of the motifs.
    n_features_out_ : int
        Number of motifs.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit; defined only if they are all strings.
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.

    See Also
    --------
    KmerCounter : Counts of all k-mers, without known motifs.
    skgenomics.inspection.scan_motifs : Positions and p-values of motif sites.

    Notes
    -----
    The score of a site is the sum of the log-odds of its symbols, in bits. Sites with an unknown
    symbol are not scored. A sequence without any site, such as one that is too short, has the
    lowest possible score of the motif and a count of 0.

    References
    ----------
    .. [1] Stormo, G. D. (2000). DNA binding sites: representation and discovery. Bioinformatics,
       16, 16-23.

    Examples
    --------
    >>> from skgenomics.encoding.motif_scanner import MotifScanner
    >>> from skgenomics.motifs import Motif
    >>> gata = Motif("GATA", [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    >>> MotifScanner([gata]).fit_transform(["CCGATACC", "CCGAAACC"]).round(1)
    array([[ 8. ],
           [-1.7]], dtype=float32)
    >>> MotifScanner([gata], summary="count", threshold=7).fit_transform(["GATATC", "ACGT"])
    array([[2.],
           [0.]], dtype=float32)
    """

    def __init__(
        self,
        motifs: Any = None,
        *,
        summary: str = "max",
        both_strands: bool = True,
        background: ArrayLike | None = None,
        pseudocount: float = 0.1,
        threshold: ArrayLike | None = None,
    ) -> None:
        self.motifs = motifs
        self.summary = summary
        self.both_strands = both_strands
        self.background = background
        self.pseudocount = pseudocount
        self.threshold = threshold

    def _read(self, X, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        if reset:
            self._check_parameters()
            self._learn(as_motifs(self.motifs))
        codes, lengths = read_ragged(self, X, alphabet=self.alphabet_, reset=reset)
        if reset:
            self._check_long_enough(lengths)
        return codes, lengths

    def _learn(self, motifs: list[Motif]) -> None:
        self.alphabet_ = common_alphabet(motifs, self.both_strands)
        self.motif_names_ = [motif.name for motif in motifs]
        self.log_odds_ = [motif.log_odds(self.background, self.pseudocount) for motif in motifs]
        self.n_features_out_ = len(motifs)
        self._thresholds()

    def _check_parameters(self) -> None:
        if self.summary not in _SUMMARIES:
            raise ValueError(f"summary must be one of {_SUMMARIES}, got {self.summary!r}")
        if not isinstance(self.pseudocount, Real) or not 0 < self.pseudocount < np.inf:
            raise ValueError(f"pseudocount must be a positive number, got {self.pseudocount!r}")
        if self.summary == "count" and self.threshold is None:
            raise ValueError(
                "summary='count' needs a threshold: the minimum score of a site, in bits"
            )

    def _thresholds(self) -> np.ndarray:
        """Get the threshold of each motif; unused unless sites are counted."""
        thresholds = np.asarray(0.0 if self.threshold is None else self.threshold, dtype=float)
        if thresholds.shape not in ((), (self.n_features_out_,)):
            raise ValueError(
                f"threshold must be a number or one for each of the {self.n_features_out_} "
                f"motifs, got the shape {thresholds.shape}"
            )
        return np.broadcast_to(thresholds, self.n_features_out_).copy()

    def _check_long_enough(self, lengths: np.ndarray) -> None:
        widths, longest = self._widths(), int(lengths.max())
        if longest < widths.max():
            raise ValueError(
                f"motif {self.motif_names_[widths.argmax()]!r} has {widths.max()} positions, but "
                f"the longest sequence has length {longest}; leave the motif out"
            )

    def _widths(self) -> np.ndarray:
        return np.array([len(scores) for scores in self.log_odds_])

    def _compute(self, data) -> np.ndarray:
        from skgenomics.encoding._motif_scanning import scan

        codes, lengths = data
        worst = np.array([scores.min(axis=1).sum() for scores in self.log_odds_])
        return scan(
            codes,
            lengths,
            np.vstack(self.log_odds_),
            self._reverse_scores(),
            self._widths(),
            worst,
            self._thresholds(),
            _SUMMARIES.index(self.summary),
        )

    def _reverse_scores(self) -> np.ndarray:
        """Compute the log-odds of the reverse complements; empty for one strand."""
        alphabet = get_alphabet(self.alphabet_)
        if not self.both_strands:
            return np.empty((0, alphabet.n_symbols))
        complement = alphabet.complement[: alphabet.n_symbols]
        return np.vstack([scores[::-1, complement] for scores in self.log_odds_])

    def _output_names(self) -> list[str]:
        return self.motif_names_


def as_motifs(motifs) -> list[Motif]:
    """Convert a file, matrices or motifs to a list of motifs with different names."""
    if isinstance(motifs, str | Path):
        motifs = read_motifs(motifs)
    if not isinstance(motifs, list | tuple) or not motifs:
        raise ValueError(
            "motifs must be a file of motifs, or a list of Motif objects or of arrays of shape "
            f"(width, 4), got {motifs!r}"
        )
    named = [x if isinstance(x, Motif) else Motif(f"motif{i}", x) for i, x in enumerate(motifs)]
    name, n_uses = Counter(motif.name for motif in named).most_common(1)[0]
    if n_uses > 1:
        raise ValueError(f"motifs holds the name {name!r} {n_uses} times; rename the others")
    return named


def common_alphabet(motifs: list[Motif], both_strands: bool) -> str:
    """Get the alphabet of all motifs, or raise a ValueError if they differ."""
    alphabet = motifs[0].alphabet
    for motif in motifs:
        if get_alphabet(motif.alphabet).symbols != get_alphabet(alphabet).symbols:
            raise ValueError(
                f"motif {motif.name!r} has the alphabet {motif.alphabet!r}, but "
                f"{motifs[0].name!r} has {alphabet!r}; scan them separately"
            )
    if both_strands and not get_alphabet(alphabet).is_nucleic:
        raise ValueError(
            f"both_strands=True needs motifs of a nucleic alphabet, got {alphabet!r}; "
            "set both_strands=False"
        )
    return alphabet

"""Transform genomic intervals to their sequences."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from skgenomics._utils.validation import warn_user
from skgenomics.genome._coordinates import (
    Intervals,
    are_minus,
    center_windows,
    check_center,
    check_columns,
    check_inside,
    describe,
    read_columns,
    remember_columns,
)
from skgenomics.genome.reference_genome import Genome

_SOFT_MASKING = ("keep", "drop", "mask")
_MASK = str.maketrans(dict.fromkeys("abcdefghijklmnopqrstuvwxyz", "N"))


class IntervalEncoder(TransformerMixin, BaseEstimator):
    r"""Read the sequences of genomic intervals, as the first step of a pipeline.

    Parameters
    ----------
    fasta : str, Path or Genome
        The genome: a FASTA file, plain or compressed by bgzip or gzip.
    length : int or None, default=None
        Number of bases to read around the center of each interval; None reads the interval itself.
        Counted from the 5' end of the strand, the base at ``width // 2`` of the interval is at
        ``length // 2`` of the sequence: a variant given as an interval of one base is there on
        both strands.
    center : {"middle", "summit"}, default="middle"
        Center of the window of `length` bases: the middle of the interval, or the summit of a peak,
        `start` plus the column "summit" of :func:`~skgenomics.genome.read_narrowpeak`. Where the
        summit is unknown (-1 or missing), the middle is used.
    soft_masking : {"keep", "drop", "mask"}, default="keep"
        Treatment of lower-case bases, which mark repeats: "keep" keeps them, "drop" drops the mark
        and makes them upper case, "mask" replaces them by "N".

    Attributes
    ----------
    genome_ : Genome
        The opened genome.
    n_padded_ : int
        Number of intervals in fit that reach past an end of their chromosome.
    n_features_in_ : int
        Number of columns of X in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a frame with names that are all str.
    has_strand_ : bool
        True if X had a column "strand" in fit.

    See Also
    --------
    SignalEncoder : Values of bigWig files of the same intervals.

    Notes
    -----
    Coordinates are 0-based and half-open, as in BED files. Positions past either end of a
    chromosome are read as "N"; a warning gives the number of such intervals. An interval that lies
    completely past an end raises an error, since it belongs to another assembly.

    Columns of a frame are found by their names, in any order; other columns are ignored.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> from skgenomics.genome import IntervalEncoder
    >>> peaks = pd.DataFrame({"chrom": ["1", "1"], "start": [2, 2], "end": [5, 5],
    ...                       "strand": ["+", "-"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "genome.fa"
    ...     _ = path.write_text(">chr1\nACGTAccG\n")
    ...     IntervalEncoder(path, length=4).fit_transform(peaks)
    array([['CGTA'],
           ['gTAC']], dtype=object)
    """

    def __init__(self, fasta, *, length=None, center="middle", soft_masking="keep"):
        self.fasta = fasta
        self.length = length
        self.center = center
        self.soft_masking = soft_masking

    def fit(self, X, y=None):
        """Check the intervals and the parameters, and open the genome.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_intervals, 3) or (n_intervals, 4)
            Intervals: columns "chrom", "start", "end" and optionally "strand", by name in a frame,
            in this order in an array.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError
            If a parameter is invalid, or a row has an unknown chromosome or strand, a missing
            value, a start after its end, or lies completely past an end of its chromosome; the
            message names the row, counted from 0.
        FileNotFoundError
            If there is no such FASTA file.
        """
        if self.soft_masking not in _SOFT_MASKING:
            raise ValueError(
                f"soft_masking must be one of {_SOFT_MASKING}, got {self.soft_masking!r}"
            )
        check_center(self)
        intervals = read_columns(X)
        self.genome_ = self.fasta if isinstance(self.fasta, Genome) else Genome(self.fasta)
        remember_columns(self, X, intervals)
        self.n_padded_ = int(self._is_padded(*self._windows(X, intervals)).sum())
        return self

    def transform(self, X):
        """Read the sequences.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_intervals, 3) or (n_intervals, 4)
            Intervals, as in :meth:`fit`.

        Returns
        -------
        sequences : ndarray of str objects of shape (n_intervals, 1)
            The sequences, on the strand of their interval.

        Raises
        ------
        ValueError
            As in :meth:`fit`, and if X has a column "strand" only in one of both.
        """
        check_is_fitted(self)
        intervals = read_columns(X)
        check_columns(self, intervals)
        windows = self._windows(X, intervals)
        _warn_of_padding(intervals, self._is_padded(*windows))
        sequences = self.genome_.fetch_many(*windows, intervals.strands)
        if self.soft_masking != "keep":
            change = str.upper if self.soft_masking == "drop" else _mask
            sequences[:] = [change(sequence) for sequence in sequences]
        return sequences[:, np.newaxis]

    def get_feature_names_out(self, input_features=None):
        """Name the column of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Checked against the names seen in fit, and not used otherwise.

        Returns
        -------
        names : ndarray of str objects of shape (1,)
            The name "sequence".
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features, generate_names=False)
        return np.array(["sequence"], dtype=object)

    def _windows(self, X, intervals: Intervals) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Chromosomes, starts and ends of the sequences."""
        chroms, starts, ends, strands = intervals
        minus = are_minus(strands, len(chroms))
        check_inside(intervals, self.genome_.lengths_of(chroms), self.genome_.path)
        if self.length is not None:
            starts, ends = center_windows(self, X, intervals, minus)
        return chroms, starts, ends

    def _is_padded(self, chroms, starts, ends) -> np.ndarray:
        return (starts < 0) | (ends > self.genome_.lengths_of(chroms))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags


def _mask(sequence: str) -> str:
    return sequence.translate(_MASK)


def _warn_of_padding(intervals: Intervals, is_padded: np.ndarray) -> None:
    if is_padded.any():
        i = int(is_padded.argmax())
        first = describe(intervals.chroms, intervals.starts, intervals.ends, i)
        warn_user(
            f"{is_padded.sum()} of {len(is_padded)} intervals reach past an end of their "
            f"chromosome and are padded with N, the first in row {i} ({first})"
        )

"""Transform genomic intervals to the values of signal tracks."""

from __future__ import annotations

from collections import Counter
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from skgenomics._utils.validation import warn_user
from skgenomics.genome._coordinates import (
    Intervals,
    are_minus,
    center_windows,
    check_center,
    check_columns,
    check_count,
    check_inside,
    describe,
    read_columns,
    remember_columns,
)
from skgenomics.genome.signals import STATISTICS, SignalTrack, check_bins


class SignalEncoder(TransformerMixin, BaseEstimator):
    r"""Read the values of signal tracks in genomic intervals, as channels.

    Each file is a channel: the output for two files is the input of
    ``CNNClassifier(n_channels=2)``.

    Parameters
    ----------
    bigwigs : str, Path, SignalTrack or sequence of them
        Paths of bigWig or bedGraph files, one per channel.
    bins : int or None, default=None
        Number of bins of each interval; None gives one value per base, for which all intervals
        must have the same length.
    length : int or None, default=None
        Number of bases to read around the center of each interval, as in
        :class:`IntervalEncoder`; None reads the interval itself.
    center : {"middle", "summit"}, default="middle"
        Center of the window of `length` bases, as in :class:`IntervalEncoder`.
    missing : float, default=0.0
        Value of bases without one in a file, past the ends of a chromosome, and on a chromosome
        that the file leaves out because it has no values there. NaN leaves such bases out of the
        bins, and is the value of a bin that has only such bases.
    statistic : {"mean", "max", "sum"}, default="mean"
        Statistic of the values of the bases in a bin.

    Attributes
    ----------
    tracks_ : list of SignalTrack
        The opened files.
    n_bins_ : int
        Number of bins, or of bases without bins.
    n_features_in_ : int
        Number of columns of X in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a frame with names that are all str.
    has_strand_ : bool
        True if X had a column "strand" in fit.

    See Also
    --------
    IntervalEncoder : The sequences of the same intervals.

    Notes
    -----
    An interval on the "-" strand is read from its end to its start. If X has no column "strand",
    all are read from start to end. Use ``FunctionTransformer(numpy.log1p)`` as the next step for
    counts that span orders of magnitude.

    A bigWig or bedGraph file may leave out chromosomes without values: these are `missing`, with a
    warning. If a file has none of the chromosomes of X, an error is raised.

    bigWig files need ``pip install "skgenomics[genome]"``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> from skgenomics.genome import SignalEncoder
    >>> peaks = pd.DataFrame({"chrom": ["chr1", "chr1"], "start": [0, 2], "end": [4, 6]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "atac.bedGraph"
    ...     _ = path.write_text("chr1\t0\t3\t2.0\nchr1\t5\t7\t4.0\n")
    ...     encoder = SignalEncoder(path, bins=2).fit(peaks)
    ...     encoder.transform(peaks)
    array([[2., 1.],
           [1., 2.]], dtype=float32)
    >>> encoder.get_feature_names_out().tolist()
    ['atac_0', 'atac_1']
    """

    def __init__(
        self, bigwigs, *, bins=None, length=None, center="middle", missing=0.0, statistic="mean"
    ):
        self.bigwigs = bigwigs
        self.bins = bins
        self.length = length
        self.center = center
        self.missing = missing
        self.statistic = statistic

    def fit(self, X, y=None):
        """Check the intervals and the parameters, and open the files.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_intervals, 3) or (n_intervals, 4)
            Intervals, as in :meth:`IntervalEncoder.fit`.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError
            If a parameter is invalid; if no chromosome of X is in a file, or a row has a missing
            value, a start after its end, or fewer bases than bins, or lies completely past the end
            of its chromosome in a bigWig file; or if intervals differ in length and there are no
            bins. The message names the row, counted from 0.
        FileNotFoundError
            If there is no such file.
        ImportError
            If a file is a bigWig and pybigtools is not installed.
        """
        self._check_parameters()
        intervals = read_columns(X)
        remember_columns(self, X, intervals)
        one = isinstance(self.bigwigs, str | Path | SignalTrack)
        files = [self.bigwigs] if one else list(self.bigwigs)
        if not files:
            raise ValueError("bigwigs is empty: give at least one bigWig or bedGraph file")
        self.tracks_ = [x if isinstance(x, SignalTrack) else SignalTrack(x) for x in files]
        starts, ends = self._windows(X, intervals)
        self.n_bins_ = int(self.bins or ends[0] - starts[0])
        self._check_widths(intervals, starts, ends)
        self._check_inside(intervals)
        return self

    def transform(self, X):
        """Read the values.

        Parameters
        ----------
        X : DataFrame, or array-like of shape (n_intervals, 3) or (n_intervals, 4)
            Intervals, as in :meth:`fit`.

        Returns
        -------
        channels : ndarray of float32 of shape (n_intervals, n_bins * n_files)
            The values of all files in the first bin, then in the second one, and so on.

        Raises
        ------
        ValueError
            As in :meth:`fit`, and if X has a column "strand" only in one of both.
        """
        check_is_fitted(self)
        intervals = read_columns(X)
        check_columns(self, intervals)
        self._check_inside(intervals)
        starts, ends = self._windows(X, intervals)
        self._check_widths(intervals, starts, ends)
        channels = np.empty((len(starts), self.n_bins_, len(self.tracks_)), dtype=np.float32)
        for i, track in enumerate(self.tracks_):
            channels[:, :, i] = track.bins(
                *(intervals.chroms, starts, ends, self.n_bins_),
                strands=intervals.strands,
                statistic=self.statistic,
                missing=self.missing,
                allow_missing=True,
            )
        return channels.reshape(len(starts), -1)

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Checked against the names seen in fit, and not used otherwise.

        Returns
        -------
        names : ndarray of str objects of shape (n_bins * n_files,)
            The file and the bin, counted from 0, such as "atac_0".
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features, generate_names=False)
        names = self._track_names()
        return np.array([f"{x}_{i}" for i in range(self.n_bins_) for x in names], dtype=object)

    def _track_names(self) -> list[str]:
        """File names up to their first dot; with a number where two are the same."""
        names = [track.path.name.split(".")[0] for track in self.tracks_]
        counts = Counter(names)
        return [f"{x}{i}" if counts[x] > 1 else x for i, x in enumerate(names)]

    def _check_parameters(self) -> None:
        check_count("bins", self.bins)
        check_center(self)
        if self.statistic not in STATISTICS:
            raise ValueError(f"statistic must be one of {STATISTICS}, got {self.statistic!r}")
        if not isinstance(self.missing, Real) or isinstance(self.missing, bool):
            raise ValueError(f"missing must be a number or NaN, got {self.missing!r}")

    def _windows(self, X, intervals: Intervals) -> tuple[np.ndarray, np.ndarray]:
        _, starts, ends, strands = intervals
        minus = are_minus(strands, len(starts))
        if self.length is None:
            return starts, ends
        return center_windows(self, X, intervals, minus)

    def _check_inside(self, intervals: Intervals) -> None:
        for track in self.tracks_:
            lengths = track.lengths_of(intervals.chroms, allow_missing=True)
            unknown = [x for x in pd.unique(intervals.chroms) if not track.has_chromosome(x)]
            if unknown:
                warn_user(
                    f"{track.path} has no chromosome {', '.join(map(repr, unknown[:6]))}; its "
                    f"values are `missing` ({self.missing})"
                )
            check_inside(intervals, lengths, track.path)

    def _check_widths(self, intervals: Intervals, starts, ends) -> None:
        """Without bins, all intervals must have the width of the first one in fit."""
        if self.bins is not None:
            check_bins(intervals.chroms, starts, ends, self.bins)
            return
        widths = ends - starts
        is_other = widths != self.n_bins_
        if not (is_other.any() or self.n_bins_ == 0):
            return
        i = int(is_other.argmax())
        raise ValueError(
            f"row {i}, {describe(*intervals[:3], i)}, has {widths[i]} bases, but one value per "
            f"base needs intervals of the same length, {self.n_bins_} bases; set `length` to that "
            "number, or `bins`"
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags

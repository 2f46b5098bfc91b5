"""From coordinates to the values of signal files, as a transformer."""

from __future__ import annotations

from collections import Counter
from numbers import Real
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from skgenomics.genome._coordinates import (
    Intervals,
    are_minus,
    centre,
    check_columns,
    check_count,
    check_inside,
    describe,
    read_columns,
    remember_columns,
)
from skgenomics.genome.signals import STATISTICS, SignalTrack, check_bins


class SignalEncoder(TransformerMixin, BaseEstimator):
    """Read the values of signal files in genomic intervals, as channels.

    Each file is a channel: the output for two files is what
    ``CNNClassifier(n_channels=2)`` takes.

    Parameters
    ----------
    bigwigs : str, Path, or sequence of them
        bigWig or bedGraph files, one for each channel.
    bins : int, optional
        Number of bins that each interval is divided into; by default one for each base, for
        which all intervals must have one length.
    length : int, optional
        Number of bases to read around the middle of each interval, as in
        :class:`IntervalEncoder`; by default the interval as it is.
    missing : float, default=0.0
        Value of bases without one in a file, and past the ends of a chromosome. NaN leaves such
        bases out of the bins, and makes NaN of a bin of nothing else.
    statistic : {"mean", "max", "sum"}, default="mean"
        What a bin holds of the values of its bases.

    Attributes
    ----------
    tracks_ : list of SignalTrack
        The files.
    n_bins_ : int
        Number of bins, or of bases if there are no bins.
    n_features_in_ : int
        Number of columns of X in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a frame with names that are all str.
    has_strand_ : bool
        Whether X had a column of strands in fit.

    See Also
    --------
    IntervalEncoder : The sequences of the same intervals.

    Notes
    -----
    An interval on the "-" strand is read from its end to its start. If X has no column of
    strands, all are read from start to end. Put
    ``FunctionTransformer(numpy.log1p)`` behind it for counts that span orders of magnitude.

    bigWig files need ``pip install "skgenomics[genome]"``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> from skgenomics.genome import SignalEncoder
    >>> peaks = pd.DataFrame({"chrom": ["chr1", "chr1"], "start": [0, 2], "end": [4, 6]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "atac.bedGraph"
    ...     _ = path.write_text("chr1\\t0\\t3\\t2.0\\nchr1\\t5\\t7\\t4.0\\n")
    ...     encoder = SignalEncoder(path, bins=2).fit(peaks)
    ...     encoder.transform(peaks)
    array([[2., 1.],
           [1., 2.]], dtype=float32)
    >>> encoder.get_feature_names_out().tolist()
    ['atac_0', 'atac_1']
    """

    def __init__(self, bigwigs, *, bins=None, length=None, missing=0.0, statistic="mean"):
        self.bigwigs = bigwigs
        self.bins = bins
        self.length = length
        self.missing = missing
        self.statistic = statistic

    def fit(self, X, y=None):
        """Check the intervals and the parameters, and open the files.

        Parameters
        ----------
        X : frame, or array of shape (n, 3) or (n, 4)
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
            If a parameter is out of its range; if a row has a chromosome that a file has not, a
            missing value, a start behind its end, or fewer bases than bins, or lies wholly past
            the end of its chromosome in a bigWig file; or if intervals have several lengths and
            there are no bins. The message names the row, counted from 0.
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
        starts, ends = self._windows(intervals)
        self.n_bins_ = int(self.bins or ends[0] - starts[0])
        self._check_widths(intervals, starts, ends)
        self._check_inside(intervals)
        return self

    def transform(self, X):
        """Read the values.

        Parameters
        ----------
        X : frame, or array of shape (n, 3) or (n, 4)
            Intervals, as in :meth:`fit`.

        Returns
        -------
        channels : ndarray of shape (n, n_bins * n_files), float32
            The values of all files in the first bin, then in the second one, and so on.

        Raises
        ------
        ValueError
            As in :meth:`fit`, and if X has strands and had none in fit, or the other way round.
        """
        check_is_fitted(self)
        intervals = read_columns(X)
        check_columns(self, intervals)
        self._check_inside(intervals)
        starts, ends = self._windows(intervals)
        self._check_widths(intervals, starts, ends)
        channels = np.empty((len(starts), self.n_bins_, len(self.tracks_)), dtype=np.float32)
        for i, track in enumerate(self.tracks_):
            channels[:, :, i] = track.bins(
                *(intervals.chroms, starts, ends, self.n_bins_),
                strands=intervals.strands,
                statistic=self.statistic,
                missing=self.missing,
            )
        return channels.reshape(len(starts), -1)

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the output: the file and the bin, counted from 0.

        Parameters
        ----------
        input_features : array-like of str, optional
            Checked against the names seen in fit, and not used otherwise.

        Returns
        -------
        names : ndarray of str objects, shape (n_bins * n_files,)
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
        if self.statistic not in STATISTICS:
            raise ValueError(f"statistic must be one of {STATISTICS}, got {self.statistic!r}")
        if not isinstance(self.missing, Real) or isinstance(self.missing, bool):
            raise ValueError(f"missing must be a number or NaN, got {self.missing!r}")

    def _windows(self, intervals: Intervals) -> tuple[np.ndarray, np.ndarray]:
        _, starts, ends, strands = intervals
        minus = are_minus(strands, len(starts))
        if self.length is None:
            return starts, ends
        return centre(starts, ends, minus, self.length)

    def _check_inside(self, intervals: Intervals) -> None:
        for track in self.tracks_:
            check_inside(intervals, track.lengths_of(intervals.chroms), track.path)

    def _check_widths(self, intervals: Intervals, starts, ends) -> None:
        """Without bins, all intervals have the width of the first one that was seen in fit."""
        if self.bins is not None:
            check_bins(intervals.chroms, starts, ends, self.bins)
            return
        widths = ends - starts
        strange = widths != self.n_bins_
        if not (strange.any() or self.n_bins_ == 0):
            return
        i = int(strange.argmax())
        raise ValueError(
            f"row {i}, {describe(*intervals[:3], i)}, has {widths[i]} bases, but one value per "
            f"base needs intervals of one length, of {self.n_bins_} bases; set `length` to that "
            "number, or `bins`"
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags

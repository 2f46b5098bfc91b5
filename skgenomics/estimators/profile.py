"""Regression of signals along a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import softmax
from sklearn.metrics import r2_score
from sklearn.utils import check_array
from torch import nn

from skgenomics._outputs import ProfileOutputs
from skgenomics._utils.input_validation import is_codes
from skgenomics._utils.sequence_profiles import profile_lengths
from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._imported import (
    import_network,
    probe_module,
    refuse_shape,
    template_input,
)
from skgenomics.estimators._per_position import PositionEstimator
from skgenomics.estimators._targets import average_one, keep_target_names, read_sample_weight
from skgenomics.networks.per_position import ProfileNetwork
from skgenomics.sequences import as_strings, is_text, unpadded_lengths
from skgenomics.training.losses import REGRESSION_LOSSES, MultinomialLoss, WeightedLoss, choose_loss

_LOSSES = ("poisson", "multinomial", "mse")
# Bins behind a shorter signal, which no signal of a user can hold: infinity is refused.
_BEYOND = -np.inf


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class ProfileRegressor(PositionEstimator):
    """Network that predicts signals along a sequence, such as read coverage.

    Basenji [1]_ and BPNet [2]_ are settings of it, see :mod:`skgenomics.zoo`.

    Parameters
    ----------
    network : str, default="resnet"
        "resnet", "cnn", "unet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer" or
        "unettransformer", see :class:`ResNetClassifier` and so on.
    network_params : dict, default=None
        Settings of its body, as of that estimator: of convolutions and other layers, not of pooling
        and hidden layers at the end. They replace the defaults, which keep each position apart.
        `hidden_filters` puts convolutions of width 1 before the signals; `crop_counts` lets totals
        be predicted from the middle of the sequence alone, where the bins are; `softplus_rates`
        makes expected counts the softplus of the last layer instead of its exponential.
    loss : {"poisson", "multinomial", "mse"}, default="poisson"
        Loss: of counts bin by bin; of the shape of a profile and, apart, of its total, as in BPNet;
        or of real values, which are standardized inside.
    count_weight : float or "auto", default="auto"
        For the multinomial loss, weight of the squared error of the logarithm of the total; "auto"
        is a tenth of the mean total.
    crop : int or "auto", default=0
        Number of positions at each end that have no bins, since they are there as context; "auto"
        for what the bins leave.
    bin_size : int, default=1
        Positions of the sequence in a bin of y.
    profile_kernel_size : int, default=1
        Width of the convolution that gives the signals.
    n_controls : int, default=0
        Channels, the last ones of X, that are no part of the sequence but signals to correct for.
    joint_tracks : bool, default=False
        For the multinomial loss, whether all tracks together are one distribution with one total,
        as the two strands are in BPNet, or each by itself.
    swap_tracks : bool, default=False
        Whether the order of the tracks turns around with the strand, as that of a plus and a minus
        track does.
    {input}
    {training}

    Attributes
    ----------
    target_names_ : list
        Names of the tracks: their numbers.
    n_bins_ : int
        Bins of a profile.
    target_names_ : list
        Names of the tracks: those of the columns of a frame, else their indices.
    y_mean_, y_scale_ : ndarray of shape (n_tracks,)
        What signals are standardized by.
    count_weight_, mean_log_total_ : float
        Weight of the totals in the loss, and what their prediction starts from.
    link_ : {"log", "softmax", "identity"}
        What the scores are of the signals.
    profile_ndim_ : int
        Axes of y in fit.
    {receptive field}
    {fitted}

    See Also
    --------
    SequenceLabeler : A label for each position.
    CNNRegressor : One or several numbers for each sequence.

    References
    ----------
    .. [1] Kelley et al., Sequential regulatory activity prediction across chromosomes with
       convolutional neural networks, Genome Research 28, 2018.
    .. [2] Avsec et al., Base-resolution models of transcription-factor binding reveal soft motif
       syntax, Nature Genetics 53, 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics import ProfileRegressor
    >>> X = ["ACGTACCTGA", "GGTACCATAG", "TTCAGGTACA"] * 8
    >>> y = np.array([[4.0 if base == "G" else 1.0 for base in x] for x in X])
    >>> regressor = ProfileRegressor(max_iter=20, random_state=0).fit(X, y)
    >>> regressor.predict(["CCGTAACCTA"]).shape
    (1, 10)
    """

    loss: str = "poisson"
    count_weight: float | str = "auto"
    crop: int | str = 0
    bin_size: int = 1
    profile_kernel_size: int = 1
    n_controls: int = 0
    joint_tracks: bool = False
    swap_tracks: bool = False

    _network_class = ProfileNetwork
    _head_params: ClassVar[set[str]] = {
        *PositionEstimator._head_params,
        "crop_counts",
        "softplus_rates",
    }

    @classmethod
    def from_module(
        cls,
        module: nn.Module,
        *,
        n_bins: int,
        track_names: Sequence | None = None,
        length: int,
        alphabet: str = "ACGT",
        n_channels: int | None = None,
        input_symbols: str | None = None,
        layout: str = "NCL",
        output: str = "scores",
        output_layout: str = "NCL",
        **params,
    ) -> Self:
        """Make a fitted profile regressor of a torch module that was trained elsewhere.

        Parameters
        ----------
        module : torch.nn.Module
            Trained module. Its parameters are copied.
        n_bins : int
            Number of bins of a profile, which are in the middle of the sequence.
        track_names : sequence or None, default=None
            Names of the tracks, in the order of the outputs of the module; None to number them.
        length : int
            Number of positions of a sequence.
        alphabet : str, default="ACGT"
            "dna", "rna", "protein" or the symbols themselves.
        n_channels : int or None, default=None
            Number of channels of a position, for input that is not one-hot.
        input_symbols : str or None, default=None
            Symbols in the order of the input channels of the module, such as "AGCT"; None for the
            order of `alphabet`.
        layout : {"NCL", "NLC", "NC1L"}, default="NCL"
            Axes of the input of the module: sequences (N), channels (C), positions (L), and one of
            size 1.
        output : {"scores", "rates"}, default="scores"
            Scale of the output of the module. Scores are, by `loss`, the logarithms of expected
            counts ("poisson"); the signals themselves ("mse"); or the logits of the profile and the
            logarithm of one plus the total ("multinomial"), as a tuple or with the totals in a last
            bin. "rates" are expected counts, for "poisson".
        output_layout : {"NCL", "NLC"}, default="NCL"
            Axes of the output of the module: sequences (N), tracks (C) and bins (L).
        **params
            Further hyperparameters of the estimator, such as `loss` and `bin_size`.

        Returns
        -------
        estimator : ProfileRegressor
            Fitted estimator. Its `fit` and `partial_fit` train the module further.

        Raises
        ------
        ValueError
            If the module cannot read such sequences, its output has another shape than promised
            (naming both), or an argument is invalid.

        Examples
        --------
        >>> from torch import nn
        >>> from skgenomics import ProfileRegressor
        >>> module = nn.Conv1d(4, 2, 5, padding="same")
        >>> regressor = ProfileRegressor.from_module(module, n_bins=8, length=8)
        >>> regressor.predict(["ACGTACGT"]).shape
        (1, 8, 2)
        """
        loss = params.get("loss", "poisson")
        check_choice("output", output, ("scores", "rates") if loss == "poisson" else ("scores",))
        check_choice("output_layout", output_layout, ("NCL", "NLC"))
        form: dict[str, Any] = {
            "length": length,
            "alphabet": alphabet,
            "n_channels": n_channels,
        }
        has_counts = loss == "multinomial"
        network = import_network(
            module,
            **form,
            input_symbols=input_symbols,
            layout=layout,
            output=output,
            by_position=True,
            output_layout=output_layout,
            has_counts=has_counts,
        )
        found = probe_module(network, **form)
        shape = found[0][::-1] if output_layout == "NLC" else found[0]
        n = shape[0] if track_names is None and shape else len(track_names or ())
        width = n_bins + (has_counts and len(found) == 1)
        totals = ((1,), (n,), (n, 1), (1, 1))
        is_pair = has_counts and len(found) == 2 and found[1] in totals
        if shape != (n, width) or not (len(found) == 1 or is_pair):
            axes = (n, width) if output_layout == "NCL" else (width, n)
            needed = f"(n, {axes[0]}, {axes[1]})"
            if has_counts:
                needed += f", or (n, {n}, {n_bins}) with totals (n, {n}) or (n, 1) in a tuple,"
            raise refuse_shape(
                network, found, f"{n} tracks of {n_bins} bins need {needed} with loss={loss!r}"
            )
        estimator = cls(network=network, **form, **params)
        y = np.zeros((1, n_bins, n) if n > 1 else (1, n_bins))
        estimator._adopt_network(template_input(1, **form), y)
        keep_target_names(estimator, None if track_names is None else list(track_names))
        return estimator

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ):
        """Train the network.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n_samples,) or (n_samples, 1); codes of shape (n_samples, length);
            channels of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : array-like of shape (n, n_bins) or (n, n_bins, n_tracks), or list of ndarray
            Signals of the bins in the middle of each sequence; NaN marks a missing one. Signals of
            sequences of unequal length are a list of arrays of (n_bins,) or (n_bins, n_tracks).
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; a weight of zero is the same as leaving the sample out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are not separated when early stopping splits off a validation
            part.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If X or y is empty or malformed, bins do not fit the positions, a count is negative, or
            a hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    def partial_fit(self, X, y, sample_weight=None):
        """Train for one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like
            Targets, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        return self._fit(X, y, sample_weight, one_epoch=True)

    def predict(self, X) -> np.ndarray:
        """Predict the signals.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_bins) or (n_samples, n_bins, n_tracks), float64
            Signals in the units of y: expected counts, for the losses of counts. Zero in bins that
            reach into padding.
        """
        scores = self._predict_scores(X)
        n_bins = scores.shape[2] - (self.link_ == "softmax")
        is_padding = self._find_padding(X, n_bins)
        is_padding = np.zeros((1, 1, 1)) if is_padding is None else is_padding[:, np.newaxis]
        if self.link_ == "softmax":
            tracks, log_totals = scores[..., :-1], scores[..., -1:]
            # Bins in the padding get nothing, or shapes would depend on the longest sequence.
            tracks = np.where(is_padding, -np.inf, tracks)
            axes = (1, 2) if self.network_settings_["joint_tracks"] else 2
            tracks = softmax(tracks, axis=axes) * np.expm1(log_totals).clip(min=0)
        elif self.link_ == "log":
            tracks = np.exp(scores)
        else:
            tracks = scores
        scale, mean = self.y_scale_[:, np.newaxis], self.y_mean_[:, np.newaxis]
        signals = tracks.astype(np.float64) * scale + mean
        y = np.where(is_padding, 0, signals).transpose(0, 2, 1)
        return y if self.profile_ndim_ == 3 else y[:, :, 0]

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the coefficient of determination R2 over all bins.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples, n_bins) or (n_samples, n_bins, n_tracks), or list
            True signals, as in :meth:`fit`; NaN marks a missing value.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            R2 of the known values, averaged over the tracks.

        Raises
        ------
        ValueError
            If y has no value at all.
        """
        return self._score_signals(self.predict(X), X, y, sample_weight)

    def _score_signals(self, predicted: np.ndarray, X, y, sample_weight) -> float:
        """Compute the mean R2 of predicted signals, of the shape of y."""
        is_list = isinstance(y, list | tuple)
        y = self._read_y(y)
        n_missing = predicted.shape[1] - y.shape[1]
        if is_list and n_missing > 0:
            width = [(0, 0), (0, n_missing), *[(0, 0)] * (y.ndim - 2)]
            y = np.pad(y, width, constant_values=_BEYOND)
        y = self._match_targets(X, y)
        y = y.reshape(*y.shape[:2], -1)
        self._check_tracks(y, predicted.shape[1])
        predicted = predicted.reshape(y.shape)
        weight = read_sample_weight(sample_weight, len(y))
        weight = np.broadcast_to(weight[:, np.newaxis], y.shape[:2])
        known = ~np.isnan(y)
        if not known.any():
            raise ValueError("y has no value at all to compare predictions with")
        scores = [
            r2_score(y[..., i][rows], predicted[..., i][rows], sample_weight=weight[rows])
            for i, rows in enumerate(np.moveaxis(known, 2, 0))
            if rows.any()
        ]
        return float(np.mean(scores))

    def _read_y(self, y) -> np.ndarray:
        y, lengths = _pad_signals(y)
        y = check_array(
            y, dtype=np.float64, allow_nd=True, ensure_all_finite="allow-nan", input_name="y"
        )
        if y.ndim > 3:
            raise ValueError(f"y must have the axes (n, bins) or (n, bins, tracks), got {y.shape}")
        if lengths is not None:
            y[np.arange(y.shape[1]) >= lengths[:, np.newaxis]] = _BEYOND
        return y

    def _match_targets(self, X, y: np.ndarray) -> np.ndarray:
        """Mask the bins that reach into the padding of a text."""
        n_bins = (y.reshape(*y.shape[:2], -1)[..., 0] != _BEYOND).sum(axis=1)
        y = np.where(y == _BEYOND, np.nan, y)
        is_padding = self._find_padding(X, y.shape[1])
        if is_padding is None:
            return y
        wrong = (n_bins < y.shape[1]) & (n_bins > (~is_padding).sum(axis=1))
        if wrong.any():
            i = int(wrong.argmax())
            raise ValueError(
                f"the signal of sequence {i} has {n_bins[i]} bins, but the sequence has "
                f"{(~is_padding[i]).sum()}"
            )
        if self.loss == "multinomial" and is_padding.any():
            raise ValueError(
                f"sequence {is_padding.any(axis=1).argmax()} is shorter than its bins, but "
                "loss='multinomial' needs them all; leave such sequences out, or use another loss"
            )
        return np.where(is_padding.reshape(*is_padding.shape, *(1,) * (y.ndim - 2)), np.nan, y)

    def _find_padding(self, X, n_bins: int) -> np.ndarray | None:
        """Find the bins that reach into padding; None if X has no mark of it."""
        if is_text(X):
            lengths = np.array([len(text) for text in as_strings(X)])
            longest = max(lengths.max(), self.length_)
        elif is_codes(X):
            lengths, longest = unpadded_lengths(np.asarray(X), self.alphabet), np.shape(X)[1]
        elif (found := profile_lengths(X, self.n_channels_)) is not None:
            lengths, longest = found, max(found.max(), self.length_)
        else:
            return None
        first = (longest - n_bins * self.bin_size) // 2
        ends = first + self.bin_size * np.arange(1, n_bins + 1)
        return ends > lengths[:, np.newaxis]

    def _learn_targets(self, y, weight, classes) -> None:
        self.profile_ndim_, self.n_bins_ = y.ndim, y.shape[1]
        tracks = y.reshape(*y.shape[:2], -1)
        known = ~np.isnan(tracks)
        if not known.any(axis=(0, 1)).all():
            raise ValueError(
                f"track {known.any(axis=(0, 1)).argmin()} of y has no value at all; leave it out"
            )
        self.n_outputs_ = tracks.shape[2]
        self.target_names_ = list(range(tracks.shape[2]))
        self.link_ = {"poisson": "log", "multinomial": "softmax", "mse": "identity"}[self.loss]
        share = known * weight[:, np.newaxis, np.newaxis]
        share /= share.sum(axis=(0, 1))
        tracks = np.where(known, tracks, 0)
        mean = (tracks * share).sum(axis=(0, 1))
        spread = np.sqrt((np.square(tracks - mean) * share).sum(axis=(0, 1)))
        self.y_mean_, self.y_scale_ = np.zeros_like(mean), np.ones_like(mean)
        if self._is_imported:
            # Its outputs are in the units of y already.
            pass
        elif self.loss == "poisson":
            self.y_scale_ = np.where(mean > 0, mean, 1)
        elif self.loss == "mse":
            self.y_mean_, self.y_scale_ = mean, np.where(spread > 1e-12 * np.abs(mean), spread, 1)
        if self.swap_tracks:
            # Both strands have one scale, or they would not be exchanged.
            self.y_scale_ = (self.y_scale_ + self.y_scale_[::-1]) / 2
            self.y_mean_ = (self.y_mean_ + self.y_mean_[::-1]) / 2
        self.count_weight_ = self.count_weight
        totals = tracks.sum(axis=1)
        totals = totals.sum(axis=1) if self.joint_tracks else totals.mean(axis=1)
        self.mean_log_total_ = float(np.average(np.log1p(totals.clip(min=0)), weights=weight))
        if self.count_weight == "auto":
            self.count_weight_ = float(np.average(totals, weights=weight)) / 10

    def _learn_input(self, data, y, seed: int) -> None:
        self._check_number_of_bins()
        super()._learn_input(data, y, seed)

    def _check_number_of_bins(self) -> None:
        """Raise a ValueError if y has another number of bins than the sequences give."""
        if self.crop == "auto" or self._is_imported:
            return
        n_bins, n_positions = self.n_bins_, self.length_ - 2 * int(self.crop)
        expected = n_positions // self.bin_size
        if n_bins == expected:
            return
        remedies = []
        size = n_positions // n_bins
        if size > 0 and n_positions // size == n_bins:
            remedies.append(f"bin_size={size} if the bins cover all of these positions")
        rest = self.length_ - n_bins * self.bin_size
        if rest >= 0 and rest % 2 == 0:
            remedies.append(f"crop={rest // 2} if they are those in the middle")
        raise ValueError(
            f"y has {n_bins} bins, but sequences of {self.length_} positions give {expected} with "
            f"bin_size={self.bin_size} and crop={self.crop}"
            + ("; set " + ", or ".join(remedies) if remedies else "")
        )

    def _expect_targets(self, n_outputs: int, n_bins: int | None) -> None:
        super()._expect_targets(n_outputs, n_bins)
        self.n_bins_, self.mean_log_total_ = n_bins, 0.0

    def _encode_targets(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        tracks = y.reshape(*y.shape[:2], -1)
        self._check_tracks(tracks, self.n_bins_)
        known = ~np.isnan(tracks)
        if self.link_ != "identity" and (tracks[known] < 0).any():
            i, position, track = np.argwhere(known & (tracks < 0))[0]
            raise ValueError(
                f"y has the value {tracks[i, position, track]:g} in sequence {i}, bin {position}, "
                f"but loss={self.loss!r} is for counts; use loss='mse'"
            )
        targets = np.where(known, (tracks - self.y_mean_) / self.y_scale_, 0)
        weights = average_one(known * weight[:, np.newaxis, np.newaxis])
        return targets.transpose(0, 2, 1), weights.transpose(0, 2, 1)

    def _check_tracks(self, tracks: np.ndarray, n_bins: int) -> None:
        if tracks.shape[1:] != (n_bins, self.n_outputs_):
            made_on = "was fitted on" if n_bins == self.n_bins_ else "predicts"
            raise ValueError(
                f"y has {tracks.shape[1]} bins and {tracks.shape[2]} tracks, but "
                f"{type(self).__name__} {made_on} {n_bins} and {self.n_outputs_}"
            )

    def _describe_outputs(self) -> ProfileOutputs:
        """Describe what `_predict_scores` returns."""
        return ProfileOutputs(
            tuple(self.target_names_),
            n_bins=self.n_bins_,
            link=self.link_,
            scale=tuple(self.y_scale_.tolist()),
            mean=tuple(self.y_mean_.tolist()),
            joint=self.network_settings_["joint_tracks"],
        )

    def _make_loss(self):
        if self.loss == "multinomial":
            return MultinomialLoss(self.count_weight_, self.joint_tracks)
        return WeightedLoss(choose_loss(self.loss, REGRESSION_LOSSES))

    def _score_shape(self, network) -> tuple[int | None, ...]:
        if self._is_imported:
            return (self.n_outputs_, self.n_bins_ + network.has_counts)
        return super()._score_shape(network)

    def _find_complement(self, alphabet):
        n_symbols = alphabet.n_symbols
        if not self.n_controls or self.n_channels != n_symbols + self.n_controls:
            return super()._find_complement(alphabet)
        if not alphabet.is_nucleic:
            return None
        controls = range(n_symbols, self.n_channels)
        pairs = reversed(controls) if self.swap_tracks else controls
        return (*alphabet.complement[: alphabet.n_symbols].tolist(), *pairs)

    def _network_params(self):
        if self.n_controls and self.n_channels is None:
            raise ValueError(
                f"n_controls={self.n_controls} needs numeric channels that hold the sequence and "
                "the controls side by side; set n_channels to the number of both"
            )
        if self.n_controls >= self.n_channels_:
            raise ValueError(
                f"n_controls={self.n_controls} leaves no channel of {self.n_channels_} for the "
                "sequence; n_channels counts both"
            )
        return super()._network_params() | {
            "n_bins": self.n_bins_,
            "bin_size": self.bin_size,
            "profile_kernel_size": self.profile_kernel_size,
            "n_controls": self.n_controls,
            "has_counts": self.loss == "multinomial",
            "mean_log_total": self.mean_log_total_,
            "joint_tracks": self.joint_tracks,
            "swap_tracks": self.swap_tracks,
        }

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("loss", self.loss, _LOSSES)
        check_integer("bin_size", self.bin_size, 1)
        if self.crop != "auto":
            check_integer("crop", self.crop, 0)
        check_integer("profile_kernel_size", self.profile_kernel_size, 1)
        check_integer("n_controls", self.n_controls, 0)
        if self.count_weight != "auto":
            check_real("count_weight", self.count_weight, 0)


def _pad_signals(y) -> tuple[Any, np.ndarray | None]:
    """Pad signals of unequal length; return them and their numbers of bins, None if all equal."""
    is_list = isinstance(y, list | tuple) or (isinstance(y, np.ndarray) and y.dtype == object)
    if not is_list or not len(y) or any(np.ndim(x) == 0 for x in y[:1]):
        return y, None
    signals = [np.asarray(x) for x in y]
    lengths = np.array([len(x) if x.ndim else 0 for x in signals])
    if (lengths == lengths[0]).all() or len({x.shape[1:] for x in signals}) > 1:
        return y, None
    padded = np.full((len(signals), lengths.max(), *signals[0].shape[1:]), np.nan)
    for row, signal in zip(padded, signals, strict=True):
        row[: len(signal)] = signal
    return padded, lengths

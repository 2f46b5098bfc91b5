"""Regression and labels of pairs of positions: contacts and interaction maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import softmax
from sklearn.metrics import average_precision_score, r2_score

from skgenomics._outputs import PairOutputs
from skgenomics._utils.input_validation import is_codes
from skgenomics._utils.sequence_profiles import profile_lengths
from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._per_position import PositionEstimator
from skgenomics.estimators._targets import average_one, read_sample_weight, weigh_classes
from skgenomics.networks.crf import UNKNOWN
from skgenomics.networks.pairs import PAIR_BLOCKS, PAIR_FEATURES, PairNetwork
from skgenomics.sequences import as_strings, is_text, unpadded_lengths
from skgenomics.training.hyperparameters import LOSSES, CrossEntropyLoss, FocalLoss
from skgenomics.training.losses import CLASS_LOSSES, REGRESSION_LOSSES, WeightedLoss, choose_loss
from skgenomics.training.sequence_net import SequenceNet

# Marks what lies beyond the end of a shorter target; users' values are finite or NaN.
_BEYOND = np.inf
# Predictions are made in batches of about this many pairs.
_PREDICTION_PAIRS = 1 << 18


class PairNet(SequenceNet):
    """A net whose batches for prediction are bounded by the number of pairs."""

    def get_iterator(self, dataset, training=False):
        """Make batches of a dataset, see :class:`~skgenomics.training.net.Net`."""
        loader = super().get_iterator(dataset, training)
        if not training:
            width = max(1, dataset.X.shape[1] // self.module_.bin_size)
            loader.batch_size = max(1, min(loader.batch_size, _PREDICTION_PAIRS // width**2))
        return loader


@dataclass(kw_only=True, eq=False, repr=False)
class _PairEstimator(PositionEstimator):
    """Base of the estimators of pairs: reading of targets, and hyperparameters of the head."""

    bin_size: int = 1
    min_separation: int = 0
    projection_filters: int | None = None
    projection_kernel_size: int = 1
    pair_features: str = "mean"
    pair_block: str = "bottleneck"
    pair_filters: int = 32
    pair_bottleneck: int | None = None
    pair_kernel_size: int = 3
    pair_dilation: int | tuple[int, ...] = (1, 2, 4, 8)
    pair_dropout: float = 0.1
    pair_normalization: str | None = "batch"
    pair_activation: str = "relu"
    batch_size: int | str = 8

    _network_class = PairNetwork
    _net_class = PairNet

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
        y : list of ndarray of shape (L_i, L_i), or array-like of shape (n_samples, n_bins, n_bins)
            Symmetric targets of each sequence, with NaN for unknown pairs; several tracks are a
            last axis. Bins are those in the middle of a sequence.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; a weight of zero is the same as leaving the sample out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are not separated when early stopping splits off a validation
            part.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples for early stopping, instead of a part of the training data.
        X_val, y_val : array-like, default=None
            The same as two arguments.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If X or y is empty or malformed, a target is not square or not symmetric or does not
            fit its sequence (naming the sample), or a hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    def partial_fit(self, X, y, sample_weight=None):
        """Train for one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : list of ndarray, or array-like of shape (n_samples, n_bins, n_bins)
            Targets, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        return self._fit(X, y, sample_weight, one_epoch=True)

    def _read_y(self, y) -> np.ndarray:
        """Read targets of shape (n_samples, n_bins, n_bins, n_tracks), padded by `_BEYOND`."""
        # Frames are no sequence of their rows, and other arrays may not be iterable.
        y = np.asarray(y) if hasattr(y, "__array__") else y
        targets = [_read_target(target, i) for i, target in enumerate(y)]
        if not targets:
            raise ValueError("y is empty: 0 samples where a minimum of 1 is required")
        width = max(len(target) for target in targets)
        n_tracks = {target.shape[2] for target in targets}
        if len(n_tracks) > 1:
            raise ValueError(f"targets of y have different numbers of tracks: {sorted(n_tracks)}")
        table = np.full((len(targets), width, width, n_tracks.pop()), _BEYOND)
        for row, target in zip(table, targets, strict=True):
            row[: len(target), : len(target)] = target
        return table

    def _match_targets(self, X, y: np.ndarray) -> np.ndarray:
        """Compare sizes of targets and sequences; pairs beyond a sequence become unknown."""
        given = (y[:, :, 0, 0] != _BEYOND).sum(axis=1)
        real = self._count_bins(X, *y.shape[:2])
        wrong = (given != real) & (given != y.shape[1])
        if wrong.any():
            i = int(wrong.argmax())
            raise ValueError(
                f"the target of sequence {i} has {given[i]} bins, but the sequence has {real[i]}"
            )
        outside = np.arange(y.shape[1]) >= real[:, np.newaxis]
        outside = (outside[:, :, np.newaxis] | outside[:, np.newaxis])[..., np.newaxis]
        return np.where(outside | (y == _BEYOND), np.nan, y)

    def _count_bins(self, X, n: int, n_bins: int) -> np.ndarray:
        """Count the bins of each of n sequences that are not padding."""
        if is_text(X):
            lengths = np.array([len(text) for text in as_strings(X)])
            longest = max(self.length_, lengths.max())
        elif is_codes(X):
            lengths, longest = unpadded_lengths(np.asarray(X), self.alphabet), np.shape(X)[1]
        elif (found := profile_lengths(X, self.n_channels_)) is not None:
            lengths, longest = found, max(found.max(), self.length_)
        else:
            return np.full(n, n_bins)
        first = (longest - n_bins * self.bin_size) // 2
        return ((lengths - first) // self.bin_size).clip(0, n_bins)

    def _known(self, y: np.ndarray) -> np.ndarray:
        """Tell which pairs count: known ones of sufficient distance, each once."""
        n_bins = y.shape[1]
        is_apart = np.triu(np.ones((n_bins, n_bins), dtype=bool), self.min_separation)
        return ~np.isnan(y) & is_apart[..., np.newaxis]

    def _check_size(self, y: np.ndarray, n_tracks: int) -> None:
        if y.shape[1] != self.n_bins_ or y.shape[3] != n_tracks:
            raise ValueError(
                f"y has {y.shape[1]} bins and {y.shape[3]} tracks, but {type(self).__name__} was "
                f"fitted on {self.n_bins_} and {n_tracks}"
            )

    def _predict_pairs(self, X) -> tuple[np.ndarray, np.ndarray]:
        """Scores of shape (n_samples, n_outputs, n_bins, n_bins), and which pairs are real."""
        scores = self._predict_scores(X)
        n_bins = round(scores.shape[2] ** 0.5)
        is_real = np.arange(n_bins) < self._count_bins(X, len(scores), n_bins)[:, np.newaxis]
        mask = is_real[:, :, np.newaxis] & is_real[:, np.newaxis]
        return scores.reshape(*scores.shape[:2], n_bins, n_bins), mask

    def _expect_targets(self, n_outputs: int, n_bins: int | None) -> None:
        super()._expect_targets(n_outputs, n_bins)
        self.n_bins_ = int(n_bins or 1)

    def _score_shape(self, network) -> tuple[int | None, ...]:
        return (self.n_outputs_, None)

    def _network_params(self) -> dict[str, Any]:
        bottleneck = self.pair_bottleneck
        return super()._network_params() | {
            "n_bins": self.n_bins_,
            "bin_size": self.bin_size,
            "projection_filters": self.projection_filters,
            "projection_kernel_size": self.projection_kernel_size,
            "pair_features": self.pair_features,
            "pair_block": self.pair_block,
            "pair_filters": self.pair_filters,
            "pair_bottleneck": max(1, self.pair_filters // 2) if bottleneck is None else bottleneck,
            "pair_kernel_size": self.pair_kernel_size,
            "pair_dilation": self.pair_dilation,
            "pair_dropout": self.pair_dropout,
            "pair_normalization": self.pair_normalization,
            "pair_activation": self.pair_activation,
        }

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("pair_features", self.pair_features, PAIR_FEATURES)
        check_choice("pair_block", self.pair_block, PAIR_BLOCKS)
        for name in ("bin_size", "pair_filters", "pair_kernel_size", "projection_kernel_size"):
            check_integer(name, getattr(self, name), 1)
        check_integer("min_separation", self.min_separation, 0)
        check_real("pair_dropout", self.pair_dropout, 0, 1)


def _read_target(target, i: int) -> np.ndarray:
    """Read the target of one sequence as an array of shape (n_bins, n_bins, n_tracks)."""
    if np.iscomplexobj(target):
        raise ValueError(f"Complex data not supported: the target of sequence {i}")
    try:
        table = np.asarray(target, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"the target of sequence {i} is not a matrix of numbers") from None
    if table.ndim == 1 and round(table.size**0.5) ** 2 == table.size:
        table = table.reshape(round(table.size**0.5), -1)
    if table.ndim not in (2, 3) or table.shape[0] != table.shape[1] or not len(table):
        raise ValueError(
            f"the target of sequence {i} has the shape {table.shape}, but a row and a column are "
            "needed for each position or bin"
        )
    if np.isinf(table).any():
        raise ValueError(f"Input y contains infinity: the target of sequence {i}; use NaN")
    if not np.array_equal(table, table.swapaxes(0, 1), equal_nan=True):
        differs = ~np.isclose(table, table.swapaxes(0, 1), rtol=1e-6, atol=1e-9, equal_nan=True)
        if differs.any():
            row, column = np.argwhere(differs)[0][:2]
            raise ValueError(
                f"the target of sequence {i} is not symmetric: it differs for the pairs "
                f"({row}, {column}) and ({column}, {row})"
            )
    return table.reshape(*table.shape[:2], -1)


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class PairRegressor(_PairEstimator):
    """Network that predicts a value for each pair of positions or bins, such as a Hi-C map.

    A 1-D network reads the sequence; a 2-D residual network reads the features of all pairs of
    positions. Predictions are exactly symmetric. Akita [1]_ is a configuration of it, see
    :mod:`skgenomics.zoo`.

    Parameters
    ----------
    network : str, default="resnet"
        "resnet", "cnn", "unet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer" or
        "unettransformer", see :class:`ResNetClassifier` and so on.
    network_params : dict or None, default=None
        Hyperparameters of its trunk, as of that estimator. They replace the defaults, which keep
        each position apart.
    {pairs}
    loss : {"mse", "huber"}, default="mse"
        Loss of standardized values.
    {input}
    {training}

    Attributes
    ----------
    n_bins_ : int
        Number of bins of y.
    y_mean_, y_scale_ : ndarray of shape (n_tracks,)
        Mean and standard deviation of each track in fit.
    target_names_ : list of int
        Indices of the tracks.
    {receptive field}
    {fitted}

    See Also
    --------
    PairLabeler : Classes of pairs, such as contacts.
    ProfileRegressor : A signal along each sequence.
    skgenomics.metrics.stratified_correlation_score : Correlation at each distance.

    Notes
    -----
    Memory of training is proportional to `batch_size` and to the square of the number of bins:
    about ``12 * batch_size * n_bins**2 * (pair_filters + pair_bottleneck)`` bytes for each block.

    References
    ----------
    .. [1] Fudenberg et al., Predicting 3D genome folding from DNA sequence with Akita, Nature
       Methods 17, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics import PairRegressor
    >>> X = ["ACGTACCTGA", "GGTACCATAG", "TTCAGGTACA"] * 4
    >>> y = [np.array([[float(a == b) for a in x] for b in x]) for x in X]
    >>> regressor = PairRegressor(network="cnn", max_iter=2, random_state=0).fit(X, y)
    >>> contacts = regressor.predict(["CCGTAACCTA"])
    >>> contacts.shape, bool((contacts[0] == contacts[0].T).all())
    ((1, 10, 10), True)
    """

    loss: str = "mse"

    def predict(self, X) -> np.ndarray:
        """Predict the values of all pairs.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_bins, n_bins) or (n_samples, n_bins, n_bins, n_tracks), \
                float64
            Values in the units of y, symmetric; NaN beyond the end of a shorter sequence.
        """
        scores, mask = self._predict_pairs(X)
        values = np.moveaxis(scores.astype(np.float64), 1, -1) * self.y_scale_ + self.y_mean_
        values = np.where(mask[..., np.newaxis], values, np.nan)
        return values[..., 0] if self.n_outputs_ == 1 else values

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the coefficient of determination R2 over all known pairs.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : list of ndarray, or array-like of shape (n_samples, n_bins, n_bins)
            True values, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            R2, averaged over the tracks.

        Raises
        ------
        ValueError
            If y has no known pair.
        """
        return self._score_pairs(self.predict(X), X, y, sample_weight)

    def _score_pairs(self, predicted: np.ndarray, X, y, sample_weight) -> float:
        """Compute the mean R2 of predicted values of pairs."""
        y = self._match_targets(X, self._read_y(y))
        predicted = predicted.reshape(y.shape)
        known = self._known(y)
        weight = read_sample_weight(sample_weight, len(y))
        weight = np.broadcast_to(weight[:, np.newaxis, np.newaxis], y.shape[:3])
        if not known.any():
            raise ValueError("y has no value at all to compare predictions with")
        scores = [
            r2_score(y[..., i][rows], predicted[..., i][rows], sample_weight=weight[rows])
            for i, rows in enumerate(np.moveaxis(known, 3, 0))
            if rows.any()
        ]
        return float(np.mean(scores))

    def _learn_targets(self, y, weight, classes) -> None:
        known = self._known(y)
        if not known.any(axis=(0, 1, 2)).all():
            raise ValueError("a track of y has no known pair; leave it out")
        self.n_bins_, self.n_outputs_ = y.shape[1], y.shape[3]
        self.target_names_ = list(range(self.n_outputs_))
        share = known * weight[:, np.newaxis, np.newaxis, np.newaxis]
        share /= share.sum(axis=(0, 1, 2))
        values = np.where(known, y, 0)
        self.y_mean_ = (values * share).sum(axis=(0, 1, 2))
        spread = np.sqrt((np.square(values - self.y_mean_) * share).sum(axis=(0, 1, 2)))
        self.y_scale_ = np.where(spread > 1e-12 * np.abs(self.y_mean_), spread, 1)

    def _encode_targets(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        self._check_size(y, self.n_outputs_)
        known = self._known(y)
        targets = np.where(known, (y - self.y_mean_) / self.y_scale_, 0)
        weights = average_one(known * weight[:, np.newaxis, np.newaxis, np.newaxis])
        shape = len(y), self.n_outputs_, -1
        return (
            np.moveaxis(targets, 3, 1).reshape(shape),
            np.moveaxis(weights, 3, 1).reshape(shape),
        )

    def _describe_outputs(self) -> PairOutputs:
        """Describe what `_predict_scores` returns."""
        return PairOutputs(
            tuple(self.target_names_),
            size=self.n_bins_,
            scale=tuple(self.y_scale_.tolist()),
            mean=tuple(self.y_mean_.tolist()),
        )

    def _make_loss(self):
        return WeightedLoss(choose_loss(self.loss, REGRESSION_LOSSES))

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("loss", self.loss, ("mse", "huber"))


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class PairLabeler(_PairEstimator):
    """Network that labels each pair of positions, such as the contacts of a protein or an RNA.

    A 1-D network reads the sequence; a 2-D residual network reads the features of all pairs of
    positions, as for protein contact maps [1]_. Predictions are exactly symmetric.

    Parameters
    ----------
    network : str, default="resnet"
        "resnet", "cnn", "unet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer" or
        "unettransformer", see :class:`ResNetClassifier` and so on.
    network_params : dict or None, default=None
        Hyperparameters of its trunk, as of that estimator. They replace the defaults, which keep
        each position apart.
    {pairs}
    loss : {"cross_entropy", "focal"}, CrossEntropyLoss or FocalLoss, default="cross_entropy"
        Loss of each pair; an object of :mod:`skgenomics.training` also sets label smoothing and the
        exponent of the focal loss.
    class_weight : {None, "balanced"} or dict, default=None
        Weights of the classes; "balanced" gives each the same total weight. Contacts are rare,
        about 2 % of all pairs: with "balanced" training finds them sooner, but probabilities are
        those of balanced classes.
    {input}
    {training}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes of pairs, in their order.
    n_bins_ : int
        Number of bins of y.
    {receptive field}
    {fitted}

    See Also
    --------
    PairRegressor : Values of pairs.
    SequenceLabeler : A label for each position.
    skgenomics.metrics.contact_precision_score : Precision of the best pairs.

    Notes
    -----
    Memory of training is proportional to `batch_size` and to the square of the number of bins:
    about ``12 * batch_size * n_bins**2 * (pair_filters + pair_bottleneck)`` bytes for each block.

    References
    ----------
    .. [1] Wang et al., Accurate de novo prediction of protein contact map by ultra-deep learning
       model, PLOS Computational Biology 13, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics import PairLabeler
    >>> X = ["ACGTACCTGA", "GGTACCATAG", "TTCAGGTACA"] * 4
    >>> y = [np.array([[int({a, b} == {"A", "T"}) for a in x] for b in x]) for x in X]
    >>> labeler = PairLabeler(network="cnn", max_iter=2, random_state=0).fit(X, y)
    >>> labeler.predict_proba(["CCGTAACCTA"]).shape
    (1, 10, 10, 2)
    """

    loss: str | CrossEntropyLoss | FocalLoss = "cross_entropy"
    class_weight: str | dict | None = None

    _groups: ClassVar[dict[str, Any]] = {"loss": LOSSES}

    def decision_function(self, X) -> np.ndarray:
        """Compute the logits of the classes of all pairs.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_bins, n_bins, n_classes)
            Logits; symmetric in both bins.
        """
        return np.moveaxis(self._predict_pairs(X)[0], 1, -1)

    def predict_proba(self, X) -> np.ndarray:
        """Predict the probabilities of the classes of all pairs.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_bins, n_bins, n_classes)
            Probabilities, symmetric in both bins; NaN beyond the end of a shorter sequence.
        """
        scores, mask = self._predict_pairs(X)
        proba = softmax(np.moveaxis(scores, 1, -1), axis=3)
        return np.where(mask[..., np.newaxis], proba, np.nan).astype(self.dtype_)

    def predict_log_proba(self, X) -> np.ndarray:
        """Predict the logarithms of the probabilities of the classes of all pairs.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_bins, n_bins, n_classes)
            Logarithms of :meth:`predict_proba`, NaN beyond the end of a shorter sequence.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X) -> np.ndarray:
        """Predict the most probable class of each pair.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_bins, n_bins)
            Classes; the first class beyond the end of a shorter sequence.
        """
        scores, mask = self._predict_pairs(X)
        return self.classes_[np.where(mask, scores.argmax(axis=1), 0)]

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the average precision of the known pairs.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : list of ndarray, or array-like of shape (n_samples, n_bins, n_bins)
            True classes, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            Average precision of the second of two classes; of more, the mean over the classes. The
            expected value of random scores is the frequency of the class.

        Raises
        ------
        ValueError
            If y has no known pair.
        """
        return self._score_pairs(self.predict_proba(X), X, y, sample_weight)

    def _score_pairs(self, proba: np.ndarray, X, y, sample_weight) -> float:
        """Compute the average precision of predicted probabilities of pairs."""
        codes = self._encode(self._match_targets(X, self._read_y(y)))
        known = codes >= 0
        if not known.any():
            raise ValueError("every pair in y is unknown")
        weight = read_sample_weight(sample_weight, len(codes))
        weight = np.broadcast_to(weight[:, np.newaxis, np.newaxis], codes.shape)[known]
        n_classes = len(self.classes_)
        chosen = [1] if n_classes == 2 else [i for i in range(n_classes) if (codes == i).any()]
        scores = [
            average_precision_score(codes[known] == i, proba[known][:, i], sample_weight=weight)
            for i in chosen
        ]
        return float(np.mean(scores))

    def _learn_targets(self, y, weight, classes) -> None:
        known = self._known(y)
        labels = np.unique(y[known])
        if y.shape[3] > 1:
            raise ValueError(f"y has {y.shape[3]} tracks, but a pair has one class")
        if len(labels) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least two classes, but y has only one class: "
                f"{labels.tolist()}"
            )
        if (labels != np.rint(labels)).any():
            raise ValueError(
                f"Unknown label type: y has the value {labels[labels != np.rint(labels)][0]}, but "
                "classes are integers; use PairRegressor for real values"
            )
        self.classes_ = labels.astype(np.int64)
        self.n_bins_, self.n_outputs_ = y.shape[1], len(labels)

    def _encode(self, y: np.ndarray) -> np.ndarray:
        """Encode classes as indices, of shape (n_samples, n_bins, n_bins); negative if unknown."""
        self._check_size(y, 1)
        known = self._known(y)[..., 0]
        values = np.where(known, y[..., 0], self.classes_[0])
        codes = np.searchsorted(self.classes_, values).clip(max=len(self.classes_) - 1)
        wrong = self.classes_[codes] != values
        if wrong.any():
            i, row, column = np.argwhere(wrong)[0]
            raise ValueError(
                f"the target of sequence {i} has the class {values[i, row, column]:g} for the pair "
                f"({row}, {column}), which is none of {self.classes_.tolist()}"
            )
        return np.where(known, codes, UNKNOWN).astype(np.int16)

    def _encode_targets(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        codes = self._encode(y).reshape(len(y), -1)
        known = codes >= 0
        weights = np.zeros(codes.shape)
        samples = np.broadcast_to(weight[:, np.newaxis], codes.shape)[known]
        weights[known] = weigh_classes(self.class_weight, codes[known], self.classes_, samples)
        return codes, average_one(weights)

    def _describe_outputs(self) -> PairOutputs:
        """Describe what `_predict_scores` returns."""
        return PairOutputs(tuple(self.classes_.tolist()), size=self.n_bins_, is_class=True)

    def _make_loss(self):
        return WeightedLoss(choose_loss(self.loss, CLASS_LOSSES), is_one_of_many=True)

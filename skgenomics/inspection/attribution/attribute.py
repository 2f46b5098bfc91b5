"""Attribution of a score to the positions of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin
from sklearn.utils import check_random_state

from skgenomics._utils.input_validation import sequence_length
from skgenomics._utils.pipelines import number_combinations, split_steps
from skgenomics._utils.validation import check_choice, check_integer, check_real, warn_user
from skgenomics.inspection._scores import (
    NoPositionsError,
    SequenceScore,
    find_reader,
    find_sequence_score,
    reads_frames,
)
from skgenomics.inspection._text_scores import TextScore, find_sequence_column
from skgenomics.inspection.attribution._baselines import Baselines
from skgenomics.inspection.attribution._deeplift import deeplift
from skgenomics.inspection.attribution._gradients import (
    correct,
    gradient,
    integrate,
    relative_gap,
)
from skgenomics.inspection.attribution._occlusion import occlude, occlude_text
from skgenomics.sequences import one_hot

COMPLETE = ("integrated_gradients", "deeplift", "deeplift_shap")
METHODS = ("saliency", "input_x_gradient", *COMPLETE, "occlusion", "mutagenesis")


class CompletenessWarning(UserWarning):
    """Attributions do not add up to the difference in score that they explain."""


@dataclass(frozen=True, eq=False)
class Attributions(NDArrayOperatorsMixin):
    """Attributions of sequences: an array of shape (n_samples, n_positions, n_channels) and more.

    ``np.asarray`` returns the array; arithmetic and numpy functions treat the object as that array.
    Indexing by samples returns their attributions, any other index a part of the array.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_positions, n_channels)
        Hypothetical contribution scores: the attribution of each symbol at each position if it
        were present, in the order of `symbols`. For signals, the attributions of the channels.
    actual : ndarray of shape (n_samples, n_positions)
        Attributions of the symbols that are present.
    scores : ndarray of shape (n_samples,)
        Scores of the sequences.
    gap : ndarray of shape (n_samples,) or None
        Convergence delta: sum of `actual` minus the difference between the score of a sequence and
        the mean score of its baselines. None for methods without this property.
    relative_gap : ndarray of shape (n_samples,) or None
        The gap divided by that difference, or by a tenth of the sum of absolute attributions where
        this is larger.
    method : str
        Method of attribution.
    symbols : str or None
        Symbols of the last axis; None for signals.
    """

    values: np.ndarray
    actual: np.ndarray
    scores: np.ndarray
    gap: np.ndarray | None
    relative_gap: np.ndarray | None
    method: str
    symbols: str | None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the array, (n_samples, n_positions, n_channels)."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions of the array."""
        return self.values.ndim

    @property
    def dtype(self) -> np.dtype:
        """Data type of the array."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index):
        if isinstance(index, tuple) or (np.ndim(index) == 0 and not isinstance(index, slice)):
            return self.values[index]
        gaps = (None if gap is None else gap[index] for gap in (self.gap, self.relative_gap))
        arrays = (array[index] for array in (self.values, self.actual, self.scores))
        return Attributions(*arrays, *gaps, self.method, self.symbols)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        arrays = (x.values if isinstance(x, Attributions) else x for x in inputs)
        return getattr(ufunc, method)(*arrays, **kwargs)


def attribute(
    estimator,
    X,
    *,
    method: str = "integrated_gradients",
    target=None,
    baselines="auto",
    n_baselines: int = 20,
    n_steps: int = 20,
    window: int = 5,
    correct_gradient: bool = True,
    max_gap: float = 0.01,
    sequence_column: str | None = None,
    random_state=None,
) -> Attributions:
    """Attribute a score to the positions of each sequence.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline or search that ends in one and whose other steps
        return text, codes or channels; or an ensemble that averages such estimators (deep ensemble,
        voting, bagging). Of a :class:`~sklearn.calibration.CalibratedClassifierCV` gradients are
        those before calibration, which is a function of the score and knows no positions. Of a
        :class:`~skgenomics.PretrainedClassifier` gradients are those of its word embeddings, if
        its tokens are single symbols or k-mers. Occlusion and mutagenesis take any fitted
        estimator of text.
    X : array-like of shape (n_samples, ...)
        Sequences as text, codes, channels, or any input of the pipeline. A frame of several columns
        for :class:`~skgenomics.ConditionalClassifier` and
        :class:`~skgenomics.MultiViewClassifier`: the sequence is edited, other columns are kept.
    method : str, default="integrated_gradients"
        - "integrated_gradients": mean gradient on the straight path from baselines to the sequence
          [1]_; exact for every network.
        - "deeplift": differences of activations from those of a baseline [2]_, with the Rescale
          rule, and mid-points for products; needs one forward pass, and has no rule for recurrent
          networks.
        - "deeplift_shap": mean of DeepLIFT over shuffled baselines [3]_.
        - "input_x_gradient": the gradient; symbols that are present get their own.
        - "saliency": absolute value of the gradient [4]_.
        - "occlusion": decrease of the score when windows around a position are masked [5]_, by
          equal shares of all symbols, by N in text, by zeros in signals.
        - "mutagenesis": change of the score by each substitution, minus the mean over all symbols.
    target : object, default=None
        Output to explain, by name, or a function of all outputs:

        - a class of a classifier; by default the second of two;
        - a task or target, by its name in y or its number;
        - (task, class) of a :class:`~skgenomics.MultiTaskEstimator`; a task of two classes or of
          real numbers needs no class;
        - a label of a :class:`~skgenomics.SequenceLabeler`, averaged over positions, or
          (label, position);
        - "total" or "profile" (the shape) of a :class:`~skgenomics.ProfileRegressor`, averaged
          over tracks, the default being "total"; a track; or (track, "total"),
          (track, "profile") or (track, bin);
        - a callable that takes the array or tensor of all outputs, of shape (n_samples, n_outputs)
          or (n_samples, n_outputs, n_positions), and returns one number per sequence.

        Scores are the log-odds of a class against all others, the prediction of a regressor in the
        units of y, or logarithms of rates and totals.
    baselines : {"auto", "uniform", "zeros", "shuffle"} or array-like, default="auto"
        Baselines of integrated gradients and DeepLIFT. "uniform": equal shares of all symbols.
        "shuffle": dinucleotide shuffles of each sequence. "zeros": zeros in all channels.
        Sequences of the same length are used as baselines of every sequence. "auto" means
        shuffles for "deeplift_shap", else "uniform", and "zeros" for signals. Unknown symbols are
        unknown in baselines too.
    n_baselines : int, default=20
        Number of shuffles per sequence; "deeplift" uses one.
    n_steps : int, default=20
        Number of points on the path of integrated gradients. For sequences whose gap exceeds
        `max_gap`, points are added where the score changes most between points, up to 31 times as
        many in all.
    window : int, default=5
        Number of positions that are masked at once in occlusion.
    correct_gradient : bool, default=True
        True subtracts the mean over the symbols from gradients of "saliency" and
        "input_x_gradient": the component off the simplex, which no sequence can use [6]_. Other
        methods have no such component.
    max_gap : float, default=0.01
        Relative gap above which a warning is issued.
    sequence_column : str or None, default=None
        Column of a frame X whose sequences are attributed; by default the only one of sequences.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffles.

    Returns
    -------
    Attributions
        An array of shape (n_samples, n_positions, n_channels) with `actual`, `scores`, `gap` and
        others. Attributions of unknown symbols and padding are zero.

    Raises
    ------
    ValueError
        If a parameter is invalid, there is no such target, the estimator has no gradients per
        position (k-mer counts, byte pairs), or DeepLIFT has no rule for its network. Messages
        name a method that works.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.

    Warns
    -----
    CompletenessWarning
        If attributions miss more than `max_gap` of a difference that they should add up to.

    References
    ----------
    .. [1] Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep networks, ICML.
    .. [2] Shrikumar, Greenside and Kundaje (2017), Learning important features through propagating
       activation differences, ICML.
    .. [3] Lundberg and Lee (2017), A unified approach to interpreting model predictions, NeurIPS.
    .. [4] Simonyan, Vedaldi and Zisserman (2014), Deep inside convolutional networks, ICLR.
    .. [5] Zeiler and Fergus (2014), Visualizing and understanding convolutional networks, ECCV.
    .. [6] Majdandzic et al. (2023), Correcting gradient-based interpretations of deep neural
       networks for genomics, Genome Biology 24.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.attribution.attribute import attribute
    >>> data = make_motif_classification(100, 40, motifs=["GATAAG"], random_state=0)
    >>> model = CNNClassifier(max_iter=5, random_state=0).fit(data.X, data.y)
    >>> A = attribute(model, data.X[data.y == 1][:3])
    >>> A.shape, A.actual.shape, bool(abs(A.relative_gap).max() < 0.01)
    ((3, 40, 4), (3, 40), True)
    """
    check_choice("method", method, METHODS)
    for name, value in (("n_baselines", n_baselines), ("n_steps", n_steps), ("window", window)):
        check_integer(name, value, 1)
    check_real("max_gap", max_gap, 0)
    is_gradient = method not in ("occlusion", "mutagenesis")
    settings = {
        "method": method,
        "baselines": baselines,
        "n_baselines": n_baselines,
        "n_steps": n_steps,
        "window": window,
        "correct_gradient": correct_gradient,
        "max_gap": max_gap,
        "random_state": random_state,
    }
    if reads_frames(estimator) and is_gradient:
        return _in_frame(estimator, X, target, sequence_column, settings)
    try:
        score = find_sequence_score(
            estimator, target, underlying=is_gradient, gradients=is_gradient
        )
        data = score.read(X)
    except NoPositionsError:
        if is_gradient:
            raise
        return _of_text(estimator, X, target, method, window, sequence_column)
    if method == "mutagenesis":
        scores = score.predict(data)
        return _by_mutagenesis(estimator, X, target, _channels(score, data), scores, score.symbols)
    return _explain(score, data, **settings)


def _explain(
    score: SequenceScore,
    data: np.ndarray,
    *,
    method: str,
    baselines,
    n_baselines: int,
    n_steps: int,
    window: int,
    correct_gradient: bool,
    max_gap: float,
    random_state,
) -> Attributions:
    """Attribute a score of networks, by any method but mutagenesis."""
    if method == "occlusion":
        effects, scores = occlude(score, data, window)
        return _at_symbols(effects, _channels(score, data), scores, method, score.symbols)
    if method in COMPLETE:
        if isinstance(baselines, str) and baselines == "auto":
            baselines = _default_baselines(method, score)
        n_shuffles = 1 if method == "deeplift" else n_baselines
        baselines = Baselines(score, data, baselines, n_shuffles, random_state)
        explain: Callable = deeplift
        if method == "integrated_gradients":
            explain = partial(integrate, n_steps=n_steps, max_gap=max_gap)
        result = _attribute_difference(score, data, baselines, explain, method)
        _check_complete(result, max_gap)
        return result
    return _by_gradient(score, data, method, correct_gradient and score.symbols is not None)


def _in_frame(estimator, X, target, sequence_column: str | None, settings: dict) -> Attributions:
    """Attribute the scores of sequences whose other columns are kept.

    Samples of the same values in the other columns are explained together.
    """
    if not isinstance(X, pd.DataFrame):
        raise ValueError(
            f"{type(split_steps(estimator)[1]).__name__} reads other columns beside the sequence: "
            f"give X as a frame with these columns, not as {type(X).__name__}"
        )
    column = find_sequence_column(estimator, X, sequence_column)
    settings["random_state"] = check_random_state(settings["random_state"]).randint(2**31 - 1)
    data = find_reader(estimator, sequence_column=sequence_column, target=target).read(X)
    groups, parts = [], []
    combinations = number_combinations(X.drop(columns=column))
    for number in range(combinations.max() + 1):
        index = np.flatnonzero(combinations == number)
        score = find_sequence_score(
            estimator,
            target,
            underlying=True,
            sequence_column=sequence_column,
            sample=X.iloc[index[:1]],
        )
        groups.append(index)
        parts.append(_explain(score, data[index], **settings))
    order = np.argsort(np.concatenate(groups))

    def join(name: str) -> np.ndarray | None:
        arrays = [getattr(part, name) for part in parts]
        return None if arrays[0] is None else np.concatenate(arrays)[order]

    values, actual, scores = (join(name) for name in ("values", "actual", "scores"))
    assert values is not None
    assert actual is not None
    assert scores is not None
    gaps = join("gap"), join("relative_gap")
    return Attributions(values, actual, scores, *gaps, parts[0].method, parts[0].symbols)


def _default_baselines(method: str, score: SequenceScore) -> str:
    if score.symbols is None:
        return "zeros"
    return "shuffle" if method == "deeplift_shap" else "uniform"


def _channels(score: SequenceScore, data: np.ndarray) -> np.ndarray:
    """Convert data to channels, of shape (n_samples, n_positions, n_channels)."""
    if data.dtype == np.uint8:
        return one_hot(data, score.n_channels)
    return data.reshape(len(data), -1, score.n_channels)


def _attribute_difference(score, data, baselines, explain, method: str) -> Attributions:
    n, length, n_each = len(data), sequence_length(data, score.n_channels), baselines.n_each
    values = np.zeros((n, length, score.n_channels))
    actual, difference = np.zeros((n, length)), np.zeros(n)
    size = max(1, score.batch_positions // length)
    for start in range(0, n * n_each, size):
        rows, which = np.divmod(np.arange(start, min(start + size, n * n_each)), n_each)
        x, mask = score.to_channels(data[rows]), score.mask(data[rows])
        baseline = baselines.of(x, rows, which)
        multipliers, change = explain(score, x, baseline, mask)
        parts = (x - baseline) * multipliers
        shares = parts
        if score.symbols is not None:
            shares = multipliers - (baseline * multipliers).sum(dim=1, keepdim=True)
            shares = shares * x.any(dim=1, keepdim=True)
        np.add.at(values, rows, shares.transpose(1, 2).cpu().numpy())
        np.add.at(actual, rows, parts.sum(dim=1).cpu().numpy())
        np.add.at(difference, rows, change.cpu().numpy())
    values, actual, difference = values / n_each, actual / n_each, difference / n_each
    return Attributions(
        values,
        actual,
        score.predict(data),
        actual.sum(axis=1) - difference,
        relative_gap(actual, difference),
        method,
        score.symbols,
    )


def _check_complete(result: Attributions, max_gap: float) -> None:
    assert result.gap is not None
    assert result.relative_gap is not None
    gaps = np.abs(result.relative_gap)
    n_open = int((gaps > max_gap).sum())
    if not n_open:
        return
    worst = int(gaps.argmax())
    remedy = "a larger n_steps or baselines='shuffle'"
    if result.method != "integrated_gradients":
        remedy = "method='integrated_gradients' or 'mutagenesis'"
    warn_user(
        f"{result.method} attributions of {n_open} of {len(gaps)} sequences do not add up to the "
        f"difference between their score and that of the baselines within {max_gap:.2%}; of "
        f"sequence {worst} {gaps[worst]:.2%} is missing (gap {result.gap[worst]:.3g}); try "
        f"{remedy}",
        CompletenessWarning,
    )


def _by_gradient(score, data, method: str, corrected: bool) -> Attributions:
    gradients = []
    for _, x, mask in score.batches(data):
        found = gradient(score, x, mask)
        found = (correct(found) if corrected else found) * x.any(dim=1, keepdim=True)
        gradients.append(found.transpose(1, 2).cpu().numpy())
    values, channels = np.concatenate(gradients), _channels(score, data)
    if method == "saliency":
        values = abs(values)
    parts = values * channels
    if score.symbols is None:
        actual = values.sum(axis=2) if method == "saliency" else parts.sum(axis=2)
        values = values if method == "saliency" else parts
    else:
        actual = parts.sum(axis=2)
    return Attributions(values, actual, score.predict(data), None, None, method, score.symbols)


def _of_text(
    estimator, X, target, method: str, window: int, sequence_column: str | None
) -> Attributions:
    """Compute attributions from predictions of edited texts."""
    score = TextScore(estimator, target, sequence_column=sequence_column)
    codes = score.read(X)
    channels = one_hot(codes, score.alphabet.n_symbols)
    if method == "occlusion":
        effects, scores = occlude_text(score, codes, window)
        return _at_symbols(effects, channels, scores, method, score.symbols)
    scores = score.predict(codes)
    return _by_mutagenesis(
        estimator, X, target, channels, scores, score.symbols, sequence_column=sequence_column
    )


def _by_mutagenesis(
    estimator, X, target, channels, scores, symbols, *, sequence_column: str | None = None
) -> Attributions:
    from skgenomics.inspection.mutations.substitutions import mutagenesis

    changes = np.asarray(mutagenesis(estimator, X, target=target, sequence_column=sequence_column))
    values = changes - changes.mean(axis=2, keepdims=True)
    values = values * channels.any(axis=2)[..., np.newaxis]
    actual = (values * channels).sum(axis=2)
    return Attributions(values, actual, scores, None, None, "mutagenesis", symbols)


def _at_symbols(effects, channels, scores, method, symbols) -> Attributions:
    """Assign the effect of each position to the symbol that is present."""
    effects = effects * channels.any(axis=2)
    values = effects[..., np.newaxis] * (channels if symbols else np.ones_like(channels))
    return Attributions(values, effects, scores, None, None, method, symbols)

"""How much each letter of a sequence counts for a score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from skgenomics._utils.input_validation import sequence_length
from skgenomics._utils.validation import check_choice, check_integer, check_real, warn_user
from skgenomics.inspection._scores import NoPositionsError, SequenceScore
from skgenomics.inspection._text_scores import TextScore
from skgenomics.inspection.attribution._baselines import Baselines
from skgenomics.inspection.attribution._deeplift import deeplift
from skgenomics.inspection.attribution._gradients import (
    BATCH_POSITIONS,
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
    """Attributions do not add up to the difference of the scores that they share out."""


@dataclass(frozen=True, eq=False)
class Attributions(NDArrayOperatorsMixin):
    """Attributions of letters, an array of shape (n, L, C) with what belongs to it.

    ``np.asarray`` gives the array, arithmetic and functions of numpy take it for one; an index of
    rows gives the attributions of these rows, any other index parts of the array.

    Parameters
    ----------
    values : ndarray of shape (n, L, C)
        Hypothetical attributions: what each letter would count for at each position, in the order
        of `symbols`. Of signals, those of the channels as they are.
    actual : ndarray of shape (n, L)
        Attributions of the letters that are there.
    scores : ndarray of shape (n,)
        Scores of the sequences.
    gap : ndarray of shape (n,) or None
        What the sum of `actual` has more than the difference between the score of a sequence and
        the mean one of its baselines, for methods that promise that there is no gap; else None.
    relative_gap : ndarray of shape (n,) or None
        The same as a share of that difference, or of a tenth of all that attributions add up to
        without their signs, where this is more.
    method : str
        How they were made.
    symbols : str or None
        Letters of the last axis; None for signals.
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
        """(n, L, C)"""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """3"""
        return self.values.ndim

    @property
    def dtype(self) -> np.dtype:
        """Type of the numbers."""
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
    random_state=None,
) -> Attributions:
    """Share out a score among the letters of each sequence.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline or search that ends in one and whose other steps
        give text, codes or channels. Occlusion and mutagenesis take any fitted estimator of text.
    X : text, codes, channels, or what the pipeline takes
        Sequences.
    method : str
        - "integrated_gradients": mean gradient on the way from baselines to the sequence [1]_;
          right for every network.
        - "deeplift": differences of activations from those of a baseline [2]_, the Rescale rule
          with products by their mid-points; needs one run of the network, and has no rule for
          recurrent ones.
        - "deeplift_shap": the mean of these over shuffled baselines [3]_.
        - "input_x_gradient": the gradient; actual letters have that of themselves.
        - "saliency": its absolute value [4]_.
        - "occlusion": how the score falls when windows around a position are hidden [5]_: by equal
          shares of all letters, by N in text, by zeros in signals.
        - "mutagenesis": how the score changes by each other letter, less the mean over all letters.
    target : object, optional
        Class, task, track or position to explain, see
        :class:`~skgenomics.inspection._scores.SequenceScore`.
    baselines : {"auto", "uniform", "zeros", "shuffle"}, or sequences, default="auto"
        What integrated gradients and DeepLIFT compare with. "uniform": equal shares of all
        letters. "shuffle": shuffles of each sequence with its dinucleotides. "zeros": nothing.
        Sequences of the same length are taken one and all for each sequence. "auto" are shuffles
        for "deeplift_shap", else "uniform", and for signals "zeros". Unknown letters are unknown
        in baselines too.
    n_baselines : int, default=20
        Shuffles of each sequence; "deeplift" takes one.
    n_steps : int, default=20
        Points of the way of integrated gradients. For sequences whose attributions do not add up
        to the score within `max_gap` more are added, where the score changes by what gradients do
        not say, up to 31 times as many in all.
    window : int, default=5
        Positions that are hidden at once in occlusion.
    correct_gradient : bool, default=True
        Whether "saliency" and "input_x_gradient" take away the mean over the letters, which no
        change of letters could make use of [6]_. Other methods have no such part.
    max_gap : float, default=0.01
        Share of the difference between scores that attributions may miss without a warning.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffles.

    Returns
    -------
    Attributions
        An array of shape (n, L, C) with `actual`, `scores`, `gap` and others. Attributions of
        unknown letters and padding are zero.

    Raises
    ------
    ValueError
        If a setting or the target is none there is, the estimator has no gradients that belong to
        letters (k-mer counts, tokens), or DeepLIFT has no rule for its network. Messages name a
        method that works.
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
    try:
        score = SequenceScore(estimator, target)
        data = score.read(X)
    except NoPositionsError:
        if method not in ("occlusion", "mutagenesis"):
            raise
        return _of_text(estimator, X, target, method, window)
    if method == "mutagenesis":
        scores = score.predict(data)
        return _by_mutagenesis(estimator, X, target, _channels(score, data), scores, score.symbols)
    if method == "occlusion":
        effects, scores = occlude(score, data, window)
        return _at_symbols(effects, _channels(score, data), scores, method, score.symbols)
    if method in COMPLETE:
        if isinstance(baselines, str) and baselines == "auto":
            baselines = _default_baselines(method, score)
        n_shuffles = 1 if method == "deeplift" else n_baselines
        baselines = Baselines(score, data, baselines, n_shuffles, random_state)
        explain = partial(integrate, n_steps=n_steps, max_gap=max_gap)
        explain = explain if method == "integrated_gradients" else deeplift
        result = _share_out(score, data, baselines, explain, method)
        _check_complete(result, max_gap)
        return result
    return _by_gradient(score, data, method, correct_gradient and score.symbols is not None)


def _default_baselines(method: str, score: SequenceScore) -> str:
    if score.symbols is None:
        return "zeros"
    return "shuffle" if method == "deeplift_shap" else "uniform"


def _channels(score: SequenceScore, data: np.ndarray) -> np.ndarray:
    """Data as channels, of shape (n, L, C)."""
    if data.dtype == np.uint8:
        return one_hot(data, score.n_channels)
    return data.reshape(len(data), -1, score.n_channels)


def _share_out(score, data, baselines, explain, method: str) -> Attributions:
    n, length, n_each = len(data), sequence_length(data, score.n_channels), baselines.n_each
    values = np.zeros((n, length, score.n_channels))
    actual, difference = np.zeros((n, length)), np.zeros(n)
    size = max(1, BATCH_POSITIONS // length)
    for start in range(0, n * n_each, size):
        rows, which = np.divmod(np.arange(start, min(start + size, n * n_each)), n_each)
        x = score.to_channels(data[rows])
        baseline = baselines.of(x, rows, which)
        multipliers, change = explain(score, x, baseline)
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
    gaps = abs(result.relative_gap)
    n_open = int((gaps > max_gap).sum())
    if not n_open:
        return
    worst = int(gaps.argmax())
    remedy = "a larger n_steps or baselines='shuffle'"
    if result.method != "integrated_gradients":
        remedy = "method='integrated_gradients' or 'mutagenesis'"
    warn_user(
        f"{result.method} attributions of {n_open} of {len(gaps)} sequences do not add up to what "
        f"the score differs from that of the baselines, by more than {max_gap:.2%}; in row "
        f"{worst} {gaps[worst]:.2%} are missing (gap {result.gap[worst]:.3g}); try {remedy}",
        CompletenessWarning,
    )


def _by_gradient(score, data, method: str, corrected: bool) -> Attributions:
    gradients = []
    for _, x in score.batches(data):
        found = gradient(score, x)
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


def _of_text(estimator, X, target, method: str, window: int) -> Attributions:
    """Attributions by changes of the text."""
    score = TextScore(estimator, target)
    codes = score.read(X)
    channels = one_hot(codes, score.alphabet.n_symbols)
    if method == "occlusion":
        effects, scores = occlude_text(score, codes, window)
        return _at_symbols(effects, channels, scores, method, score.symbols)
    return _by_mutagenesis(estimator, X, target, channels, score.predict(codes), score.symbols)


def _by_mutagenesis(estimator, X, target, channels, scores, symbols) -> Attributions:
    from skgenomics.inspection.mutations.substitutions import mutagenesis

    changes = np.asarray(mutagenesis(estimator, X, target=target))
    values = changes - changes.mean(axis=2, keepdims=True)
    values = values * channels.any(axis=2)[..., np.newaxis]
    actual = (values * channels).sum(axis=2)
    return Attributions(values, actual, scores, None, None, "mutagenesis", symbols)


def _at_symbols(effects, channels, scores, method, symbols) -> Attributions:
    """Effects of positions as attributions of the letters that are there."""
    effects = effects * channels.any(axis=2)
    values = effects[..., np.newaxis] * (channels if symbols else np.ones_like(channels))
    return Attributions(values, effects, scores, None, None, method, symbols)

"""Sanity checks for attributions: randomized parameters, strands and seeds."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy
from itertools import chain, zip_longest

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.base import clone
from sklearn.utils import check_random_state
from torch import nn

from skgenomics._utils.input_validation import sequence_length
from skgenomics._utils.pipelines import averaged_members, split_steps
from skgenomics._utils.validation import check_integer
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._training import NetEstimator
from skgenomics.inspection._scores import SequenceScore, find_reader
from skgenomics.inspection.attribution.attribute import Attributions, CompletenessWarning, attribute
from skgenomics.multiview._base import MultiViewEstimator
from skgenomics.sequences import unpadded_lengths
from skgenomics.training import isolated_rng
from skgenomics.uncertainty.ensembles import seed_estimator

_MAX_DEPTHS = 6
# Rank correlations above and below which attributions count as similar and as different.
_MIN_SIMILAR = _MAX_DIFFERENT = 0.5
_MIN_SAME_STRANDS = 0.99


def sanity_check(
    estimator,
    X,
    *,
    method: str = "integrated_gradients",
    target=None,
    y=None,
    n_seeds: int = 3,
    random_state=None,
    **settings,
) -> pd.DataFrame:
    """Check what the attributions of a deep estimator depend on, and what they do not.

    - Completeness: attributions add up to the difference in score, for methods that promise it.
    - Random weights: layers are re-initialized one after the other, from the last to the first.
      Attributions that stay similar after all do not depend on what was learned [1]_.
    - Reverse complement: attributions of a sequence and of its reverse complement are similar.
      Where the network ties or averages strands, they are equal.
    - Other seeds: estimators trained with other seeds give similar attributions. Only with `y`,
      since this takes `n_seeds` more fits.

    Two attributions are compared by the rank correlation of those of the present symbols over all
    known positions of a sequence, averaged over sequences.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline that ends in one.
    X : array-like of shape (n_samples, ...)
        Sequences as the estimator takes them; some tens are enough.
    method : str, default="integrated_gradients"
        As in :func:`~skgenomics.inspection.attribute`.
    target : object, default=None
        As in :func:`~skgenomics.inspection.attribute`.
    y : array-like of shape (n_samples, ...) or None, default=None
        Targets of X, needed to train with other seeds.
    n_seeds : int, default=3
        Number of fits with other seeds.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, of the fits and of shuffled baselines.
    **settings : dict
        Further parameters of :func:`~skgenomics.inspection.attribute`.

    Returns
    -------
    DataFrame
        One row per check, with the columns "check", "value", "expected" and "verdict": "passes",
        "fails: ..." with the meaning of the failure, or "for information".

    Raises
    ------
    ValueError
        As :func:`~skgenomics.inspection.attribute`, and if the estimator is not a deep one that
        reads positions.

    References
    ----------
    .. [1] Adebayo et al. (2018), Sanity checks for saliency maps, NeurIPS.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.attribution.sanity_check import sanity_check
    >>> data = make_motif_classification(100, 40, motifs=["GATAAG"], random_state=0)
    >>> model = CNNClassifier(max_iter=5, random_state=0).fit(data.X, data.y)
    >>> table = sanity_check(model, data.X[data.y == 1][:10], random_state=0)
    >>> table["check"].iloc[[0, -1]].tolist()
    ['completeness: largest relative gap', 'reverse complement']
    """
    check_integer("n_seeds", n_seeds, 1)
    sequence_column = settings.get("sequence_column")
    score = find_reader(estimator, target=target, sequence_column=sequence_column)
    seed = check_random_state(random_state).randint(2**31 - 1)

    def explain(model, sequences=X) -> Attributions:
        with warnings.catch_warnings():
            # The table tells of the gap; that of random networks is of no interest.
            warnings.simplefilter("ignore", CompletenessWarning)
            return attribute(
                model, sequences, method=method, target=target, random_state=seed, **settings
            )

    base = explain(estimator)
    rows = [_check_gap(base, settings.get("max_gap", 0.01))]
    rows += _check_weights(estimator, base, explain, seed)
    baselines = settings.get("baselines", "auto")
    is_random = isinstance(baselines, str) and (
        baselines == "shuffle" or (baselines == "auto" and method == "deeplift_shap")
    )
    rows += [_check_strands(score, X, explain, is_random)]
    if y is not None:
        rows += [_check_seeds(estimator, X, y, base, explain, n_seeds, seed)]
    rows = [row for row in rows if row is not None]
    return pd.DataFrame(rows, columns=["check", "value", "expected", "verdict"])


def agreement(first: Attributions, second: Attributions) -> float:
    """Compute the mean rank correlation of two attributions, over known positions.

    Constant attributions, such as zeros, have the correlation 0.
    """
    pairs = zip(np.asarray(first), first.actual, second.actual, strict=True)
    return float(np.mean([_rank_correlation(v.any(axis=1), a, b) for v, a, b in pairs]))


def _rank_correlation(known: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    a, b = (rankdata(part[known]) for part in (a, b))
    if len(a) < 2 or not np.ptp(a) or not np.ptp(b):
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _check_gap(base: Attributions, max_gap: float) -> tuple | None:
    if base.relative_gap is None:
        return None
    gap = float(abs(base.relative_gap).max())
    verdict = "passes" if gap <= max_gap else "fails: they do not add up to the score"
    return ("completeness: largest relative gap", gap, f"<= {max_gap:g}", verdict)


def _check_weights(estimator, base: Attributions, explain: Callable, seed: int) -> list[tuple]:
    """Re-initialize more and more layers, from the last one on."""
    model = deepcopy(estimator)
    parts = _deep_parts(model)
    pairs = [
        list(zip(_layers(part.net_.module_), _layers(_new_network(part, seed)), strict=True))[::-1]
        for part in parts
    ]
    # Members of an ensemble lose their layers together.
    layers = [[pair for pair in depth if pair] for depth in zip_longest(*pairs)]
    rows, done = [], 0
    for n in np.unique(np.linspace(1, len(layers), min(len(layers), _MAX_DEPTHS)).astype(int)):
        for (_, old), (_, new) in chain.from_iterable(layers[done:n]):
            old.load_state_dict(new.state_dict())
        done = n
        value = agreement(base, explain(model))
        if n < len(layers):
            name = f"random weights from the last layer down to {layers[n - 1][0][0][0]}"
            rows.append((name, value, "falls", "for information"))
            continue
        verdict = "fails: they show the sequences, not what was learned from them"
        verdict = "passes" if abs(value) < _MAX_DIFFERENT else verdict
        rows.append(("random weights in all layers", value, f"< {_MAX_DIFFERENT:g}", verdict))
    return rows


def _deep_parts(estimator) -> list:
    """Return the estimators of a model that hold a network each."""
    last = split_steps(estimator)[1]
    members, _ = averaged_members(last, underlying=True)
    if isinstance(last, MultiViewEstimator) and last.fusion_ in ("ensemble", "concat"):
        members = list(last.estimators_.values())
    own = [last] if isinstance(last, NetEstimator) and "net_" in vars(last) else []
    return own + [part for member in members for part in _deep_parts(member)]


def _new_network(estimator, seed: int) -> nn.Module:
    device = str(next(estimator.net_.module_.parameters()).device)
    with isolated_rng(seed, device):
        return estimator._make_net(device).module_.eval()


def _layers(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the innermost modules with parameters, with their names, in order."""
    return [
        (name, module)
        for name, module in network.named_modules()
        if any(True for _ in module.parameters())
        and not any(any(True for _ in child.parameters()) for child in module.children())
    ]


def _check_strands(score: SequenceScore, X, explain: Callable, is_random: bool) -> tuple | None:
    model = score.estimator
    if type(score) is not SequenceScore:
        # The members of an ensemble, or a view, do not have the score of the whole.
        return None
    if model.complement_ is None or score.symbols is None or model._by_position:
        return None
    forward = score.read(X)
    rows, mirrored = np.arange(len(forward))[:, np.newaxis], _mirror(forward, model)
    reverse = _reverse_complement(forward, mirrored, model.complement_)
    first, second = explain(model, forward), explain(model, reverse)
    reversed_back = Attributions(
        second.values[rows, mirrored],
        second.actual[rows, mirrored],
        second.scores,
        None,
        None,
        second.method,
        second.symbols,
    )
    value = agreement(first, reversed_back)
    name = "reverse complement"
    if model.strands_ not in ("average", "tied"):
        return (name, value, "near 1 if the target has no strand", "for information")
    # Shuffles of the reverse strand differ from those of the forward one.
    minimum = _MIN_SIMILAR if is_random else _MIN_SAME_STRANDS
    verdict = "passes" if value >= minimum else "fails: strands are shared, but attributions differ"
    return (name, value, f">= {minimum:g}", verdict)


def _mirror(data: np.ndarray, model: SequenceEstimator) -> np.ndarray:
    """Return the position of each position on the reverse strand; padding keeps its position."""
    length = sequence_length(data, model.n_channels_)
    lengths = np.full((len(data), 1), length)
    if data.dtype == np.uint8:
        lengths = unpadded_lengths(data, model.alphabet)[:, np.newaxis]
    positions = np.arange(length)
    return np.where(positions < lengths, lengths - 1 - positions, positions)


def _reverse_complement(
    data: np.ndarray, mirrored: np.ndarray, complement: tuple[int, ...]
) -> np.ndarray:
    """Return the reverse complement of codes or flat channels."""
    rows, n_symbols = np.arange(len(data))[:, np.newaxis], len(complement)
    if data.dtype == np.uint8:
        codes = np.array([*complement, n_symbols, n_symbols + 1], dtype=np.uint8)
        return codes[data[rows, mirrored]]
    channels = data.reshape(len(data), -1, n_symbols)
    return channels[rows, mirrored][..., list(complement)].reshape(len(data), -1)


def _check_seeds(estimator, X, y, base, explain, n_seeds: int, seed: int) -> tuple:
    values = []
    for i in range(n_seeds):
        model = clone(estimator)
        last = split_steps(model, template=True)[1]
        if "random_state" in last.get_params(deep=False):
            last.set_params(random_state=seed // 2 + i)
        else:
            seed_estimator(model, np.random.RandomState(seed // 2 + i))
        values.append(agreement(base, explain(model.fit(X, y))))
    value = float(np.mean(values))
    verdict = "passes" if value >= _MIN_SIMILAR else "fails: other seeds rely on other positions"
    return (f"{n_seeds} other seeds", value, f">= {_MIN_SIMILAR:g}", verdict)

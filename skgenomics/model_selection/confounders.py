"""Properties that predict the label without reading the sequence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target

from skgenomics._utils.input_validation import read_ragged
from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.encoding.kmer import KmerCounter
from skgenomics.model_selection._frames import get_sequences
from skgenomics.model_selection._homology_search import InputReader
from skgenomics.sequences import as_strings, is_text

# Minimum score of each verdict.
_VERDICTS = {
    "AUROC": ((0.9, "predicts the label alone"), (0.7, "predicts much"), (0.6, "predicts a bit")),
    "Spearman": (
        (0.7, "predicts the label alone"),
        (0.4, "predicts much"),
        (0.2, "predicts a bit"),
    ),
}
_BASELINES = {"AUROC": 0.5, "Spearman": 0.0}


def confounder_report(
    X,
    y,
    *,
    columns: Mapping | pd.DataFrame | None = None,
    cv=5,
    alphabet: str | Alphabet = "ACGT",
    column: str = "sequence",
    random_state=0,
) -> pd.DataFrame:
    """Measure how well simple properties alone predict the label.

    If the length, the GC content or the laboratory of origin of a sequence predicts its class, a
    model may learn that instead of biology, and its scores do not transfer to other data.

    Parameters
    ----------
    X : array-like or DataFrame of n_samples
        Sequences as text, codes or channels, or a DataFrame that contains them in `column`.
    y : array-like of shape (n_samples,) or (n_samples, T)
        Classes, numbers, or several targets: indicators or numbers, NaN where missing.
    columns : DataFrame or mapping of str to array-like or None, default=None
        Further sources, such as chromosome, species or batch, one value per sample. Text, booleans
        and integers with at most 20 different values are categories; other numbers are numeric. A
        column with the name of a sequence property is reported as ``length (column)``.
    cv : int, splitter or iterable, default=5
        Cross-validation folds; an integer gives random folds, stratified for classes.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    column : str, default="sequence"
        Name of the column of sequences if X is a DataFrame with several columns.
    random_state : int, RandomState instance or None, default=0
        Seed of the folds.

    Returns
    -------
    DataFrame
        One row for each property that varies, the best predictor first, with the columns
        ``source``, ``metric`` ("AUROC", averaged one-versus-rest for more than two classes; or
        "Spearman", the rank correlation with the target), ``score`` of the cross-validated
        predictions, ``baseline`` (of guessing), ``r2`` (regression only), ``verdict`` in words, and
        ``flag``, which is True if the source alone predicts the label or some of its values occur
        in one class only, such as chromosomes that one of two species lacks. With several targets,
        ``target`` is the index of the target.

    Raises
    ------
    ValueError
        If y has one value only or fewer rows of a class than folds, lengths differ, or values of
        a column are missing.

    Notes
    -----
    Single numbers (length, GC content) are transformed to ranks and squared ranks, so that a class
    of intermediate values is detected too; categories are one-hot encoded; the model is a logistic
    or ridge regression. A flagged composition need not be an artifact: it may be biology (TATA
    boxes, CpG islands), which a comparison with matched negatives decides. The verdicts are: AUROC
    from 0.9 or Spearman from 0.7 "predicts the label alone", from 0.7 or 0.4 "predicts much", from
    0.6 or 0.2 "predicts a bit", else "harmless".

    Examples
    --------
    >>> from skgenomics.model_selection import confounder_report
    >>> X = ["ACGTACGTAC", "ACGTTGCA"] * 20
    >>> report = confounder_report(X, [1, 0] * 20, columns={"batch": ["a", "b", "b", "a"] * 10})
    >>> report.loc[report["source"] == "length", ["metric", "score", "verdict"]]
      metric  score                   verdict
    0  AUROC    1.0  predicts the label alone
    """
    alphabet = get_alphabet(alphabet)
    X = get_sequences(X, column)
    sources = _sources(X, alphabet)
    n = len(next(iter(sources.values()))[0])
    for name, source in _given_sources(columns, n).items():
        sources[f"{name} (column)" if name in sources else name] = source
    y = np.asarray(y)
    if len(y) != n:
        raise ValueError(f"y has {len(y)} labels, but X has {n} rows")
    if not isinstance(cv, int | np.integer):
        cv = list(cv.split(X, y) if hasattr(cv, "split") else cv)
    if y.ndim == 1:
        if pd.isna(y).any():
            raise ValueError(
                f"y has no label in row {pd.isna(y).argmax()}, and in {pd.isna(y).sum()} rows in "
                "all; leave these rows out"
            )
        return _report(sources, y, cv, random_state)
    reports = []
    for target, values in enumerate(y.T):
        known = ~pd.isna(values)
        values = pd.Series(values[known]).infer_objects().to_numpy()
        if len(np.unique(values)) < 2:
            continue
        kept = {name: (data[known], model) for name, (data, model) in sources.items()}
        report = _report(kept, values, _among(cv, known), random_state)
        reports.append(report.assign(target=target))
    if not reports:
        raise ValueError("each target has one value only: there is nothing to predict")
    result = pd.concat(reports).sort_values("score", ascending=False, kind="stable")
    result = result.reset_index(drop=True)
    return result if y.shape[1] > 1 else result.drop(columns="target")


def _among(cv, known: np.ndarray):
    """Restrict folds to the samples with a known target; a number of folds is unchanged."""
    if isinstance(cv, int | np.integer):
        return cv
    numbers = np.cumsum(known) - 1
    return [tuple(numbers[rows][known[rows]] for rows in fold) for fold in cv]


def _sources(X, alphabet: Alphabet) -> dict:
    """Compute the properties of the sequences and the kind of each."""
    codes, lengths = read_ragged(InputReader(), X, alphabet=alphabet, reset=True)
    row = np.repeat(np.arange(len(lengths)), lengths)
    n_unknown = np.bincount(row, codes == alphabet.n_symbols, minlength=len(lengths))
    at_least_one = np.maximum(lengths, 1)
    numbers = {"length": lengths, "unknown fraction": n_unknown / at_least_one}
    if is_text(X):
        n_lower = [sum(map(str.islower, text)) for text in as_strings(X)]
        numbers["lower-case fraction"] = np.array(n_lower) / at_least_one
    if alphabet.is_nucleic:
        is_gc = np.isin(codes, [alphabet.symbols.upper().index(symbol) for symbol in "GC"])
        n_known = np.maximum(lengths - n_unknown, 1)
        numbers["GC content"] = np.bincount(row, is_gc, minlength=len(lengths)) / n_known
    sources = {name: (values[:, np.newaxis], "number") for name, values in numbers.items()}
    names = ("symbol frequencies", "symbol pair frequencies")
    for k, name in enumerate(names[: min(2, int(lengths.max()))], start=1):
        counter = KmerCounter(k, alphabet=alphabet, weighting="frequency", sparse_output=False)
        sources[name] = counter.fit_transform(X), "numbers"
    return sources


def _given_sources(columns, n: int) -> dict:
    if columns is None:
        return {}
    sources = {}
    for name in columns:
        values = pd.Series(np.asarray(columns[name]).ravel())
        if len(values) != n:
            raise ValueError(f"column {name!r} has {len(values)} values, but X has {n} rows")
        if values.isna().any():
            raise ValueError(
                f"column {name!r} has no value in row {values.isna().argmax()}, and in "
                f"{values.isna().sum()} rows in all; fill them in, for example by 'missing'"
            )
        is_category = values.dtype.kind not in "iuf" or (
            values.dtype.kind in "iu" and values.nunique() <= 20
        )
        data = values.astype(str).to_numpy(object) if is_category else values.to_numpy()
        kind = "category" if is_category else "number"
        sources[str(name)] = data[:, np.newaxis], kind
    return sources


def _report(sources: dict, y: np.ndarray, cv, random_state) -> pd.DataFrame:
    is_class = type_of_target(y) in ("binary", "multiclass")
    metric = "AUROC" if is_class else "Spearman"
    folds = _folds(cv, y, is_class, random_state)
    rows = []
    for name, (data, kind) in sources.items():
        if (data == data[0]).all():
            continue
        score, r2 = _score(data, kind, y, folds, is_class)
        verdict = next((words for bound, words in _VERDICTS[metric] if score >= bound), "harmless")
        is_alone = verdict == _VERDICTS[metric][0][1]
        pure = _values_of_one_class(data.ravel(), y) if is_class and kind == "category" else []
        if pure and not is_alone:
            verdict += f"; {', '.join(pure)} occur(s) in one class only"
        flag = is_alone or bool(pure)
        rows.append((name, metric, score, _BASELINES[metric], r2, verdict, flag))
    names = ["source", "metric", "score", "baseline", "r2", "verdict", "flag"]
    frame = pd.DataFrame(rows, columns=names).sort_values(
        "score", ascending=False, kind="stable", ignore_index=True
    )
    return frame.drop(columns="r2") if is_class else frame


def _values_of_one_class(values: np.ndarray, y: np.ndarray) -> list[str]:
    """Find categories that occur in one class only, more often than at random."""
    table = pd.crosstab(values, y)
    n_rows = table.sum(axis=1)
    # Bonferroni-corrected probability that all samples of a category are of one class at random.
    frequencies = (table.sum() / len(y)).to_numpy()
    p_values = (frequencies ** n_rows.to_numpy()[:, np.newaxis]).sum(axis=1) * len(table)
    is_pure = (table.max(axis=1) == n_rows).to_numpy() & (p_values < 1e-3)
    return [str(name) for name in table.index[is_pure]]


def _folds(cv, y, is_class: bool, random_state):
    values, counts = np.unique(y, return_counts=True)
    values = values.tolist()
    if len(values) < 2:
        raise ValueError(f"y has one value only, {values[0]!r}: there is nothing to predict")
    if not isinstance(cv, int | np.integer):
        return cv
    if is_class and counts.min() < cv:
        raise ValueError(
            f"class {values[counts.argmin()]!r} has {counts.min()} row(s), fewer than cv={cv} "
            "folds; set `cv` lower, or leave the class out"
        )
    seed = check_random_state(random_state).randint(2**31)
    splitter = (StratifiedKFold if is_class else KFold)(cv, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(y)), y))


def _score(data, kind: str, y, folds, is_class: bool) -> tuple[float, float]:
    """Score cross-validated predictions; also their R2 for regression."""
    n_fit = min(len(train) for train, _ in folds)
    steps = {
        "number": (
            QuantileTransformer(n_quantiles=min(200, n_fit), subsample=None),
            PolynomialFeatures(2, include_bias=False),
        ),
        "numbers": (StandardScaler(),),
        "category": (OneHotEncoder(handle_unknown="ignore"),),
    }[kind]
    if is_class:
        model = make_pipeline(*steps, LogisticRegression(max_iter=1000))
        scores = [_auroc(model, data, y, *fold) for fold in folds]
        return float(np.mean(scores)), np.nan
    predicted = cross_val_predict(make_pipeline(*steps, Ridge()), data, y, cv=folds)
    rho = spearmanr(predicted, y).statistic if np.ptp(predicted) else 0.0
    return float(rho), float(1 - ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def _auroc(model, data, y, train, test) -> float:
    """Compute the AUROC of the test samples, averaged one-versus-rest over their classes."""
    model.fit(data[train], y[train])
    probabilities = model.predict_proba(data[test])
    scores = [
        roc_auc_score(y[test] == label, probabilities[:, i])
        for i, label in enumerate(model.classes_)
        if 0 < (y[test] == label).sum() < len(test)
    ]
    if len(model.classes_) == 2:
        scores = scores[-1:]
    return float(np.mean(scores)) if scores else 0.5

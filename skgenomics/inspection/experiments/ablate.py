"""Ablation: effect of removing motifs or other sites from sequences."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.alphabets import get_alphabet
from skgenomics.inspection.experiments._random_sequences import as_motif, lengths_of, symbol_score
from skgenomics.sequences import decode

_REPLACEMENTS = ("shuffle", "random", "unknown")


def ablate(
    estimator,
    X,
    sites,
    *,
    replacement: str = "shuffle",
    n_replacements: int = 10,
    together: bool = False,
    both_strands: bool = True,
    p_value: float = 1e-4,
    target=None,
    random_state=None,
) -> pd.DataFrame:
    """Measure the contribution of sites: score of a sequence minus that without them.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator or a pipeline that ends in one; or any estimator of text.
    X : array-like of shape (n_samples, ...)
        Sequences as text or uint8 codes.
    sites : str, Motif or DataFrame
        Sites to remove: all occurrences of a consensus, IUPAC codes included; all matches of a
        motif, found by :func:`~skgenomics.inspection.scan_motifs`; or a table of sites with the
        columns `sequence` (index into X), `start` and `end` (half-open), as returned by that
        function.
    replacement : {"shuffle", "random", "unknown"}, default="shuffle"
        Replacement of a site: its own symbols in random order, random symbols, or unknown ones.
    n_replacements : int, default=10
        Number of random replacements, over which the score is averaged.
    together : bool, default=False
        True removes all sites of a sequence at once, for sites that can stand in for each other;
        False removes one at a time.
    both_strands : bool, default=True
        True searches for motifs on the reverse strand too; ignored for alphabets without one.
    p_value : float, default=1e-4
        Largest p-value of the match of a motif.
    target : object, default=None
        Output to score, see :func:`~skgenomics.inspection.attribute`.
    random_state : int, RandomState instance or None, default=None
        Seed of the replacements.

    Returns
    -------
    DataFrame
        One row per site: `sequence`, `start`, `end`, further columns of the given table or of the
        search; `score` of the intact sequence; `effect`, the score that is lost without the site;
        and `standard_error` over replacements. With `together` one row per sequence that has a
        site, and `n_sites` instead of the columns of sites.

    Raises
    ------
    ValueError
        If a site is not within its sequence, columns are missing, or a parameter is invalid.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection.experiments.ablate import ablate
    >>> X, y = ["GATAAC", "CGATAC", "CCCAAC", "CACACC"], [1, 1, 0, 0]
    >>> model = make_pipeline(KmerCounter(k=2), LogisticRegression()).fit(X, y)
    >>> table = ablate(model, X, "GATA", replacement="unknown")
    >>> table[["sequence", "start", "end", "strand"]].to_numpy().tolist()
    [[0, 0, 4, '+'], [1, 1, 5, '+']]
    >>> bool((table["effect"] > 0).all())
    True
    """
    check_choice("replacement", replacement, _REPLACEMENTS)
    check_integer("n_replacements", n_replacements, 1)
    rng = check_random_state(random_state)
    score = symbol_score(estimator, target)
    codes = score.read(X)
    located = _find(sites, codes, score.symbols, both_strands, p_value)
    scores = score.predict(codes)
    groups = _group(located, together)
    n = 1 if replacement == "unknown" else n_replacements
    rows = []
    for row, spans in groups:
        changed = np.repeat(codes[row : row + 1], n, axis=0)
        for start, end in spans:
            changed[:, start:end] = _replace(
                changed[:, start:end], replacement, len(score.symbols), rng
            )
        effects = scores[row] - score.predict(changed, np.full(n, row))
        error = effects.std(ddof=1) / np.sqrt(n) if n > 1 else 0.0
        rows.append((row, len(spans), scores[row], effects.mean(), error))
    columns = ["sequence", "n_sites", "score", "effect", "standard_error"]
    table = pd.DataFrame(rows, columns=columns)
    if together:
        return table
    found = located.rename(columns={"score": "match_score"}).reset_index(drop=True)
    return pd.concat([found, table[columns[2:]]], axis=1)


def _group(located: pd.DataFrame, together: bool) -> list[tuple[int, list[tuple[int, int]]]]:
    """Group the spans that are replaced at once, with the index of their sequence."""
    spans = located[["sequence", "start", "end"]].astype(int).itertuples(index=False)
    single = [(row, [(start, end)]) for row, start, end in spans]
    if not together:
        return single
    groups: dict[int, list] = {}
    for row, span in single:
        groups.setdefault(row, []).extend(span)
    return list(groups.items())


def _replace(symbols: np.ndarray, replacement: str, unknown: int, rng) -> np.ndarray:
    if replacement == "unknown":
        return np.full_like(symbols, unknown)
    if replacement == "random":
        return rng.randint(unknown, size=symbols.shape).astype(np.uint8)
    order = rng.random_sample(symbols.shape).argsort(axis=1)
    return np.take_along_axis(symbols, order, axis=1)


def _find(sites, codes, symbols: str, both_strands: bool, p_value: float) -> pd.DataFrame:
    alphabet = get_alphabet(symbols)
    if isinstance(sites, pd.DataFrame):
        return _check_sites(sites, lengths_of(codes, alphabet.n_symbols))
    both_strands = both_strands and alphabet.is_nucleic
    name, probabilities = as_motif(sites, symbols)
    if isinstance(sites, str):
        return _find_consensus(codes, symbols, probabilities > 0, both_strands)
    from skgenomics.inspection.motifs.scanning import scan_motifs
    from skgenomics.motifs import Motif

    motif = Motif(name, probabilities, alphabet=symbols)
    texts = decode(codes, alphabet)
    return scan_motifs([motif], texts, p_value=p_value, both_strands=both_strands)


def _find_consensus(codes, symbols: str, allowed: np.ndarray, both_strands: bool) -> pd.DataFrame:
    """Find all occurrences of a consensus; a palindrome is found once."""
    alphabet = get_alphabet(symbols)
    patterns = [("+", allowed)]
    if both_strands:
        reverse = allowed[::-1, alphabet.complement[: alphabet.n_symbols]]
        if not np.array_equal(reverse, allowed):
            patterns.append(("-", reverse))
    texts, rows = decode(codes, alphabet), []
    for strand, pattern in patterns:
        classes = (
            "".join(c for c, is_in in zip(symbols, row, strict=True) if is_in) for row in pattern
        )
        # A lookahead finds overlapping sites too.
        regex = re.compile("(?=" + "".join(f"[{re.escape(c)}]" for c in classes) + ")")
        for i, text in enumerate(texts):
            rows += [(i, m.start(), m.start() + len(pattern), strand) for m in regex.finditer(text)]
    columns = ["sequence", "start", "end", "strand"]
    return pd.DataFrame(sorted(rows), columns=columns)


def _check_sites(located: pd.DataFrame, lengths: np.ndarray) -> pd.DataFrame:
    missing = [name for name in ("sequence", "start", "end") if name not in located.columns]
    if missing:
        raise ValueError(f"the table of sites has no column {missing[0]!r}")
    row, start, end = (_whole(located, name) for name in ("sequence", "start", "end"))
    is_there = (row >= 0) & (row < len(lengths))
    bad = ~is_there | (start < 0) | (end <= start) | (end > lengths[np.where(is_there, row, 0)])
    if bad.any():
        i = int(bad.argmax())
        length = f"; that one has {lengths[row[i]]} positions" if is_there[i] else ""
        raise ValueError(
            f"row {i} of the sites is {start[i]} to {end[i]} of sequence {row[i]}, but there are "
            f"{len(lengths)} sequences{length}; start comes before end"
        )
    return located


def _whole(located: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as integers."""
    values = pd.to_numeric(located[name], errors="coerce").to_numpy(float)
    invalid = values != np.floor(values)
    if invalid.any():
        i = int(invalid.argmax())
        raise ValueError(
            f"row {i} of the sites has {located[name].iloc[i]!r} in the column {name!r}, which is "
            "not a whole number"
        )
    return values.astype(int)

"""What becomes of a score when motifs, or any other places, are taken out of a sequence."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.alphabets import get_alphabet
from skgenomics.inspection._text_scores import NOTHING
from skgenomics.inspection.experiments._random_sequences import as_motif, symbol_score
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
    """Measure what sites are worth: the score of a sequence less that without them.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator or a pipeline that ends in one; or any estimator of text.
    X : text or uint8 codes of shape (n, L)
        Sequences.
    sites : str, Motif or DataFrame
        What to take out: every place of a consensus, IUPAC letters included; every place that
        matches a motif, found by :func:`~skgenomics.inspection.scan_motifs`; or a table of places
        with the columns `sequence` (row of X, from 0), `start` and `end` (half-open), as that
        function gives it.
    replacement : {"shuffle", "random", "unknown"}, default="shuffle"
        What letters give way to: themselves in random order, random letters, or unknown ones.
    n_replacements : int, default=10
        Number of random replacements, over which the score is averaged.
    together : bool, default=False
        Whether all places of a sequence are taken out at once, as those that can stand in for each
        other need it; else one after the other.
    both_strands : bool, default=True
        Whether motifs are looked for on the other strand too; not for alphabets without one.
    p_value : float, default=1e-4
        Largest p-value of the match of a motif.
    target : object, optional
        What to look at, see :class:`~skgenomics.inspection._scores.SequenceScore`.
    random_state : int, RandomState instance or None, default=None
        Seed of the replacements.

    Returns
    -------
    DataFrame
        A row for each place: `sequence`, `start`, `end`, further columns of the table that was
        given or of the search; `score` of the whole sequence; `effect`, which is what is lost
        without the place; and `standard_error` over replacements. With `together` a row for each
        sequence that has a place, and `n_sites` instead of their columns.

    Raises
    ------
    ValueError
        If a place is not within its sequence, columns are missing, or a setting is unknown.

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
    places = _find(sites, codes, score.symbols, both_strands, p_value)
    scores = score.predict(codes)
    groups = _group(places, together)
    n = 1 if replacement == "unknown" else n_replacements
    rows = []
    for row, spans in groups:
        changed = np.repeat(codes[row : row + 1], n, axis=0)
        for start, end in spans:
            changed[:, start:end] = _replace(
                changed[:, start:end], replacement, len(score.symbols), rng
            )
        effects = scores[row] - score.predict(changed)
        error = effects.std(ddof=1) / np.sqrt(n) if n > 1 else 0.0
        rows.append((row, len(spans), scores[row], effects.mean(), error))
    columns = ["sequence", "n_sites", "score", "effect", "standard_error"]
    table = pd.DataFrame(rows, columns=columns)
    if together:
        return table
    found = places.rename(columns={"score": "match_score"}).reset_index(drop=True)
    return pd.concat([found, table[columns[2:]]], axis=1)


def _group(places: pd.DataFrame, together: bool) -> list[tuple[int, list[tuple[int, int]]]]:
    """Rows of X, and the spans of each that are replaced at once."""
    spans = places[["sequence", "start", "end"]].astype(int).itertuples(index=False)
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
        return _check_places(sites, codes)
    codes = np.minimum(codes, alphabet.n_symbols)
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
    """Every place of a consensus; a palindrome is found once."""
    alphabet = get_alphabet(symbols)
    patterns = [("+", allowed)]
    if both_strands:
        turned = allowed[::-1, alphabet.complement[:-1]]
        if not np.array_equal(turned, allowed):
            patterns.append(("-", turned))
    texts, rows = decode(codes, alphabet), []
    for strand, pattern in patterns:
        classes = (
            "".join(c for c, is_in in zip(symbols, row, strict=True) if is_in) for row in pattern
        )
        # Looking ahead finds overlapping places too.
        regex = re.compile("(?=" + "".join(f"[{re.escape(c)}]" for c in classes) + ")")
        for i, text in enumerate(texts):
            rows += [(i, m.start(), m.start() + len(pattern), strand) for m in regex.finditer(text)]
    columns = ["sequence", "start", "end", "strand"]
    return pd.DataFrame(sorted(rows), columns=columns)


def _check_places(places: pd.DataFrame, codes: np.ndarray) -> pd.DataFrame:
    missing = [name for name in ("sequence", "start", "end") if name not in places.columns]
    if missing:
        raise ValueError(f"the table of sites has no column {missing[0]!r}")
    row, start, end = (_whole(places, name) for name in ("sequence", "start", "end"))
    lengths = (codes != NOTHING).sum(axis=1)
    is_there = (row >= 0) & (row < len(codes))
    bad = ~is_there | (start < 0) | (end <= start) | (end > lengths[np.where(is_there, row, 0)])
    if bad.any():
        i = int(bad.argmax())
        length = f"; that one has {lengths[row[i]]} positions" if is_there[i] else ""
        raise ValueError(
            f"row {i} of the sites is {start[i]} to {end[i]} of sequence {row[i]}, but there are "
            f"{len(codes)} sequences{length}; start comes before end"
        )
    return places


def _whole(places: pd.DataFrame, name: str) -> np.ndarray:
    """A column as integers."""
    values = pd.to_numeric(places[name], errors="coerce").to_numpy(float)
    strange = values != np.floor(values)
    if strange.any():
        i = int(strange.argmax())
        raise ValueError(
            f"row {i} of the sites has {places[name].iloc[i]!r} in the column {name!r}, which is "
            "no whole number"
        )
    return values.astype(int)

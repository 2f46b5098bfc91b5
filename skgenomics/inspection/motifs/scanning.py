"""Sites of motifs in sequences, with p-values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics._utils.input_validation import read_ragged
from skgenomics._utils.validation import check_real, warn_user
from skgenomics.alphabets import Alphabet
from skgenomics.encoding.motif_scanner import MotifScanner, as_motifs, common_alphabet
from skgenomics.motifs import Motif
from skgenomics.sequences import get_alphabet

# Scores are rounded to multiples of this number of bits, so that their distribution has few values.
_STEP = 0.01
# Initial size of the arrays for sites; a second pass follows if it is too small.
_INITIAL_SITES = 1 << 12


def scan_motifs(
    motifs: str | Path | Sequence[Motif],
    X,
    *,
    p_value: float = 1e-4,
    both_strands: bool = True,
    background=None,
    pseudocount: float = 0.1,
) -> pd.DataFrame:
    """Find the sites of motifs in sequences, as FIMO does.

    Parameters
    ----------
    motifs : str, Path, or list of Motif
        File in MEME or JASPAR format, or motifs of one alphabet with distinct names.
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Sequences of any length as text, codes or channels; channels are read as their most likely
        symbol.
    p_value : float, default=1e-4
        Maximum probability that a random window of the width of the motif scores as high as a
        site.
    both_strands : bool, default=True
        Whether to scan the reverse strand too.
    background : array-like of shape (C,) or None, default=None
        Probability of each symbol outside of sites; None for equal ones.
    pseudocount : float, default=0.1
        See :meth:`~skgenomics.motifs.Motif.log_odds`.

    Returns
    -------
    DataFrame
        One row for each site, sorted by motif and position: "sequence", the index in X; "motif";
        "start" and "end", 0-based and half-open on the forward strand; "strand"; "score", in bits;
        "p_value"; and "q_value", the expected fraction of false sites among those of the motif that
        score at least as high.

    Raises
    ------
    ValueError
        If there are no motifs, names are repeated, alphabets differ, X contains other symbols, or a
        parameter is out of range.

    Warns
    -----
    UserWarning
        If motifs are so short that no site can reach `p_value`; the warning names them.

    See Also
    --------
    skgenomics.encoding.MotifScanner : Scores of motifs as features.
    motif_report : Enrichment of motifs in classes.

    Notes
    -----
    A score is the sum of the log-odds of the symbols. P-values are exact for scores rounded to
    0.01 bits per position, by dynamic programming [1]_. Q-values are those of Benjamini and
    Hochberg over all windows of known symbols. Windows with unknown symbols are not sites.

    References
    ----------
    .. [1] Grant, Bailey and Noble (2011), FIMO: scanning for occurrences of a given motif,
       Bioinformatics 27, 1017-1018.

    Examples
    --------
    >>> from skgenomics.inspection.motifs.scanning import scan_motifs
    >>> from skgenomics.motifs import Motif
    >>> gata = Motif.from_sequences("GATA", ["GATAAG"] * 9 + ["GATTAG"])
    >>> sites = scan_motifs([gata], ["CCGATAAGCC", "CCCTTATCCC"], p_value=1e-3)
    >>> sites[["sequence", "start", "end", "strand"]].values.tolist()
    [[0, 2, 8, '+'], [1, 2, 8, '-']]
    """
    check_real("p_value", p_value, 0, 1, inclusive=False)
    check_real("pseudocount", pseudocount, 0, inclusive=False)
    motifs = as_motifs(motifs)
    alphabet = get_alphabet(common_alphabet(motifs, both_strands))
    codes, lengths = read_ragged(MotifScanner(), X, alphabet=alphabet, reset=True)
    models = [_ScoreModel.make(motif, background, pseudocount) for motif in motifs]
    _warn_about_short_motifs(models, p_value)
    frames = [
        _scan_motif(model, codes, lengths, p_value, both_strands, alphabet) for model in models
    ]
    sites = pd.concat(frames, ignore_index=True)
    return sites.astype({"sequence": int, "start": int, "end": int})


@dataclass(frozen=True)
class _ScoreModel:
    """Scores of a motif's symbols in bits, and as non-negative integers with their p-values.

    ``p_values[total]`` is the probability that a random window scores at least `total`.
    """

    name: str
    log_odds: np.ndarray
    scores: np.ndarray
    p_values: np.ndarray

    @classmethod
    def make(cls, motif: Motif, background, pseudocount: float) -> _ScoreModel:
        from skgenomics.inspection.motifs._site_scanning import score_distribution

        log_odds = motif.log_odds(background, pseudocount)
        rounded = np.rint(log_odds / _STEP).astype(np.int64)
        scores = rounded - rounded.min(axis=1, keepdims=True)
        if background is None:
            background = np.ones(log_odds.shape[1])
        background = np.asarray(background, dtype=np.float64)
        probabilities = score_distribution(scores, background / background.sum())
        # Summed from the rare end, where rounding errors matter.
        p_values = np.cumsum(probabilities[::-1])[::-1].clip(max=1)
        return cls(motif.name, log_odds, scores, p_values)

    def threshold(self, p_value: float) -> int:
        """Return the smallest total of at most that p-value; above all totals if there is none."""
        return int((self.p_values > p_value).sum())


def _warn_about_short_motifs(models: list[_ScoreModel], p_value: float) -> None:
    short = [model for model in models if model.p_values[-1] > p_value]
    if short:
        names = ", ".join(f"{model.name!r} ({model.p_values[-1]:.2g})" for model in short[:10])
        more = ", ..." if len(short) > 10 else ""
        warn_user(
            f"{len(short)} motif(s) are too short or too variable for a site to reach "
            f"p_value={p_value:g}; their best p-values are {names}{more}; raise p_value"
        )


def _scan_motif(model, codes, lengths, p_value, both_strands, alphabet: Alphabet) -> pd.DataFrame:
    from skgenomics.inspection.motifs._site_scanning import count_windows

    width, n_symbols = model.scores.shape
    parts = [_strand_sites(model, model.log_odds, model.scores, codes, lengths, p_value, "+")]
    if both_strands:
        order = alphabet.complement[:n_symbols]
        # The reverse complement of the motif on the forward strand is the motif on the reverse one.
        log_odds = model.log_odds[::-1, order]
        scores = np.ascontiguousarray(model.scores[::-1, order])
        parts.append(_strand_sites(model, log_odds, scores, codes, lengths, p_value, "-"))
    sites = pd.concat(parts, ignore_index=True)
    sites = sites.sort_values(["sequence", "start", "strand"], ignore_index=True)
    n_tests = len(parts) * count_windows(codes, lengths, n_symbols, width)
    sites["q_value"] = false_discovery_rates(sites["p_value"].to_numpy(), n_tests)
    return sites


def _strand_sites(model, log_odds, scores, codes, lengths, p_value, strand) -> pd.DataFrame:
    rows, starts, totals = _find(scores, codes, lengths, model.threshold(p_value))
    width = len(scores)
    firsts = np.cumsum(lengths)[rows] - lengths[rows] + starts
    symbols = codes[firsts[:, np.newaxis] + np.arange(width)]
    return pd.DataFrame(
        {
            "sequence": rows,
            "motif": pd.Series([model.name] * len(rows), dtype=object),
            "start": starts,
            "end": starts + width,
            "strand": pd.Series([strand] * len(rows), dtype=object),
            "score": log_odds[np.arange(width), symbols].sum(axis=1),
            "p_value": model.p_values[totals],
        }
    )


def _find(scores, codes, lengths, minimum: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sequence, the start and the total score of each site."""
    from skgenomics.inspection.motifs._site_scanning import find_sites

    best = scores.max(axis=1)
    best_rest = np.cumsum(best[::-1])[::-1].copy()
    ruled_out = np.full((len(scores), 1), -1 - int(best.sum()))
    scores = np.hstack([scores, ruled_out])
    n_found = _INITIAL_SITES
    while True:
        found = np.empty((3, n_found), dtype=np.int64)
        n_found = find_sites(codes, lengths, scores, best_rest, minimum, *found)
        if n_found <= found.shape[1]:
            rows, starts, totals = found[:, :n_found]
            return rows, starts, totals


def false_discovery_rates(p_values: np.ndarray, n_tests: int) -> np.ndarray:
    """Compute Benjamini-Hochberg q-values of the smallest p-values out of `n_tests`."""
    order = np.argsort(p_values, kind="stable")
    # q_(i) = min over j >= i of p_(j) * n_tests / j (Benjamini and Hochberg, 1995).
    rates = p_values[order] * n_tests / np.arange(1, len(order) + 1)
    q_values = np.empty(len(order))
    q_values[order] = np.minimum.accumulate(rates[::-1])[::-1]
    return np.minimum(q_values, 1)

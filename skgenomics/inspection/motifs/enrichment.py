"""Enrichment of motifs in classes, positions and strands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest, fisher_exact, kstest
from sklearn.utils.multiclass import type_of_target

from skgenomics._utils.input_validation import read_ragged
from skgenomics.encoding.motif_scanner import MotifScanner, as_motifs
from skgenomics.inspection.motifs.matching import match_motifs
from skgenomics.inspection.motifs.scanning import false_discovery_rates, scan_motifs
from skgenomics.motifs import Motif


def motif_report(
    motifs: str | Path | Sequence[Motif],
    X,
    y=None,
    database: str | Path | Sequence[Motif] | None = None,
    *,
    p_value: float = 1e-4,
    both_strands: bool = True,
) -> pd.DataFrame:
    """Report the frequency of motifs, and their preference for classes, positions and strands.

    Parameters
    ----------
    motifs : str, Path, or list of Motif
        File in MEME or JASPAR format, or motifs of one alphabet with distinct names.
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Sequences of any length as text, codes or channels.
    y : array-like of shape (n_samples,) or None, default=None
        Class of each sequence.
    database : str, Path, list of Motif or None, default=None
        Known motifs to match, see :func:`~skgenomics.inspection.match_motifs`.
    p_value : float, default=1e-4
        Maximum p-value of a site, see :func:`~skgenomics.inspection.scan_motifs`.
    both_strands : bool, default=True
        Whether to scan the reverse strand too.

    Returns
    -------
    DataFrame
        One row for each motif, in their order, indexed by name:

        - "consensus", "width" and "information" in bits;
        - "sites", the number of sites, "sequences", the number of sequences with a site, and
          "share", their fraction;
        - with `y`: "share_<class>", the fraction in each class; "enriched_in", the class with the
          strongest enrichment against the others; its "odds_ratio"; "enrichment_p", the p-value of
          Fisher's exact test times the number of classes; and "enrichment_q", corrected for the
          number of motifs;
        - "position", the mean center of the best site of each sequence as a fraction of its length;
          "position_sd", its standard deviation; and "position_p", the p-value of a
          Kolmogorov-Smirnov test of uniform positions;
        - with both strands: "forward", the fraction of the best sites on the forward strand, and
          "strand_p", the p-value of a binomial test against one half;
        - with `database`: "match", "match_alt_name" and "match_q" of the best match.

        Columns that describe sites are NaN for motifs without sites.

    Raises
    ------
    ValueError
        If y does not have one class for each sequence, and in the cases of
        :func:`~skgenomics.inspection.scan_motifs` and :func:`~skgenomics.inspection.match_motifs`.

    See Also
    --------
    scan_motifs : The sites themselves.
    match_motifs : Similar motifs of a database.

    Examples
    --------
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.motifs.enrichment import motif_report
    >>> from skgenomics.motifs import Motif
    >>> data = make_motif_classification(300, 60, motifs=["TGACGTCAT"], random_state=0)
    >>> report = motif_report([Motif("CREB", data.motifs[0])], data.X, data.y)
    >>> print(report[["consensus", "enriched_in"]].to_string(index=False))
    consensus  enriched_in
    TGACGTCAT            1
    """
    motifs = as_motifs(motifs)
    sites = scan_motifs(motifs, X, p_value=p_value, both_strands=both_strands)
    _, lengths = read_ragged(MotifScanner(), X, alphabet=motifs[0].alphabet, reset=True)
    classes = None if y is None else _check_classes(y, len(lengths))
    rows = [
        _row(motif, sites[sites["motif"] == motif.name], lengths, classes, both_strands)
        for motif in motifs
    ]
    report = pd.DataFrame(rows, index=pd.Index([motif.name for motif in motifs], name="motif"))
    if classes is not None:
        column = report.columns.get_loc("enrichment_p") + 1
        q_values = false_discovery_rates(report["enrichment_p"].to_numpy(), len(report))
        report.insert(column, "enrichment_q", q_values)
    if database is not None:
        matches = match_motifs(motifs, database, n_best=1)
        columns = {"match": "match", "alt_name": "match_alt_name", "q_value": "match_q"}
        report = report.join(matches.set_index("motif")[list(columns)].rename(columns=columns))
    return report


def _check_classes(y, n: int) -> np.ndarray:
    y = np.asarray(y)
    if y.ndim != 1 or len(y) != n:
        raise ValueError(f"y must have one class for each of the {n} sequences, got {y.shape}")
    missing = np.flatnonzero(pd.isna(y))
    if len(missing):
        raise ValueError(
            f"y has no class for sequence {missing[0]} ({len(missing)} in total); leave such "
            "sequences out"
        )
    kind = type_of_target(y)
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"y must contain classes, but is {kind}; bin it, for example y > numpy.median(y)"
        )
    if len(np.unique(y)) < 2:
        raise ValueError(f"y contains the class {y.tolist()[0]!r} only; leave y out")
    return y


def _row(motif: Motif, sites: pd.DataFrame, lengths, classes, both_strands: bool) -> dict:
    has_site = np.zeros(len(lengths), dtype=bool)
    has_site[sites["sequence"]] = True
    row = {
        "consensus": motif.consensus,
        "width": motif.width,
        "information": motif.information_content().sum(),
        "sites": len(sites),
        "sequences": int(has_site.sum()),
        "share": has_site.mean(),
    }
    if classes is not None:
        row |= _enrichment(has_site, classes)
    best = sites.loc[sites.groupby("sequence")["score"].idxmax()]
    row |= _position(best, lengths)
    if both_strands:
        row |= _strand(best)
    return row


def _enrichment(has_site: np.ndarray, classes: np.ndarray) -> dict:
    labels = np.unique(classes)
    shares, tests = {}, []
    for label in labels:
        inside, outside = has_site[classes == label], has_site[classes != label]
        shares[f"share_{label}"] = inside.mean()
        table = [[inside.sum(), (~inside).sum()], [outside.sum(), (~outside).sum()]]
        tests.append(fisher_exact(table, alternative="greater"))
    best = int(np.argmin([test.pvalue for test in tests]))
    return shares | {
        "enriched_in": labels[best] if has_site.any() else None,
        "odds_ratio": tests[best].statistic,
        "enrichment_p": min(1.0, tests[best].pvalue * len(labels)),
    }


def _position(best: pd.DataFrame, lengths: np.ndarray) -> dict:
    if not len(best):
        return {"position": np.nan, "position_sd": np.nan, "position_p": np.nan}
    length = lengths[best["sequence"]]
    starts, ends = best["start"].to_numpy(), best["end"].to_numpy()
    centers = (starts + ends) / 2 / length
    # Uniform over the positions at which a site fits. Position i stands for the interval from
    # i / n to (i + 1) / n, and is represented by its middle.
    n_positions = length - (ends - starts) + 1
    return {
        "position": centers.mean(),
        "position_sd": centers.std(),
        "position_p": kstest((starts + 0.5) / n_positions, "uniform").pvalue,
    }


def _strand(best: pd.DataFrame) -> dict:
    if not len(best):
        return {"forward": np.nan, "strand_p": np.nan}
    n_forward = int((best["strand"] == "+").sum())
    p_value = binomtest(n_forward, len(best)).pvalue
    return {"forward": n_forward / len(best), "strand_p": p_value}

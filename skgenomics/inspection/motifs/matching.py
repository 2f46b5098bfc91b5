"""Similar motifs of a database."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_integer, warn_user
from skgenomics.encoding.motif_scanner import as_motifs
from skgenomics.inspection.motifs.scanning import false_discovery_rates
from skgenomics.motifs import Motif
from skgenomics.sequences import get_alphabet
from skgenomics.training.net import preserve_num_threads

# With fewer motifs, the null distribution of scores rests on a few columns.
_MIN_TARGETS = 25


def match_motifs(
    motifs: str | Path | Sequence[Motif],
    database: str | Path | Sequence[Motif],
    *,
    n_best: int | None = 5,
    both_strands: bool | None = None,
) -> pd.DataFrame:
    """Find the most similar motifs of a database by Tomtom.

    Parameters
    ----------
    motifs : str, Path, or list of Motif
        File in MEME or JASPAR format, or motifs.
    database : str, Path, or list of Motif
        Motifs to search. Their columns are the null distribution, so that a whole database gives
        the best p-values.
    n_best : int or None, default=5
        Number of matches of each motif; None for all.
    both_strands : bool or None, default=None
        Whether a match may be reverse-complemented; None for True if the alphabet is that of DNA.

    Returns
    -------
    DataFrame
        Matches of each motif, the best one first: "motif"; "match" and "alt_name" of the motif of
        the database; "p_value"; "q_value", the expected fraction of false matches among those of
        the motif that are at least as good; "offset", the position in the match at which the motif
        starts, negative before its first position; "strand", "-" if the match is
        reverse-complemented; and "overlap", the number of shared positions.

    Raises
    ------
    ImportError
        If memelite is not installed.
    ValueError
        If there are no motifs or the database is empty, names are repeated, or alphabets differ.

    Warns
    -----
    UserWarning
        If the database has fewer than 25 motifs.

    See Also
    --------
    skgenomics.inspection.displays.MotifDisplay : Logos of a motif and its match.

    Notes
    -----
    A match is scored by the Euclidean distances of its columns. The p-value is the probability that
    a motif of random columns of the database scores as high at its best offset [1]_, as computed by
    the package memelite.

    References
    ----------
    .. [1] Gupta et al. (2007), Quantifying similarity between motifs, Genome Biology 8, R24.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.inspection.motifs.matching import match_motifs
    >>> from skgenomics.motifs import Motif
    >>> rng = np.random.default_rng(0)
    >>> known = [Motif(f"M{i}", rng.dirichlet([0.3] * 4, size=9)) for i in range(30)]
    >>> table = match_motifs([known[7].reverse_complement()], known, n_best=1)
    >>> table[["match", "strand", "overlap"]].values.tolist()
    [['M7', '-', 9]]
    """
    if n_best is not None:
        check_integer("n_best", n_best, 1)
    motifs, database = as_motifs(motifs), as_motifs(database)
    symbols = _common_symbols([*motifs, *database])
    if both_strands is None:
        both_strands = "T" in symbols and get_alphabet(symbols).is_nucleic
    _warn_about_small_database(database)
    results = _tomtom(motifs, database, symbols, both_strands)
    frames = [
        _matches(motif, database, values, n_best)
        for motif, values in zip(motifs, np.moveaxis(results, 1, 0), strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def _common_symbols(motifs: list[Motif]) -> str:
    """Return the symbols in alphabetical order: memelite complements DNA by reversing columns."""
    symbols = "".join(sorted(get_alphabet(motifs[0].alphabet).symbols.upper()))
    for motif in motifs:
        own = "".join(sorted(get_alphabet(motif.alphabet).symbols.upper()))
        if own.replace("U", "T") != symbols.replace("U", "T"):
            raise ValueError(
                f"motif {motif.name!r} has the alphabet {own!r}, but {motifs[0].name!r} has "
                f"{symbols!r}; match motifs of one alphabet"
            )
    return symbols


def _warn_about_small_database(database: list[Motif]) -> None:
    if len(database) < _MIN_TARGETS:
        warn_user(
            f"the database has {len(database)} motifs; p-values are estimated from its columns "
            f"and are unreliable with fewer than {_MIN_TARGETS} motifs; use a whole database"
        )


def _tomtom(motifs, database, symbols: str, both_strands: bool) -> np.ndarray:
    """Return p-values, scores, offsets, overlaps and strands, shape (5, n_motifs, n_database)."""
    try:
        from memelite import tomtom
    except ImportError as error:
        raise ImportError(
            'matching motifs needs memelite: pip install "skgenomics[interpret]"'
        ) from error
    columns = [[_columns(motif, symbols) for motif in part] for part in (motifs, database)]
    with warnings.catch_warnings(), preserve_num_threads():
        warnings.filterwarnings("ignore", message="tomtom was given")
        return tomtom(*columns, reverse_complement=bool(both_strands), n_jobs=1)


def _columns(motif: Motif, symbols: str) -> np.ndarray:
    """Return probabilities of shape (C, width) in the order of `symbols`."""
    own = get_alphabet(motif.alphabet).symbols.upper().replace("U", "T")
    order = [own.index(symbol) for symbol in symbols.replace("U", "T")]
    return np.ascontiguousarray(motif.probabilities[:, order].T)


def _matches(motif, database, values: np.ndarray, n_best: int | None) -> pd.DataFrame:
    p_values, scores, offsets, overlaps, strands = values
    order = np.lexsort([-scores, p_values])[:n_best]
    table = pd.DataFrame(
        {
            "motif": motif.name,
            "match": [known.name for known in database],
            "alt_name": [known.alt_name for known in database],
            "p_value": p_values,
            "q_value": false_discovery_rates(p_values, len(database)),
            "offset": offsets.astype(int),
            "strand": np.where(strands == 1, "-", "+"),
            "overlap": overlaps.astype(int),
        }
    )
    return table.iloc[order]

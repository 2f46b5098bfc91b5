"""Motif with the sites in which it was found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from skgenomics.motifs import Motif
from skgenomics.sequences import Alphabet, get_alphabet

SITE_COLUMNS = ["sequence", "start", "end", "strand", "score"]
_REVERSE_STRAND = {"+": "-", "-": "+"}


@dataclass(frozen=True, eq=False, repr=False)
class FoundMotif(Motif):
    """Motif with the sites that it was counted on.

    Parameters
    ----------
    name : str
        Name.
    probabilities : array-like of shape (width, C)
        Probability of each symbol at each position.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of the columns.
    n_sites : float or None, default=None
        Number of sites.
    alt_name : str, default=""
        Second name.
    threshold : float or None, default=None
        Detection threshold, as in :class:`~skgenomics.motifs.Motif`.
    sites : DataFrame
        One row for each site: "sequence", the index in X; "start" and "end", 0-based and half-open;
        "strand", "+" or "-"; and "score", the model's score of the site.
    contributions : ndarray of shape (width, C) or None, default=None
        Mean attribution of the symbols of the sites at each position.

    Attributes
    ----------
    width : int
        Number of positions.
    consensus : str
        Most probable symbol of each position.
    counts : ndarray of shape (width, C)
        Count of each symbol at each position of the sites.

    See Also
    --------
    skgenomics.motifs.Motif : Motif without sites.

    Examples
    --------
    >>> import pandas as pd
    >>> from skgenomics.inspection.motifs.found_motif import FoundMotif
    >>> sites = pd.DataFrame(
    ...     {"sequence": [0], "start": [4], "end": [6], "strand": ["+"], "score": [1.5]}
    ... )
    >>> motif = FoundMotif("AC", [[1, 0, 0, 0], [0, 1, 0, 0]], n_sites=1, sites=sites)
    >>> motif.reverse_complement().sites["strand"].tolist()
    ['-']
    """

    sites: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SITE_COLUMNS))
    contributions: np.ndarray | None = None

    def __repr__(self) -> str:
        return (
            f"FoundMotif(name={self.name!r}, consensus={self.consensus!r}, n_sites={self.n_sites})"
        )

    def _cut(self, start: int, stop: int) -> FoundMotif:
        before, after = start, self.width - stop
        # On the reverse strand the motif's first position is the last one of the site.
        is_forward = (self.sites["strand"] == "+").to_numpy(dtype=bool)
        sites = self.sites.assign(
            start=self.sites["start"] + np.where(is_forward, before, after),
            end=self.sites["end"] - np.where(is_forward, after, before),
        )
        contributions = None if self.contributions is None else self.contributions[start:stop]
        return replace(
            self,
            probabilities=self.probabilities[start:stop],
            sites=sites,
            contributions=contributions,
        )

    def reverse_complement(self) -> FoundMotif:
        """Read the same sites on the reverse strand.

        Returns
        -------
        FoundMotif
            Reverse complement, whose sites are on the respective other strand.

        Raises
        ------
        ValueError
            If the alphabet has no complement.
        """
        alphabet = get_alphabet(self.alphabet)
        complement = alphabet.complement[: alphabet.n_symbols]
        contributions = self.contributions
        if contributions is not None:
            contributions = contributions[::-1, complement]
        return replace(
            self,
            probabilities=self.probabilities[::-1, complement],
            sites=self.sites.assign(strand=self.sites["strand"].map(_REVERSE_STRAND)),
            contributions=contributions,
        )


def site_codes(codes: np.ndarray, sites: pd.DataFrame, alphabet: Alphabet) -> np.ndarray:
    """Read sites of one width in the direction of their strand, shape (n_sites, width).

    Positions past the ends of a sequence are unknown.
    """
    found = _read(codes, sites, alphabet.n_symbols)
    is_reverse = (sites["strand"] == "-").to_numpy(dtype=bool)
    if is_reverse.any():
        found[is_reverse] = alphabet.complement[found[is_reverse]]
    return found


def site_values(values: np.ndarray, sites: pd.DataFrame) -> np.ndarray:
    """Read values (n_sequences, L) at sites as :func:`site_codes` does; zero past the ends."""
    return _read(values, sites, 0)


def count_symbols(codes: np.ndarray, sites: pd.DataFrame, alphabet: Alphabet) -> np.ndarray:
    """Count each symbol at each position of sites of one width, shape (width, C)."""
    found = site_codes(codes, sites, alphabet)
    return np.stack([(found == i).sum(axis=0) for i in range(alphabet.n_symbols)], axis=1)


def _read(table: np.ndarray, sites: pd.DataFrame, fill_value) -> np.ndarray:
    width = int(sites["end"].iloc[0] - sites["start"].iloc[0])
    columns = sites["start"].to_numpy()[:, np.newaxis] + np.arange(width)
    is_inside = (columns >= 0) & (columns < table.shape[1])
    rows = sites["sequence"].to_numpy()[:, np.newaxis]
    found = table[rows, np.clip(columns, 0, table.shape[1] - 1)]
    found = np.where(is_inside, found, np.array(fill_value, dtype=table.dtype))
    is_reverse = (sites["strand"] == "-").to_numpy(dtype=bool)
    found[is_reverse] = found[is_reverse, ::-1]
    return found

"""A motif that was found in sequences, with its sites."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from skgenomics.motifs import Motif
from skgenomics.sequences import Alphabet, get_alphabet

SITE_COLUMNS = ["sequence", "start", "end", "strand", "score"]
_OTHER_STRAND = {"+": "-", "-": "+"}


@dataclass(frozen=True, eq=False, repr=False)
class FoundMotif(Motif):
    """A motif, and the sites that its letters were counted on.

    Parameters
    ----------
    name, probabilities, alphabet, n_sites, alt_name
        As of a :class:`~skgenomics.motifs.Motif`.
    sites : DataFrame
        One row for each site: "sequence", the row of X; "start" and "end", counted from 0, without
        the end; "strand", "+" or "-"; and "score", what the model gives for the site.
    contributions : ndarray of shape (width, C), optional
        Mean attribution of the letters of the sites at each position.

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
        before, behind = start, self.width - stop
        is_forward = (self.sites["strand"] == "+").to_numpy(dtype=bool)
        sites = self.sites.assign(
            start=self.sites["start"] + np.where(is_forward, before, behind),
            end=self.sites["end"] - np.where(is_forward, behind, before),
        )
        contributions = None if self.contributions is None else self.contributions[start:stop]
        return replace(
            self,
            probabilities=self.probabilities[start:stop],
            sites=sites,
            contributions=contributions,
        )

    def reverse_complement(self) -> FoundMotif:
        """The same sites, read from the other strand.

        Returns
        -------
        FoundMotif

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
            sites=self.sites.assign(strand=self.sites["strand"].map(_OTHER_STRAND)),
            contributions=contributions,
        )


def site_codes(codes: np.ndarray, sites: pd.DataFrame, alphabet: Alphabet) -> np.ndarray:
    """Codes of sites of one width, read in the direction of their strand, shape (n, width).

    Places beyond the ends of a sequence are unknown.
    """
    symbols = _read(codes, sites, alphabet.n_symbols)
    is_other = (sites["strand"] == "-").to_numpy(dtype=bool)
    if is_other.any():
        symbols[is_other] = alphabet.complement[symbols[is_other]]
    return symbols


def site_values(values: np.ndarray, sites: pd.DataFrame) -> np.ndarray:
    """Numbers (n_sequences, L) at the places of sites, as :func:`site_codes`; zero beyond ends."""
    return _read(values, sites, 0)


def _read(table: np.ndarray, sites: pd.DataFrame, beyond) -> np.ndarray:
    width = int(sites["end"].iloc[0] - sites["start"].iloc[0])
    columns = sites["start"].to_numpy()[:, np.newaxis] + np.arange(width)
    is_inside = (columns >= 0) & (columns < table.shape[1])
    rows = sites["sequence"].to_numpy()[:, np.newaxis]
    found = table[rows, np.clip(columns, 0, table.shape[1] - 1)]
    found = np.where(is_inside, found, np.array(beyond, dtype=table.dtype))
    is_other = (sites["strand"] == "-").to_numpy(dtype=bool)
    found[is_other] = found[is_other, ::-1]
    return found


def count_symbols(codes: np.ndarray, sites: pd.DataFrame, alphabet: Alphabet) -> np.ndarray:
    """How often each letter occurs at each position of sites of one width, shape (width, C)."""
    symbols = site_codes(codes, sites, alphabet)
    return np.stack([(symbols == i).sum(axis=0) for i in range(alphabet.n_symbols)], axis=1)

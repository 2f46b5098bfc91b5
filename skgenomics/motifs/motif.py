"""Sequence motifs as position probability matrices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import rel_entr

from skgenomics._utils.validation import check_real
from skgenomics.sequences import Alphabet, encode, get_alphabet, one_hot

# The assumption of MEME and FIMO for files without the number of sites of a motif.
_DEFAULT_N_SITES = 20


@dataclass(frozen=True, eq=False)
class Motif:
    """A sequence motif: the probability of each base or residue at each position of a site.

    Parameters
    ----------
    name : str
        Name, or accession in a database.
    probabilities : array-like of shape (width, n_symbols)
        One row per position. Rows must sum to 1 within rounding, and are normalized.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of the columns.
    n_sites : float or None, default=None
        Number of sites behind the probabilities; None or 0 if unknown.
    alt_name : str, default=""
        Second name, such as that of the protein.
    threshold : float or None, default=None
        Log-odds score, in natural logarithms, from which on HOMER counts a match as a site.

    Attributes
    ----------
    width : int
        Number of positions.
    consensus : str
        The most probable symbol of each position.
    counts : ndarray of shape (width, n_symbols)
        Number of sites with each symbol at each position.

    Raises
    ------
    ValueError
        If the probabilities have another shape, are negative or not finite, or do not sum to 1, or
        `n_sites` is negative or not finite.

    Examples
    --------
    >>> from skgenomics.motifs import Motif
    >>> motif = Motif("TA", [[0.0, 0.0, 0.0, 1.0], [0.7, 0.1, 0.1, 0.1]], n_sites=10)
    >>> motif
    Motif(name='TA', consensus='TA', n_sites=10)
    >>> motif.information_content().round(2)
    array([2.  , 0.64])
    """

    name: str
    probabilities: np.ndarray
    alphabet: str = "ACGT"
    n_sites: float | None = None
    alt_name: str = ""
    threshold: float | None = None

    def __post_init__(self):
        probabilities = np.array(self.probabilities, dtype=np.float64)
        n_symbols = get_alphabet(self.alphabet).n_symbols
        if probabilities.ndim != 2 or probabilities.shape[1] != n_symbols or not probabilities.size:
            raise ValueError(
                f"motif {self.name!r}: probabilities must have the shape (width, {n_symbols}) for "
                f"alphabet={self.alphabet!r}, got {probabilities.shape}"
            )
        if not np.isfinite(probabilities).all() or probabilities.min() < 0:
            raise ValueError(f"motif {self.name!r}: probabilities must be finite and not negative")
        sums = probabilities.sum(axis=1, keepdims=True)
        if abs(sums - 1).max() > 0.03:
            position = int(abs(sums - 1).argmax())
            raise ValueError(
                f"motif {self.name!r}: the probabilities of position {position} sum to "
                f"{sums[position, 0]:.4g} instead of 1; divide counts by their sum"
            )
        if self.n_sites is not None and not 0 <= self.n_sites < np.inf:
            raise ValueError(
                f"motif {self.name!r}: n_sites must be a number from 0 on, got {self.n_sites!r}"
            )
        probabilities /= sums
        probabilities.setflags(write=False)
        object.__setattr__(self, "probabilities", probabilities)

    @classmethod
    def from_counts(cls, name: str, counts, alphabet: str = "ACGT", *, alt_name: str = "") -> Motif:
        """Make a motif from counts.

        Parameters
        ----------
        name : str
            Name.
        counts : array-like of shape (width, n_symbols)
            Number of sites with each symbol at each position; `n_sites` becomes the largest sum of
            a position.
        alphabet : str, default="ACGT"
            "dna", "rna", "protein", or the symbols in the order of the columns.
        alt_name : str, default=""
            Second name.

        Returns
        -------
        Motif
            The motif.

        Raises
        ------
        ValueError
            If the counts have another shape, are negative or not finite, or those of a position are
            all zero.

        Examples
        --------
        >>> from skgenomics.motifs import Motif
        >>> Motif.from_counts("AC", [[8, 0, 0, 0], [2, 6, 0, 0]])
        Motif(name='AC', consensus='AC', n_sites=8.0)
        """
        counts = np.array(counts, dtype=np.float64)
        if counts.ndim != 2 or not counts.size:
            raise ValueError(
                f"motif {name!r}: counts must have the shape (width, n_symbols), got {counts.shape}"
            )
        n_sites = counts.sum(axis=1, keepdims=True)
        if not (n_sites > 0).all():
            position = int((~(n_sites > 0)).argmax())
            raise ValueError(f"motif {name!r}: position {position} has no counts; leave it out")
        return cls(name, counts / n_sites, alphabet, float(n_sites.max()), alt_name)

    @classmethod
    def from_sequences(
        cls, name: str, sequences, alphabet: str = "ACGT", *, pseudocount: float = 0.0
    ) -> Motif:
        """Make a motif from aligned sites.

        Parameters
        ----------
        name : str
            Name.
        sequences : array-like of str of shape (n_sites,)
            Sites of the same length, in upper or lower case; ambiguous symbols are not counted.
        alphabet : str, default="ACGT"
            "dna", "rna", "protein", or the symbols in the order of the columns.
        pseudocount : float, default=0.0
            Number of sites that are added, divided equally among the symbols.

        Returns
        -------
        Motif
            The motif, with the number of sequences as `n_sites`.

        Raises
        ------
        ValueError
            If the sites differ in length, or a character is not in the alphabet.

        Examples
        --------
        >>> from skgenomics.motifs import Motif
        >>> Motif.from_sequences("box", ["TATA", "TATT"]).probabilities[3]
        array([0.5, 0. , 0. , 0.5])
        """
        check_real("pseudocount", pseudocount, 0)
        if isinstance(sequences, str):
            raise ValueError(f"motif {name!r}: put the site {sequences!r} in a list")
        texts = [str(text) for text in sequences]
        for i, text in enumerate(texts):
            if len(text) != len(texts[0]):
                raise ValueError(
                    f"motif {name!r}: site {i} has length {len(text)}, but site 0 has "
                    f"{len(texts[0])}; align the sites first"
                )
        n_symbols = get_alphabet(alphabet).n_symbols
        counts = one_hot(encode(texts, alphabet), n_symbols).sum(axis=0, dtype=np.float64)
        motif = cls.from_counts(name, counts + pseudocount / n_symbols, alphabet)
        return replace(motif, n_sites=float(len(texts)))

    def __repr__(self) -> str:
        return f"Motif(name={self.name!r}, consensus={self.consensus!r}, n_sites={self.n_sites})"

    @property
    def width(self) -> int:
        """Number of positions."""
        return len(self.probabilities)

    @property
    def consensus(self) -> str:
        """The most probable symbol of each position."""
        symbols = get_alphabet(self.alphabet).symbols
        return "".join(symbols[i] for i in self.probabilities.argmax(axis=1))

    @property
    def counts(self) -> np.ndarray:
        """Number of sites with each symbol at each position, (width, n_symbols)."""
        if not self.n_sites:
            raise ValueError(
                f"motif {self.name!r} has probabilities without a number of sites; set `n_sites`"
            )
        return self.probabilities * self.n_sites

    def log_odds(self, background=None, pseudocount: float = 0.1) -> np.ndarray:
        """Compute log-odds scores against a background, in bits.

        Parameters
        ----------
        background : array-like of shape (n_symbols,) or None, default=None
            Probability of each symbol outside of sites; None is uniform.
        pseudocount : float, default=0.1
            Number of background sites that are added to the `n_sites` of the motif, or to 20 where
            that is unknown, so that no probability is zero, as in FIMO.

        Returns
        -------
        ndarray of shape (width, n_symbols)
            Logarithms to base 2; minus infinity for a probability of zero without a pseudocount.

        Raises
        ------
        ValueError
            If the background is not a distribution over the symbols, or the pseudocount is
            negative.

        Examples
        --------
        >>> from skgenomics.motifs import Motif
        >>> Motif("T", [[0.0, 0.0, 0.0, 1.0]]).log_odds().round(2)
        array([[-7.65, -7.65, -7.65,  1.99]])
        """
        background = _check_background(background, get_alphabet(self.alphabet))
        if not 0 <= pseudocount < np.inf:
            raise ValueError(f"pseudocount must be a number from 0 on, got {pseudocount!r}")
        n_sites = self.n_sites or _DEFAULT_N_SITES
        counts = self.probabilities * n_sites + pseudocount * background
        with np.errstate(divide="ignore"):
            return np.log2(counts / (n_sites + pseudocount) / background)

    def information_content(self, background=None) -> np.ndarray:
        """Compute the relative entropy of each position against a background, in bits.

        Parameters
        ----------
        background : array-like of shape (n_symbols,) or None, default=None
            Probability of each symbol outside of sites; None is uniform.

        Returns
        -------
        ndarray of shape (width,)
            Information content of each position.

        Raises
        ------
        ValueError
            If the background is not a distribution over the symbols.
        """
        background = _check_background(background, get_alphabet(self.alphabet))
        return rel_entr(self.probabilities, background).sum(axis=1) / np.log(2)

    def trim(self, threshold: float = 0.25, *, background=None) -> Motif:
        """Remove uninformative positions from both ends.

        Parameters
        ----------
        threshold : float, default=0.25
            Minimum information content of the first and the last position that are kept, in bits.
        background : array-like of shape (n_symbols,) or None, default=None
            Probability of each symbol outside of sites, as in :meth:`information_content`.

        Returns
        -------
        Motif
            The trimmed motif; its most informative position if none reaches the threshold.

        Raises
        ------
        ValueError
            If the threshold is negative.

        Examples
        --------
        >>> from skgenomics.motifs import Motif
        >>> Motif("A", [[0.25] * 4, [1.0, 0.0, 0.0, 0.0], [0.3, 0.3, 0.2, 0.2]]).trim().width
        1
        """
        check_real("threshold", threshold, 0)
        start, stop = self._span(threshold, background)
        return self._cut(start, stop)

    def _span(self, threshold: float, background) -> tuple[int, int]:
        bits = self.information_content(background)
        kept = np.flatnonzero(bits >= threshold)
        if not len(kept):
            kept = np.array([bits.argmax()])
        return int(kept[0]), int(kept[-1]) + 1

    def _cut(self, start: int, stop: int) -> Motif:
        return replace(self, probabilities=self.probabilities[start:stop])

    def reverse_complement(self) -> Motif:
        """Reverse-complement the motif.

        Returns
        -------
        Motif
            The same sites, read on the reverse strand.

        Raises
        ------
        ValueError
            If the alphabet has no complement.
        """
        alphabet = get_alphabet(self.alphabet)
        complement = alphabet.complement[: alphabet.n_symbols]
        return replace(self, probabilities=self.probabilities[::-1, complement])


def _check_background(background, alphabet: Alphabet) -> np.ndarray:
    if background is None:
        return np.full(alphabet.n_symbols, 1 / alphabet.n_symbols)
    background = np.asarray(background, dtype=np.float64)
    is_distribution = (
        background.shape == (alphabet.n_symbols,)
        and (background > 0).all()
        and abs(background.sum() - 1) < 0.01
    )
    if not is_distribution:
        raise ValueError(
            f"background must be {alphabet.n_symbols} positive probabilities that sum to 1, one "
            f"for each of {alphabet.symbols!r}, got {background!r}"
        )
    return background / background.sum()

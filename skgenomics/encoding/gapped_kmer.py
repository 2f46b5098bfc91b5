"""Counts of gapped k-mers."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations, product
from math import comb
from numbers import Integral

import numpy as np
from scipy import sparse

from skgenomics.encoding.kmer import _MAX_FEATURES, _WEIGHTINGS, KmerCounter
from skgenomics.sequences import Alphabet, get_alphabet


class GappedKmerCounter(KmerCounter):
    """Count gapped k-mers: all choices of k positions in the words of a sequence.

    The features of gkm-SVM: all choices of k positions of each word are counted, with gaps at the
    other positions, so that words that differ at a few positions still share most features.
    Sequences may have any length, also in transform; words with an unknown symbol or padding are
    not counted.

    Parameters
    ----------
    k : int, default=6
        Number of positions that are not gaps.
    word_length : int, default=10
        Length of the words, gaps included.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    reverse_complement : bool, default=False
        When True, count a gapped k-mer and its reverse complement as one, named by whichever
        comes first, so that both strands of a sequence have the same encoding.
    weighting : {"count", "frequency", "sqrt"}, default="count"
        Value of a feature: number of occurrences; that number divided by the number of all gapped
        k-mers counted in the sequence; or the square root of the number.
    sparse_output : bool or "auto", default="auto"
        When True, the output is a CSR matrix; "auto" chooses it for more than 4096 columns.

    Attributes
    ----------
    n_features_out_ : int
        Number of columns of the output.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit; defined only if they are all strings.
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.

    See Also
    --------
    KmerCounter : Counts of k-mers without gaps, of which there are far fewer.

    Notes
    -----
    The dot product of two rows of counts is the gkm-SVM kernel [1]_. Each word has one feature for
    each choice of k positions, 210 by default: a matrix of many long sequences is large, although
    sparse.

    References
    ----------
    .. [1] Ghandi, M., Lee, D., Mohammad-Noori, M. and Beer, M. A. (2014). Enhanced regulatory
       sequence prediction using gapped k-mer features. PLoS Computational Biology, 10, e1003711.

    Examples
    --------
    >>> from skgenomics.encoding.gapped_kmer import GappedKmerCounter
    >>> counter = GappedKmerCounter(k=2, word_length=3).set_output(transform="pandas")
    >>> X = counter.fit_transform(["AAC", "AAAC"])
    >>> X.loc[:, X.any()]
       AA-  A-A  A-C  -AA  -AC
    0  1.0  0.0  1.0  0.0  1.0
    1  2.0  1.0  1.0  1.0  1.0
    """

    def __init__(
        self,
        k: int = 6,
        *,
        word_length: int = 10,
        alphabet: str | Alphabet = "ACGT",
        reverse_complement: bool = False,
        weighting: str = "count",
        sparse_output: bool | str = "auto",
    ) -> None:
        self.k = k
        self.word_length = word_length
        self.alphabet = alphabet
        self.reverse_complement = reverse_complement
        self.weighting = weighting
        self.sparse_output = sparse_output

    def _check_parameters(self) -> None:
        for name in ("k", "word_length"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a positive integer, got {value!r}")
        if self.k > self.word_length:
            raise ValueError(
                f"k={self.k} is more than word_length={self.word_length}; choose a smaller k"
            )
        super()._check_parameters()
        n_symbols = get_alphabet(self.alphabet).n_symbols
        n_features = comb(self.word_length, self.k) * n_symbols**self.k
        if n_features > _MAX_FEATURES:
            raise ValueError(
                f"k={self.k} and word_length={self.word_length} make {n_features:,} features, "
                f"more than the {_MAX_FEATURES:,} that are supported; choose smaller ones"
            )

    def _check_long_enough(self, lengths: np.ndarray) -> None:
        longest = int(lengths.max())
        if longest < self.word_length:
            raise ValueError(
                f"word_length={self.word_length} needs a sequence of at least that length, but the "
                f"longest one has length {longest}; choose a smaller word_length"
            )

    def _columns(self, k: int) -> np.ndarray:
        """Get the column of each gapped k-mer; empty if it equals the number of the k-mer."""
        if not self.reverse_complement:
            return np.empty(0, dtype=np.int32)
        return _strand_symmetric_columns(get_alphabet(self.alphabet), k, self.word_length)

    def _n_columns(self, k: int) -> int:
        if self.reverse_complement:
            return int(self._columns(k).max()) + 1
        return comb(self.word_length, k) * get_alphabet(self.alphabet).n_symbols ** k

    def _count_dense(self, codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        from skgenomics.encoding._kmer_counting import count_gapped_dense

        counts = np.empty((len(lengths), self.n_features_out_), dtype=np.float32)
        count_gapped_dense(codes, lengths, *self._gapped_settings(), self._weighting(), counts)
        return counts

    def _count_sparse(self, codes: np.ndarray, lengths: np.ndarray) -> sparse.csr_matrix:
        from skgenomics.encoding._kmer_counting import count_gapped_sparse

        n_columns = self.n_features_out_
        settings = *self._gapped_settings(), n_columns, self._weighting()
        parts = count_gapped_sparse(codes, lengths, *settings)
        return sparse.csr_matrix(parts, shape=(len(lengths), n_columns))

    def _gapped_settings(self) -> tuple[np.ndarray, int, np.ndarray]:
        n_symbols = get_alphabet(self.alphabet).n_symbols
        return _patterns(self.k, self.word_length), n_symbols, self._columns(self.k)

    def _weighting(self) -> int:
        return _WEIGHTINGS.index(self.weighting)

    def _output_names(self) -> list[str]:
        symbols = get_alphabet(self.alphabet).symbols
        kmers = list(product(symbols, repeat=self.k))
        patterns = _patterns(self.k, self.word_length).tolist()
        names = [_with_gaps(kmer, p, self.word_length) for p in patterns for kmer in kmers]
        columns = self._columns(self.k)
        if columns.size:
            # The first gapped k-mer of a column is the one that names it.
            names = [names[i] for i in np.unique(columns, return_index=True)[1]]
        return names


def _with_gaps(kmer, pattern: list[int], word_length: int) -> str:
    word = ["-"] * word_length
    for position, symbol in zip(pattern, kmer, strict=True):
        word[position] = symbol
    return "".join(word)


def _patterns(k: int, word_length: int) -> np.ndarray:
    """List the k informative positions of each pattern, in lexicographic order."""
    return np.array(list(combinations(range(word_length), k)), dtype=np.int64)


@lru_cache(maxsize=4)
def _strand_symmetric_columns(alphabet: Alphabet, k: int, word_length: int) -> np.ndarray:
    """Assign the same column to each gapped k-mer and its reverse complement."""
    complement = alphabet.complement[: alphabet.n_symbols].astype(np.int64)
    # A symbol appended to a k-mer is, complemented, prepended to the reverse complement.
    kmers = np.zeros(1, dtype=np.int64)
    for i in range(k):
        kmers = np.add.outer(kmers, complement * alphabet.n_symbols**i).ravel()
    patterns = _patterns(k, word_length)
    mirrored = word_length - 1 - patterns[:, ::-1]
    # As numbers in base word_length, patterns in lexicographic order are sorted.
    place_values = word_length ** np.arange(k - 1, -1, -1)
    mirror = np.searchsorted(patterns @ place_values, mirrored @ place_values)
    others = np.add.outer(mirror * len(kmers), kmers).ravel()
    own = np.arange(len(others))
    columns = np.cumsum(own <= others, dtype=np.int32) - 1
    return columns[np.minimum(own, others)]

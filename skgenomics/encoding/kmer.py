"""Counts of k-mers."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse

from skgenomics._utils.input_validation import read_ragged
from skgenomics.encoding._base import SequenceTransformer
from skgenomics.sequences import Alphabet, get_alphabet

_WEIGHTINGS = ("count", "frequency", "sqrt")
_MAX_DENSE_FEATURES = 4096
_MAX_FEATURES = 2**26


class KmerCounter(SequenceTransformer):
    """Count the overlapping k-mers of each sequence.

    The classical representation of sequences for linear models and a strong baseline. Sequences
    may have any length, also in transform; k-mers with an unknown symbol or padding are not
    counted.

    Parameters
    ----------
    k : int or tuple (min_k, max_k), default=6
        Length of the k-mers; a tuple counts all lengths from `min_k` to `max_k`, both included.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    reverse_complement : bool, default=False
        When True, count a k-mer and its reverse complement as one, named by whichever comes first
        in the order of the alphabet, so that both strands of a sequence have the same encoding. A
        k-mer that is its own reverse complement counts once for each occurrence.
    weighting : {"count", "frequency", "sqrt"}, default="count"
        Value of a feature: number of occurrences; that number divided by the number of counted
        k-mers of the same length; or the square root of the number.
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
    OneHotEncoder : One column for each symbol at each position.

    Notes
    -----
    A rolling integer visits each position once, whatever k is [1]_. The columns follow from the
    alphabet; fit only checks that the sequences are long enough.

    References
    ----------
    .. [1] Leslie, C., Eskin, E. and Noble, W. S. (2002). The spectrum kernel: a string kernel for
       SVM protein classification. Pacific Symposium on Biocomputing, 564-575.

    Examples
    --------
    >>> from skgenomics import KmerCounter
    >>> counter = KmerCounter(k=2, reverse_complement=True)
    >>> counter.fit_transform(["AAAC", "TTTNAC"])
    array([[2., 1., 0., 0., 0., 0., 0., 0., 0., 0.],
           [2., 1., 0., 0., 0., 0., 0., 0., 0., 0.]], dtype=float32)
    >>> counter.get_feature_names_out().tolist()
    ['AA', 'AC', 'AG', 'AT', 'CA', 'CC', 'CG', 'GA', 'GC', 'TA']
    """

    def __init__(
        self,
        k: int | tuple[int, int] = 6,
        *,
        alphabet: str | Alphabet = "ACGT",
        reverse_complement: bool = False,
        weighting: str = "count",
        sparse_output: bool | str = "auto",
    ) -> None:
        self.k: Any = k
        self.alphabet = alphabet
        self.reverse_complement = reverse_complement
        self.weighting = weighting
        self.sparse_output = sparse_output

    def _read(self, X, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        if reset:
            self._check_parameters()
        codes, lengths = read_ragged(self, X, alphabet=self.alphabet, reset=reset)
        if reset:
            self._check_long_enough(lengths)
            self.n_features_out_ = sum(map(self._n_columns, self._ks()))
        return codes, lengths

    def _check_parameters(self) -> None:
        alphabet = get_alphabet(self.alphabet)
        _check_k(self.k, alphabet)
        if self.weighting not in _WEIGHTINGS:
            raise ValueError(f"weighting must be one of {_WEIGHTINGS}, got {self.weighting!r}")
        if self.sparse_output not in ("auto", True, False):
            raise ValueError(
                f"sparse_output must be 'auto', True or False, got {self.sparse_output!r}"
            )
        if self.reverse_complement and not alphabet.is_nucleic:
            raise ValueError(
                "reverse_complement=True needs a nucleic alphabet, got "
                f"alphabet={self.alphabet!r}; set reverse_complement=False"
            )

    def _check_long_enough(self, lengths: np.ndarray) -> None:
        longest, max_k = int(lengths.max()), self._ks()[-1]
        if longest < max_k:
            raise ValueError(
                f"k={self.k} needs a sequence of at least length {max_k}, but the longest one has "
                f"length {longest}; choose a smaller k"
            )

    def _ks(self) -> range:
        min_k, max_k = _k_limits(self.k)
        return range(min_k, max_k + 1)

    def _columns(self, k: int) -> np.ndarray:
        """Get the column of each k-mer; empty if it equals the number of the k-mer."""
        if not self.reverse_complement:
            return np.empty(0, dtype=np.int32)
        return _strand_symmetric_columns(get_alphabet(self.alphabet), k)

    def _n_columns(self, k: int) -> int:
        if self.reverse_complement:
            return int(self._columns(k).max()) + 1
        return get_alphabet(self.alphabet).n_symbols ** k

    def _compute(self, data):
        sparse_output = self.sparse_output
        if sparse_output == "auto":
            sparse_output = self.n_features_out_ > _MAX_DENSE_FEATURES
        return self._count_sparse(*data) if sparse_output else self._count_dense(*data)

    def _count_dense(self, codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        from skgenomics.encoding._kmer_counting import count_dense

        counts = np.empty((len(lengths), self.n_features_out_), dtype=np.float32)
        first = 0
        for k in self._ks():
            settings = self._settings(k)
            count_dense(codes, lengths, *settings, counts, first)
            first += self._n_columns(k)
        return counts

    def _count_sparse(self, codes: np.ndarray, lengths: np.ndarray) -> sparse.csr_matrix:
        from skgenomics.encoding._kmer_counting import count_sparse

        blocks = []
        for k in self._ks():
            parts = count_sparse(codes, lengths, *self._settings(k))
            blocks.append(sparse.csr_matrix(parts, shape=(len(lengths), self._n_columns(k))))
        return blocks[0] if len(blocks) == 1 else sparse.hstack(blocks, format="csr")

    def _settings(self, k: int) -> tuple[int, int, np.ndarray, int, int]:
        n_symbols = get_alphabet(self.alphabet).n_symbols
        weighting = _WEIGHTINGS.index(self.weighting)
        return k, n_symbols, self._columns(k), self._n_columns(k), weighting

    def _output_names(self) -> list[str]:
        symbols = get_alphabet(self.alphabet).symbols
        names: list[str] = []
        for k in self._ks():
            kmers = ("".join(word) for word in product(symbols, repeat=k))
            columns = self._columns(k)
            if columns.size:
                # The first k-mer of a column is the one that names it.
                is_first = np.diff(np.maximum.accumulate(columns), prepend=-1) > 0
                kmers = (kmer for kmer, first in zip(kmers, is_first, strict=True) if first)
            names.extend(kmers)
        return names


def _k_limits(k) -> tuple[int, int]:
    return (k, k) if isinstance(k, Integral) else tuple(k)


def _check_k(k, alphabet: Alphabet) -> None:
    numbers = k if isinstance(k, tuple | list) and len(k) == 2 else (k, k)
    are_integers = all(isinstance(x, Integral) and not isinstance(x, bool) for x in numbers)
    if not are_integers or not 1 <= numbers[0] <= numbers[1]:
        raise ValueError(
            f"k must be a positive integer or a tuple (min_k, max_k) of two, got {k!r}"
        )
    # Two symbols exceed the limit at k=27; the power of a huge k would not finish.
    if alphabet.n_symbols ** min(numbers[1], 27) > _MAX_FEATURES:
        raise ValueError(
            f"k={k!r} makes {alphabet.n_symbols}**{numbers[1]} features, more than the "
            f"{_MAX_FEATURES:,} that are supported; choose a smaller k"
        )


@lru_cache(maxsize=8)
def _strand_symmetric_columns(alphabet: Alphabet, k: int) -> np.ndarray:
    """Assign the same column to each k-mer and its reverse complement."""
    complement = alphabet.complement[: alphabet.n_symbols].astype(np.int64)
    # A symbol appended to a k-mer is, complemented, prepended to the reverse complement.
    reverse = np.zeros(1, dtype=np.int64)
    for i in range(k):
        reverse = np.add.outer(reverse, complement * alphabet.n_symbols**i).ravel()
    kmers = np.arange(len(reverse))
    columns = np.cumsum(kmers <= reverse, dtype=np.int32) - 1
    return columns[np.minimum(kmers, reverse)]

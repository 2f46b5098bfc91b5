"""Counts of short words."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from numbers import Integral

import numpy as np
from scipy import sparse

from skgenomics._utils.input_validation import read_ragged
from skgenomics.encoding._base import SequenceTransformer
from skgenomics.sequences import Alphabet, get_alphabet

_WEIGHTINGS = ("count", "frequency", "sqrt")
_MAX_DENSE_FEATURES = 4096
_MAX_FEATURES = 2**26


class KmerCounter(SequenceTransformer):
    """Count the words of k letters that a sequence holds, overlaps included.

    The classical representation of sequences for linear models, and a strong baseline.
    Sequences may have any length, in new data too; k-mers that hold an unknown letter or
    padding are not counted.

    Parameters
    ----------
    k : int or tuple (min_k, max_k), default=6
        Length of the words; a tuple counts the words of each length from `min_k` to `max_k`, both
        included.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the letters in their order.
    reverse_complement : bool, default=False
        Whether to count a k-mer and its reverse complement as one, named by whichever comes first
        in the order of the alphabet, so that both strands of a sequence give the same row. A
        k-mer that is its own reverse complement counts once for each place.
    weighting : {"count", "frequency", "sqrt"}, default="count"
        The number of times that a k-mer occurs; that number divided by the number of all k-mers
        of its length counted in the sequence; or its square root.
    sparse_output : bool or "auto", default="auto"
        Whether the output is a CSR matrix; "auto" makes one of more than 4096 columns.

    Attributes
    ----------
    n_features_out_ : int
        Number of columns of the output.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a frame with names that are all str.
    input_form_ : {"text", "codes", "channels"}
        Form of X in fit.

    See Also
    --------
    OneHotEncoder : One column for each letter at each position.

    Notes
    -----
    A rolling integer visits each letter once, whatever k [1]_. There are no columns but those of
    the alphabet, so nothing is learnt from the sequences in fit but that they are long enough.

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
        k=6,
        *,
        alphabet="ACGT",
        reverse_complement=False,
        weighting="count",
        sparse_output="auto",
    ):
        self.k = k
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
                "reverse_complement=True needs an alphabet of nucleic acids, got "
                f"alphabet={self.alphabet!r}; set reverse_complement=False"
            )

    def _check_long_enough(self, lengths: np.ndarray) -> None:
        longest, max_k = int(lengths.max()), self._ks()[-1]
        if longest < max_k:
            raise ValueError(
                f"k={self.k} needs a sequence of at least {max_k} letters, but the longest one "
                f"has {longest}; choose a smaller k"
            )

    def _ks(self) -> range:
        min_k, max_k = _k_limits(self.k)
        return range(min_k, max_k + 1)

    def _columns(self, k: int) -> np.ndarray:
        """Column of each k-mer, or an empty array where that is the k-mer as a number."""
        if not self.reverse_complement:
            return np.empty(0, dtype=np.int32)
        return _columns_of_both_strands(get_alphabet(self.alphabet), k)

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
            count_dense(codes, lengths, *self._settings(k), counts, first)
            first += self._n_columns(k)
        return counts

    def _count_sparse(self, codes: np.ndarray, lengths: np.ndarray) -> sparse.csr_matrix:
        from skgenomics.encoding._kmer_counting import count_sparse

        blocks = []
        for k in self._ks():
            parts = count_sparse(codes, lengths, *self._settings(k))
            blocks.append(sparse.csr_matrix(parts, shape=(len(lengths), self._n_columns(k))))
        return blocks[0] if len(blocks) == 1 else sparse.hstack(blocks, format="csr")

    def _settings(self, k: int) -> tuple:
        n_symbols = get_alphabet(self.alphabet).n_symbols
        weighting = _WEIGHTINGS.index(self.weighting)
        return k, n_symbols, self._columns(k), self._n_columns(k), weighting

    def _output_names(self) -> list[str]:
        symbols = get_alphabet(self.alphabet).symbols
        names = []
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
    # Two letters make more features already at k=27, and the power of a vast k takes for ever.
    if alphabet.n_symbols ** min(numbers[1], 27) > _MAX_FEATURES:
        raise ValueError(
            f"k={k!r} makes {alphabet.n_symbols}**{numbers[1]} features, more than the "
            f"{_MAX_FEATURES:,} that are supported; choose a smaller k"
        )


@lru_cache(maxsize=8)
def _columns_of_both_strands(alphabet: Alphabet, k: int) -> np.ndarray:
    """Column of each k-mer, counting only those that come before their reverse complement."""
    complement = alphabet.complement[: alphabet.n_symbols].astype(np.int64)
    # A letter put at the end of a k-mer is put, complemented, in front of the other strand.
    others = np.zeros(1, dtype=np.int64)
    for i in range(k):
        others = np.add.outer(others, complement * alphabet.n_symbols**i).ravel()
    kmers = np.arange(len(others))
    columns = np.cumsum(kmers <= others, dtype=np.int32) - 1
    return columns[np.minimum(kmers, others)]

"""Words of k letters as tokens."""

from __future__ import annotations

from itertools import product
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skgenomics.encoding._tokens import SequenceTokenizer
from skgenomics.sequences import get_alphabet

_MAX_KMERS = 2**22


class KmerTokenizer(SequenceTokenizer):
    """Turn sequences into the numbers of their k-mers, for models that embed tokens.

    ``KmerTokenizer(k=6)`` has the overlapping tokens of DNABERT [1]_, and
    ``KmerTokenizer(k=6, stride=6, unknown="split")`` those of the Nucleotide Transformer [2]_.

    Parameters
    ----------
    k : int, default=6
        Length of the words.
    stride : int, default=1
        Distance from the start of a k-mer to that of the next one, from 1 (overlapping) to k
        (side by side).
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the letters in their order.
    special_tokens : bool, default=True
        Whether a sequence starts with [CLS] and ends with [SEP], and the vocabulary has these and
        [MASK]; [PAD] and [UNK] are always there.
    unknown : {"token", "split"}, default="token"
        What becomes of a k-mer that holds an unknown letter: the token [UNK]; or, for
        ``stride=k``, its first letter is a token of its own and the next k-mer starts after it.
    length : int, optional
        Number of columns of the output, special tokens included, which must hold all tokens of a
        sequence; by default the most tokens of a sequence in fit.

    Attributes
    ----------
    vocabulary_ : list of str
        The tokens, each in the place of its number: [PAD], [UNK], [CLS], [SEP], [MASK], then the
        k-mers in the order of the alphabet, then single letters where there are any.
    vocabulary_size_ : int
        Number of tokens.
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
    BPETokenizer : Tokens of different lengths, learnt from sequences.
    KmerCounter : How often each k-mer occurs.

    Notes
    -----
    No letter is dropped. Where `stride` is more than 1, the letters behind the last k-mer are
    tokens of their own; where it is 1, a sequence of fewer than k letters is an error. So
    :meth:`inverse_transform` gives the text back, except that with ``unknown="token"`` letters
    of which every k-mer is [UNK] become unknown; k-mers that contradict each other, as a model
    may write them, are read from left to right, the later one being right. In codes and channels
    the padding at the end is tokens too, as it is the same as unknown letters.

    References
    ----------
    .. [1] Ji, Y., Zhou, Z., Liu, H. and Davuluri, R. V. (2021). DNABERT: pre-trained
       bidirectional encoder representations from transformers model for DNA-language in genome.
       Bioinformatics, 37, 2112-2120.
    .. [2] Dalla-Torre, H. et al. (2025). Nucleotide Transformer: building and evaluating robust
       foundation models for human genomics. Nature Methods, 22, 287-297.

    Examples
    --------
    >>> from skgenomics.encoding.kmer_tokens import KmerTokenizer
    >>> tokenizer = KmerTokenizer(k=3)
    >>> X = tokenizer.fit_transform(["AAAC", "TTT"])
    >>> X
    array([[ 2,  5,  6,  3],
           [ 2, 68,  3,  0]], dtype=int32)
    >>> [tokenizer.vocabulary_[token] for token in X[0]]
    ['[CLS]', 'AAA', 'AAC', '[SEP]']
    >>> tokenizer.inverse_transform(X)
    array(['AAAC', 'TTT'], dtype=object)
    """

    def __init__(
        self,
        k=6,
        *,
        stride=1,
        alphabet="ACGT",
        special_tokens=True,
        unknown="token",
        length=None,
    ):
        self.k = k
        self.stride = stride
        self.alphabet = alphabet
        self.special_tokens = special_tokens
        self.unknown = unknown
        self.length = length

    @property
    def vocabulary_(self) -> list[str]:
        check_is_fitted(self)
        symbols = get_alphabet(self.alphabet).symbols
        kmers = ["".join(kmer) for kmer in product(symbols, repeat=self.k)]
        return [*self._special_tokens(), *kmers, *self._symbol_tokens()]

    def _symbol_tokens(self) -> str:
        """Single letters that are tokens besides the k-mers."""
        if self.stride == 1 and self.unknown == "token":
            return ""
        alphabet = get_alphabet(self.alphabet)
        return ("" if self.k == 1 else alphabet.symbols) + alphabet.unknown_symbol

    def _check_parameters(self) -> None:
        for name in ("k", "stride"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a positive integer, got {value!r}")
        if self.stride > self.k:
            raise ValueError(
                f"stride={self.stride} would leave out letters between words of k={self.k}; "
                "choose a stride of at most k"
            )
        if self.unknown not in ("token", "split"):
            raise ValueError(f"unknown must be 'token' or 'split', got {self.unknown!r}")
        if self.unknown == "split" and self.stride != self.k:
            raise ValueError(
                f"unknown='split' needs k-mers side by side, got k={self.k} and "
                f"stride={self.stride}; set stride=k, or unknown='token'"
            )
        n_symbols = get_alphabet(self.alphabet).n_symbols
        # Two letters make more k-mers already at k=23, and the power of a vast k takes for ever.
        if n_symbols ** min(self.k, 23) > _MAX_KMERS:
            raise ValueError(
                f"k={self.k} makes a vocabulary of {n_symbols}**{self.k} k-mers, more than the "
                f"{_MAX_KMERS:,} that are supported; choose a smaller k"
            )

    def _learn(self, codes: np.ndarray, lengths: np.ndarray) -> None:
        if self.k > lengths.max():
            raise ValueError(
                f"k={self.k} needs a sequence of at least {self.k} letters, but the longest one "
                f"has {lengths.max()}; choose a smaller k"
            )
        n_kmers = get_alphabet(self.alphabet).n_symbols ** self.k
        self.vocabulary_size_ = len(self._special_tokens()) + n_kmers + len(self._symbol_tokens())

    def _tokenize(self, codes: np.ndarray, lengths: np.ndarray):
        from skgenomics.encoding._kmer_tokenizing import tokenize

        if not self._symbol_tokens():
            self._check_long_enough(lengths)
        return tokenize(codes, lengths, self.stride, self.unknown == "split", *self._layout())

    def _check_long_enough(self, lengths: np.ndarray) -> None:
        is_short = (lengths > 0) & (lengths < self.k)
        if is_short.any():
            i = int(is_short.argmax())
            raise ValueError(
                f"sequence {i} has {lengths[i]} letters, fewer than k={self.k}; leave it out, "
                "choose a smaller k, or set stride=k to have single letters as tokens"
            )

    def _layout(self) -> tuple[int, int, int]:
        """What tells tokens from each other: k, number of letters and first k-mer."""
        return self.k, get_alphabet(self.alphabet).n_symbols, len(self._special_tokens())

    def _texts(self, X: np.ndarray) -> list[str]:
        from skgenomics.encoding._kmer_tokenizing import detokenize

        codes, lengths = detokenize(X, self.stride, *self._layout())
        table = get_alphabet(self.alphabet).symbol_table
        rows = zip(codes, lengths, strict=True)
        return [row[:n].tobytes().translate(table).decode("ascii") for row, n in rows]

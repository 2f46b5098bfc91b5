"""Byte-pair encoding: tokens of different lengths, learned from sequences."""

from __future__ import annotations

import json
from itertools import chain
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skgenomics.encoding._tokens import MASK, UNKNOWN, SequenceTokenizer
from skgenomics.sequences import get_alphabet

# Placeholder for unknown symbols during tokenization: not ASCII, so in no alphabet.
_UNKNOWN_SYMBOL = "\xff"


class BPETokenizer(SequenceTokenizer):
    """Encode sequences as ids of frequent words that are learned in fit.

    Byte-pair encoding [1]_, as in DNABERT-2 [2]_: starting from single symbols, the most frequent
    pair of adjacent tokens is repeatedly merged into a new token. Sequences become about five times
    shorter, and tokens do not overlap, so that a masked token cannot be read off its neighbors.
    Requires the package tokenizers: ``pip install "skgenomics[tokens]"``.

    Parameters
    ----------
    vocabulary_size : int, default=4096
        Maximum number of tokens, special tokens and single symbols included.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    special_tokens : bool, default=True
        When True, sequences start with [CLS] and end with [SEP], and the vocabulary contains these
        and [MASK]; [PAD] and [UNK] are always part of it.
    min_frequency : int, default=2
        Minimum number of occurrences of a pair in fit to become a token.
    length : int or None, default=None
        Number of columns of the output, special tokens included, which must hold all tokens of a
        sequence. None for the maximum number of tokens seen in fit plus 10 %, since new sequences
        of the same length may have a few more tokens.

    Attributes
    ----------
    vocabulary_ : list of str
        Tokens in the order of their ids: [PAD], [UNK], [CLS], [SEP], [MASK], then single symbols,
        then longer words in the order in which they were learned.
    vocabulary_size_ : int
        Number of tokens.
    tokenizer_json_ : str
        Trained tokenizer, in the format of ``tokenizers.Tokenizer.from_str``.
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
    KmerTokenizer : Tokens of one length.

    Notes
    -----
    An unknown symbol is the token [UNK], and no word spans it, so that :meth:`inverse_transform`
    restores the text. In channels, padding at the end cannot be told from unknown symbols and is
    tokenized too.

    References
    ----------
    .. [1] Sennrich, R., Haddow, B. and Birch, A. (2016). Neural machine translation of rare words
       with subword units. ACL, 1715-1725.
    .. [2] Zhou, Z., Ji, Y., Li, W., Dutta, P., Davuluri, R. and Liu, H. (2024). DNABERT-2:
       efficient foundation model and benchmark for multi-species genomes. ICLR.

    Examples
    --------
    >>> from skgenomics.encoding.bpe import BPETokenizer
    >>> tokenizer = BPETokenizer(vocabulary_size=11)
    >>> X = tokenizer.fit_transform(["TATATAGG", "CCTATAN"])
    >>> tokenizer.vocabulary_[5:]
    ['A', 'C', 'G', 'T', 'TA', 'TATA']
    >>> X
    array([[ 2, 10,  9,  7,  7,  3,  0],
           [ 2,  6,  6, 10,  1,  3,  0]], dtype=int32)
    >>> tokenizer.inverse_transform(X)
    array(['TATATAGG', 'CCTATAN'], dtype=object)
    """

    def __init__(
        self,
        vocabulary_size: int = 4096,
        *,
        alphabet: str = "ACGT",
        special_tokens: bool = True,
        min_frequency: int = 2,
        length: int | None = None,
    ) -> None:
        self.vocabulary_size = vocabulary_size
        self.alphabet = alphabet
        self.special_tokens = special_tokens
        self.min_frequency = min_frequency
        self.length = length

    @property
    def vocabulary_(self) -> list[str]:
        """Tokens in the order of their ids."""
        check_is_fitted(self)
        numbers = json.loads(self.tokenizer_json_)["model"]["vocab"]
        return sorted(numbers, key=numbers.get)

    def _check_parameters(self) -> None:
        for name in ("vocabulary_size", "min_frequency"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a positive integer, got {value!r}")
        minimum = len(self._special_tokens()) + get_alphabet(self.alphabet).n_symbols
        if self.vocabulary_size < minimum:
            raise ValueError(
                f"vocabulary_size={self.vocabulary_size} has no room for the special tokens and "
                f"the symbols of {self.alphabet!r}; choose at least {minimum}"
            )
        _import_tokenizers()

    def _learn(self, codes: np.ndarray, lengths: np.ndarray) -> None:
        tokenizers = _import_tokenizers()
        special_tokens = self._special_tokens()
        model = tokenizers.models.BPE(unk_token=special_tokens[UNKNOWN])
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=self.vocabulary_size,
            min_frequency=self.min_frequency,
            special_tokens=special_tokens,
            initial_alphabet=list(get_alphabet(self.alphabet).symbols),
            show_progress=False,
        )
        tokenizer = tokenizers.Tokenizer(model)
        tokenizer.train_from_iterator(self._known_words(codes, lengths), trainer)
        self.tokenizer_json_ = tokenizer.to_str()
        self.vocabulary_size_ = tokenizer.get_vocab_size()

    def _known_words(self, codes: np.ndarray, lengths: np.ndarray) -> list[str]:
        """Split the sequences at unknown symbols."""
        texts = self._words(codes, lengths)
        return [word for text in texts for word in text.split(_UNKNOWN_SYMBOL) if word]

    def _words(self, codes: np.ndarray, lengths: np.ndarray) -> list[str]:
        symbols = get_alphabet(self.alphabet).symbols.encode()
        table = symbols.ljust(256, _UNKNOWN_SYMBOL.encode("latin-1"))
        text = codes.tobytes().translate(table).decode("latin-1")
        ends = np.cumsum(lengths).tolist()
        return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def _tokenize(self, codes: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tokenizer = _import_tokenizers().Tokenizer.from_str(self.tokenizer_json_)
        words = self._words(codes, lengths)
        rows = [x.ids for x in tokenizer.encode_batch_fast(words, add_special_tokens=False)]
        n_tokens = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        tokens = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=n_tokens.sum())
        return tokens, n_tokens

    def _default_length(self, n_tokens: np.ndarray, lengths: np.ndarray) -> int:
        longest = super()._default_length(n_tokens, lengths)
        return min(longest + -(-longest // 10), int(lengths.max()) + self._n_frame_tokens())

    def _texts(self, X: np.ndarray) -> list[str]:
        unknown_symbol = get_alphabet(self.alphabet).unknown_symbol
        words = np.array(self.vocabulary_, dtype=object)
        n_special = len(self._special_tokens())
        words[:n_special] = ""
        words[[token for token in (UNKNOWN, MASK) if token < n_special]] = unknown_symbol
        return ["".join(row) for row in words[X]]


def _import_tokenizers():
    try:
        import tokenizers
    except ImportError as error:
        raise ImportError(
            'BPETokenizer needs tokenizers: pip install "skgenomics[tokens]"'
        ) from error
    return tokenizers

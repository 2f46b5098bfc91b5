"""Chaos game representation: sequences as images."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from skgenomics._utils.input_validation import read_ragged
from skgenomics.encoding._base import SequenceTransformer
from skgenomics.encoding.kmer import _WEIGHTINGS
from skgenomics.sequences import Alphabet, get_alphabet

_MAX_K = 10
_CORNERS = {"A": (0, 0), "C": (0, 1), "G": (1, 1), "T": (1, 0)}


class ChaosGameEncoder(SequenceTransformer):
    """Encode nucleic acids of any length as images of 2**k by 2**k pixels.

    Frequency chaos game representation: a point starts at the center of a square whose corners are
    the bases and moves halfway to the corner of each base in turn. Its position identifies the last
    k bases, so that each pixel counts a k-mer, and k-mers with a common suffix are adjacent.

    Parameters
    ----------
    k : int, default=6
        Length of the k-mers, at most 10; images have 2**k rows and columns.
    alphabet : str, default="ACGT"
        "dna", "rna", or the four bases in the order of their codes, which does not change the
        image.
    weighting : {"count", "frequency", "sqrt"}, default="count"
        Value of a pixel: number of occurrences of its k-mer; that number divided by the number of
        counted k-mers of the sequence; or the square root of the number.
    flatten : bool, default=True
        When True, the output is a matrix with one flattened image per row; when False, it has the
        shape (n_samples, 2**k, 2**k).

    Attributes
    ----------
    n_features_out_ : int
        Number of pixels, 4**k.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit; defined only if they are all strings.
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.

    See Also
    --------
    KmerCounter : The same counts in alphabetical order.

    Notes
    -----
    A is at x = 0 and y = 0, C at (0, 1), G at (1, 1) and T or U at (1, 0) [1]_. Row i of an image
    is y = i and column j is x = j: ``imshow(image, origin="lower")`` draws it as in [1]_. k-mers
    with an unknown base are not counted.

    References
    ----------
    .. [1] Jeffrey, H. J. (1990). Chaos game representation of gene structure. Nucleic Acids
       Research, 18, 2163-2170.

    Examples
    --------
    >>> from skgenomics.encoding.chaos_game import ChaosGameEncoder
    >>> encoder = ChaosGameEncoder(k=1, flatten=False)
    >>> encoder.fit_transform(["AAAC"])
    array([[[3., 0.],
            [1., 0.]]], dtype=float32)
    >>> encoder.get_feature_names_out().tolist()
    ['A', 'T', 'C', 'G']
    """

    def __init__(
        self, k: int = 6, *, alphabet: str = "ACGT", weighting: str = "count", flatten: bool = True
    ) -> None:
        self.k = k
        self.alphabet = alphabet
        self.weighting = weighting
        self.flatten = flatten

    def _read(self, X, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        if reset:
            self._check_parameters()
        codes, lengths = read_ragged(self, X, alphabet=self.alphabet, reset=reset)
        if reset:
            longest = int(lengths.max())
            if longest < self.k:
                raise ValueError(
                    f"k={self.k} needs a sequence of at least {self.k} bases, but the longest "
                    f"one has {longest}; choose a smaller k"
                )
            self.n_features_out_ = 4**self.k
        return codes, lengths

    def _check_parameters(self) -> None:
        alphabet = get_alphabet(self.alphabet)
        if not alphabet.is_nucleic or alphabet.n_symbols != 4:
            raise ValueError(
                "ChaosGameEncoder needs an alphabet of four bases, got "
                f"alphabet={self.alphabet!r}; set 'dna' or 'rna'"
            )
        is_integer = isinstance(self.k, Integral) and not isinstance(self.k, bool)
        if not is_integer or not 1 <= self.k <= _MAX_K:
            raise ValueError(f"k must be an integer from 1 to {_MAX_K}, got {self.k!r}")
        if self.weighting not in _WEIGHTINGS:
            raise ValueError(f"weighting must be one of {_WEIGHTINGS}, got {self.weighting!r}")
        if self.flatten not in (True, False):
            raise ValueError(f"flatten must be True or False, got {self.flatten!r}")

    def _compute(self, data) -> np.ndarray:
        from skgenomics.encoding._kmer_counting import count_dense

        codes, lengths = data
        pixels = _pixels(get_alphabet(self.alphabet), self.k)
        weighting = _WEIGHTINGS.index(self.weighting)
        images = np.empty((len(lengths), len(pixels)), dtype=np.float32)
        count_dense(codes, lengths, self.k, 4, pixels, len(pixels), weighting, images, 0)
        return images if self.flatten else images.reshape(-1, 2**self.k, 2**self.k)

    def _output_names(self) -> list[str]:
        symbols = get_alphabet(self.alphabet).symbols
        kmers_of_pixels = np.argsort(_pixels(get_alphabet(self.alphabet), self.k))
        exponents = np.arange(self.k - 1, -1, -1)
        codes = kmers_of_pixels[:, np.newaxis] // 4**exponents % 4
        return ["".join(symbols[code] for code in kmer) for kmer in codes]


def _pixels(alphabet: Alphabet, k: int) -> np.ndarray:
    """Compute the index of the pixel of each k-mer, k-mers in alphabetical order."""
    symbols = alphabet.symbols.upper().replace("U", "T")
    x, y = np.array([_CORNERS[symbol] for symbol in symbols], dtype=np.int32).T
    pixels = np.zeros(1, dtype=np.int32)
    for i in range(k):
        # The last base moves the point farthest: it is the highest bit of each coordinate.
        pixels = np.add.outer(pixels, (y * 2**k + x) * 2**i).ravel()
    return pixels

"""Physicochemical descriptors of whole sequences."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np

from skgenomics._utils.input_validation import read_ragged
from skgenomics.encoding._base import SequenceTransformer
from skgenomics.encoding._properties import STEP_PROPERTIES, step_table
from skgenomics.sequences import Alphabet, get_alphabet

_DESCRIPTORS = ("z_curve", "pseknc", "dac")
# x: purines, y: amino bases, z: weak hydrogen bonds.
_Z_GROUPS = ("AG", "AC", "AT")


class CompositionEncoder(SequenceTransformer):
    """Encode nucleic acids of any length by descriptors of the whole sequence.

    Parameters
    ----------
    descriptors : tuple of str, default=("z_curve", "pseknc", "dac")
        Descriptors to compute. "z_curve": excess of purines over pyrimidines, of amino over keto
        bases and of weak over strong pairs, each as a fraction of the bases: the end point of the
        Z curve divided by the length [1]_. "pseknc": pseudo dinucleotide composition of type 1, the
        frequencies of the 16 dinucleotides and `n_tiers` correlations of their physical properties
        along the sequence [2]_ [3]_. "dac": auto-covariance of each of the six properties for the
        lags 1 to `max_lag` [4]_.
    alphabet : str, default="ACGT"
        "dna", "rna", or the four bases in the order of their codes.
    n_tiers : int, default=3
        Number of correlations of "pseknc", called lambda in the literature.
    weight : float, default=0.05
        Weight of a correlation relative to a frequency in "pseknc".
    max_lag : int, default=2
        Largest lag of "dac", in bases.

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
    PhysicochemicalEncoder : Properties of each position.
    KmerCounter : Counts or frequencies of words of any length.

    Notes
    -----
    The six properties are twist, tilt, roll, shift, slide and rise of a base-pair step,
    standardized as in [2]_; RNA is read as DNA. Dinucleotides with an unknown base and pairs that
    contain such a dinucleotide are excluded; a mean over no values is zero.

    References
    ----------
    .. [1] Zhang, R. and Zhang, C.-T. (1994). Z curves, an intuitive tool for visualizing and
       analyzing the DNA sequences. Journal of Biomolecular Structure and Dynamics, 11, 767-782.
    .. [2] Chen, W., Feng, P.-M., Lin, H. and Chou, K.-C. (2013). iRSpot-PseDNC: identify
       recombination spots with pseudo dinucleotide composition. Nucleic Acids Research, 41, e68.
    .. [3] Chen, W., Lei, T.-Y., Jin, D.-C., Lin, H. and Chou, K.-C. (2014). PseKNC: a flexible
       web server for generating pseudo K-tuple nucleotide composition. Analytical Biochemistry,
       456, 53-60.
    .. [4] Dong, Q., Zhou, S. and Guan, J. (2009). A new taxonomy-based protein fold recognition
       approach based on autocross-covariance transformation. Bioinformatics, 25, 2655-2662.

    Examples
    --------
    >>> from skgenomics.encoding.composition import CompositionEncoder
    >>> encoder = CompositionEncoder(("z_curve",))
    >>> encoder.fit_transform(["AAAC", "GGGGGGG"])
    array([[ 0.5,  1. ,  0.5],
           [ 1. , -1. , -1. ]], dtype=float32)
    >>> encoder.get_feature_names_out().tolist()
    ['z_curve_x', 'z_curve_y', 'z_curve_z']
    """

    def __init__(
        self,
        descriptors: Sequence[str] = ("z_curve", "pseknc", "dac"),
        *,
        alphabet: str = "ACGT",
        n_tiers: int = 3,
        weight: float = 0.05,
        max_lag: int = 2,
    ) -> None:
        self.descriptors = descriptors
        self.alphabet = alphabet
        self.n_tiers = n_tiers
        self.weight = weight
        self.max_lag = max_lag

    def _read(self, X, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        if reset:
            self._check_parameters()
        codes, lengths = read_ragged(self, X, alphabet=self.alphabet, reset=reset)
        if reset:
            self._check_long_enough(lengths)
            self.n_features_out_ = len(self._output_names())
        return codes, lengths

    def _check_parameters(self) -> None:
        _check_descriptors(self.descriptors)
        alphabet = get_alphabet(self.alphabet)
        if not alphabet.is_nucleic or alphabet.n_symbols != 4:
            raise ValueError(
                "CompositionEncoder needs an alphabet of four bases, got "
                f"alphabet={self.alphabet!r}; set 'dna' or 'rna'"
            )
        for name in ("n_tiers", "max_lag"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a positive integer, got {value!r}")
        if not isinstance(self.weight, Real) or not 0 < self.weight < np.inf:
            raise ValueError(f"weight must be a positive number, got {self.weight!r}")

    def _check_long_enough(self, lengths: np.ndarray) -> None:
        longest = int(lengths.max())
        for name, descriptor in (("n_tiers", "pseknc"), ("max_lag", "dac")):
            value = getattr(self, name)
            if descriptor in self.descriptors and longest < value + 2:
                raise ValueError(
                    f"{name}={value} of {descriptor!r} needs a sequence of at least {value + 2} "
                    f"bases, but the longest one has {longest}; choose a smaller {name}"
                )

    def _compute(self, data) -> np.ndarray:
        compute = {"z_curve": self._z_curve, "pseknc": self._pseknc, "dac": self._dac}
        return np.hstack([compute[name](*data) for name in self.descriptors])

    def _z_curve(self, codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        from skgenomics.encoding._composition_loops import mean_of_symbols

        return mean_of_symbols(codes, lengths, _z_directions(get_alphabet(self.alphabet)))

    def _pseknc(self, codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        from skgenomics.encoding._composition_loops import pseudo_composition

        properties = step_table(get_alphabet(self.alphabet))
        differences = properties[:, np.newaxis] - properties
        distances = (differences**2).mean(axis=2)
        return pseudo_composition(codes, lengths, distances, self.n_tiers, float(self.weight))

    def _dac(self, codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        from skgenomics.encoding._composition_loops import auto_covariances

        properties = step_table(get_alphabet(self.alphabet))
        return auto_covariances(codes, lengths, properties, self.max_lag)

    def _output_names(self) -> list[str]:
        symbols = get_alphabet(self.alphabet).symbols
        tiers = range(1, self.n_tiers + 1)
        lags = range(1, self.max_lag + 1)
        names = {
            "z_curve": [f"z_curve_{axis}" for axis in "xyz"],
            "pseknc": [
                *(f"pseknc_{first}{second}" for first in symbols for second in symbols),
                *(f"pseknc_tier{tier}" for tier in tiers),
            ],
            "dac": [f"dac_{name}_lag{lag}" for name in STEP_PROPERTIES for lag in lags],
        }
        return [name for descriptor in self.descriptors for name in names[descriptor]]


def _check_descriptors(descriptors) -> None:
    if isinstance(descriptors, str) or not len(descriptors):
        raise ValueError(f"descriptors must be a tuple of names, got {descriptors!r}")
    for name in descriptors:
        if name not in _DESCRIPTORS:
            raise ValueError(
                f"descriptors has {name!r}; the available ones are {', '.join(_DESCRIPTORS)}"
            )
    if len(set(descriptors)) < len(descriptors):
        raise ValueError(f"descriptors holds a name twice: {descriptors!r}")


def _z_directions(alphabet: Alphabet) -> np.ndarray:
    """Tabulate the step of the Z curve for each base, shape (4, 3)."""
    symbols = alphabet.symbols.upper().replace("U", "T")
    return np.array([[1.0 if x in group else -1.0 for group in _Z_GROUPS] for x in symbols])

"""Physicochemical properties of each position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgenomics.encoding._base import PositionEncoder
from skgenomics.encoding._properties import SYMBOL_PROPERTIES, symbol_table
from skgenomics.sequences import Alphabet, get_alphabet

_NAMES = (*SYMBOL_PROPERTIES, "anf", "one_hot")


class PhysicochemicalEncoder(PositionEncoder):
    """Encode each position by physicochemical properties of its symbol.

    The output is a flat float32 matrix with the layout of :class:`OneHotEncoder`: the P channels of
    the first position, then those of the second, and so on. The estimators of this package read it
    with ``n_channels=P``.

    Parameters
    ----------
    properties : tuple of str, default=("ncp", "eiip", "anf")
        Properties to encode. Of nucleotides: "ncp", chemical properties in three bits (purine or
        pyrimidine, amino or keto, weak or strong hydrogen bonds) [1]_; "eiip", electron-ion
        interaction potential [2]_; "anf", accumulated frequency of the nucleotide, its fraction of
        the sequence up to and including this position [1]_. Of amino acids: "blosum62", 20
        substitution scores [3]_; "hydropathy" [4]_; "volume" in cubic angstrom [5]_; "charge" of
        the side chain [6]_; "polarity" [7]_; and, named as in AAindex [8]_ in parentheses,
        "hydrophobicity" (EISD840101), "hydrophilicity" (HOPT810101), the propensities "helix"
        (CHOP780201), "sheet" (CHOP780202) and "turn" (CHOP780101), "flexibility" (BHAR880101),
        "polarizability" (CHAM820101) and "surface_area" in square angstrom (CHOC760101). Of any
        alphabet: "anf", and "one_hot", one channel for each symbol.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    length : int or None, default=None
        Number of positions to pad text to, which is also its maximum length; None for the length of
        the longest sequence seen in fit. Codes and channels keep their length.

    Attributes
    ----------
    channel_names_ : list of str
        Names of the P channels of a position.
    length_ : int
        Number of positions, L.
    n_channels_ : int
        Number of symbols of the alphabet, C.
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit; defined only if they are all strings.

    See Also
    --------
    OneHotEncoder : One channel for each symbol.
    CompositionEncoder : Properties of whole sequences.

    Notes
    -----
    Unknown symbols and padding are zeros in all channels; unknown symbols count as positions in
    "anf". If X is channels, the largest one of each position determines the symbol. Properties have
    different units: add a :class:`~sklearn.preprocessing.StandardScaler` where scale matters.

    References
    ----------
    .. [1] Chen, W., Tran, H., Liang, Z., Lin, H. and Zhang, L. (2015). Identification and
       analysis of the N6-methyladenosine in the Saccharomyces cerevisiae transcriptome.
       Scientific Reports, 5, 13859.
    .. [2] Nair, A. S. and Sreenadhan, S. P. (2006). A coding measure scheme employing
       electron-ion interaction pseudopotential (EIIP). Bioinformation, 1, 197-202.
    .. [3] Henikoff, S. and Henikoff, J. G. (1992). Amino acid substitution matrices from protein
       blocks. PNAS, 89, 10915-10919.
    .. [4] Kyte, J. and Doolittle, R. F. (1982). A simple method for displaying the hydropathic
       character of a protein. Journal of Molecular Biology, 157, 105-132.
    .. [5] Zamyatnin, A. A. (1972). Protein volume in solution. Progress in Biophysics and
       Molecular Biology, 24, 107-123.
    .. [6] Klein, P., Kanehisa, M. and DeLisi, C. (1984). Prediction of protein function from
       sequence properties. Biochimica et Biophysica Acta, 787, 221-226.
    .. [7] Grantham, R. (1974). Amino acid difference formula to help explain protein evolution.
       Science, 185, 862-864.
    .. [8] Kawashima, S. et al. (2008). AAindex: amino acid index database, progress report 2008.
       Nucleic Acids Research, 36, D202-D205. The entries are those of Eisenberg (1984), Hopp and
       Woods (1981), Chou and Fasman (1978), Bhaskaran and Ponnuswamy (1988), Charton and Charton
       (1982) and Chothia (1976).

    Examples
    --------
    >>> from skgenomics.encoding.physicochemical import PhysicochemicalEncoder
    >>> encoder = PhysicochemicalEncoder(("ncp", "anf"))
    >>> encoder.fit_transform(["ACA"]).reshape(3, 4).round(2)
    array([[1.  , 1.  , 1.  , 1.  ],
           [0.  , 1.  , 0.  , 0.5 ],
           [1.  , 1.  , 1.  , 0.67]], dtype=float32)
    >>> encoder.get_feature_names_out()[:4].tolist()
    ['0ncp_purine', '0ncp_amino', '0ncp_weak', '0anf']
    """

    def __init__(
        self,
        properties: Sequence[str] = ("ncp", "eiip", "anf"),
        *,
        alphabet: str = "ACGT",
        length: int | None = None,
    ) -> None:
        self.properties = properties
        self.alphabet = alphabet
        self.length = length

    def _read(self, X, *, reset: bool) -> np.ndarray:
        if reset:
            _check_properties(self.properties)
            alphabet = get_alphabet(self.alphabet)
            self._table(alphabet)
            self.channel_names_ = [x for name in self.properties for x in _names(name, alphabet)]
        return super()._read(X, reset=reset)

    def _table(self, alphabet: Alphabet) -> np.ndarray:
        """Tabulate the P channels by code; those of "anf" depend on the sequence and are zeros."""
        return np.hstack([_table(name, alphabet) for name in self.properties])

    def _compute(self, data: np.ndarray) -> np.ndarray:
        codes = self._codes(data)
        # Padding, whose code is above that of unknown symbols, is zero as they are.
        values = self._table(get_alphabet(self.alphabet)).take(codes, axis=0, mode="clip")
        if "anf" in self.channel_names_:
            densities = _accumulated_frequencies(codes, self.n_channels_)
            densities[codes > self.n_channels_] = 0
            values[:, :, self.channel_names_.index("anf")] = densities
        return values.reshape(len(codes), -1)

    def _output_names(self) -> list[str]:
        return [f"{i}{name}" for i in range(self.length_) for name in self.channel_names_]


def _check_properties(properties) -> None:
    if isinstance(properties, str) or not len(properties):
        raise ValueError(f"properties must be a tuple of names, got {properties!r}")
    for name in properties:
        if name not in _NAMES:
            raise ValueError(f"properties has {name!r}; the available ones are {', '.join(_NAMES)}")
    if len(set(properties)) < len(properties):
        raise ValueError(f"properties holds a name twice: {properties!r}")


def _names(name: str, alphabet: Alphabet) -> tuple[str, ...]:
    if name == "anf":
        return ("anf",)
    return tuple(alphabet.symbols) if name == "one_hot" else SYMBOL_PROPERTIES[name][0]


def _table(name: str, alphabet: Alphabet) -> np.ndarray:
    n_symbols = alphabet.n_symbols
    if name == "anf":
        return np.zeros((n_symbols + 1, 1), dtype=np.float32)
    if name == "one_hot":
        return np.eye(n_symbols + 1, n_symbols, dtype=np.float32)
    return symbol_table(name, alphabet)


def _accumulated_frequencies(codes: np.ndarray, n_symbols: int) -> np.ndarray:
    """Compute the fraction of each symbol in its sequence up to and including each position."""
    densities = np.zeros(codes.shape, dtype=np.float32)
    n_positions = np.arange(1, codes.shape[1] + 1, dtype=np.float32)
    for symbol in range(n_symbols):
        is_symbol = codes == symbol
        fractions = is_symbol.cumsum(axis=1, dtype=np.float32) / n_positions
        densities[is_symbol] = fractions[is_symbol]
    return densities

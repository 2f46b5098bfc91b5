"""Physicochemical constants of nucleotides, dinucleotides and amino acids.

Tables are indexed by symbols or words, so that the order of an alphabet does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from skgenomics.sequences import Alphabet

_AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"

# Ring structure (purine), functional group (amino), hydrogen bonds (weak); Chen et al. 2015.
_CHEMICAL = {"A": (1, 1, 1), "C": (0, 1, 0), "G": (1, 0, 0), "T": (0, 0, 1)}
# Nair and Sreenadhan 2006.
_EIIP = {"A": (0.1260,), "C": (0.1340,), "G": (0.0806,), "T": (0.1335,)}

# Kyte and Doolittle 1982.
_HYDROPATHY = (
    1.8, 2.5, -3.5, -3.5, 2.8, -0.4, -3.2, 4.5, -3.9, 3.8,
    1.9, -3.5, -1.6, -3.5, -4.5, -0.8, -0.7, 4.2, -0.9, -1.3,
)  # fmt: skip
# Volume of the residue in cubic angstrom; Zamyatnin 1972.
_VOLUME = (
    88.6, 108.5, 111.1, 138.4, 189.9, 60.1, 153.2, 166.7, 168.6, 166.7,
    162.9, 114.1, 112.7, 143.8, 173.4, 89.0, 116.1, 140.0, 227.8, 193.6,
)  # fmt: skip
# Net charge of the side chain; Klein et al. 1984.
_CHARGE = (0, 0, -1, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0)
# Grantham 1974.
_POLARITY = (
    8.1, 5.5, 13.0, 12.3, 5.2, 9.0, 10.4, 5.2, 11.3, 4.9,
    5.7, 11.6, 8.0, 10.5, 10.5, 9.2, 8.6, 5.9, 5.4, 6.2,
)  # fmt: skip
# The scales below are in the order of residues of the AAindex database, whose accession is given.
_AAINDEX_ORDER = "ARNDCQEGHILKMFPSTWYV"
# Consensus normalized hydrophobicity, EISD840101; Eisenberg 1984.
_HYDROPHOBICITY = (
    0.25, -1.76, -0.64, -0.72, 0.04, -0.69, -0.62, 0.16, -0.40, 0.73,
    0.53, -1.10, 0.26, 0.61, -0.07, -0.26, -0.18, 0.37, 0.02, 0.54,
)  # fmt: skip
# Hydrophilicity, HOPT810101; Hopp and Woods 1981.
_HYDROPHILICITY = (
    -0.5, 3.0, 0.2, 3.0, -1.0, 0.2, 3.0, 0.0, -0.5, -1.8,
    -1.8, 3.0, -1.3, -2.5, 0.0, 0.3, -0.4, -3.4, -2.3, -1.5,
)  # fmt: skip
# Normalized frequencies of helix, sheet and turn, CHOP780201, CHOP780202 and CHOP780101;
# Chou and Fasman 1978.
_HELIX = (
    1.42, 0.98, 0.67, 1.01, 0.70, 1.11, 1.51, 0.57, 1.00, 1.08,
    1.21, 1.16, 1.45, 1.13, 0.57, 0.77, 0.83, 1.08, 0.69, 1.06,
)  # fmt: skip
_SHEET = (
    0.83, 0.93, 0.89, 0.54, 1.19, 1.10, 0.37, 0.75, 0.87, 1.60,
    1.30, 0.74, 1.05, 1.38, 0.55, 0.75, 1.19, 1.37, 1.47, 1.70,
)  # fmt: skip
_TURN = (
    0.66, 0.95, 1.56, 1.46, 1.19, 0.98, 0.74, 1.56, 0.95, 0.47,
    0.59, 1.01, 0.60, 0.60, 1.52, 1.43, 0.96, 0.96, 1.14, 0.50,
)  # fmt: skip
# Average flexibility, BHAR880101; Bhaskaran and Ponnuswamy 1988.
_FLEXIBILITY = (
    0.357, 0.529, 0.463, 0.511, 0.346, 0.493, 0.497, 0.544, 0.323, 0.462,
    0.365, 0.466, 0.295, 0.314, 0.509, 0.507, 0.444, 0.305, 0.420, 0.386,
)  # fmt: skip
# Polarizability parameter, CHAM820101; Charton and Charton 1982.
_POLARIZABILITY = (
    0.046, 0.291, 0.134, 0.105, 0.128, 0.180, 0.151, 0.000, 0.230, 0.186,
    0.186, 0.219, 0.221, 0.290, 0.131, 0.062, 0.108, 0.409, 0.298, 0.140,
)  # fmt: skip
# Accessible surface area in a tripeptide in square angstrom, CHOC760101; Chothia 1976.
_SURFACE_AREA = (
    115, 225, 160, 150, 135, 180, 190, 75, 195, 175,
    170, 200, 185, 210, 145, 115, 140, 255, 230, 155,
)  # fmt: skip
# Henikoff and Henikoff 1992, in half bits; rows and columns in the order of _AMINO_ACIDS.
_BLOSUM62 = (
    (4, 0, -2, -1, -2, 0, -2, -1, -1, -1, -1, -2, -1, -1, -1, 1, 0, 0, -3, -2),
    (0, 9, -3, -4, -2, -3, -3, -1, -3, -1, -1, -3, -3, -3, -3, -1, -1, -1, -2, -2),
    (-2, -3, 6, 2, -3, -1, -1, -3, -1, -4, -3, 1, -1, 0, -2, 0, -1, -3, -4, -3),
    (-1, -4, 2, 5, -3, -2, 0, -3, 1, -3, -2, 0, -1, 2, 0, 0, -1, -2, -3, -2),
    (-2, -2, -3, -3, 6, -3, -1, 0, -3, 0, 0, -3, -4, -3, -3, -2, -2, -1, 1, 3),
    (0, -3, -1, -2, -3, 6, -2, -4, -2, -4, -3, 0, -2, -2, -2, 0, -2, -3, -2, -3),
    (-2, -3, -1, 0, -1, -2, 8, -3, -1, -3, -2, 1, -2, 0, 0, -1, -2, -3, -2, 2),
    (-1, -1, -3, -3, 0, -4, -3, 4, -3, 2, 1, -3, -3, -3, -3, -2, -1, 3, -3, -1),
    (-1, -3, -1, 1, -3, -2, -1, -3, 5, -2, -1, 0, -1, 1, 2, 0, -1, -2, -3, -2),
    (-1, -1, -4, -3, 0, -4, -3, 2, -2, 4, 2, -3, -3, -2, -2, -2, -1, 1, -2, -1),
    (-1, -1, -3, -2, 0, -3, -2, 1, -1, 2, 5, -2, -2, 0, -1, -1, -1, 1, -1, -1),
    (-2, -3, 1, 0, -3, 0, 1, -3, 0, -3, -2, 6, -2, 0, 0, 1, 0, -3, -4, -2),
    (-1, -3, -1, -1, -4, -2, -2, -3, -1, -3, -2, -2, 7, -1, -2, -1, -1, -2, -4, -3),
    (-1, -3, 0, 2, -3, -2, 0, -3, 1, -2, 0, 0, -1, 5, 1, 0, -1, -2, -2, -1),
    (-1, -3, -2, 0, -3, -2, 0, -3, 2, -2, -1, 0, -2, 1, 5, -1, -1, -3, -3, -2),
    (1, -1, 0, 0, -2, 0, -1, -2, 0, -2, -1, 1, -1, 0, -1, 4, 1, -2, -3, -2),
    (0, -1, -1, -1, -2, -2, -2, -1, -1, -1, -1, 0, -1, -1, -1, 1, 5, 0, -2, -2),
    (0, -1, -3, -2, -1, -3, -3, 3, -2, 1, 1, -3, -2, -2, -3, -2, 0, 4, -3, -1),
    (-3, -2, -4, -3, 1, -2, -2, -3, -3, -2, -1, -4, -4, -2, -3, -3, -2, -3, 11, 2),
    (-2, -2, -3, -2, 3, -3, 2, -1, -2, -1, -1, -2, -3, -1, -2, -2, -2, -1, 2, 7),
)


def _by_amino_acid(values: tuple) -> dict[str, tuple]:
    rows = (value if isinstance(value, tuple) else (value,) for value in values)
    return dict(zip(_AMINO_ACIDS, rows, strict=True))


def _scale(name: str, values: tuple[float, ...]) -> tuple[tuple[str], dict[str, tuple]]:
    """Name of the only channel of a scale of AAindex, and its value for each amino acid."""
    return (name,), {x: (v,) for x, v in zip(_AAINDEX_ORDER, values, strict=True)}


# Names of the channels of each property, and their values for each symbol.
SYMBOL_PROPERTIES: dict[str, tuple[tuple[str, ...], dict[str, tuple]]] = {
    "ncp": (("ncp_purine", "ncp_amino", "ncp_weak"), _CHEMICAL),
    "eiip": (("eiip",), _EIIP),
    "blosum62": (tuple(f"blosum62_{x}" for x in _AMINO_ACIDS), _by_amino_acid(_BLOSUM62)),
    "hydropathy": (("hydropathy",), _by_amino_acid(_HYDROPATHY)),
    "volume": (("volume",), _by_amino_acid(_VOLUME)),
    "charge": (("charge",), _by_amino_acid(_CHARGE)),
    "polarity": (("polarity",), _by_amino_acid(_POLARITY)),
    "hydrophobicity": _scale("hydrophobicity", _HYDROPHOBICITY),
    "hydrophilicity": _scale("hydrophilicity", _HYDROPHILICITY),
    "helix": _scale("helix", _HELIX),
    "sheet": _scale("sheet", _SHEET),
    "turn": _scale("turn", _TURN),
    "flexibility": _scale("flexibility", _FLEXIBILITY),
    "polarizability": _scale("polarizability", _POLARIZABILITY),
    "surface_area": _scale("surface_area", _SURFACE_AREA),
}

# Standardized angles and shifts of a base-pair step; Chen et al. 2013. Their roll has another mean
# and spread than the rest; it is kept as published and as in repDNA.
STEP_PROPERTIES = ("twist", "tilt", "roll", "shift", "slide", "rise")
_STEPS = {
    "AA": (0.06, 0.50, 0.27, 1.59, 0.11, -0.11),
    "AC": (1.50, 0.50, 0.80, 0.13, 1.29, 1.04),
    "AG": (0.78, 0.36, 0.09, 0.68, -0.24, -0.62),
    "AT": (1.07, 0.22, 0.62, -1.02, 2.51, 1.17),
    "CA": (-1.38, -1.36, -0.27, -0.86, -0.62, -1.25),
    "CC": (0.06, 1.08, 0.09, 0.56, -0.82, 0.24),
    "CG": (-1.66, -1.22, -0.44, -0.82, -0.29, -1.39),
    "GA": (-0.08, 0.50, 0.27, 0.13, -0.39, 0.71),
    "GC": (-0.08, 0.22, 1.33, -0.35, 0.65, 1.59),
    "TA": (-1.23, -2.37, -0.44, -2.24, -1.51, -1.39),
}
_SAME_STEP = {"CT": "AG", "GG": "CC", "GT": "AC", "TC": "GA", "TG": "CA", "TT": "AA"}


def symbol_table(name: str, alphabet: Alphabet) -> np.ndarray:
    """Tabulate a property by code, shape (C + 1, n_channels); zeros for unknown symbols."""
    channels, values = SYMBOL_PROPERTIES[name]
    table = np.zeros((alphabet.n_symbols + 1, len(channels)), dtype=np.float32)
    for code, symbol in enumerate(_symbols(alphabet, values)):
        if symbol not in values:
            raise ValueError(
                f"the property {name!r} has no value for the symbol {symbol!r} of the alphabet "
                f"{alphabet.symbols!r}; it covers {''.join(values)}"
            )
        table[code] = values[symbol]
    return table


def step_table(alphabet: Alphabet) -> np.ndarray:
    """Tabulate the standardized properties of the dinucleotides, shape (C * C, 6)."""
    symbols = _symbols(alphabet, "ACGT")
    steps = (first + second for first in symbols for second in symbols)
    return np.array([_STEPS[_SAME_STEP.get(step, step)] for step in steps])


def _symbols(alphabet: Alphabet, known: Iterable[str]) -> str:
    """Get the symbols in upper case, with T for U if the table is one of DNA."""
    symbols = alphabet.symbols.upper()
    return symbols.replace("U", "T") if set(known) == set("ACGT") else symbols

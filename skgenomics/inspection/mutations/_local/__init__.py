"""Running a network on many edits of few sequences, where an edit changes something only.

:class:`~skgenomics.inspection.mutations._local.maps.EditedMaps` stands for edited sequences and
stores the original ones and the positions that differ.  It goes through the `forward` of any
module: torch hands each function that is called on it to a rule of this package (torch's
``__torch_function__`` protocol), which computes the positions that an edit can change, and no
others.  A function without a rule gets the whole tensor, so that the result is that of the module
whatever it does; what follows then is computed as usual.  Convolutions are linear, so that they
take the change alone; see Nair et al., fastISM: performant in silico saturation mutagenesis for
convolutional neural networks, Bioinformatics 38, 2022, for the idea that results are local.
"""

from skgenomics.inspection.mutations._local import features, kmers, layers, pointwise, shapes
from skgenomics.inspection.mutations._local.maps import (
    Base,
    EditedMaps,
    PeakMemory,
    UnsupportedOperationError,
)
from skgenomics.inspection.mutations._local.windows import Windows

__all__ = [
    "Base",
    "EditedMaps",
    "PeakMemory",
    "UnsupportedOperationError",
    "Windows",
    "features",
    "kmers",
    "layers",
    "pointwise",
    "shapes",
]

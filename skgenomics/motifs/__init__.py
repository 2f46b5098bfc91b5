"""Sequence motifs as position probability matrices, and the files that hold them."""

from skgenomics.motifs.motif import Motif
from skgenomics.motifs.reading import read_motifs
from skgenomics.motifs.writing import write_motifs

__all__ = ["Motif", "read_motifs", "write_motifs"]

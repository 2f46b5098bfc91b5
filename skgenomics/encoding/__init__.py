"""Sequence-encoding transformers: text, codes or channels in, a matrix out."""

from skgenomics.encoding.bpe import BPETokenizer
from skgenomics.encoding.chaos_game import ChaosGameEncoder
from skgenomics.encoding.composition import CompositionEncoder
from skgenomics.encoding.gapped_kmer import GappedKmerCounter
from skgenomics.encoding.kmer import KmerCounter
from skgenomics.encoding.kmer_tokens import KmerTokenizer
from skgenomics.encoding.motif_scanner import MotifScanner
from skgenomics.encoding.one_hot import OneHotEncoder
from skgenomics.encoding.ordinal import OrdinalEncoder
from skgenomics.encoding.physicochemical import PhysicochemicalEncoder

__all__ = [
    "BPETokenizer",
    "ChaosGameEncoder",
    "CompositionEncoder",
    "GappedKmerCounter",
    "KmerCounter",
    "KmerTokenizer",
    "MotifScanner",
    "OneHotEncoder",
    "OrdinalEncoder",
    "PhysicochemicalEncoder",
]

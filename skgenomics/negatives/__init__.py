"""Negatives to learn from: shuffled sequences, and places of the genome that look alike."""

from skgenomics.negatives.background import matched_background
from skgenomics.negatives.make import make_negatives
from skgenomics.negatives.shuffling import dinucleotide_shuffle

__all__ = ["dinucleotide_shuffle", "make_negatives", "matched_background"]

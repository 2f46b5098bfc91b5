"""Simulated sequences with a known truth, and readers of labelled sequence files."""

from skgenomics.datasets.loaders import load_csv, load_fasta, read_fasta
from skgenomics.datasets.simulate import make_motif_classification

__all__ = ["load_csv", "load_fasta", "make_motif_classification", "read_fasta"]

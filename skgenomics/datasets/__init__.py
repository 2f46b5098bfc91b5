"""Simulated sequences with a known truth, public sets, and readers of labelled sequence files."""

from skgenomics.datasets.fetch import fetch_genomic_benchmark, fetch_gue
from skgenomics.datasets.intervals import load_intervals
from skgenomics.datasets.loaders import load_csv, load_fasta, read_fasta
from skgenomics.datasets.openml import fetch_promoters, fetch_splice
from skgenomics.datasets.simulate import (
    make_expression,
    make_motif_classification,
    make_motif_regression,
    make_multiview,
    make_profiles,
    make_splice,
)

__all__ = [
    "fetch_genomic_benchmark",
    "fetch_gue",
    "fetch_promoters",
    "fetch_splice",
    "load_csv",
    "load_fasta",
    "load_intervals",
    "make_expression",
    "make_motif_classification",
    "make_motif_regression",
    "make_multiview",
    "make_profiles",
    "make_splice",
    "read_fasta",
]

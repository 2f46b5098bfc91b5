"""Simulated data whose truth is known: what is planted, where, and what it does."""

from skgenomics.datasets.simulate.expression import make_expression
from skgenomics.datasets.simulate.motif import make_motif_classification, make_motif_regression
from skgenomics.datasets.simulate.multiview import make_multiview
from skgenomics.datasets.simulate.profiles import make_profiles
from skgenomics.datasets.simulate.splice import make_splice

__all__ = [
    "make_expression",
    "make_motif_classification",
    "make_motif_regression",
    "make_multiview",
    "make_profiles",
    "make_splice",
]

"""Transformers that turn sequences into matrices for any scikit-learn estimator."""

from skgenomics.encoding.kmer import KmerCounter
from skgenomics.encoding.one_hot import OneHotEncoder
from skgenomics.encoding.ordinal import OrdinalEncoder

__all__ = ["KmerCounter", "OneHotEncoder", "OrdinalEncoder"]

"""Samplers for imbalanced classes of sequences, which follow imbalanced-learn."""

from skgenomics.sampling.generative import GenerativeOverSampler
from skgenomics.sampling.homology import HomologyUnderSampler
from skgenomics.sampling.mutation import MutationOverSampler
from skgenomics.sampling.reverse_complement import ReverseComplementOverSampler
from skgenomics.sampling.smote import SequenceSMOTE

__all__ = [
    "GenerativeOverSampler",
    "HomologyUnderSampler",
    "MutationOverSampler",
    "ReverseComplementOverSampler",
    "SequenceSMOTE",
]

"""The bridge to skorch: batches, augmentation, losses and the net that an estimator holds."""

from skgenomics.training.augmentation import Augmentation
from skgenomics.training.batches import BatchLoader, SequenceDataset
from skgenomics.training.net import Net, isolated_rng, resolve_device
from skgenomics.training.penalties import MaxNorm, Penalty
from skgenomics.training.sequence_net import SequenceNet

__all__ = [
    "Augmentation",
    "BatchLoader",
    "MaxNorm",
    "Net",
    "Penalty",
    "SequenceDataset",
    "SequenceNet",
    "isolated_rng",
    "resolve_device",
]

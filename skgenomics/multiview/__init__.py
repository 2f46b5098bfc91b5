"""Samples that are described in several ways, such as a sequence, a signal and numbers."""

from skgenomics.multiview.ablation import ablate_views
from skgenomics.multiview.estimators import MultiViewClassifier, MultiViewRegressor

__all__ = ["MultiViewClassifier", "MultiViewRegressor", "ablate_views"]

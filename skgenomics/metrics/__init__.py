"""Scores that scikit-learn does not have, scorers by name, and comparisons of models."""

from skgenomics.metrics.bootstrap import Interval, bootstrap_interval
from skgenomics.metrics.calibration import expected_calibration_error
from skgenomics.metrics.comparison import Comparison, compare_scores, delong_test
from skgenomics.metrics.multitask import masked_score
from skgenomics.metrics.positions import top_k_positions_score
from skgenomics.metrics.ranking import (
    adjusted_average_precision_score,
    average_precision_baseline,
    recall_at_fdr_score,
)
from skgenomics.metrics.scorers import get_scorer, get_scorer_names

__all__ = [
    "Comparison",
    "Interval",
    "adjusted_average_precision_score",
    "average_precision_baseline",
    "bootstrap_interval",
    "compare_scores",
    "delong_test",
    "expected_calibration_error",
    "get_scorer",
    "get_scorer_names",
    "masked_score",
    "recall_at_fdr_score",
    "top_k_positions_score",
]

"""How sure a model is: ensembles, dropout at prediction time, prediction intervals."""

from skgenomics.uncertainty.conformal import ConformalRegressor
from skgenomics.uncertainty.decomposition import decompose_uncertainty
from skgenomics.uncertainty.dropout import mc_dropout
from skgenomics.uncertainty.ensembles import DeepEnsembleClassifier, DeepEnsembleRegressor

__all__ = [
    "ConformalRegressor",
    "DeepEnsembleClassifier",
    "DeepEnsembleRegressor",
    "decompose_uncertainty",
    "mc_dropout",
]

from .conformal import ConformalRegressor as ConformalRegressor
from .decomposition import decompose_uncertainty as decompose_uncertainty
from .dropout import mc_dropout as mc_dropout
from .ensembles import DeepEnsembleClassifier as DeepEnsembleClassifier
from .ensembles import DeepEnsembleRegressor as DeepEnsembleRegressor

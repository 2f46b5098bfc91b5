from .estimators import MultiViewClassifier as MultiViewClassifier
from .estimators import MultiViewRegressor as MultiViewRegressor
from .view_ablation import ablate_views as ablate_views

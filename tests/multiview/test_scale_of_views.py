"""Numbers of a view that are far from the scale that networks learn from."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from skgenomics import MLPClassifier, MultiViewClassifier


def test_views_of_unscaled_numbers_are_warned_of():
    frame = pd.DataFrame({"distance": np.linspace(0, 1e5, 24), "gc": np.linspace(0, 1, 24)})
    y, network = np.arange(24) % 2, MLPClassifier(hidden_units=4)
    raw = MultiViewClassifier(views=[("n", None, network, ["distance", "gc"])], max_iter=1)
    with pytest.warns(UserWarning, match=r"view 'n' .* in column 0.*StandardScaler\(\)"):
        raw.fit(frame, y)
    scaled = MultiViewClassifier(views=[("n", StandardScaler(), network, ["distance", "gc"])])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        scaled.set_params(max_iter=1).fit(frame, y)
        raw.set_params(views=[("n", None, network, ["gc"])]).fit(frame, y)

"""
Sequence, signal and numbers together
=====================================

A third of the positives is recognizable from the sequence alone, a third from the signal and a
third from the numbers. A model of all views recognizes them all.
"""

import matplotlib.pyplot as plt
from sklearn.metrics import RocCurveDisplay
from sklearn.preprocessing import StandardScaler

from skgenomics import CNNClassifier, MLPClassifier, MultiViewClassifier
from skgenomics.datasets import make_multiview

data = make_multiview(1200, 40, random_state=0)
train, test = data.X[:800], data.X[800:]
views = [
    ("sequence", None, CNNClassifier(n_filters=16), "sequence"),
    ("signal", StandardScaler(), MLPClassifier(), data.views["signal"]),
    ("numeric", StandardScaler(), MLPClassifier(), data.views["numeric"]),
]

# %%
# One model per view, and one of all views with a joint head.
figure, axes = plt.subplots(figsize=(4.5, 4.5))
for chosen in (*([view] for view in views), views):
    model = MultiViewClassifier(views=chosen, max_iter=10, random_state=0)
    model.fit(train, data.y[:800])
    name = chosen[0][0] if len(chosen) == 1 else "all views"
    RocCurveDisplay.from_estimator(model, test, data.y[800:], name=name, ax=axes)
axes.set(xlabel="false positive rate", ylabel="true positive rate")

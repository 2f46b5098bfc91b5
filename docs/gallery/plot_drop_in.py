"""
A network in place of LogisticRegression
========================================

The same cross-validation for a linear model of k-mers and for a network: only the estimator
differs. Positives carry a degenerate motif on either strand.
"""

import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, KmerCounter
from skgenomics.datasets import make_motif_classification

# %%
# Sequences with the motif are positive, at any position and on both strands.
data = make_motif_classification(1000, 60, motifs=["GGGACTTTCC"], conservation=0.85, random_state=0)
models = {
    "k-mers, LogisticRegression": make_pipeline(
        KmerCounter(k=(3, 6), reverse_complement=True, weighting="sqrt"),
        LogisticRegression(max_iter=1000),
    ),
    "CNNClassifier": CNNClassifier(max_iter=12, random_state=0),
}

# %%
# Predictions for sequences that the model has not seen, pooled over the folds.
cv = StratifiedKFold(3, shuffle=True, random_state=0)
figure, axes = plt.subplots(figsize=(4.5, 4.5))
for name, model in models.items():
    probabilities = cross_val_predict(model, data.X, data.y, cv=cv, method="predict_proba")[:, 1]
    RocCurveDisplay.from_predictions(data.y, probabilities, name=name, ax=axes)
axes.plot([0, 1], [0, 1], color="gray", linestyle="--")
axes.set(xlabel="false positive rate", ylabel="true positive rate")

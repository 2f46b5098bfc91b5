"""
Rare positives: tune the threshold
==================================

With one positive among 20 sequences, the default threshold of 0.5 misses most positives, although
the ranking is good. ``TunedThresholdClassifierCV`` of scikit-learn chooses the threshold by
cross-validation on the training data.
"""

import matplotlib.pyplot as plt
from sklearn.metrics import PrecisionRecallDisplay, precision_score, recall_score
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from skgenomics import CNNClassifier
from skgenomics.datasets import make_motif_classification

data = make_motif_classification(
    3000, 40, motifs=["TGACGTCAT"], weights=[0.95, 0.05], conservation=0.85, random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(
    data.X, data.y, test_size=0.5, stratify=data.y, random_state=0
)

# %%
# Nothing is resampled: the probabilities stay those of the data.
network = CNNClassifier(n_filters=32, max_iter=10, random_state=0)
tuned = TunedThresholdClassifierCV(network, scoring="f1", cv=0.3, random_state=0)
tuned.fit(X_train, y_train)

# %%
# Both points lie on one curve, since the threshold moves along it.
figure, axes = plt.subplots(figsize=(5, 4))
PrecisionRecallDisplay.from_estimator(
    tuned.estimator_, X_test, y_test, plot_chance_level=True, name="CNNClassifier", ax=axes
)
points = {
    "threshold 0.5": tuned.estimator_.predict(X_test),
    f"tuned threshold {tuned.best_threshold_:.2f}": tuned.predict(X_test),
}
for (name, predicted), marker in zip(points.items(), "os", strict=True):
    recall = recall_score(y_test, predicted)
    precision = precision_score(y_test, predicted, zero_division=1)
    axes.plot(recall, precision, marker, markersize=9, label=name)
axes.set(xlabel="recall", ylabel="precision")
axes.legend(loc="upper right")

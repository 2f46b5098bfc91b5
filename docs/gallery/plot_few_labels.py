"""
Few labels: start from a related task
=====================================

With few labels a network hardly finds a motif. One that starts from the weights of a related task
with many labels, here the binding sites of three factors, needs fewer of them. ``pretrained=``
also takes a :class:`~skgenomics.MaskedLanguageModel` of unlabeled sequences.
"""

import matplotlib.pyplot as plt
import numpy as np

from skgenomics import CNNClassifier
from skgenomics.datasets import make_motif_classification

# %%
# The related task has 2,000 labels, and the new one is about the first of its factors.
motifs = ["GGGACTTTCC", "TGACGTCATC", "CCACTAGGGG"]
related = make_motif_classification(2000, 32, motifs=motifs, random_state=0)
data = make_motif_classification(1500, 32, motifs=motifs[:1], random_state=1)
X_train, y_train, X_test, y_test = data.X[:1000], data.y[:1000], data.X[1000:], data.y[1000:]
source = CNNClassifier(n_filters=32, head_pool="max", max_iter=10, random_state=0)
source.fit(related.X, related.y)

# %%
# Both networks are trained in all layers, on the same three random subsets of each size. Lines are
# means, and bands are ranges.
sizes = [25, 50, 100, 200]
figure, axes = plt.subplots(figsize=(5, 3.5))
for name, pretrained in {"pretrained": source, "from scratch": None}.items():
    accuracy = np.empty((3, len(sizes)))
    for seed, column in np.ndindex(accuracy.shape):
        rows = np.random.default_rng(seed).permutation(1000)[: sizes[column]]
        model = CNNClassifier(
            n_filters=32, head_pool="max", max_iter=16, random_state=seed, pretrained=pretrained
        )
        model.fit(X_train[rows], y_train[rows])
        accuracy[seed, column] = model.score(X_test, y_test)
    (line,) = axes.plot(sizes, accuracy.mean(axis=0), "o-", label=name)
    axes.fill_between(
        sizes, accuracy.min(axis=0), accuracy.max(axis=0), color=line.get_color(), alpha=0.2
    )
axes.set(xlabel="number of labels", ylabel="accuracy", xscale="log")
axes.set_xticks(sizes, sizes)
axes.minorticks_off()
axes.legend(loc="lower right")

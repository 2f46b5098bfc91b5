"""
Gene expression with few labels
===============================

Most public expression profiles have no label that helps. An autoencoder learns a representation
from all of them. With ten or twenty labels, a linear model on its codes is more accurate than one
on the genes themselves; with more labels, the genes are enough.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skgenomics import DenoisingAutoencoder
from skgenomics.datasets import make_expression

data = make_expression(1000, 500, separation=2, random_state=0)
train, test = np.arange(600), np.arange(600, 1000)

# %%
# The autoencoder sees the 600 training samples without their labels.
encoder = make_pipeline(
    StandardScaler(), DenoisingAutoencoder(n_components=16, max_iter=40, random_state=0)
)
genes = data.X.to_numpy()
codes = encoder.fit(genes[train]).transform(genes)
inputs = {"genes": StandardScaler().fit_transform(genes), "codes of the autoencoder": codes}

# %%
# Mean accuracy on the held-out samples, over ten draws of the labeled ones.
sizes = [10, 20, 40, 80, 160, 320]
figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
for name, X in inputs.items():
    scores = np.empty((10, len(sizes)))
    for draw, rng in enumerate(map(np.random.default_rng, range(10))):
        order = rng.permutation(train)
        for i, size in enumerate(sizes):
            rows = order[:size]
            model = LogisticRegression(max_iter=1000).fit(X[rows], data.y[rows])
            scores[draw, i] = model.score(X[test], data.y[test])
    axes.errorbar(sizes, scores.mean(axis=0), scores.std(axis=0), label=name, capsize=2)
axes.set(xlabel="labeled samples", ylabel="accuracy", xscale="log", xticks=sizes)
axes.set_xticklabels(sizes)
axes.legend()

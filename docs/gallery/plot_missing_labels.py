"""
Several labels, most of them missing
====================================

Not every factor has been measured in every cell type. ``NaN`` marks a missing label, which takes no
part in the loss: one network learns from all samples, and its filters serve all labels.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import roc_auc_score

from skgenomics import CNNClassifier
from skgenomics.datasets import make_motif_regression
from skgenomics.metrics import masked_score

# %%
# Two factors bind their motifs in each of three cell types, which makes six labels. In the training
# data 5% of the labels are wrong and most are missing; test data are complete and correct. Dropping
# incomplete samples would leave none.
motifs = ["GGGACTTTCC", "TGACGTCATC"]
data = make_motif_regression(
    3000, 50, motifs=motifs, max_instances=1, conservation=0.85, random_state=0
)
Y = np.zeros((3000, 2))
Y[data.instances["row"], data.instances["motif"]] = 1
Y = np.repeat(Y, 3, axis=1)
X_train, X_test, Y_train, Y_test = data.X[:2000], data.X[2000:], Y[:2000], Y[2000:]
rng = np.random.default_rng(0)
Y_train = np.where(rng.random(Y_train.shape) < 0.05, 1 - Y_train, Y_train)
Y_train[rng.random(Y_train.shape) > [0.8, 0.2, 0.05, 0.4, 0.1, 0.03]] = np.nan
is_known = ~np.isnan(Y_train)
print(f"{is_known.all(axis=1).sum()} of 2000 samples have all labels")

# %%
# One network for all labels, and a network for each label on the samples that have it.
model = CNNClassifier(
    n_filters=32, kernel_size=11, pool_size=1, head_pool="max", max_iter=15, random_state=0
)
proba = {"one network for all labels": model.fit(X_train, Y_train).predict_proba(X_test)}
proba["a network for each label"] = np.column_stack(
    [
        model.fit(X_train[known], labels[known]).predict_proba(X_test)[:, 1]
        for known, labels in zip(is_known.T, Y_train.T, strict=True)
    ]
)

# %%
# Labels of few samples gain much from the others; those of many samples gain nothing, and lose a
# little.
n_known = is_known.sum(axis=0)
order = n_known.argsort()
figure, axes = plt.subplots(figsize=(5, 3.5))
for (name, scores), marker in zip(proba.items(), "os", strict=True):
    auroc = masked_score(roc_auc_score, Y_test, scores, average=None)
    axes.plot(n_known[order], auroc[order], f"{marker}-", label=name)
axes.set(xlabel="training samples with the label", ylabel="AUROC", xscale="log")
axes.set_xticks(n_known[order], n_known[order])
axes.minorticks_off()
axes.legend()

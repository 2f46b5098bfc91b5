"""
A torch module of your own, with a log
======================================

Any ``torch.nn.Module`` becomes an estimator with :class:`~skgenomics.SequenceClassifier`: it is
cloned, searched and cross-validated like all others, and takes the callbacks of skorch.
"""

import matplotlib.pyplot as plt
import torch
from skorch.callbacks import EpochScoring
from torch import nn

from skgenomics import SequenceClassifier
from skgenomics.datasets import make_motif_classification


class TwoScales(nn.Module):
    """Motifs at two scales: short and long kernels side by side, their maxima, one output."""

    def __init__(self, n_channels, length, n_outputs, width=16):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv1d(n_channels, width, size, padding="same") for size in (7, 15)
        )
        self.output = nn.Linear(2 * width, n_outputs)

    def forward(self, x):
        maxima = [branch(x).relu().amax(dim=2) for branch in self.branches]
        return self.output(nn.functional.dropout(torch.cat(maxima, dim=1), 0.2, self.training))


# %%
# In a search, the hyperparameters of the module are ``network__width`` and so on, as in skorch.
data = make_motif_classification(1500, 60, motifs=["TGACGTCAT"], conservation=0.9, random_state=0)
model = SequenceClassifier(
    TwoScales,
    network_params={"width": 32},
    max_iter=25,
    early_stopping=True,
    callbacks=[EpochScoring("roc_auc", lower_is_better=False, name="valid_auroc")],
    random_state=0,
).fit(data.X, data.y)

# %%
# The log of each epoch is that of skorch; training stopped where the validation loss was least.
history = model.net_.history
figure, axes = plt.subplots(1, 2, figsize=(8, 3.5), layout="constrained")
for key, label in (("train_loss", "training"), ("valid_loss", "validation")):
    axes[0].plot(history[:, "epoch"], history[:, key], label=label)
axes[0].set(xlabel="epoch", ylabel="cross-entropy")
axes[0].legend()
axes[1].plot(history[:, "epoch"], history[:, "valid_auroc"], color="C1")
axes[1].set(xlabel="epoch", ylabel="AUROC, validation")

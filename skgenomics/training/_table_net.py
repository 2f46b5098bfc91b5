"""The net of estimators that read rows of numbers and learn from the rows themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from skgenomics.training.batches import BatchLoader, SequenceDataset
from skgenomics.training.net import Net

# Numbers in a batch of predictions, and rows of one at the least.
_PREDICTION_SIZE, _MIN_ROWS = 1 << 20, 64


class TableNet(Net):
    """A skorch net whose loss compares rows with what the module makes of them.

    The loss takes what the module gives, and the rows, targets and weights of a batch; it gives a
    scalar.
    """

    def infer(self, x, **fit_params):
        return self.module_(x["x"].to(self.device))

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Loss of a batch, and in training the penalty on the weights."""
        batch = (tensor.to(self.device) for tensor in (X["x"], y_true, X["weight"]))
        loss = self.criterion_(y_pred, *batch)
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    def get_iterator(self, dataset, training=False) -> BatchLoader:
        """Batches of a dataset: shuffled ones to train, large ones to predict."""
        if training:
            return super().get_iterator(dataset, training)
        width = max(1, dataset.X.shape[1])
        return BatchLoader(dataset, max(_MIN_ROWS, _PREDICTION_SIZE // width))

    @torch.no_grad()
    def map_rows(self, X: np.ndarray, compute: Callable) -> np.ndarray:
        """What a function makes of rows, batch by batch, with the module in evaluation mode."""
        self.module_.eval()
        batches = self.get_iterator(SequenceDataset(X))
        parts = [compute(batch["x"].to(self.device)).cpu().numpy() for batch, _ in batches]
        return np.concatenate(parts)

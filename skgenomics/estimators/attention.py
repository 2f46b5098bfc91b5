"""What networks with attention look at."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted


class AttentionMixin:
    """Attention maps of an estimator whose trunk has them."""

    def attention_maps(self, X) -> list[np.ndarray]:
        """What each head of each layer looks at.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels or token ids
            As in :meth:`fit`; on the strand that is given.

        Returns
        -------
        list of ndarray of shape (n, n_heads, L, L)
            One per layer. L is the number of positions that convolutions and pooling leave, or of
            tokens; rows are the positions that look, and sum to 1. Padding is never looked at.
        """
        check_is_fitted(self)
        network = self.network_

        def compute(x: torch.Tensor) -> list[np.ndarray]:
            maps = network.trunk.attention_maps(x, network.mask(x))
            return [layer.cpu().numpy() for layer in maps]

        batches = self.net_.map_batches(self._read(X, reset=False), compute)
        return [np.concatenate(layers) for layers in zip(*batches, strict=True)]

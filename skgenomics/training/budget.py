"""How much training data of a given size need, where the user does not say."""

from __future__ import annotations

import numpy as np

# About so many batches in all, in so many epochs.
_STEPS, _FEWEST_EPOCHS, _MOST_EPOCHS = 600, 16, 60
_SMALLEST_BATCH, _LARGEST_BATCH = 16, 128
# Few samples need small batches, or there are too few steps in an epoch to learn from.
_BATCHES_PER_EPOCH = 40
# As many samples as HistGradientBoosting takes for few.
_SMALL_DATA = 10_000


def choose_batch_size(batch_size: int | str, n: int) -> int:
    """Sequences in a batch; "auto" takes a power of 2 that leaves about 40 batches."""
    if batch_size != "auto":
        return int(batch_size)
    power = round(np.log2(max(1, n / _BATCHES_PER_EPOCH)))
    return int(np.clip(2**power, _SMALLEST_BATCH, _LARGEST_BATCH))


def choose_epochs(max_iter: int | str, n: int, batch_size: int) -> int:
    """Number of epochs; "auto" takes as many as make about 600 batches."""
    if max_iter != "auto":
        return int(max_iter)
    return int(np.clip(round(_STEPS * batch_size / n), _FEWEST_EPOCHS, _MOST_EPOCHS))


def stops_early(early_stopping: bool | str, n: int) -> bool:
    """Whether to keep a part of the data aside; "auto" does so where there are many."""
    return n >= _SMALL_DATA if early_stopping == "auto" else bool(early_stopping)

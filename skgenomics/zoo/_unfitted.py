"""The torch module of an estimator that was not fitted."""

from __future__ import annotations

from sklearn.base import clone
from torch import nn

from skgenomics.estimators._base import SequenceEstimator


def build_unfitted(
    estimator: SequenceEstimator,
    n_channels: int,
    length: int,
    n_outputs: int,
    n_bins: int | None = None,
) -> nn.Module:
    """Build the module that an estimator would train, with random parameters.

    Parameters
    ----------
    estimator : SequenceEstimator
        Unfitted estimator, which is not changed.
    n_channels, length, n_outputs : int
        Size of a sequence, in tokens if the estimator reads them, and number of outputs.
    n_bins : int or None, default=None
        Number of bins of a profile, if the estimator predicts profiles.

    Returns
    -------
    torch.nn.Module
        Module with outputs without a final activation.
    """
    estimator = clone(estimator)
    takes_tokens = getattr(estimator, "vocabulary_size", None) is not None
    # Attributes that fit learns from data, and that the module depends on.
    estimator.input_form_ = "tokens" if takes_tokens else "text"
    estimator.is_sequence_ = estimator.n_channels is None and not takes_tokens
    estimator.has_padding_ = False
    estimator.n_channels_, estimator.length_ = n_channels, length
    estimator.n_outputs_, estimator.n_bins_ = n_outputs, n_bins
    estimator.strands_ = estimator.complement_ = estimator.transitions_ = None
    estimator.mean_log_total_ = 0.0
    sizes = {"n_channels": n_channels, "length": length, "n_outputs": n_outputs}
    return estimator._network()(**sizes, **estimator._network_params())

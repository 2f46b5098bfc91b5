"""Entry of the zoo: a published network as a configuration of an estimator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator

# Published networks have none of the defaults that this package adds.
TRAINING: dict[str, Any] = {
    "reverse_complement": None,
    "augmentation": None,
    "weight_decay": 0.0,
    "schedule": None,
    "max_grad_norm": None,
}
PATHS: dict[str, Any] = TRAINING | {
    "linear_path": False,
    "kmer_path": 0,
    "hidden_units": (),
    "hidden_dropout": 0.0,
}
HEAD: dict[str, Any] = PATHS | {"flat_channels": None}
CNN: dict[str, Any] = HEAD | {
    "padding": "valid",
    "pool_size": 1,
    "ceil_mode": False,
    "block_order": "conv-act-pool",
    "residual": False,
    "dropout": 0.0,
    "normalization": None,
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A published network as a configuration of an estimator.

    Parameters
    ----------
    name, paper, task, input : str
        Columns of :func:`skgenomics.zoo.list_models`.
    year : int
        Year of the first publication.
    estimator : type
        Class of the estimator.
    settings : dict
        Hyperparameters of the estimator that differ from the defaults.
    n_channels, length, n_outputs : int
        Published size of the input, in tokens if there is a tokenizer, and number of outputs.
    n_parameters : int
        Number of trainable parameters, as published or by the published table of layers.
    tokenizer : dict or None, default=None
        Hyperparameters of a :class:`~skgenomics.KmerTokenizer` ahead of the estimator.
    n_bins : int or None, default=None
        Number of bins of a profile.
    differences : dict of str to int
        Number of further parameters of the torch module, by reason.
    """

    name: str
    year: int
    paper: str
    task: str
    input: str
    estimator: type[BaseEstimator]
    settings: dict[str, Any]
    n_channels: int
    length: int
    n_outputs: int
    n_parameters: int
    tokenizer: dict[str, Any] | None = None
    n_bins: int | None = None
    differences: dict[str, int] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """Number of trainable parameters of the torch module at the published sizes."""
        return self.n_parameters + sum(self.differences.values())


def conv(n_channels: int, n_filters: int, kernel_size: int) -> int:
    """Count the parameters of a convolution."""
    return n_filters * (n_channels * kernel_size + 1)


def dense(n_inputs: int, n_outputs: int) -> int:
    """Count the parameters of a linear layer."""
    return n_outputs * (n_inputs + 1)


def lstm(n_inputs: int, hidden_size: int, n_directions: int = 2) -> int:
    """Count the parameters of an LSTM with one bias per gate, as in Keras."""
    return n_directions * 4 * hidden_size * (n_inputs + hidden_size + 1)


def second_biases(hidden_size: int, *, n_gates: int = 4, n_directions: int = 2) -> dict[str, int]:
    """Count the second bias per gate that recurrent networks of torch have."""
    return {"second biases of the recurrent net": n_directions * n_gates * hidden_size}

"""What the zoo knows of a published network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator

# Published networks come without what this package adds to a network by default.
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
    """A published network as settings of an estimator.

    Parameters
    ----------
    name, paper, task, input : str
        What :func:`skgenomics.zoo.list_models` shows.
    year : int
        Year of the first publication.
    estimator : type
        Class of the estimator.
    settings : dict
        Its hyper-parameters, as far as they are not the defaults.
    tokenizer : dict or None
        Settings of the :class:`~skgenomics.KmerTokenizer` in front of it; None for none.
    n_channels, length, n_outputs : int
        Published size of the input, in tokens where there is a tokenizer, and number of scores.
    n_bins : int or None
        Bins of a profile.
    n_parameters : int
        Trainable weights: as the authors counted them, or by their table of layers.
    differences : dict of str to int
        By how much the module has more of them, and why.
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
        """Trainable weights of the torch module at the published sizes."""
        return self.n_parameters + sum(self.differences.values())


def conv(n_channels: int, n_filters: int, kernel_size: int) -> int:
    """Weights of a convolution."""
    return n_filters * (n_channels * kernel_size + 1)


def dense(n_inputs: int, n_outputs: int) -> int:
    """Weights of a linear layer."""
    return n_outputs * (n_inputs + 1)


def lstm(n_inputs: int, hidden_size: int, n_directions: int = 2) -> int:
    """Weights of an LSTM with one bias for each gate, as in Keras."""
    return n_directions * 4 * hidden_size * (n_inputs + hidden_size + 1)


def second_biases(hidden_size: int, *, n_gates: int = 4, n_directions: int = 2) -> dict[str, int]:
    """The difference that torch makes, whose recurrent nets have two biases for each gate."""
    return {"second biases of the recurrent net": n_directions * n_gates * hidden_size}

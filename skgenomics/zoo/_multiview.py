"""Networks that read several views of a sample."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector
from torch import nn

from skgenomics.estimators import CNNRNNClassifier, MLPClassifier
from skgenomics.estimators._heads import gather_network_params
from skgenomics.multiview import MultiViewClassifier
from skgenomics.networks.fusion import Branch, FusionNetwork
from skgenomics.training import Regularization
from skgenomics.zoo import _feedforward as feedforward
from skgenomics.zoo import _recurrent as recurrent
from skgenomics.zoo._entry import CNN, PATHS, TRAINING, Entry, conv, dense, lstm, second_biases
from skgenomics.zoo._scaling import scale_widths

# The estimator of all views has no strands and no augmentation of its own.
_TRAINING = {k: v for k, v in TRAINING.items() if k not in ("reverse_complement", "augmentation")}


@dataclass(frozen=True, kw_only=True)
class ViewOf:
    """A view of a published network.

    Parameters
    ----------
    name : str
        Name of the view.
    columns : str or callable
        Selector of the columns of a DataFrame.
    estimator : type
        Class of the estimator of the view.
    settings : dict
        Hyperparameters of that estimator.
    n_channels, length : int
        Published size of the input.
    """

    name: str
    columns: Any
    estimator: type[BaseEstimator]
    settings: dict[str, Any]
    n_channels: int
    length: int

    def make(self, width: float) -> tuple:
        """Make the tuple that :class:`~skgenomics.MultiViewClassifier` takes for a view."""
        settings = scale_widths(deepcopy(self.settings), width)
        estimator = self.estimator(**gather_network_params(self.estimator, settings))
        return self.name, None, estimator, deepcopy(self.columns)


@dataclass(frozen=True, kw_only=True)
class MultiViewEntry:
    """A published network of several views; fields as in :class:`~skgenomics.zoo._entry.Entry`."""

    name: str
    year: int
    paper: str
    task: str
    input: str
    views: tuple[ViewOf, ...]
    settings: dict[str, Any]
    n_outputs: int
    n_parameters: int
    differences: dict[str, int] = field(default_factory=dict)
    estimator = MultiViewClassifier

    @property
    def parameters(self) -> int:
        """Number of trainable parameters of the torch module at the published sizes."""
        return self.n_parameters + sum(self.differences.values())

    def make(self, width: float) -> MultiViewClassifier:
        """Make the unfitted estimator."""
        views = [view.make(width) for view in self.views]
        return self.estimator(views=views, **scale_widths(deepcopy(self.settings), width))

    def build(self, model: MultiViewClassifier) -> nn.Module:
        """Build the network of all views for input of the published sizes."""
        branches = [
            Branch(network._build_unfitted(view.length, self.n_outputs))
            for view, (_, _, network, _) in zip(self.views, model.views, strict=True)
        ]
        names = (
            "projection_size",
            "hidden_units",
            "hidden_dropout",
            "hidden_normalization",
            "hidden_activation",
        )
        return FusionNetwork(
            branches,
            self.n_outputs,
            attention=model.fusion == "attention",
            **{name: getattr(model, name) for name in names},
        )


def _view_of(entry: Entry, name: str, columns) -> ViewOf:
    """Use a published network as a view of another one."""
    sizes = {"n_channels": entry.n_channels, "length": entry.length}
    return ViewOf(
        name=name, columns=columns, estimator=entry.estimator, settings=entry.settings, **sizes
    )


def _find(family, name: str) -> Entry:
    return next(entry for entry in family.ENTRIES if entry.name == name)


_FACTORNET = CNN | {
    "n_filters": (32, 32),
    "kernel_size": (26, 1),
    "pool_size": (1, 13),
    "dropout": (0.1, 0.0),
    "hidden_size": 32,
    "recurrent_dropout": 0.0,
    "head_pool": "flatten",
}
# 1000 positions minus 25, in windows of 13.
_FACTORNET_FEATURES = (1000 - 25) // 13 * 2 * 32
_N_META = 8


def _absent(n_features: int) -> dict[str, int]:
    """Count the learned features that replace missing views."""
    return {"features of missing views": n_features}


ENTRIES = [
    # The modules are trained separately, and then the layers on top of them.
    MultiViewEntry(
        name="DeepCpG",
        year=2017,
        paper="Angermueller et al., Genome Biology 18",
        task="methylation of a CpG site in 5 cells",
        input="column 'sequence': DNA, 1001 positions; columns 'cpg_...': 18 cells by 100 values",
        views=(
            _view_of(_find(feedforward, "DeepCpG-DNA"), "dna", "sequence"),
            _view_of(_find(recurrent, "DeepCpG-CpG"), "cpg", make_column_selector(pattern="^cpg_")),
        ),
        settings=_TRAINING
        | {"fusion": "concat", "hidden_units": (512, 512), "hidden_dropout": 0.0}
        | {"optimizer": "adam", "learning_rate": 1e-4, "regularization": Regularization(l2=1e-4)},
        n_outputs=5,
        n_parameters=5_509_381,
        differences=second_biases(256, n_gates=3) | _absent(128 + 512),
    ),
    # Signals have convolutions of their own, whereas the authors stack them on the bases.
    MultiViewEntry(
        name="FactorNet",
        year=2019,
        paper="Quang and Xie, Methods 166",
        task="binding of a transcription factor in a cell type",
        input="column 'sequence': DNA, 1000 positions; columns 'dnase_...': as many values; "
        "columns 'meta_...': 8 values of the cell type",
        views=(
            ViewOf(
                name="dna",
                columns="sequence",
                estimator=CNNRNNClassifier,
                settings=_FACTORNET | {"reverse_complement": "average"},
                n_channels=4,
                length=1000,
            ),
            ViewOf(
                name="dnase",
                columns=make_column_selector(pattern="^dnase_"),
                estimator=CNNRNNClassifier,
                settings=_FACTORNET | {"n_channels": 1},
                n_channels=1,
                length=1000,
            ),
            ViewOf(
                name="meta",
                columns=make_column_selector(pattern="^meta_"),
                estimator=MLPClassifier,
                settings=PATHS | {"n_channels": 1},
                n_channels=1,
                length=_N_META,
            ),
        ),
        settings=_TRAINING
        | {"fusion": "joint", "hidden_units": 128, "hidden_dropout": (0.0, 0.5)}
        | {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 100},
        n_outputs=1,
        n_parameters=conv(4, 32, 26)
        + conv(1, 32, 26)
        + 2 * (conv(32, 32, 1) + lstm(32, 32))
        + dense(2 * _FACTORNET_FEATURES + _N_META, 128)
        + dense(128, 1),
        differences={name: 2 * count for name, count in second_biases(32).items()}
        | _absent(2 * _FACTORNET_FEATURES + _N_META),
    ),
]

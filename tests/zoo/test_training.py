"""Narrow forms of all published networks: shapes, and a step of training on data of their kind."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from skgenomics import zoo
from skgenomics.training import ClassBalancing
from skgenomics.zoo import _entries

pytestmark = pytest.mark.slow

WIDTH = 0.02
N = 12
ENTRIES = {entry.name: entry for entry in _entries().values()}
# Positions of a sequence, and settings that shorter ones than those published need.
SHORT = {
    "DeepSEA": (200, {}),
    "Beluga": (400, {}),
    "Basset": (150, {}),
    "DanQ": (80, {}),
    "DanQ-JASPAR": (80, {}),
    "GenomicBenchmarks-CNN": (70, {}),
    "DeepCpG-CpG": (6, {}),
    "D-GEX-1x3000": (20, {}),
    "D-GEX-3x9000": (20, {}),
    "SPEID": (
        160,
        {"network_params": {"first_length": 90}, "balancing": ClassBalancing(refit_head=1)},
    ),
    "SpliceAI-80": (90, {}),
    "SpliceAI-400": (410, {}),
    "SpliceAI-2k": (2010, {}),
    "SpliceAI-10k": (10_010, {}),
    "Basenji-small": (1024, {}),
    "Enformer": (1024, {}),
    "Enformer-mini": (1024, {}),
    "BPNet": (300, {}),
    "BPNet-control": (300, {}),
    "BPNet-2021": (100, {}),
    "Akita": (6144, {}),
    "ChromBPNet": (300, {}),
    "ChromBPNet-bias": (300, {}),
    "Pangolin": (200, {"crop": 0}),
    "scBasset": (200, {}),
    "Malinois": (60, {}),
    "Sei": (40, {"network_params": {"hidden_units": 20}}),
    "Borzoi": (1024, {}),
    "Borzoi-mini": (1024, {}),
    "RaptorX-type": (12, {"pair_dilation": (1, 1), "min_separation": 0}),
}
CLASSES = {"Sonderby2015", "DeepLoc", "LegNet"}
N_BINS = {
    "Basenji-small": 8,
    "Enformer": 6,
    "Enformer-mini": 6,
    "Borzoi": 26,
    "Borzoi-mini": 32,
}
# Seconds of forward passes are too many.
LONG = {
    "Borzoi",
    "Borzoi-mini",
    "Caduceus-PH-131k",
    "Caduceus-PS-131k",
    "Enformer",
    "Enformer-mini",
    "HyenaDNA-medium",
    "Nucleotide-Transformer-v2-50M",
    "RaptorX-type",
}


def last_step(model):
    return model[-1] if hasattr(model, "steps") else model


def make_x(entry, length, rng):
    estimator = last_step(zoo.make(entry.name))
    if estimator.n_channels is None:
        symbols = {"protein": "ACDEFGHIKLMNPQRSTVWY", "rna": "ACGU"}.get(estimator.alphabet, "ACGT")
        return ["".join(row) for row in rng.choice(list(symbols), (N, length))]
    X = rng.random((N, length, entry.n_channels)).astype("float32")
    return X if estimator.n_channels > 1 else X[..., 0]


def make_y(entry, length, rng):
    """Targets as they are published, but for at most three outputs."""
    estimator = last_step(zoo.make(entry.name))
    kind = type(estimator).__name__
    if kind == "SequenceLabeler":
        codes = rng.choice(list("AND"), (N, length - 2 * estimator.crop))
        return ["".join(row) for row in codes]
    if kind == "ProfileRegressor":
        n_bins = N_BINS.get(entry.name, length)
        return rng.poisson(2, (N, n_bins, min(3, entry.n_outputs))).astype(float)
    if kind == "PairRegressor":
        maps = rng.normal(size=(N, 3, 3, 3))
        return maps + maps.swapaxes(1, 2)
    if kind == "PairLabeler":
        maps = rng.random((N, length, length)) < 0.1
        return (maps | maps.swapaxes(1, 2)).astype(int)
    if kind.endswith("Regressor"):
        return rng.normal(size=(N, 3) if entry.n_outputs > 1 else N)
    if entry.name in CLASSES:
        return np.arange(N) % 3
    if entry.n_outputs == 1 or getattr(estimator, "two_scores", False):
        return np.where(np.arange(N) % 2, "yes", "no")
    return (rng.random((N, 3)) < 0.5).astype(float)


@pytest.mark.parametrize("name", sorted(set(ENTRIES) - LONG))
def test_narrow_network_scores_sequences_of_published_length(name):
    entry = ENTRIES[name]
    network = zoo.build_network(name, width=WIDTH).eval()
    x = torch.rand(1, entry.n_channels, entry.length)
    if entry.tokenizer is not None:
        x = torch.randint(1, 9, (1, entry.length))
    with torch.no_grad():
        shape = tuple(network(x).shape)
    if "SpliceAI" in name:
        assert shape == (1, 3, 5000)
    elif name == "Akita":
        assert shape == (1, entry.n_outputs, entry.n_bins**2)
    elif entry.n_bins is not None:
        # A last column has the totals.
        has_totals = "BPNet" in name
        assert shape == (1, entry.n_outputs, entry.n_bins + has_totals)
    else:
        assert shape == (1, entry.n_outputs)


@pytest.mark.parametrize("name", ENTRIES)
def test_narrow_network_trains_on_data_of_its_kind(name):
    entry = ENTRIES[name]
    length, settings = SHORT.get(name, (40, {}))
    rng = np.random.default_rng(0)
    X, y = make_x(entry, length, rng), make_y(entry, length, rng)
    model = zoo.make(name, width=WIDTH, max_iter=1, random_state=0, **settings)
    before = str(model.get_params())
    fitted = clone(model).fit(X, y)
    assert str(model.get_params()) == before
    estimator = last_step(fitted)
    balancing = getattr(estimator, "balancing", None)
    assert estimator.n_iter_ == 1 + (0 if balancing is None else balancing.refit_head)
    assert np.isfinite(estimator.loss_curve_).all()
    predicted = fitted.predict(X)
    if isinstance(y, list):
        assert [len(labels) for labels in predicted] == [len(labels) for labels in y]
    else:
        n_axes = 1 if y.shape[1:] == (1,) else y.ndim
        assert predicted.shape == y.shape[:n_axes]
    sizes = (estimator.length_, estimator.n_outputs_, getattr(estimator, "n_bins_", None))
    unfitted = last_step(model)._build_unfitted(*sizes)
    expected = {name: w.shape for name, w in unfitted.state_dict().items()}
    assert {name: w.shape for name, w in estimator.network_.state_dict().items()} == expected


@pytest.mark.parametrize(("name", "width"), [("DeepBind-hidden", 1), ("CNNProm", 0.1)])
def test_published_training_finds_a_planted_motif(name, width):
    """At the published learning rate, optimizer and batches."""
    rng = np.random.default_rng(0)
    X, y = rng.choice(list("ACGT"), (1200, 101)), np.arange(1200) % 2
    for row in np.flatnonzero(y):
        start = rng.integers(91)
        X[row, start : start + 10] = list("TGACTCAGCA")
    X = ["".join(row) for row in X]
    model = zoo.make(name, width=width, max_iter=20, random_state=0).fit(X[:800], y[:800])
    assert model.score(X[800:], y[800:]) > 0.9

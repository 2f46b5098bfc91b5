"""Networks on edited feature maps against the same networks on whole edited sequences."""

import pytest
import torch
from torch import nn

from skgenomics import networks
from skgenomics.inspection.mutations._local import (
    Base,
    EditedMaps,
    PeakMemory,
    UnsupportedOperationError,
    Windows,
)

LENGTH = 120
PATHS = {"linear_path": True, "kmer_path": 3}
BLOCKS = {"n_filters": (6, 8), "kernel_size": (7, 4), "pool_size": (3, 1)}
CNNS = {
    "order": {"block_order": "conv-norm-act-pool", "normalization": "batch"},
    "norm first": {"block_order": "norm-act-conv-pool", "normalization": "batch"},
    "pool first": {"block_order": "pool-conv-act"},
    "layer norm": {"normalization": "layer", "activation": "gelu"},
    "valid": {"padding": "valid"},
    "zeros": {"padding": 20},
    "no rest": {"ceil_mode": False},
    "mean": {"pool": "mean"},
    "mean, no rest": {"pool": "mean", "ceil_mode": False},
    "dilated": {"dilation": (3, 2)},
    "residual": {"n_filters": 6, "pool_size": 1, "residual": True, "kernel_size": (5, 5)},
    "embedding": {"embedding_size": 5},
    "tied": {"kernel_size": (7, 3), "normalization": "batch", "complement": (3, 2, 1, 0)},
    "tied, rest": {"kernel_size": 7, "pool_size": (7, 1), "complement": (3, 2, 1, 0)},
}
SMALL = {"n_filters": 6, "stem_filters": 6, "stem_kernel_size": 5}
RESNETS = {
    "dilated": {"dilation": (1, 2, 4)},
    "valid": {"dilation": (1, 2), "padding": "valid"},
    "pools": {"n_filters": (6, 8), "pool_size": 2, "stem_pool_size": 2},
    "BPNet": {"block_order": "conv-act", "convs_per_block": 1, "final_steps": ""},
    "bottleneck": {"bottleneck": 4},
    "skips": {"n_blocks": 4, "skip_every": 2},
    "squeeze": {"squeeze_excitation": True},
}
OTHERS = {
    "MLP": {"hidden_units": 8},
    "RNN": {},
    "CNNRNN": {"n_filters": 8},
    "Transformer": {"d_model": 16, "n_heads": 2},
    "LongConv": {"d_model": 8},
    "ConvTransformer": {"d_model": 16, "n_heads": 2, "n_downsamplings": 2},
}
HEADS = ["max", "mean", "flatten", "attention", "first", "last", 7, ("max", "flatten", 3)]


def randomize(network):
    """Give all parameters random values, so that every layer matters."""
    network = network.double().eval()
    generator = torch.Generator().manual_seed(0)
    for name, value in [*network.named_parameters(), *network.named_buffers()]:
        if value.dim() < 2 or "path" in name:
            noise = torch.rand(value.shape, generator=generator, dtype=torch.float64)
            value.data = (noise + 0.5).to(value.dtype) if value.is_floating_point() else value
    return network


def edited(n_edits=90, n=3, length=LENGTH, width=1, padding=0, seed=0):
    """Make random edits of random sequences, at both ends among others."""
    generator = torch.Generator().manual_seed(seed)
    symbols = torch.eye(4, dtype=torch.float64)
    maps = symbols[torch.randint(4, (n, length), generator=generator)]
    if padding:
        maps[:, -padding:] = 0
    last = length - padding - width
    start = torch.randint(last + 1, (n_edits,), generator=generator)
    start[:2] = torch.tensor([0, last])
    rows = torch.randint(n, (n_edits,), generator=generator)
    values = symbols[torch.randint(4, (n_edits, width), generator=generator)]
    windows = Windows(rows, start, int(start.min()), int(start.max()), width, length)
    return EditedMaps(Base(maps), windows, PeakMemory(), values=values)


def as_tensor(result):
    return result if isinstance(result, torch.Tensor) else result.dense()


@torch.no_grad()
def check(network, **settings):
    network = randomize(network)
    edits = edited(**settings)
    mask = None
    if settings.get("padding"):
        mask = (torch.arange(LENGTH) < LENGTH - settings["padding"]).expand(len(edits), -1)
    inputs = () if mask is None else (mask,)
    expected = network(edits.dense(), *inputs)
    found = as_tensor(network(edited(**settings), *inputs))
    assert len(expected.unique()) > 5
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9 * expected.abs().max().item())


@pytest.fixture
def made_dense(monkeypatch):
    """Record the shapes of edited maps that became dense."""
    shapes, dense = [], EditedMaps.dense

    def record(self):
        shapes.append(tuple(self.shape))
        return dense(self)

    monkeypatch.setattr(EditedMaps, "dense", record)
    return shapes


@pytest.mark.parametrize("name", CNNS)
def test_cnn(name):
    settings = BLOCKS | {"head_pool": ("max", "mean", "flatten", 4), "kmer_path": 3} | CNNS[name]
    check(networks.CNN(4, LENGTH, 2, **settings))


@pytest.mark.parametrize("head_pool", HEADS)
def test_heads(head_pool):
    settings = {"head_pool": head_pool, "hidden_units": 5, "flat_channels": 3}
    check(networks.CNN(4, LENGTH, 3, **BLOCKS, **PATHS, **settings))


@pytest.mark.parametrize("name", RESNETS)
def test_resnet(name):
    check(networks.ResNet(4, LENGTH, 2, **SMALL | RESNETS[name]))


@pytest.mark.parametrize("name", OTHERS)
def test_layers_that_read_all_positions_are_computed_in_full(name):
    check(getattr(networks, name)(4, LENGTH, 2, **OTHERS[name]))


@pytest.mark.parametrize("head_pool", ["max", "flatten", ("mean", 5)])
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_padding(head_pool, normalization):
    settings = {"head_pool": head_pool, "normalization": normalization}
    check(networks.CNN(4, LENGTH, 2, **BLOCKS, **settings, kmer_path=2), padding=25)


def test_windows_of_several_positions():
    check(networks.CNN(4, LENGTH, 2, **BLOCKS, kmer_path=3), width=6)


@pytest.mark.parametrize("length", [1, 2, 5, 17])
def test_short_sequences(length):
    check(networks.CNN(4, length, 2, n_filters=64, kernel_size=3, **PATHS), length=length)


def test_module_of_torch_layers():
    network = nn.Sequential(
        nn.Conv1d(4, 8, 5, padding=2),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.MaxPool1d(3),
        nn.Conv1d(8, 8, 3),
        nn.ELU(),
        nn.AdaptiveMaxPool1d(1),
        nn.Flatten(),
        nn.Linear(8, 2),
    )
    check(network)


@pytest.mark.parametrize(
    "layer",
    [
        nn.PReLU(),
        nn.PReLU(8),
        nn.RReLU(),
        nn.LogSigmoid(),
        nn.Softshrink(0.1),
        nn.Hardshrink(0.1),
        nn.Threshold(0.1, 0.3),
        nn.GELU(),
    ],
    ids=str,
)
def test_activations_stay_local(layer, made_dense):
    if isinstance(layer, nn.PReLU):
        layer.weight.data += 0.1 * torch.arange(layer.num_parameters)
    network = nn.Sequential(nn.Conv1d(4, 8, 5), layer, nn.Flatten(), nn.Linear(8 * 116, 2))
    network = network.double().eval()
    with torch.no_grad():
        found = network(edited())
        assert not made_dense
        torch.testing.assert_close(found, network(edited().dense()))


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv1d(4, 8, 5, stride=2),
        nn.Conv1d(4, 8, 5, groups=2),
        nn.Conv1d(4, 4, 4, padding="same", padding_mode="circular"),
        nn.MaxPool1d(3, 2),
        nn.MaxPool1d(3, padding=1),
        nn.AvgPool1d(4, 2),
        nn.InstanceNorm1d(4),
        nn.Softmax(dim=2),
    ],
    ids=str,
)
def test_layers_without_a_rule(layer):
    check(nn.Sequential(nn.Conv1d(4, 4, 3), layer, nn.Flatten()))


def test_convolutional_networks_stay_local(made_dense):
    network = networks.CNN(4, 600, 2, **BLOCKS, **PATHS, head_pool=("max", "mean", "flatten", 4))
    with torch.no_grad():
        randomize(network)(edited(length=600))
    assert not made_dense


def test_convolutions_before_a_recurrent_layer_stay_local(made_dense):
    network = networks.CNNRNN(4, 600, 2, n_filters=8, kernel_size=9, pool_size=10)
    with torch.no_grad():
        randomize(network)(edited(length=600))
    assert {shape[1:] for shape in made_dense} <= {(8, 60), (60, 8)}


def test_k_mers_of_mixtures():
    maps = edited(n=2)
    soft = 0.5 * maps.base.maps + 0.125
    maps = EditedMaps(Base(soft), maps.windows, PeakMemory(), values=maps.values)
    network = randomize(networks.CNN(4, LENGTH, 1, **BLOCKS, kmer_path=4))
    with torch.no_grad():
        torch.testing.assert_close(network(maps), network(maps.dense()))


def test_in_place_operations_are_refused():
    maps = edited()
    for change in (
        lambda: nn.ReLU(inplace=True)(maps),
        lambda: maps.add_(1),
        lambda: maps.__setitem__((slice(None), 0), 0),
    ):
        with pytest.raises(UnsupportedOperationError):
            change()

"""Convolutions with a recurrent net on top: published sizes, masks, strands."""

import pytest
import torch

from skgenomics.networks import CNNRNN
from skgenomics.networks._rc_equivariant import tie_strands
from skgenomics.networks.cnn_rnn import CNNRNNTrunk

VALID = {"padding": "valid", "ceil_mode": False}
# (channels, length), settings, published weights by layer, torch's second biases, length out.
PUBLISHED = {
    "DanQ": (
        (4, 1000),
        VALID
        | {"n_filters": 320, "kernel_size": 26, "pool_size": 13, "dropout": 0.2}
        | {"hidden_size": 320, "recurrent_dropout": 0.5},
        33_600 + 1_640_960,
        2 * 4 * 320,
        75,
    ),
    "DanQ-JASPAR": (
        (4, 1000),
        VALID | {"n_filters": 1024, "kernel_size": 30, "pool_size": 15, "hidden_size": 512},
        1024 * (4 * 30 + 1) + 2 * 4 * (1024 * 512 + 512 * 512 + 512),
        2 * 4 * 512,
        64,
    ),
    "DeepCpG CpG": (
        (100, 18),
        {"n_filters": 256, "kernel_size": 1, "pool_size": 1, "cell": "gru", "hidden_size": 256},
        25_856 + 787_968,
        2 * 3 * 256,
        18,
    ),
    "DeMo CNN-RNN": (
        (4, 101),
        {"n_filters": 128, "kernel_size": 9, "pool_size": 1, "hidden_size": 32, "dropout": 0.5},
        46_082 - (64 * 2 + 2),
        2 * 4 * 32,
        101,
    ),
}
SMALL = {"n_filters": (6, 8), "kernel_size": (5, 3), "hidden_size": 4}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_are_settings(name):
    (n_channels, length), settings, published, second_biases, length_out = PUBLISHED[name]
    with torch.device("meta"):
        trunk = CNNRNNTrunk(n_channels, length, **settings)
        maps, _ = trunk(torch.zeros(2, n_channels, length))
    assert sum(p.numel() for p in trunk.parameters()) == published + second_biases
    assert maps.shape == (2, trunk.n_features, trunk.length_out)
    assert trunk.length_out == length_out
    assert trunk.n_features == 2 * trunk.n_backward == 2 * settings["hidden_size"]


def test_danq_with_its_head():
    """46,926,479 weights as published, without torch's second biases."""
    settings = PUBLISHED["DanQ"][1] | {"head_pool": "flatten", "hidden_units": 925}
    with torch.device("meta"):
        network = CNNRNN(4, 1000, 919, **settings)
    assert sum(p.numel() for p in network.parameters()) == 46_926_479 + 2_560


def test_recurrent_net_reads_what_convolutions_give():
    trunk = CNNRNNTrunk(4, 40, pool_size=3, cell="gru", n_layers=2, **SMALL).double()
    x = torch.randn(2, 4, 40, dtype=torch.float64)
    maps, mask = trunk(x)
    assert mask is None
    assert trunk.receptive_field is None
    torch.testing.assert_close(maps, trunk.recurrent(trunk.convolutions(x)[0]))


@pytest.mark.parametrize("pool_size", [1, (2, 1)])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_masked_padding_changes_nothing(pool_size, padding):
    settings = SMALL | {"pool_size": pool_size, "padding": padding, "normalization": "batch"}
    trunk = CNNRNNTrunk(4, 30, **settings).double().eval()
    x = torch.randn(2, 4, 22, dtype=torch.float64)
    alone, _ = trunk(x)
    for front, behind in ((0, 9), (4, 0), (6, 7)):
        padded = torch.nn.functional.pad(x, (front, behind), value=0.7)
        mask = torch.zeros(2, padded.shape[2], dtype=torch.bool)
        mask[:, front : front + 22] = True
        maps, mask = trunk(padded, mask)
        assert mask.shape == (2, maps.shape[2])
        real = maps.transpose(1, 2)[mask].view(2, -1, trunk.n_features).transpose(1, 2)
        torch.testing.assert_close(real, alone, rtol=0, atol=1e-10)
        assert not maps.transpose(1, 2)[~mask].any()


def test_all_padding_gives_zeros():
    trunk = CNNRNNTrunk(4, 30, **SMALL)
    mask = torch.zeros(2, 30, dtype=torch.bool)
    mask[0] = True
    maps, _ = trunk(torch.randn(2, 4, 30), mask)
    assert maps[0].any()
    assert not maps[1].any()


@pytest.mark.parametrize("masked", [False, True])
def test_tied_trunk_reads_both_strands_alike(masked):
    trunk = CNNRNNTrunk(4, 30, pool_size=(2, 1), n_layers=2, **SMALL).double()
    tie_strands(trunk)
    trunk.double()
    x = torch.randn(3, 4, 30, dtype=torch.float64)
    mask = None
    if masked:
        mask = torch.arange(30) < torch.tensor([[30], [21], [8]])
        x = x * mask[:, None]
    maps, _ = trunk(x, mask)
    other, _ = trunk(x.flip(1, 2), None if mask is None else mask.flip(1))
    torch.testing.assert_close(other, maps.flip(1, 2), rtol=0, atol=1e-10)


def test_unknown_settings_are_refused():
    with pytest.raises(TypeError, match="n_filter"):
        CNNRNNTrunk(4, 30, n_filter=3)

"""The convolutional network: published sizes, shapes, and short sequences."""

import numpy as np
import pytest
import torch

from skgenomics import KmerCounter
from skgenomics.networks import CNN
from skgenomics.networks._kmer_path import KmerPath, count_kmers
from skgenomics.sequences import encode, one_hot

PLAIN = {"block_order": "conv-norm-act-pool", "padding": "valid", "ceil_mode": False}
# (channels, length, outputs), settings, number of weights as published or counted by hand.
PUBLISHED = {
    "DeepBind": (
        (4, 101, 1),
        PLAIN
        | {"n_filters": 16, "kernel_size": 24, "padding": 23, "head_pool": "max"}
        | {"hidden_units": 32},
        2_129,
    ),
    "DeepSEA": (
        (4, 1000, 919),
        PLAIN
        | {"n_filters": (320, 480, 960), "kernel_size": 8, "pool_size": (4, 4, 1)}
        | {"dropout": (0.2, 0.2, 0.5), "head_pool": "flatten", "hidden_units": 925},
        52_843_119,
    ),
    "Basset": (
        (4, 600, 164),
        PLAIN
        | {"n_filters": (300, 200, 200), "kernel_size": (19, 11, 7), "pool_size": (3, 4, 4)}
        | {"normalization": "batch", "head_pool": "flatten", "hidden_units": (1000, 1000)}
        | {"hidden_normalization": "batch", "hidden_dropout": (0.0, 0.3, 0.3)},
        4_135_064,
    ),
    "DeepSTARR": (
        (4, 249, 2),
        PLAIN
        | {"n_filters": (256, 60, 60, 120), "kernel_size": (7, 3, 5, 3), "pool_size": 2}
        | {"padding": "same", "normalization": "batch", "head_pool": "flatten"}
        | {"hidden_units": (256, 256), "hidden_normalization": "batch"},
        622_722,
    ),
    "DeepChrome": (
        (5, 100, 2),
        PLAIN
        | {"n_filters": 50, "kernel_size": 10, "pool_size": 5, "dropout": 0.5}
        | {"head_pool": "flatten", "hidden_units": (625, 125)},
        644_177,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_are_settings(name):
    (n_channels, length, n_outputs), settings, n_parameters = PUBLISHED[name]
    with torch.device("meta"):
        network = CNN(n_channels, length, n_outputs, **settings)
    assert sum(p.numel() for p in network.parameters()) == n_parameters


@pytest.mark.parametrize("length", [1, 2, 7, 40])
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize(
    "head_pool", ["max", "mean", "attention", "flatten", 3, ("max", "flatten", 8)]
)
def test_any_length_trains(length, normalization, head_pool):
    network = CNN(
        4, length, 3, n_filters=(8, 8), pool_size=("auto", 2), head_pool=head_pool,
        normalization=normalization, residual=True, linear_path=True, hidden_units=5,
        flat_channels=2,
    )  # fmt: skip
    scores = network(torch.rand(2, 4, length))
    assert scores.shape == (2, 3)
    scores.sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_one_value_per_channel_does_not_break_batch_norm():
    network = CNN(4, 1, 1, n_filters=3, normalization="batch").train()
    assert torch.isfinite(network(torch.rand(1, 4, 1))).all()


def test_pooling_drops_nothing_unless_told():
    """The last position still reaches the scores when windows do not come out even."""
    x = torch.zeros(1, 4, 11, requires_grad=True)
    settings = {
        "n_filters": 2,
        "kernel_size": 1,
        "pool_size": 4,
        "pool": "mean",
        "activation": "tanh",
    }
    for ceil_mode, reaches in ((True, True), (False, False)):
        network = CNN(4, 11, 1, **settings, ceil_mode=ceil_mode, head_pool="flatten")
        gradient = torch.autograd.grad(network(x + 1).sum(), x)[0]
        assert bool((gradient[..., -1] != 0).any()) is reaches


def test_pool_order_commutes_without_normalization():
    torch.manual_seed(0)
    settings = {"n_filters": (4, 4), "kernel_size": 3, "pool_size": 2}
    first = CNN(4, 20, 2, **settings)
    last = CNN(4, 20, 2, **settings, block_order="conv-act-pool")
    last.load_state_dict(dict(zip(last.state_dict(), first.state_dict().values(), strict=True)))
    x = torch.rand(3, 4, 20)
    torch.testing.assert_close(first(x), last(x))


def test_residual_adds_the_input():
    torch.manual_seed(0)
    network = CNN(4, 10, 1, n_filters=4, kernel_size=3, residual=True)
    block = network.trunk.blocks[0]
    x = torch.rand(2, 4, 1, 10)
    torch.testing.assert_close(block(x)[0], block.unit(x)[0] + x)


def test_linear_path_is_a_linear_model_of_the_input():
    network = CNN(4, 10, 2, linear_path=True)
    torch.nn.init.zeros_(network.output.weight)
    torch.nn.init.zeros_(network.output.bias)
    x = torch.rand(3, 4, 10)
    torch.testing.assert_close(network(x), x.flatten(1) @ network.linear_path.weight.T)


@pytest.mark.parametrize("length", [1, 3, 50, 2500])
@pytest.mark.parametrize("max_k", [1, 2, 5, 6])
def test_kmer_counts_are_those_of_the_encoder(length, max_k):
    symbols = np.random.default_rng(length).choice(
        list("ACGTN"), (3, length), p=[0.24] * 4 + [0.04]
    )
    text = ["".join(row) for row in symbols] + ["A" * 2500]
    expected = KmerCounter(k=(1, max_k), sparse_output=False).fit_transform(text)[:3]
    x = torch.from_numpy(one_hot(encode(text[:3])).transpose(0, 2, 1).copy())
    np.testing.assert_array_equal(count_kmers(x, max_k), expected)


def test_kmer_counts_of_a_mixture_are_expected_counts():
    """Half A, half C at one position of ATG counts half of each k-mer."""
    x = torch.from_numpy(one_hot(encode(["ATG"])).transpose(0, 2, 1).copy())
    y = torch.from_numpy(one_hot(encode(["CTG"])).transpose(0, 2, 1).copy())
    mixed = count_kmers((x + y) / 2, 3)
    torch.testing.assert_close(mixed, (count_kmers(x, 3) + count_kmers(y, 3)) / 2)


def test_kmer_path_starts_at_zero_and_adds_to_the_scores():
    network = CNN(4, 20, 2, kmer_path=3)
    x = torch.rand(3, 4, 20)
    plain = CNN(4, 20, 2)
    plain.load_state_dict(network.state_dict(), strict=False)
    torch.testing.assert_close(network(x), plain(x))
    torch.nn.init.ones_(network.kmer_path.linear.weight)
    torch.testing.assert_close(network(x), plain(x) + network.kmer_path(x))
    assert isinstance(network.kmer_path, KmerPath)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kernel_size": 30, "padding": "valid"}, "spans 30 positions has only 20 left"),
        ({"kernel_size": 9, "dilation": 4, "padding": 3}, "spans 33 positions"),
        ({"n_filters": 0}, "positive integers"),
        ({"pool_size": 0}, "positive integers"),
        ({"padding": "full"}, "padding must be"),
        ({"pool": "sum"}, "pool must be"),
        ({"n_filters": (4, 4), "dropout": (0.1, 0.1, 0.1)}, "n_filters=.* has 2 values for 3"),
        ({"hidden_units": (4, 4), "hidden_dropout": (0.1, 0.1)}, "2 values for 3 layers"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        CNN(4, 20, 1, **settings)


@pytest.mark.parametrize("padding", ["same", "valid", 3])
@pytest.mark.parametrize("order", ["pool-conv-act", "act-conv-pool", "conv-pool"])
def test_length_follows_the_order_of_the_steps(order, padding):
    network = CNN(
        4, 41, 2, n_filters=3, kernel_size=5, pool_size=4, padding=padding, block_order=order,
        head_pool="flatten",
    ).eval()  # fmt: skip
    x = torch.rand(2, 4, 41)
    maps, _ = network.trunk(x)
    assert maps.shape[2] == network.trunk.length_out
    assert network(x).shape == (2, 2)

"""Weights shared between strands: exactly the same scores for both, and half the weights."""

import pytest
import torch

from skgenomics.networks import CNN, ResNet
from skgenomics.networks._rc_equivariant import StrandOrder

COMPLEMENT = (3, 2, 1, 0)


def other_strand(x, complement=COMPLEMENT):
    return x.flip(2)[:, list(complement)]


def sequences(length=37, n=5, n_channels=4, seed=0):
    torch.manual_seed(seed)
    symbols = torch.randint(0, n_channels, (n, length))
    return torch.nn.functional.one_hot(symbols, n_channels).transpose(1, 2).double()


def trained(network, n_channels=4):
    """A network whose normalizations have seen data and whose linear paths are not zero."""
    network = network.double().train()
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    for seed in range(3):
        network(sequences(n_channels=n_channels, seed=seed))
    return network.eval()


TIED = {
    "plain": (CNN, {"n_filters": 8, "kernel_size": 5}),
    "default": (
        CNN,
        {"n_filters": (8, 6, 6), "kernel_size": (9, 5, 3), "pool_size": ("auto", 2, 1)}
        | {"normalization": "batch", "residual": True, "head_pool": ("max", "mean", "flatten")}
        | {"flat_channels": 2, "hidden_units": 7, "linear_path": True, "kmer_path": 3},
    ),
    "floor": (CNN, {"n_filters": 4, "kernel_size": 8, "padding": "valid", "pool_size": 5}
              | {"ceil_mode": False, "pool": "mean", "normalization": "layer"}),
    "attention": (CNN, {"n_filters": 6, "kernel_size": 5, "head_pool": "attention"}),
    "resnet": (
        ResNet,
        {"n_filters": 8, "stem_filters": 8, "dilation": (1, 2), "squeeze_excitation": True}
        | {"pool_size": (1, 2), "bottleneck": 4, "stem_kernel_size": 5},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "length"),
    # Positions that are laid flat bind a network to the length that it was built for.
    [(name, length) for name in TIED for length in (36, 37) if (name, length) != ("default", 36)],
)
def test_scores_of_both_strands_are_equal(name, length):
    network, settings = TIED[name]
    torch.manual_seed(1)
    model = trained(network(4, 37, 3, complement=COMPLEMENT, **settings))
    x = sequences(length)
    torch.testing.assert_close(model(x), model(other_strand(x)), atol=1e-10, rtol=0)
    shuffled = x[..., torch.randperm(length)]
    assert not torch.allclose(model(x), model(shuffled))


@pytest.mark.parametrize("name", ["plain", "attention", "resnet"])
def test_scores_of_padded_sequences_are_equal_too(name):
    network, settings = TIED[name]
    torch.manual_seed(1)
    model = trained(network(4, 37, 2, complement=COMPLEMENT, **settings))
    x, padding = sequences(29), torch.zeros(5, 4, 8, dtype=torch.float64)
    mask = (torch.arange(37) < 29).expand(5, -1)
    here = model(torch.cat([x, padding], dim=2), mask)
    there = model(torch.cat([other_strand(x), padding], dim=2), mask)
    torch.testing.assert_close(here, there, atol=1e-10, rtol=0)


def test_any_order_of_symbols_is_paired():
    """A and T, C and G, N by itself, wherever they stand in the alphabet."""
    complement = (1, 0, 2, 4, 3)
    order = StrandOrder(complement).order
    assert [complement[i] for i in order] == order[::-1]
    torch.manual_seed(0)
    model = trained(CNN(5, 37, 2, n_filters=6, complement=complement, hidden_units=4), 5)
    x = sequences(n_channels=5)
    torch.testing.assert_close(model(x), model(other_strand(x, complement)), atol=1e-10, rtol=0)


def test_half_of_the_weights():
    def count(**settings):
        network = CNN(4, 40, 1, n_filters=(16, 8), kernel_size=5, normalization="batch", **settings)
        return sum(p.numel() for p in network.trunk.parameters())

    assert 2 * count(complement=COMPLEMENT) == count()


def test_gradients_reach_the_shared_half():
    model = trained(CNN(4, 37, 1, n_filters=4, kernel_size=5, complement=COMPLEMENT)).train()
    model(sequences()).sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_filters": 5}, "5 outputs, but .* even"),
        ({"kernel_size": 6}, "kernel_size=6 .* no middle"),
        ({"complement": (0, 1, 3, 2)}, r"channels \[0, 1\] are their own"),
    ],
)
def test_what_cannot_be_shared_is_named(settings, message):
    settings = {"n_filters": 4, "kernel_size": 5, "complement": COMPLEMENT} | settings
    with pytest.raises(ValueError, match=message):
        CNN(4, 20, 1, **settings)

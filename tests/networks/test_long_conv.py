"""Long convolutions: published sizes, brute force, causality, padding."""

import math

import pytest
import torch
from torch.nn import functional as F

from skgenomics.networks.long_conv import (
    GatedLongConv,
    ImplicitFilters,
    LongConvTrunk,
    ShortConv,
    long_convolution,
)

SMALL = {"d_model": 8, "n_layers": 2, "filter_units": 10}


def one_hot(n, length):
    torch.manual_seed(1)
    return F.one_hot(torch.randint(4, (n, length)), 4).double().transpose(1, 2)


def make(length=19, **settings):
    torch.manual_seed(0)
    trunk = LongConvTrunk(4, length, **(SMALL | settings)).double().eval()
    for name, tensor in trunk.state_dict().items():
        if not name.endswith("frequencies"):
            torch.nn.init.uniform_(tensor, -0.5, 0.9)
    return trunk


@pytest.mark.parametrize(
    ("d_model", "n_layers", "expected"),
    [(128, 2, 436_096), (256, 2, 1_641_088), (256, 4, 3_277_568), (256, 8, 6_550_528)],
    ids=["tiny-1k", "tiny-1k-d256", "small-32k", "medium-160k"],
)
def test_hyenadna_is_a_row_of_settings(d_model, n_layers, expected):
    with torch.device("meta"):
        trunk = LongConvTrunk(
            4, 1024, vocabulary_size=16, d_model=d_model, n_layers=n_layers, bidirectional=False
        )
    assert sum(p.numel() for p in trunk.parameters()) == expected


def test_the_other_direction_costs_one_more_set_of_filters():
    sizes = [
        sum(p.numel() for p in LongConvTrunk(4, 50, bidirectional=both, **SMALL).parameters())
        for both in (False, True)
    ]
    assert sizes[1] - sizes[0] == 2 * 10 * 8


@pytest.mark.parametrize("length", [1, 2, 7, 30])
@pytest.mark.parametrize("both", [True, False])
def test_fourier_convolution_is_the_direct_one(length, both):
    torch.manual_seed(0)
    x = torch.randn(2, 3, length, dtype=torch.float64)
    before, after = torch.randn(2, 3, length, dtype=torch.float64)
    expected = torch.zeros_like(x)
    for i in range(length):
        for j in range(length):
            if j <= i:
                expected[..., i] += before[:, i - j] * x[..., j]
            elif both:
                expected[..., i] += after[:, j - i] * x[..., j]
    torch.testing.assert_close(long_convolution(x, before, after if both else None), expected)


@pytest.mark.parametrize("order", [2, 3])
def test_gates_and_convolutions_take_turns(order):
    """The operator as it is written in the paper, with direct convolutions."""
    torch.manual_seed(0)
    layer = GatedLongConv(
        6, 15, order=order, short_kernel_size=3, filter_units=8, filter_layers=2,
        n_position_features=5, frequency=10.0, bidirectional=False,
    ).double()  # fmt: skip
    x = torch.randn(2, 12, 6, dtype=torch.float64)
    parts = F.conv1d(
        layer.project(x).transpose(1, 2),
        layer.short.conv.weight,
        layer.short.conv.bias,
        padding=2,
        groups=6 * (order + 1),
    )[..., :12].split(6, dim=1)
    kernels = layer.filters(12).view(order - 1, 6, 12)
    signal = parts[-1]
    for i in range(order - 1):
        signal = signal * parts[i + 1]
        direct = [
            sum(kernels[i, :, t - s] * signal[..., s] for s in range(t + 1)) for t in range(12)
        ]
        signal = torch.stack(direct, dim=-1) + signal * layer.passing[i]
    expected = layer.out((signal * parts[0]).transpose(1, 2))
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("order", [2, 3])
def test_causal_features_see_nothing_that_comes_after(order):
    x = one_hot(1, 19)
    changed = x.clone()
    changed[..., 12:] = changed[..., 12:].flip(1)
    causal = make(bidirectional=False, order=order)
    before, after = causal(x)[0], causal(changed)[0]
    torch.testing.assert_close(before[..., :12], after[..., :12])
    assert ((before - after)[..., 12:].abs() > 1e-6).any(dim=1).all()
    both = make(bidirectional=True, order=order)
    assert ((both(x)[0] - both(changed)[0]).abs() > 1e-6).any(dim=1).all()


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("kernel_size", [3, 4])
@pytest.mark.parametrize(("n_front", "n_back"), [(0, 1), (0, 40), (7, 2)])
def test_padding_changes_nothing(bidirectional, kernel_size, n_front, n_back):
    trunk = make(bidirectional=bidirectional, short_kernel_size=kernel_size)
    x = one_hot(2, 19)
    plain, no_mask = trunk(x)
    assert no_mask is None
    mask = F.pad(torch.ones(2, 19, dtype=torch.bool), (n_front, n_back))
    features, mask_out = trunk(F.pad(x, (n_front, n_back), value=0.3), mask)
    torch.testing.assert_close(features[..., n_front : n_front + 19], plain)
    assert torch.equal(mask_out, mask)
    assert (features.transpose(1, 2)[~mask] == 0).all()


def test_a_row_of_padding_alone_is_zero_and_trains():
    trunk = make().train()
    mask = torch.tensor([[True] * 19, [False] * 19])
    features, _ = trunk(one_hot(2, 19), mask)
    assert (features[1] == 0).all()
    features.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in trunk.parameters())


def filters(length, n_filters=32):
    torch.manual_seed(0)
    return ImplicitFilters(
        n_filters, length, n_units=64, n_layers=3, n_features=5, frequency=10.0, n_scales=n_filters
    ).double()


def test_filters_do_not_depend_on_how_many_lags_are_asked_for():
    layer = filters(50)
    torch.testing.assert_close(layer(200)[:, :30], layer(30))


def test_filters_are_the_published_function_of_the_lag():
    """Share of the length and two waves, three layers of sines, and exponential fading."""
    layer = filters(50)
    torch.nn.init.uniform_(layer.frequencies, 5, 12)
    weights = layer(40)
    double = {"dtype": torch.float64}
    fading = torch.linspace(1 / 1.5, 1 / 0.3, 32, **double) * math.log(100)
    for lag in (0, 1, 39):
        # The last lag is one, while the period of the slowest wave is the length.
        share = torch.tensor(lag / 49, **double)
        angles = 2 * torch.pi * lag / 50 * torch.tensor([1e-4, 1.0], **double)
        hidden = torch.cat([share[None], angles.cos(), -angles.sin()])
        for linear in layer.hidden:
            hidden = torch.sin(layer.frequencies * linear(hidden))
        expected = layer.out.weight @ hidden * torch.exp(-share * fading)
        torch.testing.assert_close(weights[:, lag], expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("length", [100, 10_000])
def test_filters_start_with_the_same_energy_for_any_length(length):
    energy = filters(length)(length).square().sum(dim=1).mean()
    assert 0.02 < energy < 1


def test_longer_sequences_than_the_first_work():
    assert make(19)(one_hot(2, 60))[0].shape == (2, 8, 60)


def test_short_convolution_looks_around_or_back():
    x = torch.zeros(1, 1, 9)
    x[..., 4] = 1
    for centered, expected in ((True, [3, 4, 5]), (False, [4, 5, 6])):
        conv = ShortConv(1, 3, centered=centered)
        torch.nn.init.ones_(conv.conv.weight)
        torch.nn.init.zeros_(conv.conv.bias)
        assert conv(x)[0, 0].nonzero().flatten().tolist() == expected


def test_memory_grows_with_length_and_not_with_its_square():
    """On a long sequence no tensor has more than a few values per position and channel."""
    largest = 0

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            nonlocal largest
            result = func(*args, **(kwargs or {}))
            for tensor in result if isinstance(result, tuple | list) else [result]:
                if isinstance(tensor, torch.Tensor):
                    largest = max(largest, tensor.numel())
            return result

    length = 4096
    with torch.no_grad(), Watch():
        LongConvTrunk(4, length, d_model=4, n_layers=1, filter_units=8)(torch.rand(1, 4, length))
    assert largest <= length * 16


def test_tokens_give_features():
    trunk = make(vocabulary_size=12)
    tokens = torch.randint(12, (2, 19))
    swapped = tokens.clone()
    swapped[0, 5] = (tokens[0, 5] + 1) % 12
    difference = (trunk(tokens)[0] - trunk(swapped)[0]).abs()
    assert (difference[1] == 0).all()
    assert difference[0].max() > 1e-4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"order": 1}, "order must be at least 2"),
        ({"short_kernel_size": 0}, "positive integers"),
        ({"filter_layers": 0}, "positive integers"),
        ({"n_position_features": 4}, "must be odd, got 4"),
        ({"n_layers": 0}, "positive integers"),
        ({"stochastic_depth": -0.5}, r"must be a rate in \[0, 1"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        LongConvTrunk(4, 19, **(SMALL | settings))

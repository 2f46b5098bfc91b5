"""Two windows, each with convolutions of its own: published size, and what reads what."""

import pytest
import torch
from torch import nn

from skgenomics.networks.two_windows import TwoWindows

SMALL = {
    "first_length": 24,
    "n_filters": 3,
    "kernel_size": 5,
    "pool_size": 4,
    "hidden_size": 2,
    "hidden_units": 6,
}


def make(**settings):
    torch.manual_seed(0)
    network = TwoWindows(4, 40, 2, **(SMALL | settings)).double().eval()
    # No parameter is zero or one, and thereby without effect.
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            nn.init.uniform_(tensor, 0.5 if "running_var" in name else -0.5, 0.9)
    return network


def test_published_size_of_speid():
    """As its code has it, plus the second biases of torch's LSTM: 4 gates of 50 units twice."""
    with torch.device("meta"):
        network = TwoWindows(4, 5000, 1)
    n_parameters = {
        name: sum(p.numel() for p in part.parameters())
        for name, part in [*network.trunk.named_children(), *network.named_children()]
        if name != "trunk"
    }
    assert n_parameters["windows"] == 2 * 200 * (4 * 40 + 1)
    assert n_parameters["found"] == 2 * 200
    assert n_parameters["recurrent"] == 2 * 4 * 50 * (200 + 50 + 2)
    assert n_parameters["norm"] == 2 * 100
    assert n_parameters["hidden"] == 800 * ((148 + 98) * 100 + 1) + 2 * 800
    assert n_parameters["output"] == 801 + 2
    assert sum(n_parameters.values()) == 19_848_603 + 2 * 4 * 50


def test_scores_are_the_layers_one_after_the_other():
    network = make()
    x = torch.rand(3, 4, 40, dtype=torch.float64)
    found = []
    for window, part in zip(network.trunk.windows, (x[..., :24], x[..., 24:]), strict=True):
        conv = window.blocks[0].unit.conv
        maps = nn.functional.conv1d(part, conv.weight.squeeze(2), conv.bias).relu()
        found.append(nn.functional.max_pool1d(maps, 4))
    maps = torch.cat(found, dim=2)
    assert maps.shape == (3, 3, 5 + 3)
    maps = normalized(
        network.trunk.norm, network.trunk.recurrent(normalized(network.trunk.found[0], maps))
    )
    dense, norm = network.hidden[1:3]
    hidden = normalized(norm, maps.flatten(1) @ dense.weight.T + dense.bias).relu()
    last, norm = network.output
    expected = normalized(norm, hidden @ last.weight.T + last.bias)
    torch.testing.assert_close(network(x), expected)


def normalized(norm, x):
    """Batch normalization in evaluation mode."""
    shape = (1, -1, *(1,) * (x.dim() - 2))
    mean, var, weight, bias = (
        values.view(shape)
        for values in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    return (x - mean) / (var + norm.eps).sqrt() * weight + bias


def test_windows_do_not_look_across_their_border():
    """The last window of 24 positions, pooled by fours, ends before them; so does what is found."""
    network = make()
    maps = []
    network.trunk.found.register_forward_hook(lambda module, inputs, output: maps.append(inputs[0]))
    x = torch.rand(1, 4, 40, dtype=torch.float64)
    changed = x.clone()
    changed[..., 24:] += 1
    network(x), network(changed)
    torch.testing.assert_close(maps[0][..., :5], maps[1][..., :5])
    assert not torch.isclose(maps[0][..., 5:], maps[1][..., 5:]).all()


def test_each_window_has_its_own_filters():
    network = make(first_length=20)
    half = torch.rand(2, 4, 20, dtype=torch.float64)
    first, second = [window(half)[0] for window in network.trunk.windows]
    assert first.shape == second.shape
    assert not torch.isclose(first, second).any()


def test_every_weight_learns():
    network = make(dropout=0.0, hidden_dropout=0.0).train()
    (network(torch.rand(8, 4, 40, dtype=torch.float64)) ** 3).sum().backward()
    assert all((p.grad != 0).any() for p in network.parameters())


def test_a_batch_of_one_sequence_trains():
    scores = make().train()(torch.rand(1, 4, 40, dtype=torch.float64))
    assert scores.shape == (1, 2)
    assert torch.isfinite(scores).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"first_length": 40}, "first_length=40 leaves nothing of 40 positions"),
        ({"first_length": 0}, "first_length must be made of positive integers"),
        ({"first_length": 38}, "spans 5 positions has only 2 left"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        TwoWindows(4, 40, 1, **(SMALL | settings))

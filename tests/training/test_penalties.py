"""Penalties by hand, and norms that stay within their limit."""

import math

import numpy as np
import pytest
import torch
from skorch import NeuralNetRegressor
from torch import nn
from torch.nn.utils import parametrizations, parametrize

from skgenomics.training.penalties import MaxNorm, Penalty, clip_norms


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


class Doubled(nn.Module):
    """Weights from a tensor half as large."""

    def forward(self, weight):
        return 2 * weight


def small_network():
    network = nn.Sequential(nn.Conv1d(2, 1, 2), nn.BatchNorm1d(1), nn.Flatten(), nn.Linear(2, 1))
    network[0].weight.data = torch.tensor([[[1.0, -2.0], [0.5, 0.0]]])
    network[3].weight.data = torch.tensor([[-3.0, 4.0]])
    return network


def test_penalty_by_hand():
    network = small_network()
    assert Penalty(l1=0.1)(network).item() == pytest.approx(0.1 * (3.5 + 7))
    assert Penalty(l2=0.01)(network).item() == pytest.approx(0.01 * (5.25 + 25))
    both = Penalty(l1=0.1, l2=0.01)(network)
    assert both.item() == pytest.approx(1.05 + 0.3025)
    assert both.shape == ()


def test_gradient_is_that_of_the_weights_alone():
    network = small_network()
    Penalty(l1=0.1, l2=0.01)(network).backward()
    weight = network[3].weight
    torch.testing.assert_close(weight.grad, 0.1 * weight.sign() + 0.02 * weight)
    others = [network[0].bias, network[1].weight, network[1].bias, network[3].bias]
    assert all(parameter.grad is None for parameter in others)


def test_nothing_to_penalise_is_zero():
    assert Penalty()(small_network()).item() == 0
    assert Penalty(l1=1.0)(nn.BatchNorm1d(3)).item() == 0
    assert Penalty(l2=1.0)(nn.Linear(3, 1).double()).dtype == torch.float64


def test_penalty_of_a_parametrised_layer_is_that_of_the_weights_in_use():
    layer = nn.Linear(3, 2)
    expected = 2 * layer.weight.abs().sum()
    parametrize.register_parametrization(layer, "weight", Doubled())
    torch.testing.assert_close(Penalty(l1=1.0)(layer), expected)


def unit_vectors(layer):
    """Incoming weights of each output unit, one by one."""
    weight = layer.weight.detach()
    if not isinstance(layer, nn.ConvTranspose1d):
        return list(weight)
    inputs, outputs = weight.shape[0] // layer.groups, weight.shape[1]
    return [
        weight[group * inputs : (group + 1) * inputs, output]
        for group in range(layer.groups)
        for output in range(outputs)
    ]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(6, 5),
        nn.Conv1d(4, 6, 3),
        nn.Conv1d(4, 6, 3, groups=2),
        nn.Conv2d(2, 3, (2, 3)),
        nn.ConvTranspose1d(4, 6, 3),
        nn.ConvTranspose1d(4, 6, 3, groups=2),
    ],
)
def test_vectors_above_the_limit_are_scaled_and_others_are_kept(layer):
    layer.reset_parameters()
    before = [vector.clone() for vector in unit_vectors(layer)]
    norms = [vector.norm().item() for vector in before]
    limit = (min(norms) + max(norms)) / 2
    clip_norms(layer, limit)
    for old, new, norm in zip(before, unit_vectors(layer), norms, strict=True):
        if norm <= limit:
            assert torch.equal(new, old)
        else:
            torch.testing.assert_close(new, old * limit / norm)


def test_units_of_a_transposed_convolution_are_its_outputs():
    # With an input of one everywhere, in the middle an output is the sum of its weights.
    layer = nn.ConvTranspose1d(4, 6, 3, groups=2, bias=False)
    sums = torch.stack([vector.sum() for vector in unit_vectors(layer)])
    torch.testing.assert_close(layer(torch.ones(1, 4, 5))[0, :, 3], sums)


def test_only_weights_are_clipped_and_zeros_stay():
    network = small_network()
    network[0].weight.data.zero_()
    network[3].bias.data.fill_(100)
    clip_norms(network, 0.5)
    assert (network[0].weight == 0).all()
    assert (network[1].weight == 1).all()
    assert network[3].bias.item() == 100
    torch.testing.assert_close(network[3].weight, torch.tensor([[-0.3, 0.4]]))
    assert network[3].weight.requires_grad


def test_originals_of_parametrised_layers_are_clipped():
    layer = nn.Linear(3, 2)
    parametrize.register_parametrization(layer, "weight", Doubled())
    original = layer.parametrizations.weight.original
    original.data = torch.tensor([[3.0, 0.0, 4.0], [0.1, 0.0, 0.0]])
    clip_norms(layer, 1.0)
    assert layer.parametrizations.weight.original is original
    torch.testing.assert_close(original, torch.tensor([[0.6, 0.0, 0.8], [0.1, 0.0, 0.0]]))


def test_weight_normalisation_keeps_its_directions():
    layer = parametrizations.weight_norm(nn.Linear(3, 2))
    before = layer.weight.detach().clone()
    clip_norms(layer, 0.1)
    norms = before.norm(dim=1, keepdim=True)
    assert (norms > 0.1).all()
    torch.testing.assert_close(layer.weight, before * 0.1 / norms)


def fit(max_norm, **settings):
    X = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    net = NeuralNetRegressor(
        nn.Linear(1, 1),
        callbacks=[MaxNorm(max_norm)],
        lr=0.3,
        max_epochs=30,
        verbose=0,
        **settings,
    )
    return net.fit(X, 10 * X)


def test_callback_holds_weights_at_the_limit():
    weight = fit(2.0).module_.weight.item()
    assert weight == pytest.approx(2.0)
    assert fit(100.0, train_split=None).module_.weight.item() == pytest.approx(10.0, rel=0.05)


def test_callback_leaves_validation_batches_alone():
    net = fit(100.0)
    net.module_.weight.data.fill_(500.0)
    net.notify("on_batch_end", batch=None, training=False)
    assert net.module_.weight.item() == 500
    net.notify("on_batch_end", batch=None, training=True)
    assert net.module_.weight.item() == pytest.approx(100)


@pytest.mark.parametrize("settings", [{"l1": -0.1}, {"l2": -1}, {"l1": math.nan}])
def test_penalties_below_zero(settings):
    with pytest.raises(ValueError, match=f"{next(iter(settings))} must be zero or more"):
        Penalty(**settings)


@pytest.mark.parametrize("max_norm", [0, -1.0, math.nan])
def test_limits_that_are_none(max_norm):
    with pytest.raises(ValueError, match="max_norm must be above zero"):
        MaxNorm(max_norm)
    with pytest.raises(ValueError, match="max_norm must be above zero"):
        clip_norms(nn.Linear(1, 1), max_norm)

"""DeepLIFT is complete for every function that it has a rule for, and refuses all others."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from skgenomics import CNNClassifier, zoo
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection import attribute
from skgenomics.inspection._dispatch import UnsupportedOperationError
from skgenomics.inspection.attribution._deeplift import pair, parts

CONVOLUTIONAL = [
    "DeepBind",
    "DeepBind-RNA-hidden",
    "Zeng2016",
    "DeepSEA",
    "Beluga",
    "Basset",
    "DeepCpG-DNA",
    "DeepSTARR",
    "CNNProm",
    "Scover",
    "GenomicBenchmarks-CNN",
    "DeMo-CNN",
    "SpliceAI-80",
    "SpliceAI-400",
    "BPNet",
    "BPNet-2021",
]


def carry(function, x, baseline):
    """Return the values of both parts, and the sum of the contributions of each sequence."""
    x = x.detach().requires_grad_()
    actual, other = parts(function(pair(x.view_as(x), baseline)))
    multipliers = torch.autograd.grad(actual.sum(), x)[0]
    total = ((x - baseline) * multipliers).flatten(1).sum(1)
    return actual.detach(), other, total.detach()


def check_exact(function, x, baseline, tolerance=1e-4):
    actual, other, total = carry(function, x, baseline)
    with torch.no_grad():
        torch.testing.assert_close(actual, function(x))
        torch.testing.assert_close(other, function(baseline))
    difference = (actual - other).reshape(len(x), -1).sum(1)
    scale = max(1e-3, float(difference.abs().max()))
    assert float((difference - total).abs().max()) < tolerance * scale


FUNCTIONS = {
    "relu": F.relu,
    "relu in place": lambda x: F.relu(x * 1, inplace=True),
    "leaky relu": F.leaky_relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "elu": F.elu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "power": lambda x: x**3,
    "power of a constant": lambda x: 2.0**x,
    "square root": lambda x: (x.clamp(min=0) + 0.25).sqrt(),
    "product": lambda x: x * torch.sigmoid(x),
    "product in place": lambda x: nn.functional.relu(x).mul(2) * x,
    "quotient": lambda x: x / (1 + x**2),
    "constant over it": lambda x: 1 / (2 + torch.tanh(x)),
    "matrix product": lambda x: x @ torch.tanh(x).transpose(1, 2),
    "softmax": lambda x: torch.softmax(x, dim=1) * x,
    "log softmax": lambda x: F.log_softmax(x, dim=2)[:, 0],
    "layer norm": lambda x: F.layer_norm(x, x.shape[-1:], torch.arange(12.0), torch.ones(12)),
    "maximum": lambda x: x.amax(dim=-1),
    "maximum with indices": lambda x: x.max(dim=2).values,
    "minimum": lambda x: x.amin(dim=(1, 2)),
    "larger of two": lambda x: torch.maximum(x, x.flip(2)),
    "max pooling": lambda x: F.max_pool1d(x, 5, ceil_mode=True),
    "overlapping max pooling": lambda x: F.max_pool1d(x, 4, stride=2),
    "2-D max pooling": lambda x: F.max_pool2d(x[:, :, None], (1, 3)),
    "attention": lambda x: F.scaled_dot_product_attention(x, x.flip(1), x + 1),
    "masked attention": lambda x: F.scaled_dot_product_attention(
        x, x, x, attn_mask=torch.eye(x.shape[1], dtype=torch.bool)
    ),
    "gated linear unit": lambda x: F.glu(x, dim=1),
    "Fourier transform": lambda x: torch.fft.irfft(torch.fft.rfft(x) * 2j, 12),
    "logarithm of a sum": lambda x: torch.logsumexp(x, dim=1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_rules_are_exact(name):
    generator = torch.Generator().manual_seed(0)
    x, baseline = torch.randn(2, 3, 4, 12, dtype=torch.float64, generator=generator)
    baseline[:, :, 3] = x[:, :, 3]
    function = FUNCTIONS[name]
    if name == "layer norm":
        x, baseline = x.float(), baseline.float()
    check_exact(function, x, baseline)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * (x > 0),
        lambda x: torch.where(x > 0, x, 0),
        lambda x: x.sort(dim=-1).values,
        lambda x: x.detach(),
        lambda x: x.prod(dim=1),
        lambda x: x.argmax(dim=-1),
        lambda x: x if float(x[0, 0, 0]) > 0 else -x,
        lambda x: nn.LSTM(12, 2)(x)[0],
        lambda x: torch.zeros(3, 4, 12).index_put_((torch.tensor([0]),), x[0]),
        lambda x: (x + 1).relu_(),
    ],
)
def test_functions_without_a_rule_are_refused(function):
    x = torch.randn(3, 4, 12, generator=torch.Generator().manual_seed(0))
    with pytest.raises(UnsupportedOperationError, match=r"\w+\(\) cannot be followed exactly"):
        function(pair(x, -x))


ACTIVATIONS = [
    nn.CELU(),
    nn.ELU(),
    nn.GELU(),
    nn.Hardshrink(),
    nn.Hardsigmoid(),
    nn.Hardswish(),
    nn.Hardtanh(),
    nn.LeakyReLU(0.2),
    nn.LogSigmoid(),
    nn.Mish(),
    nn.PReLU(),
    nn.PReLU(4, 0.3),
    nn.ReLU(),
    nn.ReLU6(),
    nn.RReLU(),
    nn.SELU(),
    nn.Sigmoid(),
    nn.SiLU(),
    nn.Softplus(),
    nn.Softshrink(),
    nn.Softsign(),
    nn.Tanh(),
    nn.Tanhshrink(),
    nn.Threshold(0.1, 2.0),
]


@pytest.mark.parametrize("module", ACTIVATIONS, ids=str)
def test_activations_follow_the_rescale_rule(module):
    generator = torch.Generator().manual_seed(0)
    x, baseline = 2 * torch.randn(2, 3, 4, 12, dtype=torch.float64, generator=generator)
    module = module.double().eval()
    if isinstance(module, nn.PReLU):
        # A slope for each channel, so that one that is mixed up shows.
        module.weight.data += 0.1 * torch.arange(module.num_parameters)
    check_exact(module, x, baseline, tolerance=1e-9)
    x.requires_grad_()
    actual, _ = parts(module(pair(x.view_as(x), baseline)))
    multipliers = torch.autograd.grad(actual.sum(), x)[0]
    with torch.no_grad():
        expected = (module(x) - module(baseline)) / (x - baseline)
    torch.testing.assert_close(multipliers, expected)


@pytest.mark.parametrize("module", ACTIVATIONS, ids=str)
def test_activations_have_their_derivative_where_nothing_differs(module):
    x = torch.randn(3, 4, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    module = module.double().eval()
    x.requires_grad_()
    actual, _ = parts(module(pair(x.view_as(x), x.detach())))
    multipliers = torch.autograd.grad(actual.sum(), x)[0]
    expected = torch.autograd.grad(module(x).sum(), x)[0]
    torch.testing.assert_close(multipliers, expected)


@pytest.mark.parametrize("module", [nn.Hardshrink(), nn.Threshold(0.5, 2.0)], ids=str)
def test_a_jump_between_close_points_is_attributed(module):
    x = torch.full((1, 1, 1), 0.5 + 1e-8, dtype=torch.float64)
    check_exact(module, x, x - 2e-8, tolerance=1e-6)


def test_random_slopes_of_training_are_refused():
    x = torch.randn(3, 4, 12, generator=torch.Generator().manual_seed(0))
    with pytest.raises(UnsupportedOperationError, match="rrelu"):
        nn.RReLU().train()(pair(x, -x))


def test_a_maximum_goes_to_the_entry_that_makes_it():
    x = torch.tensor([[[0.0, 5.0, 1.0]]], requires_grad=True)
    actual, _ = parts(pair(x.view_as(x), torch.tensor([[[0.0, 1.0, 2.0]]])).amax(-1))
    # From 2 to 5: entry 1 went from 1 to 5.
    assert torch.autograd.grad(actual.sum(), x)[0].tolist() == [[[0.0, 0.75, 0.0]]]


def zoo_network(name):
    """Return a narrow network with random batch-norm statistics, sequences and baselines."""
    entry = zoo._entries()[name.lower()]
    length = min(entry.length, 2114 if name.startswith("BPNet") else 5400)
    torch.manual_seed(0)
    estimator = zoo.make(name, width=0.05)
    network = estimator._build_unfitted(length, min(entry.n_outputs, 2), entry.n_bins).eval()
    for module in network.modules():
        if getattr(module, "running_mean", None) is not None:
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    codes = torch.randint(0, entry.n_channels, (2, 2, length))
    return network, *torch.eye(entry.n_channels)[codes].transpose(2, 3)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_published_convolutional_networks(name):
    with torch.random.fork_rng():
        network, x, baseline = zoo_network(name)
    x, baseline, network = x.double(), baseline.double(), network.double()
    check_exact(network, x, baseline, tolerance=1e-6)


def test_multipliers_equal_those_of_tangermeme():
    deep_lift_shap = pytest.importorskip("tangermeme.deep_lift_shap").deep_lift_shap
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv1d(4, 8, 5),
            nn.ReLU(),
            nn.MaxPool1d(3),
            nn.Conv1d(8, 8, 3),
            nn.Sigmoid(),
            nn.Flatten(),
            nn.Linear(64, 1),
        ).eval()
        codes = torch.randint(0, 4, (2, 5, 34))
    x, baseline = torch.eye(4)[codes].transpose(2, 3)
    theirs = deep_lift_shap(
        network, x, references=baseline[:, None], device="cpu", raw_outputs=True
    )[:, 0]
    x.requires_grad_()
    actual, _ = parts(network(pair(x.view_as(x), baseline)))
    ours = torch.autograd.grad(actual.sum(), x)[0]
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_attributions_do_not_depend_on_the_batch():
    """Batch normalization of a single channels-last sequence has strides of its own."""
    data = make_motif_classification(100, 60, random_state=0)
    model = CNNClassifier(max_iter=2, random_state=0).fit(data.X, data.y)
    together = attribute(model, data.X[:3], method="deeplift")
    alone = attribute(model, data.X[:1], method="deeplift")
    np.testing.assert_allclose(alone.values[0], together.values[0], atol=1e-5)
    assert abs(alone.relative_gap[0]) < 1e-4

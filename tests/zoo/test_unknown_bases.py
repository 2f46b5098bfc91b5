"""Published networks read N as zeros, and normalize as the published code does."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from skgenomics import zoo
from skgenomics.networks._layers import BatchNorm


def splice_ai_by_hand(network, x):
    """The layers of the paper: residual blocks, and a skip connection after every fourth one."""
    trunk = network.trunk

    def convolve(conv, x):
        span = conv.dilation[1] * (conv.kernel_size[1] - 1)
        weight, dilation = conv.weight.squeeze(2), conv.dilation[1]
        return F.conv1d(F.pad(x, (span // 2, span // 2)), weight, conv.bias, dilation=dilation)

    def normalize(norm, x):
        scale = norm.weight / (norm.running_var + 1e-3).sqrt()
        return x * scale[:, None] + (norm.bias - norm.running_mean * scale)[:, None]

    x = convolve(trunk.stem[0].conv, x)
    total = convolve(trunk.skips["0"], x)
    for i, block in enumerate(trunk.blocks):
        y = x
        for unit in block.units:
            y = convolve(unit.conv, normalize(unit.norm, y).relu())
        x = x + y
        if (i + 1) % 4 == 0:
            total = total + convolve(trunk.skips[str(i + 1)], x)
    scores = network.output(total)
    return scores[..., network.crop : scores.shape[-1] - network.crop]


@pytest.mark.parametrize("name", ["SpliceAI-80", "SpliceAI-10k"])
def test_splice_ai_reads_unknown_bases_at_the_ends_as_zeros(name):
    torch.manual_seed(0)
    network = zoo.build_network(name, width=0.25).double().eval()
    for module in network.modules():
        if isinstance(module, BatchNorm):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.001, 1)
    length = 2 * network.crop + 60
    codes = torch.randint(0, 4, (2, length))
    x = F.one_hot(codes, 4).transpose(1, 2).double()
    x[0, :, : network.crop + 20] = 0
    x[1, :, -network.crop - 9 :] = 0
    with torch.no_grad():
        torch.testing.assert_close(network(x), splice_ai_by_hand(network, x))


@pytest.mark.parametrize(
    ("name", "epsilon"),
    [("SpliceAI-80", 1e-3), ("Basenji-small", 1e-3), ("SPEID", 1e-3), ("Basset", 1e-5)],
)
def test_epsilon_of_batch_normalization(name, epsilon):
    network = zoo.build_network(name, width=0.05)
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    assert norms
    assert {norm.eps for norm in norms} == {epsilon}


@pytest.mark.parametrize("name", ["DeepLoc", "DeMo-RNN", "SpliceAI-80"])
def test_zeros_at_the_ends_are_unknown_unless_a_mask_says_otherwise(name):
    network = zoo.build_network(name, width=0.1).eval()
    n_channels = 20 if name == "DeepLoc" else 4
    length = 2 * getattr(network, "crop", 0) + 120
    codes = torch.randint(0, n_channels, (1, length))
    x = F.one_hot(codes, n_channels).transpose(1, 2).float()
    x[..., -20:] = 0
    mask = (torch.arange(length) < length - 20)[None]
    with torch.no_grad():
        assert (network(x) - network(x, mask)).abs().max() > 1e-6
        torch.testing.assert_close(network(x), network(x, torch.ones_like(mask)))

"""Networks are one graph: no branch depends on the values of a batch."""

import pytest
import torch

from skgenomics import CNNClassifier, networks
from skgenomics.deployment import shape_only_recurrence
from skgenomics.networks._padding import takes_mask
from skgenomics.networks.per_position import LabelNetwork, ProfileNetwork

LENGTH = 48
SMALL = {
    "MLP": {"hidden_units": 8},
    "CNN": {"n_filters": (8, 8), "kernel_size": 5, "pool_size": 2, "kmer_path": 2},
    "ResNet": {"n_filters": 8, "stem_filters": 8, "dilation": (1, 2), "squeeze_excitation": True},
    "UNet": {"n_filters": (8, 12), "kernel_size": 5},
    "RNN": {"hidden_size": 6, "n_layers": 2},
    "CNNRNN": {"n_filters": 8, "kernel_size": 5, "hidden_size": 6},
    "Transformer": {"d_model": 16, "n_layers": 2, "n_heads": 2, "stem_filters": 8},
    "LongConv": {"d_model": 8, "n_layers": 2},
    "ConvTransformer": {
        "d_model": 32,
        "n_layers": 1,
        "n_heads": 2,
        "d_key": 8,
        "n_downsamplings": 2,
    },
}
COMPLEMENT = (3, 2, 1, 0)


def padded_batch(n=3):
    """One-hot sequences with padding in front, behind, and at both ends, and their mask."""
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, 4, (n, LENGTH), generator=generator)
    x = torch.nn.functional.one_hot(codes, 4).transpose(1, 2).float()
    mask = torch.ones(n, LENGTH, dtype=torch.bool)
    mask[0, -9:] = mask[1, :7] = mask[2, :4] = mask[2, -5:] = False
    return x * mask[:, None], mask


def build(name, **settings):
    torch.manual_seed(0)
    return getattr(networks, name)(4, LENGTH, 2, **SMALL[name] | settings).eval()


def check_export(network):
    """The exported program gives the same outputs, for batches of another size too."""
    inputs = padded_batch() if takes_mask(network) else padded_batch()[:1]
    batch = torch.export.Dim("batch", min=2, max=64)
    shapes = tuple({0: batch} for _ in inputs)
    # Recurrent layers are not unrolled, as in `skgenomics.export`.
    with torch.no_grad(), shape_only_recurrence():
        exported = torch.export.export(network, inputs, dynamic_shapes=shapes)
    program = exported.module()
    others = [torch.cat([x, x.flip(-1)]) for x in inputs]
    with torch.no_grad():
        torch.testing.assert_close(program(*inputs), network(*inputs))
        torch.testing.assert_close(program(*others), network(*others))


@pytest.mark.parametrize("name", SMALL)
def test_export(name):
    check_export(build(name))


@pytest.mark.parametrize("name", ["CNN", "CNNRNN"])
def test_export_of_tied_networks(name):
    check_export(build(name, complement=COMPLEMENT))


def test_export_of_head_pools():
    check_export(build("CNN", head_pool=("max", "mean", "attention", "last", "first", 3)))
    check_export(build("CNN", head_pool="flatten", linear_path=True))


@pytest.mark.parametrize("cls", [LabelNetwork, ProfileNetwork])
def test_export_of_networks_by_position(cls):
    settings = {"n_bins": 12, "bin_size": 4} if cls is ProfileNetwork else {}
    check_export(cls(4, LENGTH, 2, trunk="cnn", n_filters=8, **settings).eval())


@pytest.mark.parametrize("name", ["AttentionRNN", "HierarchicalAttentionRNN"])
def test_export_of_attention_networks(name):
    check_export(getattr(networks, name)(4, LENGTH, 2, hidden_size=6).eval())


@pytest.mark.parametrize("name", SMALL)
# Dynamo leaves recurrent layers out of graphs unless told otherwise.
@torch._dynamo.config.patch(allow_rnn=True)
def test_compile_without_graph_breaks(name):
    torch._dynamo.reset()
    network, inputs = build(name), padded_batch()
    compiled = torch.compile(network, fullgraph=True, backend="eager")
    with torch.no_grad():
        torch.testing.assert_close(compiled(*inputs), network(*inputs))


@pytest.mark.parametrize("padded", [False, True])
def test_export_of_a_fitted_network(padded):
    X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 4
    X = [x[: len(x) - padded * (i % 3)] for i, x in enumerate(X)]
    classifier = CNNClassifier(max_iter=1).fit(X, [1, 1, 0, 0] * 4)
    network = classifier.network_.eval()
    assert classifier.has_padding_ is padded
    x = torch.zeros(2, 4, 12)
    x[:, 0, :9] = 1
    inputs = (x, x.any(dim=1)) if padded else (x,)
    program = torch.export.export(network, inputs).module()
    with torch.no_grad():
        torch.testing.assert_close(program(*inputs), network(*inputs))

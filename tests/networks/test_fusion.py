"""Networks over several views."""

import pytest
import torch
from torch import nn

from skgenomics.networks import CNN, MLP, AttentionRNN
from skgenomics.networks.fusion import (
    AttentionFusion,
    Branch,
    ConcatFusion,
    FusionNetwork,
    Given,
    LoneNetwork,
)
from skgenomics.networks.two_windows import TwoWindows

COMPLEMENT = (3, 2, 1, 0)


def one_hot(n, length, seed=0):
    symbols = torch.randint(4, (n, length), generator=torch.Generator().manual_seed(seed))
    return nn.functional.one_hot(symbols, 4).transpose(1, 2).float()


def make_branches():
    torch.manual_seed(0)
    paths = {"linear_path": True, "kmer_path": 2, "hidden_units": 6}
    return [
        Branch(CNN(4, 20, 3, n_filters=8, kernel_size=3, **paths).eval()),
        Branch(MLP(1, 5, 3, hidden_units=7).eval()),
    ]


def make_views(n=6):
    return [one_hot(n, 20), torch.randn(n, 1, 5, generator=torch.Generator().manual_seed(1))]


@pytest.mark.parametrize(
    "network",
    [
        CNN(4, 60, 3, n_filters=8, kernel_size=3, hidden_units=6, kmer_path=2, linear_path=True),
        CNN(4, 60, 3, n_filters=8, kernel_size=3, hidden_units=6),
        AttentionRNN(4, 60, 3),
        TwoWindows(4, 60, 3, first_length=30, n_filters=4, kernel_size=5, pool_size=4),
    ],
)
def test_branch_ends_in_front_of_the_scores(network):
    network.eval()
    x = one_hot(5, 60)
    branch = Branch(network).eval()
    parts = branch(x)
    assert parts.shape == (5, branch.n_features + branch.n_scores)
    scores = network.output(parts[:, : branch.n_features])
    if branch.n_scores:
        scores = scores + parts[:, branch.n_features :]
    torch.testing.assert_close(scores, network(x))
    # The network itself keeps its last layer.
    assert network(x).shape == (5, 3)


def test_branch_holds_no_weights_of_scores():
    network = CNN(4, 20, 3, n_filters=8, kernel_size=3)
    n_output = sum(w.numel() for w in network.output.parameters())
    n_branch = sum(w.numel() for w in Branch(network).parameters())
    assert n_branch == sum(w.numel() for w in network.parameters()) - n_output


def test_branch_averages_both_strands_but_in_training():
    network = CNN(4, 20, 1, n_filters=8, kernel_size=3, hidden_units=4, kmer_path=2)
    x, turned = one_hot(5, 20), one_hot(5, 20).flip(1, 2)
    branch = Branch(network, COMPLEMENT).eval()
    torch.testing.assert_close(branch(x), branch(turned))
    one = Branch(network).eval()
    torch.testing.assert_close(branch(x), (one(x) + one(turned)) / 2)
    assert not torch.allclose(one(x), one(turned))


def test_a_network_that_names_no_output():
    class Anonymous(nn.Sequential):
        pass

    with pytest.raises(ValueError, match=r"Anonymous has no module `output` with a linear layer"):
        Branch(Anonymous(nn.Flatten(), nn.Linear(8, 1)))


def test_without_layers_between_scores_add_up():
    """A linear layer on features side by side is the sum of one for each view."""
    branches, views = make_branches(), make_views()
    network = FusionNetwork(branches, 3).eval()
    scores = network(views, torch.ones(6, 2, dtype=torch.bool))
    first, second = (branch(x) for branch, x in zip(branches, views, strict=True))
    weight = network.output.weight
    expected = first[:, :6] @ weight[:, :6].T + second @ weight[:, 6:].T + network.output.bias
    torch.testing.assert_close(scores, expected + first[:, 6:])


@pytest.mark.parametrize("attention", [False, True])
def test_what_stands_in_a_missing_view_is_not_read(attention):
    network = FusionNetwork(make_branches(), 3, attention=attention, hidden_units=5).eval()
    views = make_views()
    present = torch.ones(6, 2, dtype=torch.bool)
    present[:3, 0] = False
    present[5, 1] = False
    before = network(views, present)
    views[0][:3] = torch.nan
    views[1][5] = 1e9
    torch.testing.assert_close(network(views, present), before)
    assert not torch.allclose(network(make_views(), torch.ones_like(present))[:3], before[:3])


def test_missing_views_leave_the_statistics_of_batches_alone():
    norm = {"hidden_units": 6, "hidden_normalization": "batch"}
    torch.manual_seed(0)
    network = MLP(1, 5, 1, **norm)
    fusion = FusionNetwork([Branch(network), Given(2)], 1).train()
    x = torch.randn(8, 1, 5)
    x[4:] = 100.0
    present = torch.ones(8, 2, dtype=torch.bool)
    present[4:, 0] = False
    fusion([x, torch.randn(8, 2)], present)
    mean = network.hidden[2].running_mean
    torch.testing.assert_close(mean, 0.1 * network.hidden[1](x[:4].flatten(1)).mean(dim=0))


def test_learnt_values_stand_for_a_missing_view():
    fusion = ConcatFusion([2, 3])
    with torch.no_grad():
        fusion.absent[1] += torch.tensor([7.0, 8.0, 9.0])
    present = torch.tensor([[True, True], [True, False], [False, True]])
    fused, weights = fusion([torch.ones(3, 2), torch.full((3, 3), 2.0)], present)
    expected = [[1, 1, 2, 2, 2], [1, 1, 7, 8, 9], [0, 0, 2, 2, 2]]
    assert fused.tolist() == expected
    assert weights.tolist() == present.float().tolist()
    fused[:, 2:].sum().backward()
    assert fusion.absent[1].grad.tolist() == [1, 1, 1]


def test_attention_is_a_softmax_over_the_views_that_are_there():
    torch.manual_seed(0)
    fusion = AttentionFusion([2, 3, 4], 5, "relu")
    features = [torch.randn(4, size) for size in (2, 3, 4)]
    present = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 0, 1], [1, 1, 0]]).bool()
    fused, weights = fusion(features, present)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(4))
    assert torch.equal(weights > 0, present)
    projected = [p(x) for p, x in zip(fusion.projections, features, strict=True)]
    torch.testing.assert_close(fused[2], projected[2][2])
    energies = torch.cat([fusion.energy(p) for p in projected], dim=1)
    torch.testing.assert_close(weights[0], energies[0].softmax(0))
    torch.testing.assert_close(weights[1, [0, 2]], energies[1, [0, 2]].softmax(0))


@pytest.mark.parametrize("attention", [False, True])
def test_gradients_reach_every_weight(attention):
    network = FusionNetwork(make_branches(), 3, attention=attention, hidden_units=5).train()
    present = torch.ones(6, 2, dtype=torch.bool)
    present[0, 0] = present[1, 1] = False
    network(make_views(), present).square().sum().backward()
    assert [name for name, w in network.named_parameters() if w.grad is None] == []


def test_a_lone_network_is_itself():
    network = CNN(4, 20, 2, n_filters=8, kernel_size=3, kmer_path=2).eval()
    x = one_hot(5, 20)
    assert torch.equal(LoneNetwork(network).eval()([x], torch.ones(5, 1).bool()), network(x))
    both = LoneNetwork(network, COMPLEMENT).eval()([x], torch.ones(5, 1).bool())
    torch.testing.assert_close(both, (network(x) + network(x.flip(1, 2))) / 2)


def test_wrong_sizes():
    with pytest.raises(ValueError, match="projection_size must be made of positive integers"):
        FusionNetwork([Given(2), Given(3)], 1, attention=True, projection_size=0)

"""Recurrent networks with attention: published sizes, weights that are those used, padding."""

import pytest
import torch
from torch import nn

from skgenomics.networks.attention_rnn import (
    AttentionRNN,
    HierarchicalAttentionRNN,
    additive_attention,
    context_attention,
)

SMALL = {"kernel_sizes": (1, 3, 5), "n_filters": 2, "hidden_size": 3, "n_attention_units": 4}


def n_parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def one_hot_sequences(lengths, n_positions, n_channels=4):
    """Sequences from the first position, with zeros behind."""
    symbols = torch.randint(n_channels, (len(lengths), n_positions))
    x = nn.functional.one_hot(symbols, n_channels).transpose(1, 2).double()
    return x * (torch.arange(n_positions) < torch.tensor(lengths)[:, None])[:, None]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_context_attention_is_a_softmax_of_products():
    attend = context_attention(3).double()
    maps = torch.randn(2, 3, 5, dtype=torch.float64)
    summary, weights = attend(maps)
    context = attend.score.weight[0]
    for row, mean, shares in zip(maps, summary, weights, strict=True):
        expected = (context @ row).exp()
        torch.testing.assert_close(shares, expected / expected.sum())
        torch.testing.assert_close(mean, sum(shares[i] * row[:, i] for i in range(5)))


def test_additive_attention_is_a_softmax_of_tanh_units():
    attend = additive_attention(3, 4).double()
    maps = torch.randn(1, 3, 5, dtype=torch.float64)
    hidden, _, last = attend.score
    expected = [
        last.weight[0] @ (hidden.weight @ maps[0, :, i] + hidden.bias).tanh() for i in range(5)
    ]
    torch.testing.assert_close(attend(maps)[1][0], torch.stack(expected).softmax(dim=0))


def test_attention_leaves_padding_out():
    attend = context_attention(3).double()
    maps = torch.randn(3, 3, 5, dtype=torch.float64)
    mask = torch.tensor([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1], [0, 0, 0, 0, 0]]).bool()
    summary, weights = attend(maps, mask)
    assert not weights[~mask].any()
    torch.testing.assert_close(weights.sum(dim=1), torch.tensor([1.0, 1.0, 0.0]).double())
    torch.testing.assert_close(summary[:1], attend(maps[:1, :, :3])[0])
    torch.testing.assert_close(summary[1:2], attend(maps[1:2, :, 1:])[0])
    assert not summary[2].any()


class TestHierarchicalAttentionRNN:
    def test_published_size(self):
        network = HierarchicalAttentionRNN(5, 100, 1)
        assert n_parameters(network) == 55_681
        assert n_parameters(network.bin_rnns) == 5 * 8_960
        assert n_parameters(network.bin_attentions) == 5 * 64
        assert n_parameters(network.mark_rnn) == 10_496
        assert n_parameters(network.mark_attention) == 32
        assert n_parameters(network.output) == 33

    def test_forward_uses_the_attention_that_it_shows(self):
        network = HierarchicalAttentionRNN(3, 12, 2, hidden_size=4, mark_hidden_size=5)
        network = network.double().eval()
        x = torch.rand(2, 3, 12, dtype=torch.float64)
        over_bins, over_marks = network.attention(x)
        assert over_bins.shape == (2, 3, 12)
        assert over_marks.shape == (2, 3)
        torch.testing.assert_close(over_bins.sum(dim=2), torch.ones(2, 3).double())
        torch.testing.assert_close(over_marks.sum(dim=1), torch.ones(2).double())
        marks = [
            (network.bin_rnns[i](x[:, i : i + 1]) * over_bins[:, i : i + 1]).sum(dim=2)
            for i in range(3)
        ]
        maps = network.mark_rnn(torch.stack(marks, dim=2))
        scores = network.output((maps * over_marks[:, None]).sum(dim=2))
        torch.testing.assert_close(network(x), scores)

    def test_each_mark_has_its_own_attention(self):
        network = HierarchicalAttentionRNN(2, 12, 1, hidden_size=4).double().eval()
        x = torch.rand(1, 2, 12, dtype=torch.float64)
        changed = x.clone()
        changed[:, 1] += 1
        before, after = network.attention(x)[0], network.attention(changed)[0]
        assert torch.equal(before[:, 0], after[:, 0])
        assert not torch.allclose(before[:, 1], after[:, 1])
        same = network.attention(x[:, :1].expand(1, 2, 12))[0]
        assert not torch.allclose(same[:, 0], same[:, 1])

    def test_every_weight_learns(self):
        network = HierarchicalAttentionRNN(5, 20, 1)
        network(torch.rand(3, 5, 20)).sum().backward()
        assert all((parameter.grad != 0).any() for parameter in network.parameters())

    def test_learns_a_peak_anywhere_in_one_mark(self):
        """The same peaks in the other mark mean nothing."""
        network = HierarchicalAttentionRNN(2, 15, 1, hidden_size=8, mark_hidden_size=4, dropout=0)
        peaks = torch.randint(2, (400, 2))
        x = 0.2 * torch.rand(400, 2, 15)
        x.scatter_add_(2, torch.randint(15, (400, 2, 1)), peaks[..., None].float())
        y = peaks[:, :1].float()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
        for _ in range(60):
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(network(x[:200]), y[:200]).backward()
            optimizer.step()
        unseen = network(x[200:]) > 0
        assert (unseen == (y[200:] == 1)).float().mean() > 0.95


class TestAttentionRNN:
    def test_size(self):
        """Counted by hand from the paper's layers."""
        network = AttentionRNN(80, 1000, 11, hidden_units=400, n_attention_units=400)
        convolutions = sum(10 * (80 * size + 1) for size in (1, 3, 5, 9, 15, 21))
        lstm = 2 * 4 * (60 * 200 + 200 * 200 + 2 * 200)
        attention = 400 * (400 + 1) + 400
        dense = 400 * (400 + 1) + 11 * (400 + 1)
        assert n_parameters(network) == convolutions + lstm + attention + dense

    def test_deeploc_has_a_convolution_more(self):
        settings = {"n_filters": 20, "hidden_size": 256, "hidden_units": 512}
        plain = AttentionRNN(20, 1000, 10, **settings)
        network = AttentionRNN(20, 1000, 10, n_merged_filters=128, **settings)
        merging = 128 * (120 * 3 + 1)
        narrower = 2 * 4 * 256 * (128 - 120)
        assert n_parameters(network) - n_parameters(plain) == merging + narrower

    @pytest.mark.parametrize("n_merged_filters", [None, 4])
    @pytest.mark.parametrize("value", [0, 0.3])
    def test_padding_changes_nothing(self, n_merged_filters, value):
        network = AttentionRNN(4, 20, 3, n_merged_filters=n_merged_filters, **SMALL)
        network = network.double().eval()
        lengths = [20, 13, 6, 1]
        x = one_hot_sequences(lengths, 20)
        mask = torch.arange(20) < torch.tensor(lengths)[:, None]
        hidden = x + value * ~mask[:, None]
        scores = network(hidden, mask)
        for row, score, length in zip(x, scores, lengths, strict=True):
            torch.testing.assert_close(score, network(row[None, :, :length])[0])
        in_front = network(hidden.roll(7, 2)[1:], mask.roll(7, 1)[1:])
        torch.testing.assert_close(in_front, scores[1:])

    def test_padding_is_read_unless_masked(self):
        network = AttentionRNN(4, 20, 3, **SMALL).double().eval()
        x = one_hot_sequences([13], 20)
        assert not torch.allclose(network(x), network(x[..., :13]))
        masked = network(x, torch.arange(20)[None] < 13)
        torch.testing.assert_close(masked, network(x[..., :13]))

    def test_unknown_symbols_within_a_sequence_are_no_padding(self):
        network = AttentionRNN(4, 20, 3, **SMALL).double().eval()
        x = one_hot_sequences([15], 20)
        x[..., 6:9] = 0
        weights = network.attention(x, torch.arange(20)[None] < 15)[0]
        assert (weights[:15] > 0).all()
        assert not weights[15:].any()

    def test_forward_uses_the_attention_that_it_shows(self):
        network = AttentionRNN(4, 20, 3, hidden_units=(5,), **SMALL).double().eval()
        x = one_hot_sequences([20, 9], 20)
        weights = network.attention(x)
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(2).double())
        states = []
        network.recurrent.register_forward_hook(lambda *call: states.append(call[2]))
        scores = network(x)
        summary = (states[0] * weights[:, None]).sum(dim=2)
        torch.testing.assert_close(scores, network.output(network.hidden(summary)))

    def test_sequences_without_any_symbol_are_scored(self):
        network = AttentionRNN(4, 20, 3, **SMALL).double().eval()
        x = one_hot_sequences([20, 0], 20)
        scores = network(x, x.any(dim=1))
        torch.testing.assert_close(scores[1], network.output.bias)

    def test_every_weight_learns(self):
        network = AttentionRNN(4, 20, 2, n_merged_filters=3, hidden_units=4, dropout=0.0, **SMALL)
        network(one_hot_sequences([20, 15, 18], 20).float()).square().sum().backward()
        assert all((parameter.grad != 0).any() for parameter in network.parameters())

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"kernel_sizes": ()}, "kernel_sizes is empty"),
            ({"kernel_sizes": (3, 0)}, "kernel_sizes must be made of positive integers"),
            ({"n_filters": 0}, "n_filters must be made of positive integers"),
            ({"n_merged_filters": 0}, "n_merged_filters must be made of positive integers"),
            ({"n_attention_units": 0}, "n_attention_units must be made of positive integers"),
        ],
    )
    def test_wrong_settings_are_named(self, settings, message):
        with pytest.raises(ValueError, match=message):
            AttentionRNN(4, 20, 1, **settings)

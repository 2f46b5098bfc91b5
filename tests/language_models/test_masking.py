"""Random masks of masked language modeling."""

import pytest
import torch

from skgenomics.language_models._masking import Masking, split_into_passes
from skgenomics.language_models._vocabulary import Signals, Symbols, Tokens


@pytest.mark.parametrize(("rate", "span"), [(0.15, 1), (0.15, 6), (0.5, 3)])
def test_share_of_chosen_positions_is_the_rate_everywhere(rate, span):
    torch.manual_seed(0)
    chosen = Masking(rate, span).choose(torch.ones(40_000, 12, dtype=torch.bool))
    assert chosen.float().mean(dim=0).sub(rate).abs().max() < 0.012


def test_spans_are_long_and_leave_unknown_symbols_out():
    torch.manual_seed(0)
    known = torch.ones(2000, 30, dtype=torch.bool)
    chosen = Masking(0.1, span=5).choose(known)
    # A run that touches no end is at least as long as a span.
    padded = torch.nn.functional.pad(chosen, (1, 1)).int()
    starts = (padded.diff(dim=1) == 1).nonzero()
    ends = (padded.diff(dim=1) == -1).nonzero()
    lengths = ends[:, 1] - starts[:, 1]
    inside = (starts[:, 1] > 0) & (ends[:, 1] < 30)
    assert lengths[inside].min() == 5
    known[:, ::2] = False
    assert not Masking(0.9).choose(known)[:, ::2].any()


def test_symbols_are_masked_replaced_or_left():
    torch.manual_seed(0)
    codes = torch.randint(4, (4000, 20))
    x = torch.nn.functional.one_hot(codes, 4).float().transpose(1, 2)
    chosen = torch.zeros(4000, 20, dtype=torch.bool)
    chosen[:, 5:15] = True
    changed = Masking(0.5, hidden=0.8, replaced=0.1).corrupt(Symbols(4), x, chosen)
    assert torch.equal(changed[..., :5], x[..., :5])
    asked = changed[..., 5:15]
    is_hidden = ~asked.any(dim=1)
    assert abs(is_hidden.float().mean() - 0.8) < 0.01
    # A quarter of the random bases equal those that were replaced.
    is_same = (asked == x[..., 5:15]).all(dim=1)
    assert abs(is_same.float().mean() - (0.1 + 0.1 / 4)) < 0.01
    assert torch.equal(asked.sum(dim=1), (~is_hidden).float())


def test_without_replacement_all_chosen_symbols_are_masked():
    x = torch.eye(4).repeat(3, 1, 2)
    chosen = torch.rand(3, 8) < 0.5
    changed = Masking(0.5, hidden=1.0, replaced=0.0).corrupt(Symbols(4), x, chosen)
    assert torch.equal(changed.any(dim=1), ~chosen)


def test_tokens_become_the_mask_or_ordinary_tokens():
    torch.manual_seed(0)
    x = torch.randint(5, 50, (2000, 10), dtype=torch.int32)
    x[:, 0], x[:, -1] = 2, 0
    vocabulary = Tokens(50, mask_token=4)
    known = vocabulary.known(x)
    assert not known[:, 0].any()
    assert not known[:, -1].any()
    assert known[:, 1:-1].all()
    changed = Masking(0.5).corrupt(vocabulary, x, known)
    assert torch.equal(changed[:, [0, -1]], x[:, [0, -1]])
    inner = changed[:, 1:-1]
    assert abs((inner == 4).float().mean() - 0.8) < 0.02
    assert inner[inner != 4].min() >= 5
    assert changed.dtype == torch.int32


def test_signals_are_replaced_by_those_of_other_samples():
    torch.manual_seed(0)
    x = torch.randn(50, 2, 6)
    where = torch.rand(50, 6) < 0.5
    changed = Signals(2).replace(x, where, None)
    moved = changed.transpose(1, 2)[where]
    everything = x.transpose(1, 2).reshape(-1, 2)
    assert all((everything == row).all(dim=1).any() for row in moved)
    assert torch.equal(changed.transpose(1, 2)[~where], x.transpose(1, 2)[~where])


@pytest.mark.parametrize("n_passes", [1, 3, 7, 50, None])
def test_each_position_is_masked_in_one_pass(n_passes):
    wanted = torch.rand(4, 20) < 0.7
    masks = torch.stack(list(split_into_passes(wanted, n_passes)))
    assert torch.equal(masks.sum(dim=0), wanted.int())
    assert len(masks) == min(n_passes or 20, 20)

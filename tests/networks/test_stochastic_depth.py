"""Stochastic depth: whole samples, the right share, an unchanged mean."""

import pytest
import torch

from skgenomics.networks._layers import StochasticDepth, depth_rates


def test_whole_samples_are_dropped_and_the_others_scaled():
    torch.manual_seed(0)
    x = torch.ones(4000, 2, 3, dtype=torch.float64)
    dropped = StochasticDepth(0.25).train()(x).flatten(1)
    assert (dropped == dropped[:, :1]).all()
    torch.testing.assert_close(dropped.unique(), torch.tensor([0, 1 / 0.75]).double())
    assert (dropped[:, 0] == 0).double().mean() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(("rate", "training"), [(0.0, True), (0.9, False)])
def test_nothing_is_dropped_in_evaluation_or_at_rate_zero(rate, training):
    x = torch.rand(50, 3)
    assert StochasticDepth(rate).train(training)(x) is x


def test_rates_grow_linearly_to_the_last():
    assert depth_rates(0.4, 4) == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_rates_out_of_range_are_refused(rate):
    with pytest.raises(ValueError, match=r"must be a rate in \[0, 1"):
        StochasticDepth(rate)

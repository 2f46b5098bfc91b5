"""Batches and epochs where the user does not say."""

import pytest
import torch

from skgenomics.training._optimization import (
    choose_batch_size,
    choose_epochs,
    default_params,
    make_schedule,
    stops_early,
)


@pytest.mark.parametrize(
    ("n", "batch_size", "epochs"),
    [(10, 16, 60), (106, 16, 60), (1000, 32, 19), (5000, 128, 16), (100_000, 128, 16)],
)
def test_small_data_get_small_batches_and_more_epochs(n, batch_size, epochs):
    assert choose_batch_size("auto", n) == batch_size
    assert choose_epochs("auto", n, batch_size) == epochs


def test_what_the_user_says_counts():
    assert choose_batch_size(7, 1000) == 7
    assert choose_epochs(3, 1000, 7) == 3


def test_only_large_data_stop_early():
    assert [stops_early("auto", n) for n in (9_999, 10_000)] == [False, True]
    assert stops_early(True, 10)
    assert not stops_early(False, 10**6)


@pytest.mark.parametrize(("n_steps", "total"), [(8, 9), (9, 11), (10, 11)])
def test_one_cycle_ends_after_the_last_step(n_steps, total):
    """torch cannot have a tenth of ten steps, so that nine steps are a cycle of eleven."""
    [(_, callback)] = make_schedule("onecycle", [0.1], n_steps)
    assert callback.kwargs["total_steps"] == total
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, **callback.kwargs)
    for _ in range(n_steps):
        optimizer.step()
        schedule.step()
    assert schedule.get_last_lr()[0] < 0.005


def test_defaults_are_those_that_an_optimizer_takes():
    assert default_params(torch.optim.AdamW, 0.1) == {"weight_decay": 0.1, "fused": True}
    assert default_params(torch.optim.Rprop, 0.1) == {}

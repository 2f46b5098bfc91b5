"""Losses against their formulas."""

import math

import pytest
import torch

from skgenomics.training.losses import (
    BINARY_LOSSES,
    CLASS_LOSSES,
    REGRESSION_LOSSES,
    CrossEntropyLoss,
    FocalLoss,
    WeightedLoss,
    choose_loss,
)


def test_binary_focal_loss_by_hand():
    scores, y = torch.tensor([[2.0], [-1.0]]), torch.tensor([[1.0], [1.0]])
    loss = choose_loss(FocalLoss(gamma=2.0), BINARY_LOSSES)(scores, y)
    for score, value in zip((2.0, -1.0), loss.flatten().tolist(), strict=True):
        chance = 1 / (1 + math.exp(-score))
        assert value == pytest.approx((1 - chance) ** 2 * -math.log(chance), rel=1e-5)


def test_two_classes_agree_with_binary():
    binary = torch.tensor([[0.7], [-1.2]])
    both = torch.cat([torch.zeros(2, 1), binary], dim=1)
    labels = torch.tensor([1, 0])
    for loss in (CrossEntropyLoss(label_smoothing=0.1), FocalLoss(1.5, label_smoothing=0.1)):
        one = choose_loss(loss, BINARY_LOSSES)(binary, labels[:, None].float())
        two = choose_loss(loss, CLASS_LOSSES)(both, labels)
        torch.testing.assert_close(one.squeeze(1), two)


def test_poisson_is_least_at_the_rate():
    y = torch.full((1, 1), 3.0)
    loss = choose_loss("poisson", REGRESSION_LOSSES)
    at = [loss(torch.tensor([[math.log(rate)]]), y).item() for rate in (2.0, 3.0, 4.0)]
    assert min(at) == at[1]


def test_weight_zero_has_no_gradient():
    scores = torch.zeros(3, 2, requires_grad=True)
    weight = torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 0.0]])
    loss = WeightedLoss(choose_loss("cross_entropy", BINARY_LOSSES))
    loss(scores, torch.ones(3, 2), weight).backward()
    torch.testing.assert_close(scores.grad, -0.5 * weight / 6)


def test_unknown_loss_is_named():
    with pytest.raises(ValueError, match=r"loss must be one of .* got 'hinge'"):
        choose_loss("hinge", BINARY_LOSSES)

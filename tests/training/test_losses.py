"""Losses against their formulas."""

import math

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import multinomial
from torch import nn
from torch.nn import functional as F

from skgenomics import OneHotEncoder, SequenceClassifier
from skgenomics.inspection import attribute
from skgenomics.testing import make_text
from skgenomics.training import CrossEntropyLoss, FocalLoss
from skgenomics.training.losses import (
    BINARY_LOSSES,
    CLASS_LOSSES,
    REGRESSION_LOSSES,
    MultinomialLoss,
    WeightedLoss,
    choose_loss,
)


def test_binary_focal_loss_by_hand():
    scores, y = torch.tensor([[2.0], [-1.0]]), torch.tensor([[1.0], [1.0]])
    loss = choose_loss(FocalLoss(gamma=2.0), BINARY_LOSSES)(scores, y)
    for score, value in zip((2.0, -1.0), loss.flatten().tolist(), strict=True):
        probability = 1 / (1 + math.exp(-score))
        assert value == pytest.approx((1 - probability) ** 2 * -math.log(probability), rel=1e-5)


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


@pytest.mark.parametrize("joint_tracks", [False, True])
def test_loss_of_shapes_is_that_of_a_multinomial_distribution(joint_tracks):
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(3, 2, 6)), rng.poisson(4, size=(3, 2, 5))
    logits, log_totals = scores[..., :-1], scores[..., -1]
    if joint_tracks:
        logits, log_totals, counts = logits.reshape(3, -1), log_totals[:, 0], y.reshape(3, -1)
    else:
        logits, log_totals, counts = logits.reshape(6, -1), log_totals.ravel(), y.reshape(6, -1)
    total = counts.sum(axis=1)
    shape = -multinomial.logpmf(counts, total, softmax(logits, axis=1))
    loss = MultinomialLoss(count_weight=0.5, joint_tracks=joint_tracks)
    actual = loss(torch.from_numpy(scores), torch.from_numpy(y).double(), torch.ones(3, 2, 5))
    expected = np.mean(shape + 0.5 * (log_totals - np.log1p(total)) ** 2)
    assert actual.item() == pytest.approx(expected)


def test_weight_zero_has_no_gradient():
    scores = torch.zeros(3, 2, requires_grad=True)
    weight = torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 0.0]])
    loss = WeightedLoss(choose_loss("cross_entropy", BINARY_LOSSES))
    loss(scores, torch.ones(3, 2), weight).backward()
    torch.testing.assert_close(scores.grad, -0.5 * weight / 6)


def test_unknown_loss_is_named():
    with pytest.raises(ValueError, match=r"loss must be one of .* got 'hinge'"):
        choose_loss("hinge", BINARY_LOSSES)


class TwoHeads(nn.Module):
    """A module with an auxiliary output, in training and otherwise."""

    def __init__(self, n_channels, n_outputs):
        super().__init__()
        self.convolution = nn.Conv1d(n_channels, 4, 3)
        self.output, self.composition = nn.Linear(4, n_outputs), nn.Linear(4, n_channels)

    def forward(self, x):
        features = self.convolution(x).mean(dim=2)
        return self.output(features), self.composition(features)


def test_auxiliary_outputs_reach_the_loss_in_training_alone():
    X, y = make_text(24, 10), np.arange(24) % 2
    seen = []

    def loss(scores, y, *auxiliary):
        losses = F.binary_cross_entropy_with_logits(scores, y, reduction="none")
        seen.append([output.shape[1:] for output in auxiliary])
        for composition in auxiliary:
            losses = losses + 10 * composition.square().mean(dim=1, keepdim=True)
        return losses

    settings = {"max_iter": 30, "random_state": 0, "learning_rate": 0.02}
    model = SequenceClassifier(TwoHeads, loss=loss, **settings)
    model.fit(X, y, validation_data=(X, y))
    assert [torch.Size([4])] in seen
    # Validation has none.
    assert [] in seen
    assert model.predict_proba(X).shape == (24, 2)
    with torch.no_grad():
        x = torch.tensor(OneHotEncoder().fit_transform(X)).reshape(24, 10, 4).transpose(1, 2)
        assert model.network_(x)[1].abs().max() < 0.1
    assert attribute(model, X[:2]).shape == (2, 10, 4)


def test_auxiliary_outputs_need_a_loss_that_takes_them():
    with pytest.raises(ValueError, match=r"TwoHeads returns 1 auxiliary output.*function\(scores"):
        SequenceClassifier(TwoHeads, loss="cross_entropy").fit(make_text(8, 10), [0, 1] * 4)

"""Gradients of fine-tuned models by position, against those of the models of transformers."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from skgenomics.inspection import attribute, mutagenesis
from skgenomics.inspection._scores import find_sequence_score
from skgenomics.pretrained import PretrainedClassifier, PretrainedRegressor
from skgenomics.testing import make_text

KINDS = ("bases", "overlapping k-mers", "k-mers")
FIRST, *REST = make_text(4, 14)
X = [FIRST, *(text[:9] for text in REST)]
QUICK = {"mode": "head", "max_iter": 1, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module", params=KINDS)
def model(request, checkpoints):
    return PretrainedClassifier(checkpoints[request.param], **QUICK).fit(X, [0, 1, 0, 1])


@pytest.fixture(scope="module")
def of_bases(checkpoints):
    return PretrainedClassifier(checkpoints["bases"], **QUICK).fit(X, [0, 1, 0, 1])


def score_of(model):
    score = find_sequence_score(model, gradients=True)
    data = score.read(X)
    return score, score.to_channels(data), score.mask(data)


def test_scores_of_one_hot_input_are_predictions(model):
    score, x, mask = score_of(model)
    expected = model.decision_function(X)
    assert_allclose(score(x, mask).detach(), expected, atol=1e-5)
    assert_allclose(score.predict(score.read(X)), expected, atol=1e-5)


def test_gradients_are_those_of_embeddings(of_bases):
    """By hand: the gradient with respect to the input embeddings, times those of each base."""
    found = attribute(of_bases, X, method="input_x_gradient", correct_gradient=False)
    trunk, output = of_bases.network_.trunk, of_bases.network_.output
    words = trunk.model.get_input_embeddings().weight.detach()
    bases = of_bases.tokenizer_.convert_tokens_to_ids(list("ACGT"))
    for text, values in zip(X, found, strict=True):
        ids = torch.tensor([of_bases.tokenizer_(text)["input_ids"]])
        vectors = words[ids].requires_grad_()
        states = trunk.model(inputs_embeds=vectors).last_hidden_state[:, 1:-1]
        (gradient,) = torch.autograd.grad(output(states.mean(dim=1)).sum(), vectors)
        expected = gradient[0, 1:-1] @ words[bases].T
        assert_allclose(values[: len(text)], expected, atol=1e-5)
        assert not values[len(text) :].any()


def test_gradients_are_slopes(model):
    """Towards the word with another symbol, for k-mers as well."""
    score, x, mask = score_of(model)
    x = x.double().requires_grad_()
    model.network_.double()
    try:
        (gradient,) = torch.autograd.grad(score(x, mask).sum(), x)
        direction = torch.zeros_like(x)
        direction[:, :, 4] = torch.tensor([0.4, -0.3, 0.2, -0.3])
        ends = [score((x + step * direction).detach(), mask) for step in (1e-5, -1e-5)]
    finally:
        model.network_.float()
    expected = (ends[0] - ends[1]).detach() / 2e-5
    assert_allclose((gradient * direction).sum(dim=(1, 2)), expected, rtol=1e-4, atol=1e-7)


def test_integrated_gradients_are_complete(model):
    found = attribute(model, X)
    assert found.shape == (4, 14, 4)
    assert_allclose(found.relative_gap, 0, atol=0.01)
    assert not found.actual[1:, 9:].any()
    # A word with an unknown base keeps its embedding; unknown bases get nothing.
    masked = [text[:4] + "N" + text[5:] for text in X]
    found = attribute(model, masked, method="input_x_gradient")
    assert not np.asarray(found)[:, 4].any()
    assert np.asarray(found)[:, 0].any()


def test_members_of_an_ensemble(of_bases):
    calibrated = CalibratedClassifierCV(FrozenEstimator(of_bases)).fit(X * 5, [0, 1, 0, 1] * 5)
    found = attribute(calibrated, X)
    assert_allclose(found, attribute(of_bases, X), atol=1e-5)


def test_values_windows_and_edited_text(checkpoints):
    regressor = PretrainedRegressor(
        checkpoints["k-mers"], **QUICK, max_tokens=5, overflow="windows"
    ).fit(X, [0.0, 10.0, 20.0, 30.0])
    found = attribute(regressor, X, method="integrated_gradients")
    assert_allclose(found.relative_gap, 0, atol=0.01)
    assert_allclose(found.scores, regressor.predict(X), rtol=1e-5)
    # Other verbs edit the text, as before.
    assert mutagenesis(regressor, X[:1]).shape == (1, 14, 4)


def test_no_gradients(checkpoints, of_bases):
    model = PretrainedClassifier(checkpoints["bpe"], **QUICK).fit(X, [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"depend on the symbols, as those of byte pairs.*occlu"):
        attribute(model, X)
    with pytest.raises(ValueError, match=r"DeepLIFT has no rule.*integrated_gradients"):
        attribute(of_bases, X, method="deeplift")

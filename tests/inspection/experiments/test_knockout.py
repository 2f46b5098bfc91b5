"""Filters that are switched off."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, OneHotEncoder, TransformerClassifier, zoo
from skgenomics.inspection.experiments.knockout import kernel_knockout
from skgenomics.testing import make_text

X = make_text(40, 30)
Y = np.arange(40) % 2


@pytest.fixture(scope="module")
def cnn():
    return CNNClassifier(n_filters=6, max_iter=3, random_state=0).fit(X, Y)


def scores_without(model, convolution, i):
    """Zero from a convolution is what zero weights and bias give."""
    kept = convolution.weight[i].detach().clone(), convolution.bias[i].detach().clone()
    with torch.no_grad():
        convolution.weight[i], convolution.bias[i] = 0, 0
        scores = model.decision_function(X)
        convolution.weight[i], convolution.bias[i] = kept
    return scores


def test_a_filter_that_is_off_has_zero_weights(cnn):
    table = kernel_knockout(cnn, X, Y, value="zero", scoring="roc_auc")
    before = cnn.decision_function(X)
    conv = next(m for m in cnn.network_.modules() if isinstance(m, torch.nn.Conv2d))
    for i in range(6):
        after, row = scores_without(cnn, conv, i), table.iloc[i]
        assert row["effect"] == pytest.approx((before - after).mean(), abs=1e-5)
        assert row["absolute_effect"] == pytest.approx(abs(before - after).mean(), abs=1e-5)
        drop = roc_auc_score(Y, before) - roc_auc_score(Y, after)
        assert row["metric_drop"] == pytest.approx(drop, abs=1e-6)


def test_the_mean_of_a_constant_filter_changes_nothing():
    model = CNNClassifier(n_filters=4, max_iter=1, random_state=0).fit(X, Y)
    conv = next(m for m in model.network_.modules() if isinstance(m, torch.nn.Conv2d))
    with torch.no_grad():
        conv.weight[2] = 0
    table = kernel_knockout(model, X)
    assert table["absolute_effect"][2] == pytest.approx(0, abs=1e-6)
    assert (table["absolute_effect"].drop(2) > 1e-6).all()


def test_tied_filters_and_pipelines():
    model = CNNClassifier(n_filters=6, reverse_complement="tied", max_iter=1, random_state=0)
    pipeline = make_pipeline(OneHotEncoder(), model).fit(X, Y)
    table = kernel_knockout(pipeline, X, Y)
    assert table["filter"].tolist() == [0, 1, 2]
    turned = kernel_knockout(pipeline, X, value="zero")
    assert np.isfinite(turned["effect"]).all()


def test_the_estimator_stays_as_it_is(cnn):
    before = cnn.decision_function(X)
    kernel_knockout(cnn, X, Y)
    np.testing.assert_array_equal(cnn.decision_function(X), before)
    assert not any(m._forward_hooks for m in cnn.network_.modules())


def test_filters_of_any_convolution():
    model = CNNClassifier(n_filters=(6, 5), kernel_size=3, max_iter=1, random_state=0).fit(X, Y)
    convolutions = [m for m in model.network_.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [c.out_channels for c in convolutions][:2] == [6, 5]
    table = kernel_knockout(model, X, layer=1, value="zero")
    before = model.decision_function(X)
    effects = [(before - scores_without(model, convolutions[1], i)).mean() for i in range(5)]
    np.testing.assert_allclose(table["effect"], effects, atol=1e-5)
    with pytest.raises(ValueError, match="layer must be an integer"):
        kernel_knockout(model, X, layer=99)


def test_what_has_no_filters_is_named(cnn):
    settings = {"d_model": 8, "n_heads": 2, "max_iter": 1, "random_state": 0}
    transformer = TransformerClassifier(stem_filters=(), **settings).fit(X, Y)
    with pytest.raises(ValueError, match="has no convolution"):
        kernel_knockout(transformer, X)
    with pytest.raises(ValueError, match="value must be"):
        kernel_knockout(cnn, X, value="one")


def test_a_network_whose_first_convolution_reads_no_motifs():
    """The narrowest of the convolutions side by side sees one letter; the others can be named."""
    proteins = [text.replace("T", "W") for text in X]
    model = zoo.make("DeepLoc", width=0.02, max_iter=1, random_state=0).fit(proteins, Y)
    with pytest.raises(ValueError, match=r"does not begin with a convolution.* by `layer`"):
        kernel_knockout(model, proteins)
    assert len(kernel_knockout(model, proteins[:5], layer=1)) == 4

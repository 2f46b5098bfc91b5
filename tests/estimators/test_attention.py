"""Attention maps of fitted estimators."""

import numpy as np
import pytest

from skgenomics import ConvTransformerClassifier, KmerTokenizer, TransformerClassifier
from skgenomics.testing import make_text

X = make_text(30, 40)
Y = np.arange(30) % 2


@pytest.mark.parametrize(
    ("estimator", "n_left"),
    [
        (TransformerClassifier(d_model=8, n_heads=2, stem_filters=8, stem_pool_size=4), 10),
        (ConvTransformerClassifier(d_model=16, n_heads=2, n_downsamplings=3), 5),
    ],
)
def test_rows_of_a_map_sum_to_one(estimator, n_left):
    estimator.set_params(n_layers=2, max_iter=1, random_state=0).fit(X, Y)
    maps = estimator.attention_maps(X)
    assert [layer.shape for layer in maps] == [(30, 2, n_left, n_left)] * 2
    for layer in maps:
        np.testing.assert_allclose(layer.sum(axis=-1), 1, atol=1e-5)
    one_by_one = estimator.attention_maps(X[7:8])[1][0]
    np.testing.assert_allclose(one_by_one, maps[1][7], atol=1e-6)


def test_padding_is_never_looked_at():
    estimator = TransformerClassifier(d_model=8, n_heads=2, n_layers=1, stem_filters=(), max_iter=1)
    shorter = [X[0][:-1], *X[1:]]
    maps = estimator.fit(shorter, Y).attention_maps(["ACGTACGT"])[0]
    assert not maps[..., 8:].any()
    np.testing.assert_allclose(maps[..., :8, :].sum(axis=-1), 1, atol=1e-5)


def test_tokens_have_maps_too():
    tokens = KmerTokenizer(k=3).fit_transform(X)
    estimator = TransformerClassifier(
        vocabulary_size=69, stem_filters=(), d_model=8, n_heads=2, n_layers=1, max_iter=1
    )
    assert estimator.fit(tokens, Y).attention_maps(tokens)[0].shape == (30, 2, 40, 40)

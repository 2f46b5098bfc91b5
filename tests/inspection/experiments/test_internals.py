"""Scores along a sequence, and attention between its positions."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from tolerances import assert_close

from skgenomics import (
    CNNClassifier,
    ConvTransformerClassifier,
    KmerTokenizer,
    OneHotEncoder,
    RNNClassifier,
    TransformerClassifier,
    zoo,
)
from skgenomics.inspection.experiments.internals import attention_map, temporal_output
from skgenomics.testing import make_text

X = make_text(40, 30)
Y = np.arange(40) % 2


@pytest.fixture(scope="module")
def transformer():
    settings = {"d_model": 8, "n_heads": 2, "n_layers": 3, "max_iter": 1, "random_state": 0}
    return TransformerClassifier(stem_filters=(), **settings).fit(X, Y)


@pytest.fixture(scope="module")
def cnn():
    return CNNClassifier(n_filters=6, max_iter=3, random_state=0).fit(X, Y)


def test_prefixes_and_suffixes_are_scored():
    model = RNNClassifier(hidden_size=5, max_iter=1, random_state=0).fit(X, Y)
    result = temporal_output(model, X[:4])
    for i in range(4):
        prefixes = [X[i][: t + 1] for t in range(30)]
        suffixes = ["N" * t + X[i][t:] for t in range(30)]
        expected = model.decision_function(prefixes)
        np.testing.assert_allclose(result.forward[i], expected, atol=1e-5)
        np.testing.assert_allclose(result.backward[i], model.decision_function(suffixes), atol=1e-5)


def test_temporal_output_through_pipelines_and_both_strands():
    model = RNNClassifier(hidden_size=5, max_iter=1, reverse_complement="average", random_state=0)
    model = make_pipeline(OneHotEncoder(), model).fit(X, Y)
    result = temporal_output(model, X[:2])
    scores = model.decision_function(X[:2])
    np.testing.assert_allclose(result.forward[:, -1], scores, atol=1e-5)
    np.testing.assert_allclose(result.backward[:, 0], scores, atol=1e-5)


def test_maps_of_symbols_are_those_of_the_estimator(transformer):
    maps = transformer.attention_maps(X[:3])
    np.testing.assert_allclose(
        attention_map(transformer, X[:3]), np.mean([m.mean(axis=1) for m in maps], axis=0)
    )
    last = attention_map(transformer, X[:3], layer=-1, head=1)
    assert_close(last, maps[2][:, 1])
    strongest = attention_map(transformer, X[:3], layer=0, head="max")
    np.testing.assert_allclose(strongest, maps[0].max(axis=1))


def test_rollout_multiplies_layers(transformer):
    maps = [m.mean(axis=1) for m in transformer.attention_maps(X[:3])]
    first, second, third = (m / 2 + np.eye(30) / 2 for m in maps)
    rolled = attention_map(transformer, X[:3], rollout=True)
    np.testing.assert_allclose(rolled, third @ second @ first, atol=1e-6)
    np.testing.assert_allclose(rolled.sum(axis=2), 1, atol=1e-5)
    early = attention_map(transformer, X[:3], rollout=True, layer=0)
    np.testing.assert_allclose(early, first, atol=1e-6)


@pytest.mark.parametrize("rollout", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        TransformerClassifier(d_model=8, n_heads=2, stem_filters=8, stem_pool_size=4, n_layers=2),
        ConvTransformerClassifier(d_model=16, n_heads=2, n_downsamplings=3, n_layers=1),
    ],
)
def test_windows_share_their_attention_evenly(model, rollout):
    model.set_params(max_iter=1, random_state=0).fit(X, Y)
    maps = attention_map(model, X[:3], rollout=rollout)
    assert maps.shape == (3, 30, 30)
    np.testing.assert_allclose(maps.sum(axis=2), 1, atol=1e-5)
    stride = model.network_.trunk.stride
    np.testing.assert_array_equal(maps[:, 0], maps[:, stride - 1])
    np.testing.assert_array_equal(maps[:, :, 0], maps[:, :, stride - 1])
    narrow = model.attention_maps(X[:3])[0].mean(axis=1)
    if not rollout and len(model.network_.trunk.blocks) == 1:
        np.testing.assert_allclose(maps[:, 0, :stride].sum(axis=1), narrow[:, 0, 0], atol=1e-6)


def test_tokens_have_maps_of_tokens():
    settings = {"stem_filters": (), "d_model": 8, "n_heads": 2, "n_layers": 1, "max_iter": 1}
    model = TransformerClassifier(vocabulary_size=69, **settings)
    model = make_pipeline(KmerTokenizer(k=3), model).fit(X, Y)
    n_tokens = KmerTokenizer(k=3).fit_transform(X).shape[1]
    assert attention_map(model, X[:2]).shape == (2, n_tokens, n_tokens)


def test_nobody_looks_at_padding(transformer):
    padded = clone(transformer).fit([X[0][:-1], *X[1:]], Y)
    maps = attention_map(padded, ["ACGTACGT"])
    assert not maps[0, :, 8:].any()


def test_what_has_no_attention_is_named(cnn, transformer):
    with pytest.raises(ValueError, match="CNNClassifier has no attention"):
        attention_map(cnn, X)
    for settings in ({"layer": 3}, {"layer": "last"}, {"head": 2}, {"head": "sum"}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            attention_map(transformer, X[:1], **settings)


def test_attention_that_sums_up_a_sequence():
    rng = np.random.RandomState(0)
    proteins = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 25)) for _ in range(12)]
    model = zoo.make("DeepLoc", width=0.02, max_iter=1, random_state=0)
    model.fit([*proteins[:11], proteins[11][:20]], Y[:12])
    maps = attention_map(model, [*proteins[:2], proteins[2][:10]])
    assert maps.shape == (3, 1, 25)
    np.testing.assert_allclose(maps.sum(axis=2), 1, atol=1e-5)
    assert not maps[2, 0, 10:].any()
    # The summary is the mean over positions with these weights.
    network = model.network_
    maps_of_first = []
    handle = network.recurrent.register_forward_hook(lambda *a: maps_of_first.append(a[2]))
    summaries = []
    other = network.summary.register_forward_hook(lambda *a: summaries.append(a[2][0]))
    model.decision_function(proteins[:2])
    handle.remove()
    other.remove()
    weighted = (maps_of_first[0].numpy() * maps[:2]).sum(axis=2)
    np.testing.assert_allclose(weighted, summaries[0].numpy(), atol=1e-5)
    for settings in ({"layer": 1}, {"rollout": True}):
        with pytest.raises(ValueError, match="one layer only"):
            attention_map(model, proteins[:1], **settings)


def test_attention_of_signals():
    rng = np.random.RandomState(0)
    signals = rng.random_sample((12, 20, 5)).astype(np.float32)
    model = zoo.make("AttentiveChrome", max_iter=1, random_state=0).fit(signals, Y[:12])
    maps = attention_map(model, signals[:3])
    assert maps.shape == (3, 5, 20)
    np.testing.assert_allclose(maps.sum(axis=2), 1, atol=1e-5)

"""Activations of trained networks: equality with the network's own parts, pipelines, refusals."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tolerances import assert_close

from skgenomics import (
    Autoencoder,
    CNNClassifier,
    DeepEnsembleClassifier,
    KmerCounter,
    MaskedLanguageModel,
    NetworkEmbedder,
    OneHotEncoder,
    RNNClassifier,
    SequenceClassifier,
    SequenceLabeler,
    TransformerClassifier,
    embed,
    load,
    save,
    zoo,
)
from skgenomics.testing import make_text

X = make_text(24, 30)
Y = np.array([x.count("G") > 7 for x in X]).astype(int)
QUICK = {"max_iter": 1, "random_state": 0}
CNN = {
    "n_filters": (8, 6),
    "kernel_size": 5,
    "pool_size": 1,
    "linear_path": False,
    "kmer_path": 0,
} | QUICK


@pytest.fixture(scope="module")
def model():
    return CNNClassifier(**CNN, hidden_units=5, reverse_complement="average").fit(X, Y)


def channels(sequences):
    x = OneHotEncoder().fit_transform(sequences).reshape(len(sequences), -1, 4)
    return torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1)))


def test_the_output_layer_reads_the_default_embedding(model):
    output = model.network_.output
    found = embed(model, X)
    scores = found @ output.weight.detach().numpy().T + output.bias.detach().numpy()
    assert found.shape == (24, 5)
    assert_close(scores[:, 0], model.decision_function(X), depth=4)


def test_positions_of_a_feature_map(model):
    found = embed(model, X, layer="trunk", pooling=None)
    expected = model.network_.trunk(channels(X))[0].detach().numpy().transpose(0, 2, 1)
    assert found.shape == (24, 30, 6)
    assert_close(found, expected, depth=4)


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_pooling_averages_both_strands(model, pooling):
    found = embed(model, X, layer="trunk", pooling=pooling)
    both = [model.network_.trunk(x)[0].detach().numpy() for x in both_strands(X)]
    expected = sum(getattr(x, pooling)(axis=2) for x in both) / 2
    assert_close(found, expected, depth=4)


def both_strands(sequences):
    x = channels(sequences)
    return x, x.flip(1, 2)


@pytest.mark.parametrize(
    ("cls", "settings", "layer"),
    [
        (CNNClassifier, {"n_filters": (8, 6), "kernel_size": 5, "pool_size": (1, 2)}, "trunk"),
        (CNNClassifier, {"n_filters": (8, 6), "kernel_size": 5, "pool_size": 1}, None),
        (TransformerClassifier, {"d_model": 8, "n_heads": 2, "n_layers": 1}, "trunk.blocks.0"),
    ],
)
@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_padding_takes_no_part(cls, settings, layer, pooling):
    unequal = [x[: 16 + i] for i, x in enumerate(X[:14])] + X[14:]
    fitted = cls(**settings, **QUICK).fit(unequal, Y)
    together = embed(fitted, unequal, layer=layer, pooling=pooling)
    alone = [embed(fitted, [x], layer=layer, pooling=pooling)[0] for x in unequal[:3]]
    assert_close(together[:3], np.array(alone), depth=8)


def test_labels_of_positions():
    labels = ["".join("D" if b == "G" else "N" for b in x) for x in X]
    labeler = SequenceLabeler(network="cnn", **QUICK).fit(X, labels)
    features = embed(labeler, X, pooling=None)
    assert features.shape[:2] == (24, 30)
    assert_close(embed(labeler, X), features.mean(axis=1), depth=4)


def test_members_of_an_ensemble_stand_side_by_side():
    ensemble = DeepEnsembleClassifier(CNNClassifier(**CNN), n_estimators=2).fit(X, Y)
    parts = [embed(member, X) for member in ensemble.estimators_]
    np.testing.assert_array_equal(embed(ensemble, X), np.hstack(parts))


def test_language_models_and_autoencoders():
    params = {"n_filters": (8, 8), "kernel_size": 3}
    language_model = MaskedLanguageModel(network="cnn", network_params=params, **QUICK).fit(X)
    np.testing.assert_array_equal(embed(language_model, X), language_model.transform(X))
    assert embed(language_model, X, layer="trunk", pooling="max").shape == (24, 8)
    table = np.random.default_rng(0).random((20, 6), dtype=np.float32)
    autoencoder = Autoencoder(n_components=2, hidden_units=5, max_iter=1, random_state=0).fit(table)
    np.testing.assert_array_equal(embed(autoencoder, table), autoencoder.transform(table))
    assert embed(autoencoder, table, layer="hidden").shape == (20, 5)


def test_steps_of_a_pipeline_come_first(model):
    pipeline = make_pipeline(OneHotEncoder(), CNNClassifier(**CNN)).fit(X, Y)
    np.testing.assert_array_equal(embed(pipeline, X), embed(pipeline[-1], pipeline[0].transform(X)))


def test_features_of_deepsea_for_a_recurrent_network(tmp_path):
    """BiRen: a GRU on the features of a network that was trained on other data."""
    source = zoo.make("DeepSEA", width=0.02, length=200, **QUICK)
    longer = make_text(24, 200)
    source.fit(longer, np.column_stack([Y, 1 - Y]))
    embedder = NetworkEmbedder(FrozenEstimator(source), layer="trunk", pooling=None)
    n_channels = embedder.fit(longer).n_channels_out_
    gru = RNNClassifier(n_channels=n_channels, hidden_size=4, embedding_size=4, cell="gru", **QUICK)
    pipeline = make_pipeline(clone(embedder), gru).fit(longer, Y)
    features = embed(source, longer, layer="trunk", pooling=None)
    np.testing.assert_array_equal(pipeline[0].transform(longer), features.reshape(24, -1))
    assert len(pipeline[0].get_feature_names_out()) == features[0].size
    save(pipeline, tmp_path / "biren.skops")
    copy = load(tmp_path / "biren.skops")
    np.testing.assert_array_equal(copy.predict_proba(longer), pipeline.predict_proba(longer))


def test_a_file_is_used_as_it_is(model, tmp_path):
    save(model, tmp_path / "model.skops")
    embedder = NetworkEmbedder(tmp_path / "model.skops").fit(X)
    np.testing.assert_array_equal(embedder.transform(X), embed(model, X))


def test_an_unfitted_estimator_is_trained_in_fit():
    pipeline = make_pipeline(NetworkEmbedder(CNNClassifier(**CNN)), LogisticRegression())
    pipeline.fit(X, Y)
    expected = embed(CNNClassifier(**CNN).fit(X, Y), X)
    np.testing.assert_array_equal(pipeline[0].transform(X), expected)
    with pytest.raises(ValueError, match=r"requires y.*FrozenEstimator"):
        NetworkEmbedder(CNNClassifier(**CNN)).fit(X)


def test_positions_need_one_length(model):
    labels = ["".join("D" if b == "G" else "N" for b in x) for x in X]
    labeler = SequenceLabeler(network="cnn", **QUICK).fit(X, labels)
    embedder = NetworkEmbedder(FrozenEstimator(labeler), pooling=None).fit(X)
    with pytest.raises(ValueError, match=r"has 40 positions, but had 30 in fit.*FixedLength"):
        embedder.transform([x + x[:10] for x in X])


class _Unnamed(torch.nn.Module):
    def __init__(self, n_channels, length, n_outputs):
        super().__init__()
        self.last = torch.nn.Linear(n_channels * length, n_outputs)
        self.unused = torch.nn.Linear(1, 1)

    def forward(self, x):
        return self.last(x.flatten(1))


def test_refusals(model):
    with pytest.raises(ValueError, match=r"CNN has no layer 'conv9'; set `layer` to one of trunk"):
        embed(model, X, layer="conv9")
    with pytest.raises(ValueError, match=r"pooling must be one of"):
        embed(model, X, pooling="median")
    kmers = make_pipeline(KmerCounter(k=2), LogisticRegression()).fit(X, Y)
    with pytest.raises(ValueError, match="LogisticRegression holds no network"):
        embed(kmers, X)
    own = SequenceClassifier(_Unnamed, **QUICK).fit(X, Y)
    with pytest.raises(ValueError, match=r"has no module `output`; set `layer` to one of last"):
        embed(own, X)
    with pytest.raises(ValueError, match="'unused' does not run"):
        embed(own, X, layer="unused")
    assert embed(own, X, layer="last").shape == (24, 1)

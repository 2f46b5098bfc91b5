"""Sequences of unequal length: padding is ignored, unknown bases are not, any length is read."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from torch import nn

import skgenomics
from skgenomics import (
    CNNClassifier,
    ConditionalClassifier,
    FixedLength,
    MLPClassifier,
    MultiTaskEstimator,
    MultiViewClassifier,
    OneHotEncoder,
    OrdinalEncoder,
    ProfileRegressor,
    SequenceClassifier,
    SequenceLabeler,
)
from skgenomics._utils import input_validation
from skgenomics.autoencoders import SequenceVAE
from skgenomics.inspection import attribute, mutagenesis
from skgenomics.language_models import MaskedLanguageModel
from skgenomics.networks import CNN, AttentionRNN
from skgenomics.sequences import encode

FAMILIES = {
    "CNN": {"n_filters": 8, "kernel_size": 5},
    "ResNet": {"n_filters": 8, "stem_filters": 8, "dilation": (1, 2)},
    "RNN": {"hidden_size": 6},
    "CNNRNN": {"n_filters": 8, "kernel_size": 5, "hidden_size": 6},
    "Transformer": {"d_model": 8, "n_layers": 1, "n_heads": 2, "stem_filters": 8},
    "LongConv": {"d_model": 8, "n_layers": 1},
    "ConvTransformer": {
        "d_model": 16,
        "n_layers": 1,
        "n_heads": 2,
        "d_key": 8,
        "n_downsamplings": 2,
    },
}


class Linear(nn.Sequential):
    """A module of the user, which does not know of padding."""

    def __init__(self, n_channels, length, n_outputs):
        super().__init__(nn.Flatten(), nn.Linear(n_channels * length, n_outputs))


CNN_SETTINGS = FAMILIES["CNN"] | {"max_iter": 1, "random_state": 0}


def sequences(n=40, low=15, high=40, seed=0, symbols="ACGT"):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(symbols), rng.integers(low, high + 1))) for _ in range(n)]


X = sequences()
Y = np.arange(len(X)) % 2
LONG = sequences(1, 300, 300)[0]


def check_batches(predict, atol=1e-6):
    """Predictions depend neither on the other sequences of a batch nor on their lengths."""
    alone = np.concatenate([predict([x]) for x in X[:4]])
    assert_allclose(predict(X[:4]), alone, atol=atol)
    assert_allclose(predict([*X[:4], LONG, "ACGT"])[:4], alone, atol=atol)
    assert_allclose(predict([""]), predict(["", LONG])[:1], atol=atol)
    # An N at the end belongs to a sequence, whatever stands beside it.
    longer = [x + "NNN" for x in X[:4]]
    assert abs(predict(longer) - alone).max() > 1e-5
    assert_allclose(predict([*longer, LONG])[:4], predict(longer), atol=atol)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("strands", [None, "average"])
def test_families_read_any_length(name, strands):
    cls = getattr(skgenomics, f"{name}Classifier")
    settings = FAMILIES[name] | {"max_iter": 1, "random_state": 0, "reverse_complement": strands}
    classifier = cls(**settings).fit(X, Y)
    assert classifier.has_padding_
    check_batches(classifier.decision_function)
    # Codes carry the mark of padding, so that they are what the text is.
    codes = OrdinalEncoder().fit_transform(X)
    same = clone(classifier).fit(codes, Y)
    assert same.has_padding_
    assert_allclose(same.decision_function(codes), classifier.decision_function(X), atol=1e-6)


def test_tied_strands_and_augmentation():
    augmentation = skgenomics.training.Augmentation(
        shift=3, insertion=4, deletion=4, inversion=4, translocation=4, masking_rate=0.1
    )
    classifier = CNNClassifier(
        **CNN_SETTINGS, reverse_complement="tied", augmentation=augmentation
    ).fit(X, Y)
    check_batches(classifier.decision_function)
    reverse = skgenomics.sequences.reverse_complement(X[:4])
    scores = classifier.decision_function(X[:4])
    assert_allclose(classifier.decision_function(reverse), scores, atol=1e-6)


def test_one_length_reads_unknown_bases_as_zeros():
    equal = sequences(low=30, high=30)
    classifier = CNNClassifier(**CNN_SETTINGS).fit(equal, Y)
    assert not classifier.has_padding_
    texts = [x[:25] + "NNNNN" for x in equal]
    scores = classifier.decision_function(texts)
    # Shorter sequences are filled up with unknown bases.
    assert_allclose(classifier.decision_function([x[:25] for x in equal]), scores, atol=1e-6)
    one_hot = OneHotEncoder().fit_transform(texts)
    assert_allclose(classifier.decision_function(one_hot), scores, atol=1e-6)


@pytest.mark.parametrize(
    ("estimator", "texts", "message"),
    [
        (MLPClassifier(max_iter=1), X, "head_pool='flatten'; to read any length, fit CNNClass"),
        (CNNClassifier(linear_path=True, max_iter=1), X, r"because of linear_path=True; .*=False"),
        (CNNClassifier(head_pool=4, max_iter=1), X, "because of head_pool=4"),
        (CNNClassifier(max_iter=1), ["ACGTACGTAC"] * 40, "'flatten', linear_path=True"),
        (
            CNNClassifier(head_pool="max", linear_path=False, max_iter=1),
            ["ACGTACGTAC"] * 40,
            "once it is fitted on sequences of unequal length",
        ),
        (SequenceClassifier(network=Linear, max_iter=1), X, "`any_length` that is True"),
        (OneHotEncoder(), X, "crop X, or fit again with `length`"),
    ],
)
def test_longer_sequences_are_refused_with_a_remedy(estimator, texts, message):
    estimator.fit(texts, Y)
    predict = getattr(estimator, "predict", None) or estimator.transform
    longest = max(map(len, texts))
    with pytest.raises(ValueError, match=rf"has length 300, .* fitted on length {longest}.*") as e:
        predict([LONG])
    assert e.match(message)
    assert e.match(rf"FixedLength\({longest}\)")
    assert "set_params" not in str(e.value)


def test_cross_validation_of_proteins():
    proteins = sequences(30, 10, 30, symbols="ACDEFGHIKLMNPQRSTVWY")
    proteins[7] *= 3
    classifier = CNNClassifier(alphabet="protein", **CNN_SETTINGS)
    assert np.isfinite(cross_val_score(classifier, proteins, Y[:30], cv=3)).all()


def test_modules_of_the_user_and_published_networks():
    for network in (CNN, AttentionRNN):
        classifier = SequenceClassifier(network=network, max_iter=1, random_state=0).fit(X, Y)
        if network is CNN:
            check_batches(classifier.decision_function)
        scores = classifier.decision_function(X)
        assert_allclose(classifier.decision_function(X[:3]), scores[:3], atol=1e-6)


def test_labeler():
    def labels(texts):
        return ["".join("D" if x[i : i + 2] == "GT" else "N" for i in range(len(x))) for x in texts]

    for texts in (X, sequences(low=30, high=30)):
        labeler = SequenceLabeler(network="cnn", network_params={"n_filters": 8}, max_iter=1)
        labeler.set_params(random_state=0, crop=2)
        labeler.fit(texts, [y[2:-2] for y in labels(texts)])
        proba = labeler.predict_proba(texts[:3])
        longer = labeler.predict_proba([*texts[:3], LONG])
        assert longer.shape == (4, 296, 2)
        assert_allclose(longer[:3, : proba.shape[1]], proba, atol=1e-6)
        assert not longer[:3, proba.shape[1] :].any()
        assert list(map(len, labeler.predict([*texts[:3], LONG]))) == [
            len(x) - 4 for x in [*texts[:3], LONG]
        ]
        assert labeler.predict(encode([LONG]))[0] == labeler.predict([LONG])[0]
        assert 0 <= labeler.score([LONG], [labels([LONG])[0][2:-2]]) <= 1


@pytest.mark.parametrize("loss", ["poisson", "multinomial"])
def test_profiles(loss):
    texts = sequences(low=40, high=40)
    y = np.random.default_rng(0).poisson(3, (40, 8, 2)).astype(float)
    params = {"n_filters": (8, 8), "pool_size": (2, 2)}
    model = ProfileRegressor(
        network="cnn",
        network_params=params,
        bin_size=4,
        crop=4,
        loss=loss,
        max_iter=1,
        random_state=0,
    ).fit(texts, y)
    profile = model.predict([LONG])
    # Margins of one bin at either end, as in fit.
    assert profile.shape == (1, 73, 2)
    assert_allclose(model.predict(encode([LONG])), profile)
    # Shorter sequences are filled up to the length of fit; bins of the padding are zero.
    short = model.predict([texts[0][:22], texts[1]])
    assert short.shape == (2, 8, 2)
    assert not short[0, 5:].any()
    assert_allclose(model.predict([texts[0][:22]])[0], short[0], atol=1e-5)
    with pytest.raises(ValueError, match="longer or shorter by a multiple of the 4 positions"):
        model.predict([LONG + "A"])


def test_several_tasks_conditions_and_views():
    frame = pd.DataFrame({"a": Y, "b": np.linspace(0, 1, len(X))})
    tasks = MultiTaskEstimator(max_iter=1, random_state=0).fit(X, frame)
    check_batches(lambda texts: tasks.predict_proba(texts)["a"][:, 1], atol=1e-5)
    table = pd.DataFrame({"sequence": X, "cell": ["x", "y"] * 20})
    conditional = ConditionalClassifier(sequence_column="sequence", max_iter=1, random_state=0).fit(
        table, Y
    )
    check_batches(
        lambda texts: conditional.decision_function(pd.DataFrame({"sequence": texts, "cell": "x"})),
        atol=1e-5,
    )
    views = pd.DataFrame({"sequence": X, "number": np.linspace(0, 1, len(X))})
    for fusion in ("attention", "ensemble", "concat"):
        fused = MultiViewClassifier(
            views=[
                ("dna", None, CNNClassifier(**CNN_SETTINGS), "sequence"),
                ("table", None, MLPClassifier(n_channels=1, max_iter=1), ["number"]),
            ],
            fusion=fusion,
            max_iter=1,
            random_state=0,
        ).fit(views, Y)
        proba = fused.predict_proba(views[:6])
        assert_allclose(proba[:3], fused.predict_proba(views[:3]), atol=1e-6)


def test_language_model_and_autoencoder():
    model = MaskedLanguageModel(
        network="transformer",
        network_params={"d_model": 8, "n_layers": 1, "n_heads": 2},
        max_iter=1,
        random_state=0,
    ).fit(X)
    check_batches(lambda texts: model.transform(texts))
    autoencoder = SequenceVAE(n_components=2, encoder="cnn", max_iter=1, random_state=0).fit(X)
    latent = autoencoder.transform(X[:4])
    assert_allclose(np.vstack([autoencoder.transform([x]) for x in X[:4]]), latent, atol=1e-6)
    unknown = autoencoder.transform([x[:10] + "NNN" for x in X[:4]])
    assert abs(unknown - autoencoder.transform([x[:10] for x in X[:4]])).max() > 1e-6


@pytest.fixture(scope="module")
def classifier():
    return CNNClassifier(**CNN_SETTINGS | {"max_iter": 3}).fit(X, Y)


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift", "occlusion"])
def test_attributions_do_not_depend_on_the_batch(classifier, method):
    texts = [X[0], "NN" + X[1] + "NN", LONG]
    together = attribute(classifier, texts, method=method)
    for i, text in enumerate(texts):
        alone = attribute(classifier, [text], method=method)
        assert_allclose(together.actual[i, : len(text)], alone.actual[0], atol=1e-5)
        assert not together.actual[i, len(text) :].any()


def test_mutagenesis_is_that_of_plain_predictions(classifier):
    """Unknown bases at the ends may be changed too; positions of padding may not."""
    texts = [X[0] + "N", X[1], LONG[:60]]
    effects = mutagenesis(classifier, texts)
    for i, text in enumerate(texts):
        assert not effects[i, len(text) :].any()
        before = classifier.decision_function([text])
        for position in (0, len(text) - 1):
            edited = [text[:position] + base + text[position + 1 :] for base in "ACGT"]
            expected = classifier.decision_function(edited) - before
            assert_allclose(effects[i, position], expected, atol=1e-5)


def test_fixed_length_in_front_of_a_network_of_one_length():
    pipeline = make_pipeline(FixedLength(20), MLPClassifier(max_iter=1, random_state=0)).fit(X, Y)
    cropped = FixedLength(20).fit_transform([LONG])
    assert_allclose(pipeline.predict_proba([LONG]), pipeline[-1].predict_proba(cropped), atol=1e-7)


def test_one_long_sequence_does_not_pad_all_others_in_memory(monkeypatch, classifier):
    texts = [*X, LONG * 3]
    y = np.arange(len(texts)) % 2
    padded = CNNClassifier(**CNN_SETTINGS).fit(texts, y)
    expected = classifier.decision_function(texts)
    read, shapes = input_validation._read_text, []

    def spy(*args):
        data = read(*args)
        shapes.append(getattr(data, "codes", data).shape)
        return data

    monkeypatch.setattr(input_validation, "_MAX_PADDED_SIZE", 1000)
    monkeypatch.setattr(input_validation, "_read_text", spy)
    total = sum(map(len, texts))
    assert_allclose(classifier.decision_function(texts), expected, atol=1e-6)
    ragged = CNNClassifier(**CNN_SETTINGS).fit(texts, y)
    assert shapes == [(total,), (total,)]
    assert_allclose(
        ragged.decision_function(texts), padded.decision_function(texts), atol=1e-5, rtol=1e-4
    )
    # A network with weights for each position pads its batches, not the whole set.
    bound = CNNClassifier(**CNN_SETTINGS, linear_path=True).fit(texts, y)
    assert bound.length_ == 900
    assert np.isfinite(bound.decision_function(texts)).all()
    early = CNNClassifier(**CNN_SETTINGS, early_stopping=True, reverse_complement="auto")
    assert early.fit(texts, y).length_ == 900

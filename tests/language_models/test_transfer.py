"""Classifiers that start from a language model."""

import pickle

import numpy as np
import pytest
import torch
from small_language_models import SMALL, quick, random_texts

from skgenomics import (
    CNNClassifier,
    LongConvClassifier,
    ResNetClassifier,
    RNNClassifier,
    SequenceLabeler,
    TransformerClassifier,
    TransformerRegressor,
    save,
)
from skgenomics.language_models import CausalLanguageModel, MaskedLanguageModel
from skgenomics.training import Transfer

CLASSIFIERS = {
    "resnet": ResNetClassifier,
    "cnn": CNNClassifier,
    "rnn": RNNClassifier,
    "transformer": TransformerClassifier,
    "longconv": LongConvClassifier,
}
Y = np.arange(48) % 2


@pytest.fixture(scope="module")
def models(texts):
    return {name: quick(MaskedLanguageModel, name).fit(texts) for name in SMALL}


def check_same_weights(ours, theirs, *, same):
    """Whether all weights and buffers of the trunks are bit by bit the same."""
    ours, theirs = (estimator.network_.trunk.state_dict() for estimator in (ours, theirs))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours) == same


@pytest.mark.parametrize("network", CLASSIFIERS)
@pytest.mark.parametrize("length", [17, 24, 31])
def test_classifier_with_defaults_takes_the_trunk_over(models, network, length):
    X = random_texts(48, length, seed=1)
    few = CLASSIFIERS[network](pretrained=models[network], freeze="trunk", max_iter=1)
    few.fit(X, Y)
    check_same_weights(few, models[network], same=True)
    assert few.predict(X).shape == (48,)
    assert not any(name.startswith("output.") for name in few.transferred_)
    tuned = CLASSIFIERS[network](pretrained=models[network], max_iter=1).fit(X, Y)
    check_same_weights(tuned, models[network], same=False)


@pytest.mark.parametrize("network", CLASSIFIERS)
def test_features_of_the_trunk_are_those_of_the_model(models, network):
    """Filters and positions mean the same in sequences of another length."""
    X = random_texts(48, 31, seed=1)
    few = CLASSIFIERS[network](
        pretrained=models[network], freeze="trunk", max_iter=1, reverse_complement=None
    ).fit(X, Y)
    network_maps = []
    for estimator in (models[network], few):
        x = torch.eye(4)[torch.arange(93).reshape(3, 31) * 7 % 4].transpose(1, 2)
        with torch.no_grad():
            network_maps.append(estimator.network_.trunk.eval()(x)[0])
    torch.testing.assert_close(*network_maps)


def test_story(texts):
    """Out of the box, with the defaults of both."""
    lm = MaskedLanguageModel(max_iter=1, random_state=0).fit(texts)
    few = TransformerClassifier(pretrained=lm, freeze="trunk", max_iter=1).fit(texts, Y)
    check_same_weights(few, lm, same=True)


def test_a_genome_a_file_and_a_regressor(fasta, texts, tmp_path):
    lm = quick(MaskedLanguageModel, "transformer", window=32, epoch_size=32).fit(fasta)
    save(lm, tmp_path / "lm.skops")
    few = TransformerRegressor(
        pretrained=tmp_path / "lm.skops", freeze="trunk", max_iter=1, hidden_units=8
    ).fit(texts, np.arange(192.0).reshape(48, 4))
    check_same_weights(few, lm, same=True)
    copy = pickle.loads(pickle.dumps(few))
    np.testing.assert_array_equal(copy.predict(texts), few.predict(texts))


def test_labels_of_positions(models, texts):
    y = [text.replace("A", "C").replace("T", "G") for text in texts]
    labeler = SequenceLabeler(
        network="resnet", pretrained=models["resnet"], freeze="trunk", max_iter=1
    ).fit(texts, y)
    check_same_weights(labeler, models["resnet"], same=True)


def test_pretraining_continues_with_other_sequences(models, texts):
    other = random_texts(48, 30, seed=5)
    more = quick(MaskedLanguageModel, "cnn", pretrained=models["cnn"]).fit(other)
    assert set(more.transferred_) == set(more.network_.state_dict())
    head = quick(MaskedLanguageModel, "cnn", pretrained=models["cnn"], freeze="trunk").fit(other)
    check_same_weights(head, models["cnn"], same=True)
    new = quick(
        MaskedLanguageModel, "cnn", pretrained=models["cnn"], transfer=Transfer(new_head=True)
    ).fit(other)
    assert not any(name.startswith("output.") for name in new.transferred_)


def test_a_model_starts_from_a_classifier(texts):
    classifier = TransformerClassifier(
        **SMALL["transformer"], stem_filters=8, stem_pool_size=1, max_iter=1, hidden_units=8
    ).fit(texts, Y)
    lm = MaskedLanguageModel(
        network="transformer", pretrained=classifier, max_iter=1, freeze="trunk"
    )
    check_same_weights(lm.fit(texts), classifier, same=True)


def test_bad_sources(models, texts):
    for pretrained, message in (
        (models["cnn"], r"has a CNNTrunk, but TransformerClassifier has a TransformerTrunk"),
        (MaskedLanguageModel(), "is not fitted"),
    ):
        with pytest.raises(ValueError, match=message):
            TransformerClassifier(pretrained=pretrained).fit(texts, Y)
    protein = quick(MaskedLanguageModel, "cnn", alphabet="protein").fit(["ACDEF" * 5] * 8)
    with pytest.raises(ValueError, match="both need the same alphabet"):
        CNNClassifier(pretrained=protein).fit(texts, Y)
    other = quick(MaskedLanguageModel, "cnn", alphabet="TGCA").fit(texts)
    with pytest.raises(ValueError, match="same symbols in the same order"):
        CNNClassifier(pretrained=other).fit(texts, Y)
    for network in ("transformer", "rnn", "longconv"):
        with pytest.raises(ValueError, match="reads both sides of a position"):
            CausalLanguageModel(network=network, pretrained=models[network]).fit(texts)
    tokens = np.random.default_rng(0).integers(5, 12, (20, 8))
    small = quick(MaskedLanguageModel, "rnn", vocabulary_size=12).fit(tokens)
    with pytest.raises(ValueError, match="vocabulary_size=20, but `pretrained` was built with"):
        quick(MaskedLanguageModel, "rnn", vocabulary_size=20, pretrained=small).fit(tokens)
    causal = quick(CausalLanguageModel, "transformer").fit(texts)
    again = quick(CausalLanguageModel, "transformer", pretrained=causal).fit(texts)
    assert "start" in again.transferred_
    with pytest.raises(ValueError, match="d_model=16, but `pretrained` was built with d_model=8"):
        TransformerClassifier(pretrained=causal, d_model=16).fit(texts, Y)


@pytest.mark.parametrize("cls", [MaskedLanguageModel, CNNClassifier])
def test_a_folder_is_not_a_model(texts, tmp_path, cls):
    for folder in (tmp_path, str(tmp_path)):
        model = cls(max_iter=1, pretrained=folder)
        with pytest.raises(ValueError, match=r"is a folder, but must be a file that skgenomics"):
            model.fit(texts, np.arange(len(texts)) % 2)

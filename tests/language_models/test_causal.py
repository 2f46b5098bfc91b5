"""Causal language models: exact likelihoods, and sequences that are drawn."""

import itertools
import pickle

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from small_language_models import quick

from skgenomics import LongConvClassifier, RNNClassifier, TransformerClassifier
from skgenomics.language_models import CausalLanguageModel
from skgenomics.language_models import _nets as nets
from skgenomics.sequences import encode, one_hot, reverse_complement

NETWORKS = ["longconv", "rnn", "transformer"]


def next_symbol_scores(model, prefix):
    """Logits of the symbol that follows a prefix, straight from the network."""
    x = torch.from_numpy(one_hot(encode([prefix + "N"]))).transpose(1, 2)
    with torch.no_grad():
        return model.network_(x)[0, :, -1].numpy()


@pytest.mark.parametrize("network", NETWORKS)
def test_likelihood_is_the_product_of_those_of_the_symbols(texts, network):
    model = quick(CausalLanguageModel, network, reverse_complement=None).fit(texts)
    for text in (texts[0], "ACG"):
        found = [
            log_softmax(next_symbol_scores(model, text[:i]))["ACGT".index(symbol)]
            for i, symbol in enumerate(text)
        ]
        np.testing.assert_allclose(model.score_samples([text]), np.mean(found), atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_all_sequences_of_a_length_have_probability_one(texts, network):
    model = quick(CausalLanguageModel, network, reverse_complement=None).fit(texts)
    everything = ["".join(x) for x in itertools.product("ACGT", repeat=4)]
    proba = np.exp(4 * model.score_samples(everything).astype(float))
    assert proba.sum() == pytest.approx(1, abs=1e-4)


def test_both_strands_average_log_likelihoods(texts):
    one = quick(CausalLanguageModel, "rnn", reverse_complement="augment").fit(texts)
    both = quick(CausalLanguageModel, "rnn", reverse_complement="average").fit(texts)
    expected = (one.score_samples(texts) + one.score_samples(reverse_complement(texts))) / 2
    np.testing.assert_allclose(both.score_samples(texts), expected, atol=1e-6)


def test_order_of_a_markov_chain_is_found():
    """Each base is that two positions before it, shifted by one, in nine of ten cases."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (600, 24)).astype(np.uint8)
    for i in range(2, 24):
        follows = rng.random(600) < 0.9
        codes[follows, i] = (codes[follows, i - 2] + 1) % 4
    settings = {"max_iter": 20, "learning_rate": 0.02, "reverse_complement": None}
    model = quick(CausalLanguageModel, "rnn", **settings).fit(codes[:400])
    # 0.9 and a quarter of the rest for the expected base, 0.025 for each of the others.
    is_right = codes[400:, 2:] == (codes[400:, :-2] + 1) % 4
    truth = np.where(is_right, np.log(0.925), np.log(0.025)).sum(axis=1) - 2 * np.log(4)
    assert model.score(codes[400:]) == pytest.approx(np.mean(truth) / 24, abs=0.02)
    drawn = encode(model.sample(50, 24, random_state=0))
    assert np.mean(drawn[:, 2:] == (drawn[:, :-2] + 1) % 4) > 0.85


def test_samples_follow_the_probabilities(texts):
    model = quick(CausalLanguageModel, "rnn", reverse_complement=None).fit(texts)
    drawn = model.sample(4000, 3, prompt="AC", random_state=0)
    assert all(text.startswith("AC") and len(text) == 3 for text in drawn)
    shares = [np.mean([text[2] == symbol for text in drawn]) for symbol in "ACGT"]
    proba = np.exp(log_softmax(next_symbol_scores(model, "AC")))
    np.testing.assert_allclose(shares, proba, atol=0.03)
    same = model.sample(5, 12, random_state=1), model.sample(5, 12, random_state=1)
    assert same[0].tolist() == same[1].tolist()
    assert len(set(model.sample(5, random_state=2))) == 5
    assert len(model.sample()[0]) == 24
    assert model.sample(1, 3, prompt="ACG").tolist() == ["ACG"]
    likely = model.sample(200, 3, prompt="AC", temperature=0.01, random_state=0)
    assert set(likely) == {"AC" + "ACGT"[proba.argmax()]}


def test_many_samples_are_drawn_in_batches(texts, monkeypatch):
    model = quick(CausalLanguageModel, "rnn").fit(texts)
    sizes = []
    monkeypatch.setattr(nets, "_POSITIONS_PER_BATCH", 40)
    model.network_.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    drawn = model.sample(9, 10, prompt="ACGTAC", random_state=0)
    assert max(sizes) == 4
    assert all(len(text) == 10 and text.startswith("ACGTAC") for text in drawn)
    assert "N" not in "".join(drawn)


def test_tokens_are_drawn_without_special_ones():
    X = np.random.default_rng(0).integers(5, 12, (40, 8)).astype(np.int32)
    model = quick(CausalLanguageModel, "rnn", vocabulary_size=12).fit(X)
    drawn = model.sample(20, 8, prompt=[5, 6], random_state=0)
    assert drawn.shape == (20, 8)
    assert (drawn[:, :2] == [5, 6]).all()
    assert drawn.min() >= 5
    assert model.score_samples(drawn).shape == (20,)


@pytest.mark.parametrize(
    ("network", "classifier"),
    [
        ("rnn", RNNClassifier),
        ("longconv", LongConvClassifier),
        ("transformer", TransformerClassifier),
    ],
)
def test_classifiers_start_from_it_and_stay_one_sided(texts, network, classifier):
    model = quick(CausalLanguageModel, network).fit(texts)
    y = [0, 1] * 24
    few = classifier(pretrained=model, freeze="trunk", max_iter=1, random_state=0).fit(texts, y)
    trunk = model.network_.trunk.state_dict()
    for name, weight in few.network_.trunk.state_dict().items():
        assert torch.equal(weight, trunk[name])
    x = torch.from_numpy(one_hot(encode(texts[:3]))).transpose(1, 2)
    maps = [m.network_.trunk.eval()(x)[0] for m in (model, few)]
    torch.testing.assert_close(*maps)


def test_pickles(texts):
    model = quick(CausalLanguageModel, "longconv").fit(texts)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.score_samples(texts), model.score_samples(texts))
    assert copy.sample(3, 9, random_state=0).tolist() == model.sample(3, 9, random_state=0).tolist()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": "resnet"}, "network must be one of"),
        ({"network_params": {"bidirectional": True}}, "network_params has 'bidirectional'"),
        ({"network_params": {"stem_filters": 8}}, "network_params has 'stem_filters'"),
    ],
)
def test_what_would_look_ahead_is_refused(texts, settings, message):
    with pytest.raises(ValueError, match=message):
        CausalLanguageModel(**settings).fit(texts)


def test_bad_prompts(texts):
    model = quick(CausalLanguageModel, "rnn").fit(texts)
    with pytest.raises(ValueError, match="the prompt has length 5, more than length=4"):
        model.sample(1, 4, prompt="ACGTA")
    with pytest.raises(ValueError, match="has 'Z' at position 1"):
        model.sample(1, 4, prompt="AZ")
    for prompt in (["ACG"], np.array([0, 1])):
        with pytest.raises(ValueError, match="prompt must be a str, got"):
            model.sample(1, 4, prompt=prompt)
    X = np.random.default_rng(0).integers(5, 12, (40, 8))
    tokens = quick(CausalLanguageModel, "rnn", vocabulary_size=12).fit(X)
    for prompt in ("AC", [12], [-1], [5.5], [[5, 6]], 5):
        with pytest.raises(ValueError, match="list of token ids from 0 to 11"):
            tokens.sample(1, 4, prompt=prompt)
    assert tokens.sample(1, 4, prompt=[]).shape == (1, 4)
    with pytest.raises(ValueError, match="temperature must be a number"):
        model.sample(1, 4, temperature=0)
    signals = quick(CausalLanguageModel, "rnn", n_channels=2).fit(np.random.rand(20, 8))  # noqa: NPY002
    with pytest.raises(ValueError, match="only sequences and tokens can be sampled"):
        signals.sample()

"""Masked language models: likelihoods against loops, planted truth, invariances and bad input."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from small_language_models import QUICK, SMALL, quick, random_texts

from skgenomics import KmerTokenizer, OneHotEncoder, load, save
from skgenomics.language_models import MaskedLanguageModel
from skgenomics.sequences import encode, one_hot, reverse_complement

NETWORKS = list(SMALL)


@pytest.fixture(scope="module")
def model(texts):
    return quick(MaskedLanguageModel, "resnet", reverse_complement=None).fit(texts)


def scores_with_one_hidden(model, text, position):
    """Logits at a masked position, straight from the network."""
    x = torch.from_numpy(one_hot(encode([text]))).transpose(1, 2).clone()
    x[:, :, position] = 0
    with torch.no_grad():
        return model.network_(x)[0, :, position].numpy()


def slow_log_likelihoods(model, text):
    return [
        log_softmax(scores_with_one_hidden(model, text, i))["ACGT".index(symbol)]
        for i, symbol in enumerate(text)
        if symbol in "ACGT"
    ]


@pytest.mark.parametrize("network", NETWORKS)
def test_exact_pseudo_likelihood_equals_a_loop_over_symbols(texts, network):
    model = quick(MaskedLanguageModel, network, n_passes=None, reverse_complement=None).fit(texts)
    for text in (texts[0], texts[1][:10], "ACGNNACGTACG"):
        expected = np.mean(slow_log_likelihoods(model, text))
        np.testing.assert_allclose(model.score_samples([text]), expected, atol=1e-5)


def test_both_strands_average_logits(texts):
    model = quick(MaskedLanguageModel, "cnn", n_passes=None, reverse_complement="average")
    model.fit(texts)
    text = texts[0][:11]
    other = reverse_complement(text)
    found = []
    for i, symbol in enumerate(text):
        here = scores_with_one_hidden(model, text, i)
        there = scores_with_one_hidden(model, other, len(text) - 1 - i)
        found.append(log_softmax((here + there[::-1]) / 2)["ACGT".index(symbol)])
    np.testing.assert_allclose(model.score_samples([text]), np.mean(found), atol=1e-5)
    np.testing.assert_allclose(model.score_samples([other]), np.mean(found), atol=1e-5)
    np.testing.assert_allclose(model.transform([text]), model.transform([other]), atol=1e-6)


def test_masks_of_every_kth_symbol(model, texts):
    """What is hidden together is hidden together."""
    model = pickle.loads(pickle.dumps(model)).set_params(n_passes=3)
    text = texts[0]
    x = torch.from_numpy(one_hot(encode([text]))).transpose(1, 2)
    total = 0.0
    for i in range(3):
        hidden = x.clone()
        hidden[:, :, i::3] = 0
        with torch.no_grad():
            proba = model.network_(hidden).log_softmax(dim=1)
        total += (proba * x)[:, :, i::3].sum().item()
    np.testing.assert_allclose(model.score_samples([text]), total / len(text), atol=1e-5)


def test_score_and_perplexity_are_those_of_all_symbols(model, texts):
    mixed = [texts[0], texts[1][:5], "NNNN"]
    found = model.score_samples(mixed)
    assert np.isnan(found[2])
    mean = (found[0] * 24 + found[1] * 5) / 29
    assert model.score(mixed) == pytest.approx(mean, abs=1e-6)
    assert model.perplexity(mixed) == pytest.approx(np.exp(-mean), abs=1e-5)


def test_a_repeated_word_is_learned_and_noise_is_not():
    words = ["ACGTTG" * 5, "CGTTGA" * 5, "TTGACG" * 5] * 40
    noise = random_texts(120, 30)
    settings = {"max_iter": 30, "batch_size": 32, "learning_rate": 0.01}
    model = quick(MaskedLanguageModel, "resnet", **settings).fit(words)
    assert model.perplexity(words) < 1.1
    assert model.loss_curve_[-1] < 0.3 < model.loss_curve_[0]
    proba = model.predict_masked(["ACGTTGACNTTGACGTTG"])
    assert proba[0, 8].argmax() == 2
    assert model.transform(words).shape == (120, 8)
    uninformed = quick(MaskedLanguageModel, "resnet").fit(noise)
    assert 3.8 < uninformed.perplexity(noise) < 4.2


def test_predictions_leave_known_symbols_and_padding_alone(model, texts):
    found = model.predict_masked(["NACGTN", "ACNN"])
    assert found.shape == (2, 6, 4)
    np.testing.assert_array_equal(found[0, 1:5], np.eye(4))
    np.testing.assert_array_equal(found[1, :2], np.eye(4)[:2])
    np.testing.assert_allclose(found[0, [0, 5]].sum(axis=1), 1, atol=1e-6)
    # Unknown symbols of the text are predicted at its ends too; the padding is not.
    np.testing.assert_allclose(found[1, 2:4].sum(axis=1), 1, atol=1e-6)
    assert not found[1, 4:].any()
    everything = model.set_params(n_passes=None).predict_masked(texts[:1], positions="all")
    expected = scores_with_one_hidden(model, texts[0], 4)
    np.testing.assert_allclose(np.log(everything[0, 4]), log_softmax(expected), atol=1e-5)
    model.set_params(n_passes=8)


@pytest.mark.parametrize("network", NETWORKS)
def test_neither_padding_nor_other_rows_matter(texts, network):
    model = quick(MaskedLanguageModel, network).fit([text[:20] for text in texts])
    short = texts[0][:9]
    alone = model.transform([short])
    np.testing.assert_allclose(model.transform([short, texts[1] * 2])[:1], alone, atol=1e-5)
    # An N is an unknown base of the sequence, at its ends too.
    assert abs(model.transform([short + "NN"]) - alone).max() > 1e-4
    padded = model.set_params(pooling="none").transform([short, texts[1]])
    assert padded.shape == (2, 24, model.network_.trunk.n_features)
    assert not padded[0, 9:].any()
    np.testing.assert_allclose(padded[0, :9].mean(axis=0), alone[0], atol=1e-5)


def test_pooling(model, texts):
    maps = clone(model).set_params(pooling="none").fit(texts).transform(texts)
    most = clone(model).set_params(pooling="max").fit(texts).transform(texts)
    np.testing.assert_allclose(most, maps.max(axis=1), atol=1e-6)
    assert clone(model).set_params(pooling="max").fit(texts).transform([""]).tolist() == [[0] * 8]


def test_forms_containers_and_spelling_agree(model, texts):
    expected = model.transform(texts), model.score_samples(texts)
    codes = encode(texts)
    forms = (
        *(np.array(texts), pd.Series(texts, index=range(100, 148)), pd.DataFrame({"dna": texts})),
        *([t.lower() for t in texts], [t.replace("T", "U") for t in texts]),
        *(codes, one_hot(codes), OneHotEncoder().fit_transform(texts)),
    )
    for X in forms:
        fitted = quick(MaskedLanguageModel, "resnet", reverse_complement=None).fit(X)
        np.testing.assert_allclose(fitted.transform(X), expected[0], atol=1e-5)
        np.testing.assert_allclose(fitted.score_samples(X), expected[1], atol=1e-5)


def test_same_seed_same_model_and_the_world_as_before(texts):
    X = np.array(texts)
    before = X.copy(), torch.get_rng_state().clone(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (quick(MaskedLanguageModel, "transformer").fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    other = quick(MaskedLanguageModel, "transformer", random_state=1).fit(X)
    assert abs(other.transform(X) - first.transform(X)).max() > 1e-3
    np.testing.assert_array_equal(X, before[0])
    assert torch.equal(torch.get_rng_state(), before[1])
    np.testing.assert_array_equal(np.random.get_state()[1], before[2])  # noqa: NPY002


def test_pickles_and_files_hold_weights_and_no_data(model, texts, tmp_path):
    pickled = pickle.dumps(model)
    assert encode(texts)[:2].tobytes() not in pickled
    assert len(pickled) < 40_000
    save(model, tmp_path / "model.skops")
    for copy in (pickle.loads(pickled), load(tmp_path / "model.skops")):
        np.testing.assert_array_equal(copy.transform(texts), model.transform(texts))
        np.testing.assert_array_equal(copy.score_samples(texts), model.score_samples(texts))


def test_in_a_search_and_as_a_frame(texts):
    model = quick(MaskedLanguageModel, "cnn", max_iter=1)
    search = GridSearchCV(model, {"masking_rate": [0.1, 0.3]}, cv=2).fit(texts)
    assert search.best_score_ < 0
    frame = model.set_output(transform="pandas").fit_transform(texts)
    assert frame.columns[0] == "maskedlanguagemodel0"
    assert frame.shape == (48, 8)


def test_early_stopping_and_warm_start(texts):
    model = quick(MaskedLanguageModel, "cnn", early_stopping=True, max_iter=5).fit(texts)
    assert len(model.validation_loss_curve_) == model.n_iter_
    again = quick(MaskedLanguageModel, "cnn", warm_start=True).fit(texts).fit(texts)
    assert again.n_iter_ == 4


def test_windows_of_longer_sequences():
    longer = ["ACGTTG" * n for n in (10, 20, 30)] * 20
    settings = {"max_iter": 30, "learning_rate": 0.01, "window": 24}
    model = quick(MaskedLanguageModel, "resnet", **settings).fit(longer)
    assert model.length_ == 24
    assert model.perplexity(longer) < 1.2


def test_tokens():
    tokenizer = KmerTokenizer(k=2, stride=2)
    X = tokenizer.fit_transform(["ACGTTG" * 4, "CGTTGA" * 4, "ACGTTG" * 2] * 30)
    model = quick(
        MaskedLanguageModel,
        "transformer",
        vocabulary_size=tokenizer.vocabulary_size_,
        max_iter=40,
        learning_rate=0.02,
    ).fit(X)
    assert model.strands_ is None
    assert model.perplexity(X) < 1.5
    hidden = X[:1].copy()
    hidden[0, 3] = 4
    proba = model.predict_masked(hidden)
    assert proba.shape == (1, 14, tokenizer.vocabulary_size_)
    assert proba[0, 3].argmax() == X[0, 3]
    assert model.transform(X).shape == (90, 8)


def test_mixtures_of_symbols_count_by_their_shares(model, texts):
    """The log-likelihood of a mixture is the mean of those of its symbols."""
    codes = encode(texts[:1])
    soft = one_hot(codes)
    soft[0, 3] = [0.25, 0.75, 0, 0]
    pure = np.repeat(one_hot(codes), 2, axis=0)
    pure[0, 3], pure[1, 3] = [1, 0, 0, 0], [0, 1, 0, 0]
    single = clone(model).set_params(n_passes=None, max_iter=1).fit(one_hot(codes))

    def at(X):
        return single._map(X, lambda x, mask: single.net_.log_likelihoods(x, mask, None))[:, 3]

    assert at(soft)[0] == pytest.approx(at(pure) @ [0.25, 0.75], abs=1e-5)


def test_gradients_come_from_symbols_that_are_asked_for_alone(model):
    """Outputs at other positions and at unknown symbols do not affect the loss."""
    codes = encode([*random_texts(30, 12), "ACNNACGTNNGT"])
    net = pickle.loads(pickle.dumps(model)).net_
    scores = torch.zeros(31, 4, 12, requires_grad=True)
    weight = torch.ones(31, 12)
    weight[:, 6] = 0
    asked = []

    class Scores(torch.nn.Module):
        def forward(self, x, mask, positions):
            asked.append(positions)
            return scores[positions[0], :, positions[1]]

    net.module_ = Scores()
    net.infer = type(net).infer.__get__(net)
    torch.manual_seed(0)
    net.to_input = lambda x: (torch.from_numpy(one_hot(x.numpy())).transpose(1, 2), None)
    batch = {"x": torch.from_numpy(codes), "weight": weight}
    net.get_loss(net.infer(batch), None).backward()
    counts = scores.grad.any(dim=1)
    expected = torch.zeros(31, 12, dtype=torch.bool)
    expected[asked[0]] = True
    assert not expected[30, [2, 3, 8, 9]].any()
    assert 0.08 < expected.float().mean() < 0.22
    expected[:, 6] = False
    assert torch.equal(counts, expected)


def test_signals_may_be_negative():
    X = -1 - np.random.default_rng(0).random((20, 8))
    for settings in ({"n_channels": 2}, {}):
        model = quick(MaskedLanguageModel, "cnn", **settings).fit(X)
        assert not model.is_sequence_
    zeros = np.zeros((20, 8))
    assert quick(MaskedLanguageModel, "cnn", n_channels=2).fit(zeros).score(zeros) > -1
    with pytest.raises(ValueError, match="nothing to learn"):
        quick(MaskedLanguageModel, "cnn").fit(zeros)


def test_signals_have_squared_errors():
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(40) / 3 + rng.uniform(0, 6, (64, 1)))
    X = np.stack([wave, -wave], axis=2)
    settings = {"n_channels": 2, "max_iter": 60, "learning_rate": 0.02, "n_passes": None}
    model = quick(MaskedLanguageModel, "cnn", **settings).fit(X)
    assert not model.is_sequence_
    guessed = model.predict_masked(X, positions="all")
    assert guessed.shape == (64, 40, 2)
    assert np.mean((guessed - X) ** 2) < 0.2 * np.mean(X**2)
    expected = -((guessed - X) ** 2).sum(axis=2).mean(axis=1) / 2
    np.testing.assert_allclose(model.score_samples(X), expected, atol=1e-5)
    with pytest.raises(ValueError, match="sequences and tokens"):
        model.perplexity(X)


def test_proteins_and_rna():
    rng = np.random.default_rng(0)
    proteins = ["".join(row) for row in rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), (30, 12))]
    model = quick(MaskedLanguageModel, "cnn", alphabet="protein").fit(proteins)
    assert model.complement_ is None
    assert model.predict_masked(["ACXEF"]).shape == (1, 5, 20)
    assert quick(MaskedLanguageModel, "cnn", alphabet="rna").fit(["ACGU" * 4] * 8).strands_ is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": "mlp"}, "network must be one of"),
        ({"network_params": {"pool_sizes": 2}}, "network_params has 'pool_sizes'"),
        ({"network_params": [1]}, "network_params must be a dict"),
        ({"network_params": {"stem_pool_size": 2}}, "keeps all positions"),
        ({"masking_rate": 1.0}, "masking_rate must be a number"),
        ({"hidden_share": 0.8, "replaced_share": 0.3}, "add up to more than 1"),
        ({"span": 0}, "span must be an integer"),
        ({"n_passes": 0}, "n_passes must be an integer"),
        ({"pooling": "sum"}, "pooling must be one of"),
        ({"reverse_complement": "tied"}, "reverse_complement must be one of"),
        ({"alphabet": "protein", "reverse_complement": "average"}, "sequences of a nucleic"),
        ({"chromosomes": ["chr1"]}, "applies to a FASTA file"),
        ({"chromosomes": np.array(["chr1", "chr2"])}, "applies to a FASTA file"),
        ({"repeat_weight": 0.1}, "applies to a FASTA file"),
        ({"vocabulary_size": 30, "network": "cnn"}, "does not take token ids"),
        ({"vocabulary_size": 5}, "vocabulary_size must be an integer >= 6"),
        ({"freeze": "trunk"}, "would keep random weights"),
    ],
)
def test_bad_settings(texts, settings, message):
    with pytest.raises(ValueError, match=message):
        MaskedLanguageModel(**(QUICK | settings)).fit(texts)


def test_bad_sequences(model, texts):
    unfitted = clone(model)
    for fit in (unfitted.fit, model.transform, model.score_samples, model.predict_masked):
        with pytest.raises(ValueError, match="sequence 1 has 'Z' at position 2"):
            fit([texts[0], "ACZ"])
        with pytest.raises(ValueError, match=r"0 sample\(s\)"):
            fit([])
    with pytest.raises(ValueError, match="no FASTA file of that name; put sequences into a list"):
        unfitted.fit("ACGTACGT")
    with pytest.raises(ValueError, match="no FASTA file of that name; put sequences into a list"):
        unfitted.fit("ACGT" * 2000)
    for predict in (model.transform, model.score_samples, model.predict_masked):
        with pytest.raises(ValueError, match="only fit draws windows from a genome"):
            predict(Path("genome.fa"))
    with pytest.raises(NotFittedError):
        unfitted.predict_masked(texts)
    for nothing, settings in (
        (["NNN", "N"], {}),
        (np.full((4, 6), 4), {"vocabulary_size": 12, "network": "rnn"}),
    ):
        with pytest.raises(ValueError, match="nothing to learn"):
            MaskedLanguageModel(**(QUICK | settings)).fit(nothing)
    with pytest.raises(ValueError, match="positions must be one of"):
        model.predict_masked(texts, positions="some")
    with pytest.raises(ValueError, match="X holds numbers"):
        clone(model).set_params(window=3).fit(one_hot(encode(texts)))
    assert quick(MaskedLanguageModel, "cnn").fit(["ACGT"]).transform(["A"]).shape == (1, 8)

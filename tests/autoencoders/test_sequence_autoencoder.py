"""Auto-encoders of sequences: reconstruction, forms of X, transfer and errors."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    OneHotEncoder,
    OrdinalEncoder,
    ResNetClassifier,
    load,
    save,
)
from skgenomics.autoencoders.sequence_autoencoder import SequenceAutoencoder

# Two choices of four bases for each half: four sequences, of which two differ in one half.
FAMILY = ["TTTTAAAA", "TTTTCCCC", "GGGGAAAA", "GGGGCCCC"]
X = FAMILY * 16
CODES = OrdinalEncoder().fit_transform(X)
DENSE = {
    "encoder": "mlp",
    "decoder": "mlp",
    "n_components": 2,
    "hidden_units": 8,
    "decoder_params": {"hidden_units": 8},
}
QUICK = {"learning_rate": 0.02, "max_iter": 40, "random_state": 0}


def make_coder(**settings):
    return SequenceAutoencoder(**DENSE | QUICK | settings)


@pytest.fixture(scope="module")
def coder():
    return make_coder().fit(X)


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [("mlp", "mlp"), ("cnn", "cnn"), ("rnn", "rnn"), ("cnn", "rnn"), ("rnn", "mlp")],
)
def test_a_simple_set_is_written_again(encoder, decoder):
    coder = SequenceAutoencoder(
        n_components=2, encoder=encoder, decoder=decoder, hidden_units=16, **QUICK
    ).fit(X)
    assert coder.inverse_transform(coder.transform(FAMILY)).tolist() == FAMILY
    assert coder.score(FAMILY) > -0.5


@pytest.mark.parametrize("encoder", ["resnet", "cnnrnn", "transformer", "longconv"])
def test_any_trunk_encodes(encoder):
    coder = SequenceAutoencoder(encoder=encoder, max_iter=1).fit(X[:8])
    assert coder.transform(FAMILY).shape == (4, 16)


def test_what_comes_back_is_of_the_form_of_fit(coder):
    codes = make_coder().fit(CODES)
    back = codes.inverse_transform(codes.transform(CODES[:4]))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, CODES[:4])
    channels = OneHotEncoder().fit_transform(X)
    flat = make_coder().fit(channels)
    proba = flat.inverse_transform(flat.transform(channels[:4]))
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba.reshape(4, 8, 4).sum(axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(proba, channels[:4], atol=0.2)
    np.testing.assert_allclose(flat.transform(X), coder.transform(X), atol=1e-4)


def test_channels_of_no_whole_number_of_positions_keep_their_width():
    table = np.random.default_rng(0).random((20, 10))
    coder = make_coder(max_iter=1).fit(table)
    back = coder.inverse_transform(coder.transform(table))
    assert back.shape == (20, 10)
    assert back.dtype == coder.transform(table).dtype == np.float64


@pytest.mark.parametrize(
    ("alphabet", "text"), [("rna", "ACGU"), ("protein", "MKVW"), ("ACGT-", "AC-T")]
)
def test_alphabets(alphabet, text):
    coder = make_coder(alphabet=alphabet).fit([text, text[::-1]] * 16)
    assert coder.inverse_transform(coder.transform([text])).tolist() == [text]


def test_scores_are_log_likelihoods_of_the_symbols(coder):
    proba = coder._decode(coder.transform(X))
    symbols = proba[np.arange(len(X))[:, None], np.arange(8), CODES]
    np.testing.assert_allclose(coder.score_samples(X), np.log(symbols).sum(axis=1), atol=1e-5)
    assert coder.score(X) == pytest.approx(coder.score_samples(X).mean())


def test_unknown_symbols_do_not_count_and_are_filled_in(coder):
    holes = ["TTTTAANN", "NTTTCCCC"]
    assert (coder.score_samples(holes) > coder.score_samples(["TTTTAAGG", "ATTTCCCC"])).all()
    assert coder.inverse_transform(coder.transform(holes)).tolist() == FAMILY[:2]
    assert coder.score_samples(["N" * 8]) == 0


def test_symbols_that_are_never_seen_stay_as_they_started():
    """No gradient reaches them: their bias is still zero after training."""
    coder = make_coder(weight_decay=0.0, max_iter=5).fit([x[:4] + "NN" + x[6:] for x in X])
    bias = coder.network_.decoder.bias.detach().numpy()
    assert (bias[:, 4:6] == 0).all()
    assert (bias[:, [0, 7]] != 0).all()


def test_variants(coder):
    broken, other = coder.score_variants("TTTTAAAA", ["TTTTAAGA", "TTTTCCCC"])
    assert broken < -1
    assert abs(other) < 1
    paired = coder.score_variants(FAMILY[:2], FAMILY[2:])
    expected = coder.score_samples(FAMILY[2:]) - coder.score_samples(FAMILY[:2])
    np.testing.assert_array_equal(paired, expected)
    with pytest.raises(ValueError, match="2 references for 3 variants"):
        coder.score_variants(FAMILY[:2], FAMILY[:3])


def test_weights_of_zero_equal_removal():
    weight = np.arange(len(X)) % 4 != 3
    full = make_coder(max_iter=3).fit(X, sample_weight=weight)
    part = make_coder(max_iter=3).fit([x for x, w in zip(X, weight, strict=True) if w])
    np.testing.assert_array_equal(full.transform(X), part.transform(X))


def test_weights_say_what_is_learnt():
    weight = np.array([1e-3, 1e-3, 1e-3, 1.0] * 16)
    scores = make_coder(max_iter=10).fit(X, sample_weight=weight).score_samples(FAMILY)
    assert scores.argmax() == 3
    assert scores[3] > scores[0] + 1


def test_same_seed_same_result_and_the_global_state_is_left_alone():
    state = torch.get_rng_state()
    first, second, other = (make_coder(random_state=s, max_iter=2).fit(X) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    assert not np.array_equal(first.transform(X), other.transform(X))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("settings", [DENSE, {"n_components": 3}])
def test_pickle_save_and_clone(settings, tmp_path):
    fitted = SequenceAutoencoder(**settings, random_state=0, max_iter=1).fit(X)
    expected = fitted.transform(FAMILY)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(FAMILY), expected)
    save(fitted, tmp_path / "coder.skops")
    np.testing.assert_array_equal(load(tmp_path / "coder.skops").transform(FAMILY), expected)
    np.testing.assert_array_equal(clone(fitted).fit(X).transform(FAMILY), expected)


def test_partial_fit_and_warm_start_continue_training():
    coder = make_coder(max_iter=2, warm_start=True).fit(X)
    first = coder.loss_curve_[-1]
    assert len(coder.fit(X).loss_curve_) == coder.n_iter_ == 4
    for _ in range(5):
        coder.partial_fit(X)
    assert coder.n_iter_ == 9
    assert coder.loss_curve_[-1] < first


def test_partial_fit_continues_training_after_a_pickle():
    coder = pickle.loads(pickle.dumps(make_coder(max_iter=2).fit(X)))
    assert coder.partial_fit(X).n_iter_ == 3


def test_early_stopping_keeps_groups_together():
    groups = np.arange(len(X)) // 4
    coder = make_coder(early_stopping=True, n_iter_no_change=2, max_iter=5)
    assert len(coder.fit(X, groups=groups).validation_loss_curve_) > 0
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        coder.fit(X, groups=groups[1:])


def test_columns_are_named():
    frame = pd.DataFrame({"sequence": X}, index=np.arange(len(X))[::-1])
    coder = make_coder(max_iter=1).set_output(transform="pandas").fit(frame)
    features = coder.transform(frame)
    assert list(features) == ["sequenceautoencoder0", "sequenceautoencoder1"]
    assert features.index.equals(frame.index)
    # A column of a frame may not be written to.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(coder.inverse_transform(features)) == len(X)


def test_in_a_pipeline_and_a_search():
    y = [x[-1] for x in X]
    pipeline = make_pipeline(make_coder(), LogisticRegression())
    search = GridSearchCV(pipeline, {"sequenceautoencoder__n_components": [1, 3]}, cv=2).fit(X, y)
    assert search.best_score_ == 1


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor])
def test_a_convolutional_classifier_starts_from_the_encoder(cls):
    params = {"n_filters": (6, 5), "kernel_size": (5, 3), "pool_size": ("auto", 2)}
    source = make_coder(encoder="cnn", encoder_params=params, max_iter=1).fit(X)
    y = np.arange(len(X)) % 2
    target = cls(pretrained=source, freeze="trunk", max_iter=2, normalization=None).fit(X, y)
    ours, theirs = (m.network_.trunk.state_dict() for m in (target, source))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert {name for name in target.transferred_ if name.startswith("trunk.")} == {
        f"trunk.{name}" for name in ours
    }


def test_a_perceptron_starts_from_the_hidden_layers():
    source = make_coder(hidden_units=(7, 6), max_iter=1).fit(X)
    target = MLPClassifier(pretrained=source, learning_rate=1e-12, max_iter=1)
    target.fit(X, np.arange(len(X)) % 2)
    for name, weight in source.network_.hidden.state_dict().items():
        torch.testing.assert_close(target.network_.hidden.state_dict()[name], weight)


def test_another_architecture_is_refused():
    source = make_coder(encoder="cnn", max_iter=1).fit(X)
    with pytest.raises(ValueError, match="has a CNNTrunk, but ResNetClassifier"):
        ResNetClassifier(pretrained=source).fit(X, np.arange(len(X)) % 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1"),
        ({"encoder": "conv"}, "encoder must be one of .*'cnn'"),
        ({"decoder": "gru"}, "decoder must be one of .*'rnn'"),
        ({"encoder_params": {"n_filters": 3}}, "encoder_params has 'n_filters'.*'mlp'.*none"),
        ({"decoder_params": {"cell": "gru"}}, "decoder_params has 'cell'.*'mlp'.*symbol_features"),
        ({"decoder_params": [1]}, "decoder_params must be a dict"),
        ({"length": 0}, "length must be an integer >= 1"),
        ({"length": 4}, "length 8, but at most 4 is expected"),
        ({"hidden_units": (8, 0)}, "hidden_units must be made of positive integers"),
        ({"batch_size": 0}, "batch_size must be an integer"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        make_coder(**settings).fit(X)


def test_bad_data_are_named(coder):
    table = np.random.default_rng(0).normal(size=(8, 32))
    with pytest.raises(ValueError, match="32 columns that holds no sequences"):
        make_coder().fit(table)
    with pytest.raises(ValueError, match="NaN"):
        make_coder().fit(np.where(table > 0, table, np.nan))
    for nothing in (["NNN"], np.full((2, 3), 4, dtype=np.uint8), np.zeros((2, 8))):
        with pytest.raises(ValueError, match="no known symbol"):
            make_coder().fit(nothing)
    with pytest.raises(ValueError, match="sequence 0 has length 9"):
        coder.transform(["ACGTACGTA"])
    with pytest.raises(ValueError, match="Z has 3 columns, but the latent space"):
        coder.inverse_transform(np.zeros((1, 3)))
